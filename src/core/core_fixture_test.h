// Purpose: core's services over a real store in a place of its own, a DNS of the test's making and
//   a clock that stands still.
#pragma once

#include "base/limits.h"
#include "core/account.h"
#include "core/address.h"
#include "core/domain.h"
#include "core/key.h"
#include "core/message.h"
#include "core/send.h"
#include "core/user.h"
#include "dns/zone_fake.h"
#include "net/gather.h"
#include "net/loop.h"
#include "store/store_fixture_test.h"

namespace ph::core_test {

using namespace ph::core;
using store_test::need;

inline constexpr const char* kMailHost = "mx.house.example";
inline constexpr const char* kSpfName = "spf.house.example";
inline constexpr const char* kPassword = "correct horse battery";

template <class T>
T granted(Outcome<T> outcome) {
  REQUIRE_MESSAGE(outcome.has_value(), (outcome ? "" : outcome.error().detail));
  return std::move(*outcome);
}
inline void granted(Outcome<> outcome) {
  REQUIRE_MESSAGE(outcome.has_value(), (outcome ? "" : outcome.error().detail));
}

// "not_found domain", or "granted".
template <class T>
std::string refusal(const Outcome<T>& outcome) {
  if (outcome) return "granted";
  REQUIRE(!outcome.error().detail.empty());
  std::string field = outcome.error().field;
  return std::string(reason_code(outcome.error().reason)) + (field.empty() ? "" : " " + field);
}

struct CoreFixture : store_test::StoreFixture {
  explicit CoreFixture(sql::Engine which = sql::Engine::sqlite) : StoreFixture(which) {
    zone.add_txt(kSpfName, "v=spf1 ip4:192.0.2.1 -all");
    context.installation.mail_host = kMailHost;
    context.installation.spf_name = kSpfName;
    context.installation.sending_ips = {need(IpAddress::parse("192.0.2.1"))};
    context.on_accepted = [this](Accepted accepted) { handed_over.push_back(std::move(accepted)); };
  }
  ~CoreFixture() { store->close(); }

  template <class T>
  T run(net::Task<T> task) {
    return loop->run_until(std::move(task));
  }
  template <class T>
  T now(net::Task<Outcome<T>> task) {
    return granted(run(std::move(task)));
  }
  void now(net::Task<Outcome<>> task) { granted(run(std::move(task))); }

  AccountId account(std::string name) {
    AccountId id = now(accounts.create(boss, std::move(name))).id;
    now(accounts.activate(boss, id));
    return id;
  }
  static Actor person(AccountId account, Role role) {
    return {.kind = Actor::Kind::user, .account = account, .user = UserId(900), .role = role};
  }
  static Actor owner(AccountId account) { return person(account, Role::owner); }
  Actor key_actor(AccountId account, NewKey key) {
    key.account = account;
    return now(keys.by_token(now(keys.create(owner(account), std::move(key))).token));
  }

  // Puts what the view wants into the zone.
  void publish(const DomainView& view) {
    for (const RecordFinding& record : view.check.records) {
      if (record.type == "MX") {
        zone.add_mx(record.host, 10, kMailHost);
      } else {
        zone.add_txt(record.host, record.expected);
      }
    }
  }
  DomainView verified(AccountId of, const std::string& name) {
    publish(now(domains.create(owner(of), {}, name)));
    DomainView view = now(domains.verify(owner(of), {}, name));
    REQUIRE(view.state == DomainState::verified);
    return view;
  }
  // An account that may send as a@NAME.
  AccountId sending_account(const std::string& name, const std::string& domain) {
    AccountId id = account(name);
    verified(id, domain);
    now(addresses.create(owner(id), {.email = "a@" + domain, .display_name = "A"}));
    return id;
  }

  static SendRequest fields(Actor actor, std::string from, std::vector<std::string> to) {
    SendRequest request;
    request.actor = std::move(actor);
    request.fields.emplace();
    request.fields->from = std::move(from);
    request.fields->to = std::move(to);
    request.fields->subject = "Hello";
    request.fields->text = "Good morning.";
    return request;
  }
  static SendRequest raw(Actor actor, std::string bytes, std::vector<std::string> to) {
    SendRequest request;
    request.actor = std::move(actor);
    request.door = Door::smtp;
    request.raw.emplace();
    request.raw->bytes = std::move(bytes);
    request.raw->recipients = std::move(to);
    return request;
  }
  int64_t message_count(AccountId of) {
    using Rows = std::vector<store::MessageRow>;
    return static_cast<int64_t>(need(read<Rows>([&](sql::Connection& c) {
                                  return store::messages(c, of, {}, {.limit = 200});
                                })).size());
  }

  std::unique_ptr<net::Loop> loop = net::Loop::make(clock);
  dns::ZoneFake zone;
  crypto::MasterKey master = need(crypto::MasterKey::from_bytes(std::string(32, 'k')));
  crypto::PasswordPool passwords{2};
  net::WorkerPool crypto_pool{0, 100};
  RequestRate request_rate{clock};
  std::vector<Accepted> handed_over;  // on the store's writer, before the answer
  Context context{.store = *store,
                  .direct = zone,
                  .clock = clock,
                  .random = system_random(),
                  .master = master,
                  .passwords = passwords,
                  .crypto_pool = crypto_pool,
                  .request_rate = request_rate,
                  .installation = {},
                  .on_accepted = {}};
  Accounts accounts{context};
  Users users{context};
  Keys keys{context};
  Domains domains{context};
  Addresses addresses{context};
  Sender sender{context};
  Messages messages{context};
  const Actor boss{.kind = Actor::Kind::operator_user, .user = UserId(1), .role = Role::operator_};
};

}  // namespace ph::core_test
