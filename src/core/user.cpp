#include "core/user.h"

#include <fmt/format.h>

#include "base/text.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/policy.h"
#include "core/transaction.h"
#include "mime/address.h"
#include "store/link.h"
#include "store/person.h"

namespace ph::core {
namespace {

Outcome<> need_user_rights(const Actor& actor) {
  if (allowed(actor, Action::manage_users)) return {};
  return refuse(Reason::forbidden, "Your role may not manage users.");
}

// A key has no password and no second factor: whoever finds one must not become a person by it.
Outcome<> need_person_for_users(const Actor& actor) {
  REFUSE_TRY(need_user_rights(actor));
  if (actor.kind != Actor::Kind::key) return {};
  return refuse(Reason::forbidden, "Only a person manages users: sign in.");
}

}  // namespace

Outcome<> may_take_over(const Actor& actor, const store::UserRow& row) {
  Actor other = REFUSE_TRY(actor_of(row));
  bool above = row.role == Role::owner && actor.role == Role::administrator;
  if (above || !covers(actor, other))
    return refuse(Reason::forbidden, "This user may do more than you may.", "user");
  if (actor.is_operator() || actor.role == Role::owner || !covers(other, actor)) return {};
  return refuse(Reason::forbidden,
                "This user may do what you may: an owner sets his password or second factor.",
                "user");
}

Outcome<> check_password_rule(std::string_view password) {
  if (is_utf8(password) && utf8_length(password) >= limits::kPasswordLeast &&
      password.size() <= limits::kPasswordMost && password.find('\0') == password.npos)
    return {};
  return refuse(Reason::invalid_field, "A password has at least 10 characters.", "password");
}

Outcome<std::string> check_email(std::string_view email) {
  auto mailbox = mime::parse_api_address(email);
  if (!mailbox || !mailbox->name.empty() || mailbox->ascii.empty())
    return refuse(Reason::invalid_field, "This is no e-mail address.", "email");
  return lower(mailbox->ascii);
}

namespace {

// Who may give which role: nobody makes what stands above himself.
Outcome<> check_role(const Actor& actor, const NewUser& user) {
  bool for_operator = user.role == Role::operator_;
  if (for_operator != !user.account)
    return refuse(Reason::invalid_field,
                  "An operator belongs to no account; every other user needs one.", "account");
  if (for_operator && !actor.is_operator())
    return refuse(Reason::forbidden, "Only the operator may make operators.", "role");
  if (user.role == Role::owner && actor.role == Role::administrator)
    return refuse(Reason::forbidden, "An administrator may not make owners.", "role");
  return {};
}

// Nobody changes, and nobody makes, who may do more than he himself.
Outcome<> check_covered(const Actor& actor, const store::UserRow& row) {
  if (covers(actor, REFUSE_TRY(actor_of(row)))) return {};
  return refuse(Reason::forbidden, "This user may do more than you may.", "user");
}

Outcome<> check_policy(const store::UserRow& row) {
  if (row.policy.empty() || (row.role != Role::owner && row.role != Role::operator_)) return {};
  return refuse(Reason::invalid_field, "An owner or operator has no policy.", "policy");
}

Outcome<store::UserRow> find_user(sql::Connection& sql, AccountId account, UserId id) {
  auto row = store::user(sql, account, id);
  if (!row && row.error().code == Errc::not_found)
    return refuse(Reason::not_found, "There is no such user.", "user");
  return REFUSE_TRY(std::move(row));
}

// Runs on the bounded pool and comes back to the loop.
template <class R>
net::Task<Outcome<R>> on_password_pool(Context& context, std::move_only_function<R()> work) {
  net::OneShot<R> answer;
  auto job = [sender = answer.sender(), work = std::move(work)]() mutable { sender.send(work()); };
  auto submitted = context.passwords.submit(std::move(job));
  if (!submitted)
    co_return refuse(Reason::temporary, "Too many sign-ins at once. Try again in a moment.");
  auto out = co_await answer.wait(Deadline::in(context.clock, limits::kStoreWait));
  if (!out) co_return refuse(Reason::temporary, "The sign-in took too long. Try again.");
  co_return std::move(*out);
}

Outcome<AccountId> users_account(const Actor& actor, AccountId named) {
  if (actor.is_operator()) return named;  // 0: the operators
  return acting_account(actor, named);
}

std::string audited_object(UserId id) { return fmt::format("user:{}", id.value); }

// What a change makes of a row, as far as the actor may.
Outcome<store::UserRow> changed(const Actor& actor, store::UserRow row, const UserChange& change) {
  if (row.role == Role::owner && actor.role == Role::administrator)
    return refuse(Reason::forbidden, "An administrator may not change an owner.", "user");
  REFUSE_TRY(check_covered(actor, row));
  if (change.role) {
    NewUser wish{.email = {}, .password = {}, .role = *change.role, .account = row.account_id};
    REFUSE_TRY(check_role(actor, wish));
    row.role = *change.role;
  }
  if (change.disabled) row.disabled = *change.disabled;
  if (change.policy) row.policy = policy_text(*change.policy);
  REFUSE_TRY(check_policy(row));
  REFUSE_TRY(check_covered(actor, row));
  return row;
}

// A link that was asked for before does not outlive the password that it was to replace.
Outcome<> end_resets(store::Tx& tx, const store::UserRow& row) {
  REFUSE_TRY(
      store::end_links_to_for_sign_in(tx.sql(), row.email, store::LinkKind::reset, tx.now()));
  return {};
}

Outcome<> write_change(store::Tx& tx, const store::UserRow& before, const store::UserRow& after) {
  AccountId account = after.account_id;
  if (after.role != before.role)
    REFUSE_TRY(store::set_user_role(tx.sql(), account, after.id, after.role));
  if (after.policy != before.policy)
    REFUSE_TRY(store::set_user_policy(tx.sql(), account, after.id, after.policy));
  if (after.disabled && !before.disabled) {
    REFUSE_TRY(store::disable_user(tx.sql(), account, after.id));
    REFUSE_TRY(end_resets(tx, after));
  }
  if (!after.disabled && before.disabled)
    REFUSE_TRY(store::enable_user(tx.sql(), account, after.id));
  return {};
}

}  // namespace

AccountId home_account(const Actor& actor) { return actor.behind ? AccountId() : actor.account; }

Outcome<Actor> actor_of(const store::UserRow& user) {
  auto policy = REFUSE_TRY(parse_policy(user.policy));
  return Actor{.kind = user.role == Role::operator_ ? Actor::Kind::operator_user
                                                    : Actor::Kind::user,
               .account = user.account_id,
               .user = user.id,
               .role = user.role,
               .policy = std::move(policy)};
}

std::string audited_user(const store::UserRow& row) {
  auto policy = parse_policy(row.policy);
  bool some = policy && *policy != nullptr;
  return json::serialize(
      json::Value::object({{"email", row.email},
                           {"role", store::role_name(row.role)},
                           {"disabled", row.disabled},
                           {"policy", some ? policy_json(**policy) : json::Value()}}));
}

std::string language_setting(UserId user) {
  return fmt::format("language.user.{}", user.value);
}

// Argon2id of a random password: an unknown address costs the same as a known one.
const char* const kNobodysHash =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFE";

net::Task<Outcome<std::string>> hash_password(Context& context, std::string password) {
  auto work = [password = std::move(password)]() { return crypto::hash_password(password); };
  auto hash = co_await on_password_pool<Result<std::string>>(context, std::move(work));
  if (!hash) co_return lift(std::move(hash).error());
  co_return CO_REFUSE_TRY(std::move(*hash));
}

net::Task<Outcome<bool>> check_password(Context& context, std::string hash, std::string password) {
  auto work = [hash = std::move(hash), password = std::move(password)]() {
    return crypto::verify_password(password, hash);
  };
  co_return co_await on_password_pool<bool>(context, std::move(work));
}

Outcome<> check_new_person(std::string_view email, std::string_view password) {
  REFUSE_TRY(check_email(email));
  return check_password_rule(password);
}

net::Task<Outcome<store::UserRow>> Users::create(Actor actor, NewUser user) {
  CO_REFUSE_TRY(need_person_for_users(actor));
  if (user.role != Role::operator_)
    user.account = CO_REFUSE_TRY(acting_account(actor, user.account));
  CO_REFUSE_TRY(check_role(actor, user));
  std::string email = CO_REFUSE_TRY(check_email(user.email));
  CO_REFUSE_TRY(check_password_rule(user.password));
  store::UserRow wanted{.account_id = user.account,
                        .email = email,
                        .role = user.role,
                        .policy = policy_text(user.policy)};
  CO_REFUSE_TRY(check_policy(wanted));
  CO_REFUSE_TRY(check_covered(actor, wanted));
  wanted.password_hash = CO_REFUSE_TRY(co_await hash_password(context_, user.password));
  auto job = [actor, wanted](store::Tx& tx) -> Outcome<store::UserRow> {
    AccountId account = wanted.account_id;
    if (account) {
      auto of = store::account(tx.sql(), account);
      if (!of) return refuse(Reason::not_found, "There is no such account.", "account");
      // Else whoever registers could try, and take, addresses that are not his.
      if (of->plan == store::Plan::customer && !actor.is_operator())
        return refuse(Reason::forbidden, "Invite him: users of this account prove their address.",
                      "email");
      if (REFUSE_TRY(store::user_count(tx.sql(), account)) >= limits::kUsersPerAccount)
        return refuse(Reason::user_limit, "This account has as many users as it may have.");
    }
    store::UserRow row = wanted;
    row.created_at = tx.now();
    auto id = store::insert_user(tx.sql(), row);
    if (!id && id.error().code == Errc::conflict)
      return refuse(Reason::conflict, "A user with this e-mail address exists.", "email");
    row.id = REFUSE_TRY(std::move(id));
    REFUSE_TRY(record_event(tx, {.account_id = account, .type = event::kUserCreated}));
    REFUSE_TRY(record_change(tx, actor,
                             {.account = account,
                              .action = "user.create",
                              .object = audited_object(row.id),
                              .after = audited_user(row)}));
    return row;
  };
  co_return co_await transact<store::UserRow>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::UserRow>>> Users::list(Actor actor, AccountId named,
                                                            UserId after, size_t limit) {
  CO_REFUSE_TRY(need_user_rights(actor));
  AccountId account = CO_REFUSE_TRY(users_account(actor, named));
  using Rows = std::vector<store::UserRow>;
  auto job = [account, after, limit](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::users(sql, account, {.after = after.value, .limit = limit}));
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<>> Users::remove(Actor actor, AccountId named, UserId id) {
  CO_REFUSE_TRY(need_person_for_users(actor));
  AccountId account = CO_REFUSE_TRY(users_account(actor, named));
  if (id == actor.user) co_return refuse(Reason::conflict, "You cannot remove yourself.", "user");
  auto job = [actor, account, id](store::Tx& tx) -> Outcome<> {
    auto row = REFUSE_TRY(find_user(tx.sql(), account, id));
    if (row.role == Role::owner && actor.role == Role::administrator)
      return refuse(Reason::forbidden, "An administrator may not remove an owner.", "user");
    REFUSE_TRY(check_covered(actor, row));
    REFUSE_TRY(store::disable_user(tx.sql(), account, id));
    REFUSE_TRY(end_resets(tx, row));
    // Somebody else, or himself elsewhere, may have it.
    REFUSE_TRY(store::free_user_email(tx.sql(), account, id));
    REFUSE_TRY(record_event(tx, {.account_id = account, .type = event::kUserRemoved}));
    std::string before = audited_user(row);
    row.disabled = true;
    REFUSE_TRY(record_change(tx, actor,
                             {.account = account,
                              .action = "user.remove",
                              .object = audited_object(id),
                              .before = std::move(before),
                              .after = audited_user(row)}));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

net::Task<Outcome<store::UserRow>> Users::change(Actor actor, AccountId named, UserId id,
                                                 UserChange change) {
  CO_REFUSE_TRY(need_person_for_users(actor));
  AccountId account = CO_REFUSE_TRY(users_account(actor, named));
  if (id == actor.user) co_return refuse(Reason::conflict, "You cannot change yourself.", "user");
  auto job = [actor, account, id, change](store::Tx& tx) -> Outcome<store::UserRow> {
    auto before = REFUSE_TRY(find_user(tx.sql(), account, id));
    auto after = REFUSE_TRY(changed(actor, before, change));
    REFUSE_TRY(write_change(tx, before, after));
    REFUSE_TRY(record_change(tx, actor,
                             {.account = account,
                              .action = "user.change",
                              .object = audited_object(id),
                              .before = audited_user(before),
                              .after = audited_user(after)}));
    return find_user(tx.sql(), account, id);
  };
  co_return co_await transact<store::UserRow>(context_, std::move(job));
}

net::Task<Outcome<>> Users::set_password(Actor actor, AccountId named, UserId id,
                                         std::string password) {
  if (id == actor.user)
    co_return refuse(Reason::conflict, "Your own password is changed with the present one.",
                     "user");
  CO_REFUSE_TRY(need_person_for_users(actor));
  AccountId account = CO_REFUSE_TRY(users_account(actor, named));
  CO_REFUSE_TRY(check_password_rule(password));
  std::string hash = CO_REFUSE_TRY(co_await hash_password(context_, std::move(password)));
  auto job = [actor, account, id, hash](store::Tx& tx) -> Outcome<> {
    auto row = REFUSE_TRY(find_user(tx.sql(), account, id));
    REFUSE_TRY(may_take_over(actor, row));
    REFUSE_TRY(store::set_user_password(tx.sql(), account, id, hash));
    REFUSE_TRY(end_resets(tx, row));
    REFUSE_TRY(record_change(tx, actor,
                             {.account = account,
                              .action = "user.password",
                              .object = audited_object(id)}));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

}  // namespace ph::core
