#include "core/user.h"

#include <fmt/format.h>

#include "base/text.h"
#include "core/event.h"
#include "core/transaction.h"
#include "crypto/hash.h"
#include "crypto/token.h"
#include "mime/address.h"
#include "store/account.h"
#include "store/setting.h"

namespace ph::core {
namespace {

Outcome<> need_user_rights(const Actor& actor) {
  if (allowed(actor, Action::manage_users)) return {};
  return refuse(Reason::forbidden, "Your role may not manage users.");
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

Actor actor_of(const store::UserRow& user) {
  return {.kind = user.role == Role::operator_ ? Actor::Kind::operator_user : Actor::Kind::user,
          .account = user.account_id,
          .user = user.id,
          .role = user.role};
}

std::string session_hash(std::string_view token) {
  return std::string(crypto::view(crypto::sha256(token)));
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

}  // namespace

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
  CO_REFUSE_TRY(need_user_rights(actor));
  if (user.role != Role::operator_)
    user.account = CO_REFUSE_TRY(acting_account(actor, user.account));
  CO_REFUSE_TRY(check_role(actor, user));
  std::string email = CO_REFUSE_TRY(check_email(user.email));
  CO_REFUSE_TRY(check_password_rule(user.password));
  std::string hash = CO_REFUSE_TRY(co_await hash_password(context_, user.password));
  auto job = [email, hash, role = user.role,
              account = user.account](store::Tx& tx) -> Outcome<store::UserRow> {
    if (account) {
      if (!store::account(tx.sql(), account))
        return refuse(Reason::not_found, "There is no such account.", "account");
      if (REFUSE_TRY(store::user_count(tx.sql(), account)) >= limits::kUsersPerAccount)
        return refuse(Reason::user_limit, "This account has as many users as it may have.");
    }
    store::UserRow row{.account_id = account,
                       .email = email,
                       .role = role,
                       .password_hash = hash,
                       .created_at = tx.now()};
    auto id = store::insert_user(tx.sql(), row);
    if (!id && id.error().code == Errc::conflict)
      return refuse(Reason::conflict, "A user with this e-mail address exists.", "email");
    row.id = REFUSE_TRY(std::move(id));
    REFUSE_TRY(record_event(tx, {.account_id = account, .type = event::kUserCreated}));
    return row;
  };
  co_return co_await transact<store::UserRow>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::UserRow>>> Users::list(Actor actor, AccountId named,
                                                            UserId after, size_t limit) {
  CO_REFUSE_TRY(need_user_rights(actor));
  AccountId account = named;
  if (!actor.is_operator()) account = CO_REFUSE_TRY(acting_account(actor, named));
  using Rows = std::vector<store::UserRow>;
  auto job = [account, after, limit](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::users(sql, account, {.after = after.value, .limit = limit}));
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<>> Users::remove(Actor actor, AccountId named, UserId id) {
  CO_REFUSE_TRY(need_user_rights(actor));
  AccountId account = named;
  if (!actor.is_operator()) account = CO_REFUSE_TRY(acting_account(actor, named));
  if (id == actor.user) co_return refuse(Reason::conflict, "You cannot remove yourself.", "user");
  auto job = [actor, account, id](store::Tx& tx) -> Outcome<> {
    auto row = REFUSE_TRY(find_user(tx.sql(), account, id));
    if (row.role == Role::owner && actor.role == Role::administrator)
      return refuse(Reason::forbidden, "An administrator may not remove an owner.", "user");
    REFUSE_TRY(store::disable_user(tx.sql(), account, id));
    REFUSE_TRY(record_event(tx, {.account_id = account, .type = event::kUserRemoved}));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

net::Task<Outcome<>> Users::set_password(Actor actor, AccountId named, UserId id,
                                         std::string password) {
  if (id != actor.user) CO_REFUSE_TRY(need_user_rights(actor));
  AccountId account = named;
  if (!actor.is_operator()) account = CO_REFUSE_TRY(acting_account(actor, named));
  CO_REFUSE_TRY(check_password_rule(password));
  std::string hash = CO_REFUSE_TRY(co_await hash_password(context_, std::move(password)));
  auto job = [actor, account, id, hash](store::Tx& tx) -> Outcome<> {
    auto row = REFUSE_TRY(find_user(tx.sql(), account, id));
    if (row.role == Role::owner && actor.role == Role::administrator)
      return refuse(Reason::forbidden, "An administrator may not change an owner.", "user");
    REFUSE_TRY(store::set_user_password(tx.sql(), account, id, hash));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

net::Task<Outcome<SignedIn>> Users::sign_in(std::string email, std::string password) {
  auto wrong = [] {
    return refuse(Reason::unauthenticated, "The e-mail address or the password is wrong.");
  };
  if (password.size() > limits::kPasswordMost || email.size() > limits::kPath) co_return wrong();
  auto find = [email = lower(email)](sql::Connection& sql) -> Outcome<store::UserRow> {
    auto row = store::user_by_email_for_sign_in(sql, email);
    if (!row && row.error().code == Errc::not_found) return store::UserRow{};
    return REFUSE_TRY(std::move(row));
  };
  auto user = CO_REFUSE_TRY(co_await look<store::UserRow>(context_, std::move(find)));
  bool usable = user.id && !user.disabled;
  std::string hash = usable ? user.password_hash : kNobodysHash;
  bool right = CO_REFUSE_TRY(co_await check_password(context_, hash, std::move(password)));
  if (!usable || !right) co_return wrong();

  SignedIn out;
  out.token = crypto::new_bearer_token(context_.random);
  out.actor = actor_of(user);
  out.user = user;
  out.expires_at = context_.clock.wall() + limits::kSessionKept;
  auto keep = [hash_of = session_hash(out.token), user_id = user.id,
               until = out.expires_at](store::Tx& tx) -> Outcome<> {
    REFUSE_TRY(store::insert_session_for_sign_in(
        tx.sql(),
        {.token_hash = hash_of, .user_id = user_id, .created_at = tx.now(), .expires_at = until}));
    return {};
  };
  CO_REFUSE_TRY(co_await transact<void>(context_, std::move(keep)));
  co_return out;
}

net::Task<Outcome<Actor>> Users::by_session(std::string token) {
  auto job = [hash = session_hash(token),
              now = context_.clock.wall()](sql::Connection& sql) -> Outcome<Actor> {
    auto found = store::session_for_sign_in(sql, hash, now);
    if (!found && found.error().code == Errc::not_found)
      return refuse(Reason::unauthenticated, "Sign in again.");
    return actor_of(REFUSE_TRY(std::move(found)).user);
  };
  co_return co_await look<Actor>(context_, std::move(job));
}

net::Task<Outcome<>> Users::sign_out(std::string token) {
  auto job = [hash = session_hash(token)](store::Tx& tx) -> Outcome<> {
    // With it the one that it replaced, which lives for a little still.
    auto gone =
        store::delete_session_for_sign_in(tx.sql(), hash, tx.now() + limits::kSessionGrace);
    if (!gone && gone.error().code != Errc::not_found) return lift(gone.error());
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

net::Task<Outcome<store::UserRow>> Users::me(Actor actor) {
  auto job = [actor](sql::Connection& sql) { return find_user(sql, actor.account, actor.user); };
  co_return co_await look<store::UserRow>(context_, std::move(job));
}

net::Task<Outcome<std::optional<SignedIn>>> Users::renew(std::string token) {
  SignedIn fresh;
  fresh.token = crypto::new_bearer_token(context_.random);
  WallTime now = context_.clock.wall();
  fresh.expires_at = now + limits::kSessionKept;
  using Renewed = std::optional<SignedIn>;
  auto job = [fresh, now, old = session_hash(token)](store::Tx& tx) -> Outcome<Renewed> {
    auto found = store::session_for_sign_in(tx.sql(), old, now);
    if (!found && found.error().code == Errc::not_found)
      return refuse(Reason::unauthenticated, "Sign in again.");
    auto row = REFUSE_TRY(std::move(found));
    if (now - row.session.created_at < limits::kSessionRenewed) return Renewed{};
    // It has been replaced already, and lives its last minute: no second one that nobody ends.
    if (row.session.expires_at - now <= limits::kSessionGrace) return Renewed{};
    SignedIn out = fresh;
    out.user = row.user;
    out.actor = actor_of(row.user);
    REFUSE_TRY(store::insert_session_for_sign_in(tx.sql(), {.token_hash = session_hash(out.token),
                                                            .user_id = out.user.id,
                                                            .created_at = now,
                                                            .expires_at = out.expires_at}));
    // Another tab may be asking with the old one at this moment.
    REFUSE_TRY(store::shorten_session_for_sign_in(tx.sql(), old, now + limits::kSessionGrace));
    return out;
  };
  co_return co_await transact<Renewed>(context_, std::move(job));
}

net::Task<Outcome<std::string>> Users::language(Actor actor) {
  auto job = [actor](sql::Connection& sql) -> Outcome<std::string> {
    return REFUSE_TRY(store::setting(sql, language_setting(actor.user))).value_or("");
  };
  co_return co_await look<std::string>(context_, std::move(job));
}

net::Task<Outcome<>> Users::set_language(Actor actor, std::string language) {
  if (!actor.user) co_return refuse(Reason::forbidden, "Only a person has a language.");
  auto job = [actor, language = std::move(language)](store::Tx& tx) -> Outcome<> {
    REFUSE_TRY(store::set_setting(tx.sql(), language_setting(actor.user), language));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

}  // namespace ph::core
