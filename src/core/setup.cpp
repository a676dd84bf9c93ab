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

net::Task<Outcome<bool>> Setup::somebody() {
  auto job = [](sql::Connection& sql) -> Outcome<bool> {
    return REFUSE_TRY(store::any_user_for_sign_in(sql));
  };
  co_return co_await look<bool>(context_, std::move(job));
}

net::Task<Outcome<std::optional<std::string>>> Setup::begin() {
  if (CO_REFUSE_TRY(co_await somebody())) co_return std::optional<std::string>();
  std::string token = crypto::new_bearer_token(context_.random);
  give_back(token);
  co_return std::optional(token);
}

net::Task<Outcome<bool>> Setup::waits() {
  // The house in use asks nothing of the store here.
  if (!has_token()) co_return false;
  bool over = CO_REFUSE_TRY(co_await somebody());
  if (over) give_back({});
  co_return !over;
}

bool Setup::has_token() const {
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
  CO_REFUSE_TRY(check_new_person(wishes.email, wishes.password));
  auto wrong =
      refuse(Reason::unauthenticated, "The setup token is not the one in the log.", "token");
  if (!take(wishes.token)) co_return wrong;
  auto others = co_await somebody();
  if (!others) {
    give_back(wishes.token);
    co_return lift(others.error());
  }
  // Made meanwhile by the command line or another node: the token has ended.
  if (*others) co_return wrong;
  auto made = co_await make(wishes);
  if (!made) give_back(wishes.token);
  co_return made;
}

// The user last: whoever is stopped in between finds the setup open at the next start.
net::Task<Outcome<>> Setup::make(const SetupWishes& wishes) {
  AccountId account = CO_REFUSE_TRY(co_await account_named(wishes.account));
  CO_REFUSE_TRY(co_await accounts_.activate(first_actor(), account));
  CO_REFUSE_TRY(co_await users_.create(first_actor(), {.email = wishes.email,
                                                       .password = wishes.password,
                                                       .role = Role::operator_,
                                                       .account = {}}));
  co_return Outcome<>{};
}

// An account that stands under this name already is the one that is meant.
net::Task<Outcome<AccountId>> Setup::account_named(std::string name) {
  auto made = co_await accounts_.create(first_actor(), name);
  if (!made && made.error().reason == Reason::conflict)
    made = co_await accounts_.find(first_actor(), name);
  co_return CO_REFUSE_TRY(std::move(made)).id;
}

}  // namespace ph::core
