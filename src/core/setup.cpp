#include "core/setup.h"

#include "base/text.h"
#include "core/transaction.h"
#include "crypto/token.h"

namespace ph::core {
namespace {

// Whoever holds the token acts as the machine's own operator does.
Actor first_actor() {
  return {.kind = Actor::Kind::control, .role = Role::operator_};
}

}  // namespace

net::Task<Outcome<std::optional<std::string>>> Setup::begin() {
  auto job = [](sql::Connection& sql) -> Outcome<int64_t> {
    return REFUSE_TRY(store::user_count(sql, AccountId{}));
  };
  int64_t operators = CO_REFUSE_TRY(co_await look<int64_t>(context_, std::move(job)));
  if (operators > 0) co_return std::optional<std::string>();
  std::string token = crypto::new_bearer_token(context_.random);
  give_back(token);
  co_return std::optional(token);
}

bool Setup::waits() const {
  std::lock_guard lock(mutex_);
  return !token_.empty();
}

bool Setup::take(const std::string& token) {
  std::lock_guard lock(mutex_);
  if (token_.empty() || !equal_constant_time(token, token_)) return false;
  token_.clear();
  return true;
}

void Setup::give_back(std::string token) {
  std::lock_guard lock(mutex_);
  token_ = std::move(token);
}

net::Task<Outcome<>> Setup::finish(SetupWishes wishes) {
  if (auto good = check_account_name(wishes.account); !good) {
    good.error().field = "account";
    co_return lift(good.error());
  }
  if (!take(wishes.token))
    co_return refuse(Reason::unauthenticated, "The setup token is not the one in the log.",
                     "token");
  auto made = co_await users_.create(
      first_actor(),
      {.email = wishes.email, .password = wishes.password, .role = Role::operator_, .account = {}});
  if (!made) {
    give_back(wishes.token);
    co_return lift(made.error());
  }
  auto account = co_await accounts_.create(first_actor(), wishes.account);
  // An account that the command line made under this name is the one that is meant.
  if (!account && account.error().reason == Reason::conflict) co_return Outcome<>{};
  if (!account) co_return lift(account.error());
  auto active = co_await accounts_.activate(first_actor(), account->id);
  if (!active) co_return lift(active.error());
  co_return Outcome<>{};
}

}  // namespace ph::core
