#include "app/first_start.h"

#include <fmt/format.h>

#include <cstdio>

#include "crypto/token.h"

namespace ph::app {
namespace {

constexpr const char* kAccount = "first";
constexpr const char* kOperator = "operator@sandbox.example";
constexpr const char* kOwner = "owner@sandbox.example";
constexpr size_t kPassword = 16;

Error error_of(const core::Refusal& refusal) {
  return {Errc::internal, refusal.detail, {}};
}

void print_where(const DoorAddresses& at) {
  std::string out = fmt::format(
      "Posthouse runs in the sandbox: http://{}, SMTP submission {} (STARTTLS) and {} (TLS).\n",
      at.http, at.submission, at.submission_tls);
  std::fputs(out.c_str(), stdout);
}

void print_welcome(const DoorAddresses& at, const std::string& operator_password,
                   const std::string& owner_password, const std::string& token) {
  std::string out = fmt::format(
      "\nPosthouse runs in the sandbox: no mail leaves this machine.\n"
      "This is shown once: keep it.\n\n"
      "  console           http://{}/login\n"
      "  operator          {}   password {}\n"
      "  owner of '{}'  {}   password {}\n"
      "  API key           {}\n"
      "  SMTP submission   {} (STARTTLS)  {} (TLS)\n\n"
      "Next: sign in there as the owner; the overview leads to the first mail. Or, in another\n"
      "shell: ./run -- domain add news.sandbox.example\n\n",
      at.http, kOperator, operator_password, kAccount, kOwner, owner_password, token, at.submission,
      at.submission_tls);
  std::fputs(out.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

net::Task<Result<>> first_start(Services& services, DoorAddresses addresses) {
  core::Actor actor = control::control_actor();
  auto accounts = co_await services.accounts().list(actor, AccountId{}, 1);
  if (!accounts) co_return std::unexpected(error_of(accounts.error()));
  if (!accounts->empty()) {
    print_where(addresses);
    co_return Result<>{};
  }

  Random& random = system_random();
  auto account = co_await services.accounts().create(actor, kAccount);
  if (!account) co_return std::unexpected(error_of(account.error()));
  auto active = co_await services.accounts().activate(actor, account->id);
  if (!active) co_return std::unexpected(error_of(active.error()));

  core::NewUser boss{.email = kOperator,
                     .password = crypto::random_alphanumeric(random, kPassword),
                     .role = core::Role::operator_,
                     .account = {}};
  core::NewUser owner{.email = kOwner,
                      .password = crypto::random_alphanumeric(random, kPassword),
                      .role = core::Role::owner,
                      .account = account->id};
  std::string boss_password = boss.password, owner_password = owner.password;
  auto made_boss = co_await services.users().create(actor, std::move(boss));
  if (!made_boss) co_return std::unexpected(error_of(made_boss.error()));
  auto made_owner = co_await services.users().create(actor, std::move(owner));
  if (!made_owner) co_return std::unexpected(error_of(made_owner.error()));
  core::NewKey wanted{.account = account->id, .name = "first", .only_domain = {}};
  auto key = co_await services.keys().create(actor, std::move(wanted));
  if (!key) co_return std::unexpected(error_of(key.error()));
  print_welcome(addresses, boss_password, owner_password, key->token);
  co_return Result<>{};
}

}  // namespace ph::app
