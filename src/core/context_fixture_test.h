// Purpose: core's services over a real store in a place of its own, on a loop that runs for real
//   with a clock that stands still, for tests of core and of the floors above it.
// Shapes: a test that hangs ends the program after a minute.
#pragma once

#include <unistd.h>

#include "core/account.h"
#include "core/address.h"
#include "core/domain.h"
#include "core/message.h"
#include "core/send.h"
#include "dns/zone_fake.h"
#include "store/store_fixture_test.h"

namespace ph::core_test {

template <class T>
T wanted(core::Outcome<T> outcome) {
  REQUIRE_MESSAGE(outcome.has_value(), (outcome ? "" : outcome.error().detail));
  return std::move(*outcome);
}

// The members that must end after the loop's tasks.
struct ContextParts : store_test::StoreFixture {
  ContextParts() : StoreFixture(sql::Engine::sqlite) { ::alarm(60); }
  ~ContextParts() { ::alarm(0); }

  dns::ZoneFake dns;
  crypto::MasterKey master = *crypto::MasterKey::from_bytes(std::string(32, 'k'));
  crypto::PasswordPool passwords{1};
  net::WorkerPool crypto_pool{1, 100};
  core::RequestRate request_rate{clock};
};

struct ContextFixture : ContextParts {
  core::Context make_context(dns::Resolver& resolver, core::Installation installation) {
    return {.store = *store,
            .direct = resolver,
            .clock = clock,
            .random = system_random(),
            .master = master,
            .passwords = passwords,
            .crypto_pool = crypto_pool,
            .request_rate = request_rate,
            .installation = std::move(installation),
            .on_accepted = {}};
  }

  static core::Actor operator_actor() {
    return {.kind = core::Actor::Kind::control, .account = {}, .role = core::Role::operator_};
  }
  AccountId make_active_account(const std::string& name) {
    auto row = wanted(loop->run_until(accounts.create(operator_actor(), name)));
    return wanted(loop->run_until(accounts.activate(operator_actor(), row.id))).id;
  }
  // The domain must be one that may send.
  void make_address(AccountId account, const std::string& email, const std::string& password) {
    core::NewAddress address{.account = account,
                             .email = email,
                             .display_name = "",
                             .smtp_password = password};
    wanted(loop->run_until(addresses.create(operator_actor(), address)));
  }

  core::Context context = make_context(dns, {.mail_host = "mail.house.example",
                                             .spf_name = "spf.house.example",
                                             .sending_ips = {}});
  core::Accounts accounts{context};
  core::Domains domains{context};
  core::Addresses addresses{context};
  core::Sender sender{context};
  core::Messages messages{context};
  std::unique_ptr<net::Loop> loop = net::Loop::make(clock);  // the first to end, with its tasks
};

}  // namespace ph::core_test
