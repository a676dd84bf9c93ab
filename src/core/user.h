// Purpose: people who sign in: the operator and the users of an account, with roles.
// Shapes: a password has 10 code points at least; it is stored as Argon2id. A session is a random
//   256-bit token, stored as SHA-256, for 12 hours.
// Errors: unauthenticated is the same answer, after the same work, for an unknown e-mail address, a
//   disabled user and a wrong password. Over-full hashing is temporary.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/access.h"
#include "core/context.h"
#include "store/user.h"

namespace ph::core {

struct NewUser {
  std::string email;
  std::string password;
  Role role = Role::viewer;
  AccountId account;  // 0 only for Role::operator_
};

struct SignedIn {
  std::string token;  // shown once
  Actor actor;
  store::UserRow user;
  WallTime expires_at;
};

class Users {
 public:
  explicit Users(Context& context) : context_(context) {}

  net::Task<Outcome<store::UserRow>> create(Actor actor, NewUser user);
  net::Task<Outcome<std::vector<store::UserRow>>> list(Actor actor, AccountId account, UserId after,
                                                       size_t limit);
  net::Task<Outcome<>> remove(Actor actor, AccountId account, UserId id);
  net::Task<Outcome<>> set_password(Actor actor, AccountId account, UserId id,
                                    std::string password);
  net::Task<Outcome<SignedIn>> sign_in(std::string email, std::string password);
  net::Task<Outcome<Actor>> by_session(std::string token);
  net::Task<Outcome<>> sign_out(std::string token);
  net::Task<Outcome<store::UserRow>> me(Actor actor);
  // A session older than kSessionRenewed ends after kSessionGrace and another takes its place;
  // nothing: it is young, or another has its place.
  net::Task<Outcome<std::optional<SignedIn>>> renew(std::string token);
  // The language of the console, which follows the person; "" while he chose none.
  net::Task<Outcome<std::string>> language(Actor actor);
  net::Task<Outcome<>> set_language(Actor actor, std::string language);

 private:
  Context& context_;
};

// Where a person's language stands.
std::string language_setting(UserId user);

// The rules of both alone, in the fields `email` and `password`.
Outcome<> check_new_person(std::string_view email, std::string_view password);

// A hash of nobody's password: checking against it costs what a real one costs.
extern const char* const kNobodysHash;

// Argon2id on the bounded pool.
net::Task<Outcome<std::string>> hash_password(Context& context, std::string password);
net::Task<Outcome<bool>> check_password(Context& context, std::string hash, std::string password);

}  // namespace ph::core
