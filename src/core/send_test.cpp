#include "core/send.h"

#include <set>

#include "base/id_source.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/core_fixture_test.h"
#include "core/event.h"
#include "net/gather.h"

using namespace ph;
using namespace ph::core_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kFrom = "Acme <a@m.acme.example>";
constexpr const char* kTo = "ann@there.example";

struct Fixture : CoreFixture {
  Fixture() { acme = sending_account("acme", "m.acme.example"); }
  SendRequest mail() { return fields(owner(acme), kFrom, {kTo}); }
  std::string send(SendRequest request) { return refusal(run(sender.send(std::move(request)))); }
  // As it is stored.
  std::string sent(SendRequest request) {
    MessageId id = now(sender.send(std::move(request))).id;
    return now(messages.content(owner(acme), {}, id));
  }
  std::string submit(std::string header, std::string body = "Hello\r\n") {
    return send(raw(owner(acme), std::move(header) + "\r\n" + std::move(body), {kTo}));
  }
  std::set<std::string> addresses_of_last() {
    std::set<std::string> out;
    for (const auto& row : handed_over.back().recipients) out.insert(row.address);
    return out;
  }
  AccountId acme;
};

}  // namespace

TEST_CASE("the steps of sending have names, and accept is the last") {
  auto names = send_step_names();
  CHECK(names.front() == "permission");
  CHECK(names.back() == "accept");
  CHECK(std::set(names.begin(), names.end()).size() == names.size());
}

TEST_CASE_FIXTURE(Fixture, "an accepted message is stored, handed over, and told as an event") {
  SendRequest request = mail();
  request.fields->cc = {"Bob <bob@there.example>"};
  request.fields->bcc = {"secret@elsewhere.example", "ANN@there.example", kTo};
  auto answer = now(sender.send(std::move(request)));
  REQUIRE(handed_over.size() == 1);
  CHECK(handed_over[0].message.id == answer.id);
  CHECK(addresses_of_last() == std::set<std::string>{kTo, "ANN@there.example", "bob@there.example",
                                                     "secret@elsewhere.example"});
  auto view = now(messages.get(owner(acme), {}, answer.id));
  CHECK(view.recipients.size() == 4);
  CHECK(view.message.subject == "Hello");
  std::string bytes = now(messages.content(owner(acme), {}, answer.id));
  CHECK(bytes == *handed_over[0].content);
  CHECK(bytes.contains("From: Acme <a@m.acme.example>\r\n"));
  CHECK(bytes.contains("To: ann@there.example\r\n"));
  CHECK_FALSE(lower(bytes).contains("bcc"));
  CHECK_FALSE(bytes.contains("secret"));
  CHECK(bytes.contains("Message-ID: <" + format_id(answer.id.value) + "@m.acme.example>"));
  auto events = now(messages.events(owner(acme), {}, {}, 5));
  CHECK(events[0].type == event::kAccepted);
  CHECK(events[0].message_id == answer.id);
}

TEST_CASE_FIXTURE(Fixture, "each reason for which sending is refused") {
  AccountId created = now(accounts.create(boss, "created")).id;
  Actor login{.kind = Actor::Kind::smtp_login,
              .account = acme,
              .role = Role::developer,
              .scope = Scope::send,
              .only_address = "other@m.acme.example"};
  now(domains.create(owner(acme), {}, "pending.acme.example"));
  auto from = [&](std::string text) { return send(fields(owner(acme), std::move(text), {kTo})); };
  auto to = [&](std::vector<std::string> list) {
    return send(fields(owner(acme), kFrom, std::move(list)));
  };
  CHECK(send(fields(person(acme, Role::viewer), kFrom, {kTo})) == "forbidden");
  CHECK(send(fields(key_actor(acme, {.scope = Scope::read}), kFrom, {kTo})) == "forbidden");
  CHECK(send(fields(key_actor(acme, {.only_domain = "pending.acme.example"}), kFrom, {kTo})) ==
        "forbidden from");
  CHECK(send(fields(boss, kFrom, {kTo})) == "missing_field account");
  CHECK(send(fields(login, kFrom, {kTo})) == "sender_mismatch from");
  CHECK(send(fields(owner(created), kFrom, {kTo})) == "account_not_activated");
  CHECK(from("") == "missing_field from");
  CHECK(from("nonsense") == "invalid_field from");
  CHECK(from("a@m.acme.example, b@m.acme.example") == "invalid_field from");
  CHECK(from("a@m.acme.example\r\nBcc: x@y.example") == "invalid_field from");
  CHECK(from("a@nothing.example") == "domain_not_verified from");
  CHECK(from("a@pending.acme.example") == "domain_not_verified from");
  CHECK(from("a@[192.0.2.1]") == "domain_not_verified from");
  CHECK(from("nobody@m.acme.example") == "address_not_found from");
  CHECK(to({}) == "missing_field to");
  CHECK(to({kTo, "nonsense"}) == "bad_recipient to[1]");
  CHECK(to({"a@b..example"}) == "bad_recipient to[0]");
  CHECK(to({R"("foo@c.example> ORCPT=x@c.example"@b.example)"}) == "bad_recipient to[0]");
  CHECK(to({"group: a@b.example;"}) == "bad_recipient to[0]");
  CHECK(to(std::vector<std::string>(1001, kTo)) == "too_many_recipients to");
  CHECK(message_count(acme) == 0);

  AccountId foreign = account("foreign");
  SendRequest named = mail();
  named.account = foreign;
  CHECK(send(std::move(named)) == "not_found account");
  CHECK(send(fields(owner(foreign), kFrom, {kTo})) == "domain_not_verified from");

  need(write([&](store::Tx& tx) {
    return store::set_account_state(tx.sql(), acme, store::AccountState::suspended, tx.now());
  }));
  CHECK(send(mail()) == "account_suspended");
}

TEST_CASE_FIXTURE(Fixture, "what the content breaks is named as the request names it") {
  auto with = [&](auto change) {
    SendRequest request = mail();
    change(*request.fields);
    return send(std::move(request));
  };
  using F = FieldContent;
  CHECK(with([](F& f) { f.text.clear(); }) == "missing_field text");
  CHECK(with([](F& f) { f.subject = "a\r\nBcc: b@c.example"; }) == "invalid_field subject");
  CHECK(with([](F& f) { f.reply_to = {"a@b.example", "nonsense"}; }) ==
        "invalid_field reply_to[1]");
  CHECK(with([](F& f) { f.headers = {{"X-A\r\nBcc", "b"}}; }).starts_with("invalid_field headers"));
  CHECK(with([](F& f) { f.headers = {{"X-A", "b\nc"}}; }) == "invalid_field headers.X-A");
  CHECK(with([](F& f) { f.headers.assign(51, {"X-A", "b"}); }) == "too_large headers");
  CHECK(with([](F& f) { f.attachments.resize(101); }) == "too_large attachments");
  for (const char* reserved : {"From", "to", "BCC", "Return-Path", "Received", "DKIM-Signature",
                               "Sender", "Content-Type", "MIME-Version", "Message-ID"})
    CHECK(with([&](F& f) { f.headers = {{reserved, "b"}}; }) ==
          std::string("invalid_field headers.") + reserved);
  CHECK(with([](F& f) { f.text = std::string(limits::kMessageBytes, 'x'); })
            .starts_with("too_large"));
  CHECK(message_count(acme) == 0);
}

TEST_CASE_FIXTURE(Fixture, "a submitted message has one From, and it is the sender's") {
  CHECK(submit("From: a@m.acme.example\r\n") == "granted");
  CHECK(submit("FROM : a@m.acme.example\r\n") == "granted");
  const char* const no_sender[] = {
      "",
      "Subject: x\r\n",
      "From:\r\n",
      "From: a@m.acme.example\r\nFrom: a@m.acme.example\r\n",
      "From: a@m.acme.example\r\nfrom: ceo@bank.example\r\n",
      "From: a@m.acme.example, ceo@bank.example\r\n",
      "From: team: a@m.acme.example;\r\n",
      "From: a@m.acme.example, team:;\r\n",
      "From: =?utf-8?q?a=40m.acme.example?=\r\n",
      "From: =?utf-8?q?ceo=40bank.example=2C?= a@m.acme.example\r\n",
      "From: <ceo@bank.example> <a@m.acme.example>\r\n",
      "From: <@bank.example:a@m.acme.example>\r\n",
      "From: a@m.acme.example\r\nSender: <@bank.example:a@m.acme.example>\r\n",
      "From: a@m.acme.example\r\nSender: ceo@bank.example\r\n",
      "From: a@m.acme.example\r\nSender: a@m.acme.example, b@m.acme.example\r\n",
  };
  for (const char* header : no_sender) {
    INFO(header);
    CHECK(submit(header) == "bad_message from");
  }
  CHECK(submit("From: a@m.acme.example\r\nno field at all\r\n") == "bad_message");
  const char* const strangers[] = {
      "From: ceo@bank.example\r\n",
      "From: \"a@m.acme.example\" <ceo@bank.example>\r\n",
      "From: =?utf-8?q?a=40m.acme.example?= <ceo@bank.example>\r\n",
      "From: a@m.acme.example (comment) <ceo@bank.example>\r\n",
      "From: a@m.acme.example@bank.example\r\n",
      "From: a@m.acme.example.bank.example\r\n",
  };
  for (const char* header : strangers) {
    INFO(header);
    std::string answer = submit(header);
    CHECK((answer == "domain_not_verified from" || answer == "bad_message from"));
  }
  CHECK(submit("From: a@m.acme.example\r\nSender: A <a@m.acme.example>\r\n") == "granted");
  std::string hops;
  for (size_t i = 0; i <= limits::kReceivedFields; ++i)
    hops += "Received: by x.example; Fri, 21 Nov 2025 09:55:06 +0000\r\n";
  CHECK(submit(hops + "From: a@m.acme.example\r\n") == "loop_detected");
}

TEST_CASE_FIXTURE(Fixture, "what a submitter may not set is gone, what must be there is added") {
  std::string header =
      "Return-Path: <x@y.example>\r\nFrom: a@m.acme.example\r\nTo: b@c.example\r\n"
      "Bcc: secret@c.example\r\nResent-Bcc: secret@c.example\r\n"
      "Authentication-Results: house.example; dkim=pass\r\nX-Posthouse-Trust: yes\r\n"
      "Subject: =?utf-8?q?=C3=BC?=\r\n";
  std::string bytes = sent(raw(owner(acme), header + "\r\nHi \xc3\xbc\r\n", {"secret@c.example"}));
  for (const char* gone : {"Return-Path", "Bcc", "secret", "Authentication-Results", "X-Posthouse"})
    CHECK_FALSE(bytes.contains(gone));
  CHECK(bytes.contains("\r\nDate: "));
  CHECK(bytes.contains("\r\nMessage-ID: <"));
  CHECK_FALSE(bytes.contains('\xc3'));
  CHECK(addresses_of_last() == std::set<std::string>{"secret@c.example"});
  auto row = now(messages.list(owner(acme), {}, {}, 1)).at(0);
  CHECK(row.subject == "ü");
  CHECK(row.door == Door::smtp);
}

TEST_CASE_FIXTURE(Fixture, "a submitted header leaves in ASCII and in short lines, or not at all") {
  std::string from = "From: a@m.acme.example\r\n";
  std::string folded = "X-Long: " + std::string(990, 'x') + " " + std::string(990, 'y') + "\r\n";
  std::string bytes = sent(raw(owner(acme),
                               "Received: from there\r\n" + from + folded +
                                   "Subject: \xc3\xbc\r\nMessage-ID: garbage\r\n\r\nx\r\n",
                               {kTo}));
  CHECK(is_ascii(bytes));
  CHECK(bytes.contains("X-Received: from there\r\n"));
  CHECK(bytes.contains("\r\n " + std::string(990, 'y') + "\r\n"));
  CHECK_FALSE(bytes.contains("garbage"));
  CHECK(submit(from + "X-Long: " + std::string(998, 'x') + "\r\n") == "bad_message");
  CHECK(submit(from + "Subject: \xff\r\n") == "bad_message");
  std::string many;
  for (size_t i = 0; i < limits::kHeaderFields; ++i) many += "X: y\r\n";
  CHECK(submit(from + many) == "too_large");
}

TEST_CASE_FIXTURE(Fixture, "a relay is bound to verified domains, not to single addresses") {
  Actor relay{.kind = Actor::Kind::relay, .account = acme, .role = Role::developer};
  auto request = [&](const char* from) {
    SendRequest out = raw(relay, std::string("From: ") + from + "\r\n\r\nx\r\n", {kTo});
    out.door = Door::relay;
    return out;
  };
  CHECK(send(request("anybody@m.acme.example")) == "granted");
  CHECK(send(request("anybody@bank.example")) == "domain_not_verified from");
}

TEST_CASE_FIXTURE(Fixture, "a domain that lost its records keeps its address and sends no more") {
  zone = dns::ZoneFake();
  now(domains.check(owner(acme), {}, "m.acme.example"));
  CHECK(send(mail()) == "granted");  // failing may send
  clock.advance(36h);
  now(domains.check(owner(acme), {}, "m.acme.example"));
  clock.advance(37h);
  now(domains.check(owner(acme), {}, "m.acme.example"));
  CHECK(send(mail()) == "domain_suspended from");
}

TEST_CASE_FIXTURE(Fixture, "limits count in the accept itself") {
  now(accounts.set_limits(boss, acme, {{"daily_per_domain", 3}}));
  SendRequest two = mail();
  two.fields->cc = {"b@there.example"};
  CHECK(send(two) == "granted");
  CHECK(send(two) == "daily_limit");
  CHECK(send(mail()) == "granted");
  CHECK(send(mail()) == "daily_limit");
  clock.advance(24h);
  CHECK(send(mail()) == "granted");

  now(accounts.set_limits(boss, acme, {{"daily_per_domain", 0}, {"per_mailbox_hour", 2}}));
  clock.advance(2h);
  CHECK(send(mail()) == "granted");
  CHECK(send(mail()) == "granted");
  CHECK(send(mail()) == "mailbox_rate_limit to[0]");
  CHECK(send(fields(owner(acme), kFrom, {"b@there.example"})) == "granted");
  clock.advance(61min);
  CHECK(send(mail()) == "granted");

  now(accounts.set_limits(boss, acme, {{"per_mailbox_hour", 0}, {"requests_per_second", 2}}));
  CHECK(send(mail()) == "granted");
  CHECK(send(mail()) == "granted");
  CHECK(send(mail()) == "request_rate_limit");
  clock.advance(1s);
  CHECK(send(mail()) == "granted");
}

TEST_CASE_FIXTURE(Fixture, "a mailbox has one budget, however its letters are written") {
  now(accounts.set_limits(boss, acme, {{"per_mailbox_hour", 2}}));
  CHECK(send(fields(owner(acme), kFrom, {"someone@there.example", "SomeOne@there.example"})) ==
        "granted");
  CHECK(send(fields(owner(acme), kFrom, {"SOMEONE@there.example"})) ==
        "mailbox_rate_limit to[0]");
  clock.advance(61min);
  CHECK(send(fields(owner(acme), kFrom, {"a@there.example", "A@there.example",
                                         "a@THERE.example", "x@there.example"})) == "granted");
  CHECK(send(fields(owner(acme), kFrom,
                    {"x@there.example", "X@there.example"})) == "mailbox_rate_limit to[1]");
}

TEST_CASE_FIXTURE(Fixture, "a thousand sends at once do not pass the limits") {
  now(accounts.set_limits(boss, acme, {{"per_mailbox_hour", 100}, {"daily_per_domain", 150}}));
  auto granted_of = [&](const char* to) {
    std::vector<net::Task<std::string>> all;
    for (int i = 0; i < 1000; ++i) {
      all.push_back([](Fixture& f, const char* address) -> net::Task<std::string> {
        SendRequest request = f.fields(f.owner(f.acme), kFrom, {address});
        auto answer = co_await f.sender.send(std::move(request));
        co_return answer ? "granted" : std::string(reason_code(answer.error().reason));
      }(*this, to));
    }
    auto answers = run(net::gather(std::move(all)));
    return std::ranges::count(answers, "granted");
  };
  CHECK(granted_of("a@there.example") == 100);
  CHECK(granted_of("b@there.example") == 50);
  CHECK(message_count(acme) == 150);
}

TEST_CASE_FIXTURE(Fixture, "without disk space nothing is accepted and nothing half-stored") {
  files.free = 1;
  std::string answer = send(mail());
  CHECK((answer == "storage_full" || answer == "temporary"));
  files.free = 1ULL << 40;
  CHECK(message_count(acme) == 0);
  CHECK(handed_over.empty());
}

TEST_CASE_FIXTURE(Fixture, "an Idempotency-Key gives the first answer for a day") {
  auto keyed = [&](AccountId of, std::string key, std::string hash) {
    SendRequest request = mail();
    request.actor = owner(of);
    request.idempotency = {std::move(key), std::move(hash)};
    return run(sender.send(std::move(request)));
  };
  auto first = granted(keyed(acme, "k", "h"));
  CHECK_FALSE(first.repeated);
  auto second = granted(keyed(acme, "k", "h"));
  CHECK(second.repeated);
  CHECK(second.id == first.id);
  CHECK(refusal(keyed(acme, "k", "other")) == "idempotency_mismatch Idempotency-Key");
  CHECK(granted(keyed(acme, "k2", "h")).id != first.id);
  CHECK(message_count(acme) == 2);
  CHECK(refusal(keyed(acme, std::string(257, 'k'), "h")) == "invalid_field Idempotency-Key");
  clock.advance(limits::kIdempotencyKept + 1s);
  CHECK(granted(keyed(acme, "k", "other")).id != first.id);
}

TEST_CASE_FIXTURE(Fixture, "a refused request leaves its Idempotency-Key free") {
  now(accounts.set_limits(boss, acme, {{"daily_per_domain", 1}}));
  CHECK(send(mail()) == "granted");
  SendRequest request = mail();
  request.idempotency = {"k", "h"};
  CHECK(send(request) == "daily_limit");
  now(accounts.set_limits(boss, acme, {{"daily_per_domain", 0}}));
  auto answer = now(sender.send(request));
  CHECK_FALSE(answer.repeated);
  CHECK(message_count(acme) == 2);
}

TEST_CASE_FIXTURE(Fixture, "of twins that come together one is accepted, and both get its id") {
  std::vector<net::Task<Outcome<SendAnswer>>> twins;
  for (int i = 0; i < 8; ++i) {
    SendRequest request = mail();
    request.idempotency = {"k", "h"};
    twins.push_back(sender.send(std::move(request)));
  }
  auto answers = run(net::gather(std::move(twins)));
  std::set<MessageId> ids;
  int fresh = 0;
  for (auto& answer : answers) {
    auto got = granted(std::move(answer));
    ids.insert(got.id);
    fresh += got.repeated ? 0 : 1;
  }
  CHECK(ids.size() == 1);
  CHECK(fresh == 1);
  CHECK(handed_over.size() == 1);
  CHECK(message_count(acme) == 1);
}

TEST_CASE_FIXTURE(Fixture, "who reads what was sent: the account, and a key of its domain") {
  verified(acme, "n.acme.example");
  AccountId other = account("other");
  MessageId id = now(sender.send(mail())).id;
  Actor same = key_actor(acme, {.only_domain = "m.acme.example"});
  Actor another = key_actor(acme, {.only_domain = "n.acme.example"});
  CHECK(refusal(run(messages.get(same, {}, id))) == "granted");
  for (const Actor& actor : {another, owner(other)}) {
    CHECK(refusal(run(messages.get(actor, {}, id))) == "not_found");
    CHECK(refusal(run(messages.content(actor, {}, id))) == "not_found");
    CHECK(now(messages.list(actor, {}, {}, 10)).empty());
  }
  CHECK(now(messages.list(same, {}, {}, 10)).size() == 1);
  CHECK(refusal(run(messages.events(same, {}, {}, 10))) == "forbidden");
  CHECK(refusal(run(messages.inbox(same, {}, 0, 10))) == "forbidden");
  Actor send_only = key_actor(acme, {.scope = Scope::send});
  CHECK(refusal(run(messages.get(send_only, {}, id))) == "granted");
  CHECK(refusal(run(messages.content(send_only, {}, id))) == "forbidden");
  CHECK(refusal(run(messages.list(send_only, {}, {}, 10))) == "forbidden");
}
