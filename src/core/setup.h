// Purpose: the first start of a server that nobody can sign in to: a token, which only the log
//   tells, makes the operator and the first account, once.
// Shapes: the token ends as soon as there is any user, however he was made: by it, by the command
//   line, by another node. The store is asked each time, until then.
// Errors: unauthenticated for any token but the one, also when there is none; what Users and
//   Accounts refuse leaves the token good, and nothing stored.
// Threads: any loop.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "core/account.h"
#include "core/user.h"

namespace ph::core {

struct SetupWishes {
  std::string token;
  std::string email;
  std::string password;
  std::string account;  // the first account's name
};

class Setup {
 public:
  Setup(Context& context, Users& users, Accounts& accounts)
      : context_(context), users_(users), accounts_(accounts) {}

  // Where there is no user: a token, made anew; else nothing.
  net::Task<Outcome<std::optional<std::string>>> begin();
  net::Task<Outcome<bool>> waits();
  net::Task<Outcome<>> finish(SetupWishes wishes);

 private:
  net::Task<Outcome<bool>> somebody();
  net::Task<Outcome<>> make(const SetupWishes& wishes);
  net::Task<Outcome<AccountId>> account_named(std::string name);
  bool has_token() const;
  bool take(const std::string& token);
  void give_back(std::string token);

  Context& context_;
  Users& users_;
  Accounts& accounts_;
  mutable std::mutex mutex_;
  std::string token_;  // empty: over, or somebody finishes now
};

}  // namespace ph::core
