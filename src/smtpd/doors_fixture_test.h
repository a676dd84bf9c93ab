// Purpose: every SMTP door on loopback over a real store with two accounts, for tests.
#pragma once

#include "base/encoding.h"
#include "core/context_fixture_test.h"
#include "smtp/return_path.h"
#include "smtpd/inbound.h"
#include "smtpd/relay.h"
#include "smtpd/submission.h"
#include "smtpio/scripted_client_test.h"
#include "store/inbox.h"

namespace ph::smtpd_test {

using namespace ph::smtpd;

using smtpio_test::ScriptedClient;
using store_test::need;

inline constexpr const char* kNews = "news@acme.example";
inline constexpr const char* kPassword = "Passw0rd12";

struct DoorParts : core_test::ContextFixture {
  std::string mail_from(const std::string& from, std::string body = "hello") {
    return "From: " + from + "\r\nTo: u@dest.example\r\nSubject: x\r\n\r\n" + body;
  }
  AccountId acme = make_active_account("acme");
  AccountId other = make_active_account("other");
  DomainId acme_domain = make_domain(acme, "acme.example", store::DomainState::verified);
  DomainId other_domain = make_domain(other, "other.example", store::DomainState::verified);
  smtp::ReturnPathKeys keys;
  feedback::Reports reports{context};
};

struct Doors : DoorParts {
  Doors() {
    need(keys.add({.id = 1, .secret = std::string(32, 's')}));
    make_address(acme, kNews, kPassword);
  }

  std::vector<net::Loop*> loops() { return {loop.get()}; }
  std::vector<Endpoint> anywhere() { return {{IpAddress::v4(0x7f000001), 0}}; }

  Submission& submission() {
    if (!submission_)
      submission_ = need(Submission::start({.loops = loops(), .listen = anywhere(),
                                            .tls_listen = anywhere(),
                                            .tls = smtpio_test::server_tls(),
                                            .hostname = "mx.house.example", .clock = clock,
                                            .addresses = addresses, .sender = sender}));
    return *submission_;
  }
  std::unique_ptr<Relay> start_relay(const char* trusted, std::string account) {
    return need(Relay::start({.loops = loops(), .listen = anywhere(),
                              .trusted = {need(Network::parse(trusted))},
                              .account = std::move(account), .tls = smtpio_test::server_tls(),
                              .hostname = "mx.house.example", .clock = clock,
                              .accounts = accounts, .sender = sender}));
  }
  Relay& relay() {
    if (!relay_) relay_ = start_relay("127.0.0.0/8", "acme");
    return *relay_;
  }
  Inbound& inbound() {
    if (!inbound_)
      inbound_ = need(Inbound::start({.loops = loops(), .listen = anywhere(),
                                      .tls = smtpio_test::server_tls(),
                                      .hostname = "mx.house.example", .clock = clock,
                                      .keys = keys, .reports = reports}));
    return *inbound_;
  }

  static std::string plain(const std::string& name, const std::string& password) {
    return "AUTH PLAIN " +
           base64_encode(std::string(1, '\0') + name + std::string(1, '\0') + password);
  }
  // Signed in as kNews over STARTTLS.
  static net::Task<ScriptedClient> signed_in(Doors& d) {
    ScriptedClient client = co_await ScriptedClient::connect(d.submission().locals()[0]);
    co_await client.reply();
    co_await client.go_secure();
    CHECK((co_await client.say(plain(kNews, kPassword))).starts_with("235"));
    co_return client;
  }
  // Greeting and EHLO.
  static net::Task<ScriptedClient> greeted(Endpoint at) {
    ScriptedClient client = co_await ScriptedClient::connect(at);
    co_await client.reply();
    co_await client.say("EHLO client.example");
    co_return client;
  }

  std::vector<store::MessageRow> accepted(AccountId account) {
    return wanted_rows(loop->run_until(
        messages.list(operator_actor(), account, MessageId(INT64_MAX), limits::kPageMost)));
  }
  std::string stored(const store::MessageRow& row) {
    return need(store->read_content_now(row.content));
  }
  // The last of "250 2.0.0 Ok: queued as ID".
  static std::string id_of(const std::string& reply) { return reply.substr(reply.rfind(' ') + 1); }
  std::vector<store::InboundRow> reports_kept() {
    return need(read<std::vector<store::InboundRow>>(
        [&](sql::Connection& c) { return store::inbound(c, acme, {}); }));
  }
  std::string return_path(MessageId message, Duration life = std::chrono::hours(24)) {
    return need(smtp::make_return_path(
               keys, {.message = message, .recipient = 0, .expires = clock.wall() + life},
               "acme.example")) +
           "@acme.example";
  }

 private:
  static std::vector<store::MessageRow> wanted_rows(
      core::Outcome<std::vector<store::MessageRow>> rows) {
    REQUIRE(rows.has_value());
    return std::move(*rows);
  }
  std::unique_ptr<Submission> submission_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Inbound> inbound_;
};

}  // namespace ph::smtpd_test
