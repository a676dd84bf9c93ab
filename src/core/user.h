// Purpose: people who sign in: the operator and the users of an account, with roles, policies and
//   sessions.
// Shapes: a password has 10 code points at least; it is stored as Argon2id. A session is a random
//   256-bit token, stored as SHA-256, for 12 hours; its id is half of that in hex. Nobody makes or
//   changes a user who may do more than himself. An operator may act for an account for an hour:
//   as its owner, with his own name behind each change.
// Errors: unauthenticated is the same answer, after the same work, for an unknown e-mail address, a
//   disabled user and a wrong password. second_factor_required: the password is right, and a code
//   is missing. Over-full hashing is temporary.
// Not here: registration, invitations, how a second factor is set up (people/).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/access.h"
#include "core/context.h"
#include "core/second_factor.h"
#include "store/account.h"
#include "store/user.h"

namespace ph::core {

struct NewUser {
  std::string email;
  std::string password;
  Role role = Role::viewer;
  AccountId account;  // 0 only for Role::operator_
  Policy policy = {};
};

// What is absent stays as it is.
struct UserChange {
  std::optional<Role> role;
  std::optional<bool> disabled;
  std::optional<Policy> policy;
};

// Where somebody signs in from.
struct Caller {
  std::string from;   // the client's address
  std::string agent;  // what it says it is
  Familiar familiar = Familiar::no;
};

struct SignedIn {
  std::string token;  // shown once
  Actor actor;
  store::UserRow user;
  WallTime expires_at;
};

// Who is signed in, with what a console shows of it.
struct Standing {
  store::UserRow user;  // the operator himself where he acts for an account
  std::optional<store::AccountRow> account;
  bool acts = false;  // for that account, as its operator
  std::string reason;
};

class Users {
 public:
  explicit Users(Context& context) : context_(context) {}

  net::Task<Outcome<store::UserRow>> create(Actor actor, NewUser user);
  net::Task<Outcome<std::vector<store::UserRow>>> list(Actor actor, AccountId account, UserId after,
                                                       size_t limit);
  net::Task<Outcome<>> remove(Actor actor, AccountId account, UserId id);
  net::Task<Outcome<store::UserRow>> change(Actor actor, AccountId account, UserId id,
                                            UserChange change);
  net::Task<Outcome<>> set_password(Actor actor, AccountId account, UserId id,
                                    std::string password);
  // A person's own, who proves himself with the present one; other sessions end.
  net::Task<Outcome<>> change_own_password(Actor actor, std::string token, std::string password);
  net::Task<Outcome<>> check_own_password(Actor actor, std::string password);
  net::Task<Outcome<SignedIn>> sign_in(std::string email, std::string password, Caller caller = {},
                                       std::string code = {});
  net::Task<Outcome<Actor>> by_session(std::string token);
  net::Task<Outcome<>> sign_out(std::string token);
  net::Task<Outcome<store::UserRow>> me(Actor actor);
  net::Task<Outcome<Standing>> standing(std::string token);
  // Live ones of the person, the newest first.
  net::Task<Outcome<std::vector<store::SessionRow>>> sessions(Actor actor);
  net::Task<Outcome<>> end_session(Actor actor, std::string id);
  // All but the one of this token; gives how many.
  net::Task<Outcome<int64_t>> end_other_sessions(Actor actor, std::string token);
  // The operator acts for the account from now on, by this session alone.
  net::Task<Outcome<>> act_for(Actor actor, std::string token, AccountId account,
                               std::string reason);
  net::Task<Outcome<>> act_as_oneself(Actor actor, std::string token);
  // A session older than kSessionRenewed ends after kSessionGrace and another takes its place;
  // nothing: it is young, or another has its place.
  net::Task<Outcome<std::optional<SignedIn>>> renew(std::string token);
  // The language of the console, which follows the person; "" while he chose none.
  net::Task<Outcome<std::string>> language(Actor actor);
  net::Task<Outcome<>> set_language(Actor actor, std::string language);

 private:
  net::Task<> note_seen(store::SessionRow row);

  Context& context_;
};

// Who a row is, by himself.
Outcome<Actor> actor_of(const store::UserRow& user);
// Whether the actor may set this user's password or end his second factor, and so be him: what may
// do as much as the actor is an owner's or the operator's.
Outcome<> may_take_over(const Actor& actor, const store::UserRow& row);
// Where the person's own row stands: an operator who acts for an account has none in it.
AccountId home_account(const Actor& actor);
std::string session_id(const store::SessionRow& row);
std::string session_hash(std::string_view token);
// {"email","role","disabled","policy"}: what the audit log says of a user.
std::string audited_user(const store::UserRow& row);
Outcome<> check_password_rule(std::string_view password);
Outcome<std::string> check_email(std::string_view email);

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
