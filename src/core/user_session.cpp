#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/log.h"
#include "base/text.h"
#include "core/audit.h"
#include "core/transaction.h"
#include "core/user.h"
#include "crypto/hash.h"
#include "crypto/token.h"
#include "crypto/totp.h"
#include "json/json.h"
#include "store/link.h"
#include "store/setting.h"

namespace ph::core {
namespace {

constexpr size_t kSessionId = 16;  // octets of the hash
// However often it is renewed: then the password, and the code, are asked for again.
constexpr Duration kSessionMost = std::chrono::days(30);
constexpr Duration kOperatorSessionMost = std::chrono::hours(12);

std::unexpected<Refusal> no_session() {
  return refuse(Reason::unauthenticated, "Sign in again.");
}

Outcome<store::SessionUser> find_session(sql::Connection& sql, std::string_view hash,
                                         WallTime now) {
  auto found = store::session_for_sign_in(sql, hash, now);
  if (!found && found.error().code == Errc::not_found) return no_session();
  return REFUSE_TRY(std::move(found));
}

// The operator acts for an account, but not for longer than he said.
bool acts(const store::SessionRow& session, WallTime now) {
  return session.as_account && now < session.as_until;
}

Outcome<Actor> session_actor(const store::SessionUser& found, WallTime now) {
  Actor actor = REFUSE_TRY(actor_of(found.user));
  if (!actor.is_operator() || !acts(found.session, now)) return actor;
  actor.account = found.session.as_account;
  actor.role = Role::owner;
  actor.behind = found.user.id;
  return actor;
}

// The one that it replaced lives for a little still: the person sees one.
bool ends_anyway(const store::SessionRow& row, WallTime now) {
  return row.expires_at - now <= limits::kSessionGrace;
}

Outcome<store::UserRow> own_row(sql::Connection& sql, const Actor& actor) {
  auto row = store::user(sql, home_account(actor), actor.user);
  if (!row && row.error().code == Errc::not_found)
    return refuse(Reason::forbidden, "Only a person has this.");
  return REFUSE_TRY(std::move(row));
}

// Whom he acted for learns when it ended.
Outcome<> end_acting(store::Tx& tx, const Actor& actor, const store::SessionRow& session) {
  if (!session.as_account) return {};
  REFUSE_TRY(record_change(tx, actor,
                           {.account = session.as_account,
                            .action = "impersonation.end",
                            .object = fmt::format("account:{}", session.as_account.value)}));
  return {};
}

std::string cut(std::string text) {
  while (text.size() > limits::kUserAgent || !is_utf8(text)) text.pop_back();
  return text;
}

}  // namespace

std::string session_hash(std::string_view token) {
  return std::string(crypto::view(crypto::sha256(token)));
}

std::string session_id(const store::SessionRow& row) {
  return hex_encode(std::string_view(row.token_hash).substr(0, kSessionId));
}

net::Task<Outcome<SignedIn>> Users::sign_in(std::string email, std::string password, Caller caller,
                                            std::string code) {
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
  if (user.second_factor && code.empty())
    co_return refuse(Reason::second_factor_required,
                     "Enter the code of your authenticator app, or a recovery code.", "code");

  SignedIn out;
  out.token = crypto::new_bearer_token(context_.random);
  out.actor = CO_REFUSE_TRY(actor_of(user));
  out.actor.from = caller.from;
  out.user = user;
  out.expires_at = context_.clock.wall() + limits::kSessionKept;
  CodeGuess guess{.user = user.id, .code = code, .familiar = caller.familiar};
  auto keep = [this, out, guess, caller, wrong](store::Tx& tx) -> Outcome<CodeVerdict> {
    // Asked anew: what was changed during the slow hash counts, a password as well as a factor.
    auto now = REFUSE_TRY(store::user(tx.sql(), out.user.account_id, out.user.id));
    if (now.disabled || now.password_hash != out.user.password_hash) return wrong();
    std::string factor = "none";
    if (now.second_factor) {
      factor = crypto::looks_like_totp_code(guess.code) ? "app" : "recovery";
      CodeVerdict verdict = REFUSE_TRY(judge_code(tx, context_.master, guess));
      if (verdict != CodeVerdict::right) return verdict;
    }
    REFUSE_TRY(store::insert_session_for_sign_in(tx.sql(),
                                                 {.token_hash = session_hash(out.token),
                                                  .user_id = out.user.id,
                                                  .created_at = tx.now(),
                                                  .expires_at = out.expires_at,
                                                  .signed_in_at = tx.now(),
                                                  .seen_at = tx.now(),
                                                  .from = caller.from,
                                                  .agent = cut(caller.agent)}));
    REFUSE_TRY(store::keep_newest_sessions(tx.sql(), out.user.id, limits::kSessionsPerUser));
    REFUSE_TRY(record_change(tx, out.actor,
                             {.account = out.user.account_id,
                              .action = "session.create",
                              .object = fmt::format("user:{}", out.user.id.value),
                              .after = fmt::format("{{\"factor\":\"{}\"}}", factor)}));
    return CodeVerdict::right;
  };
  auto verdict = co_await transact<CodeVerdict>(context_, std::move(keep), Changes::mail);
  CO_REFUSE_TRY(refuse_code(CO_REFUSE_TRY(std::move(verdict))));
  co_return out;
}

net::Task<> Users::note_seen(store::SessionRow row) {
  auto touch = [row](store::Tx& tx) -> Outcome<> {
    REFUSE_TRY(store::touch_session_for_sign_in(tx.sql(), row, tx.now()));
    return {};
  };
  // A store that cannot take this note can still answer who asks.
  auto noted = co_await transact<void>(context_, std::move(touch), Changes::mail);
  if (!noted) log::warn("the use of a session was not noted", {{"why", noted.error().detail}});
}

net::Task<Outcome<Actor>> Users::by_session(std::string token) {
  WallTime now = context_.clock.wall();
  auto job = [hash = session_hash(token), now](sql::Connection& sql) {
    return find_session(sql, hash, now);
  };
  auto found = CO_REFUSE_TRY(co_await look<store::SessionUser>(context_, std::move(job)));
  if (now - found.session.seen_at >= limits::kSeenNoted) co_await note_seen(found.session);
  co_return session_actor(found, now);
}

net::Task<Outcome<>> Users::sign_out(std::string token) {
  auto job = [hash = session_hash(token)](store::Tx& tx) -> Outcome<> {
    auto found = store::session_for_sign_in(tx.sql(), hash, tx.now());
    if (found) {
      Actor actor = REFUSE_TRY(actor_of(found->user));
      REFUSE_TRY(end_acting(tx, actor, found->session));
      REFUSE_TRY(record_change(tx, actor,
                               {.account = found->user.account_id,
                                .action = "session.end",
                                .object = fmt::format("user:{}", actor.user.value)}));
    }
    // With it the one that it replaced, which lives for a little still.
    auto gone =
        store::delete_session_for_sign_in(tx.sql(), hash, tx.now() + limits::kSessionGrace);
    if (!gone && gone.error().code != Errc::not_found) return lift(gone.error());
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

net::Task<Outcome<store::UserRow>> Users::me(Actor actor) {
  auto job = [actor](sql::Connection& sql) { return own_row(sql, actor); };
  co_return co_await look<store::UserRow>(context_, std::move(job));
}

net::Task<Outcome<Standing>> Users::standing(std::string token) {
  WallTime now = context_.clock.wall();
  auto job = [hash = session_hash(token), now](sql::Connection& sql) -> Outcome<Standing> {
    auto found = REFUSE_TRY(find_session(sql, hash, now));
    Actor actor = REFUSE_TRY(session_actor(found, now));
    Standing out{.user = found.user};
    out.acts = static_cast<bool>(actor.behind);
    if (out.acts) out.reason = found.session.as_reason;
    if (actor.account) out.account = REFUSE_TRY(store::account(sql, actor.account));
    return out;
  };
  co_return co_await look<Standing>(context_, std::move(job));
}

net::Task<Outcome<std::optional<SignedIn>>> Users::renew(std::string token) {
  SignedIn fresh;
  fresh.token = crypto::new_bearer_token(context_.random);
  WallTime now = context_.clock.wall();
  fresh.expires_at = now + limits::kSessionKept;
  using Renewed = std::optional<SignedIn>;
  auto job = [fresh, now, old = session_hash(token)](store::Tx& tx) -> Outcome<Renewed> {
    auto found = REFUSE_TRY(find_session(tx.sql(), old, now));
    if (now - found.session.created_at < limits::kSessionRenewed) return Renewed{};
    // It has been replaced already, and lives its last minute: no second one that nobody ends.
    if (ends_anyway(found.session, now)) return Renewed{};
    SignedIn out = fresh;
    out.user = found.user;
    bool mighty = out.user.role == Role::operator_;
    out.expires_at = std::min(out.expires_at, found.session.signed_in_at +
                                                  (mighty ? kOperatorSessionMost : kSessionMost));
    if (out.expires_at <= found.session.expires_at) return Renewed{};
    out.actor = REFUSE_TRY(session_actor(found, now));
    store::SessionRow row = found.session;
    row.token_hash = session_hash(out.token);
    row.created_at = now;
    row.seen_at = now;
    row.expires_at = out.expires_at;
    REFUSE_TRY(store::insert_session_for_sign_in(tx.sql(), row));
    // Another tab may be asking with the old one at this moment.
    REFUSE_TRY(store::shorten_session_for_sign_in(tx.sql(), old, now + limits::kSessionGrace));
    return out;
  };
  co_return co_await transact<Renewed>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::SessionRow>>> Users::sessions(Actor actor) {
  using Rows = std::vector<store::SessionRow>;
  auto job = [actor, now = context_.clock.wall()](sql::Connection& sql) -> Outcome<Rows> {
    REFUSE_TRY(own_row(sql, actor));
    auto rows =
        REFUSE_TRY(store::sessions_of_user(sql, actor.user, now, limits::kSessionsPerUser + 1));
    std::erase_if(rows, [&](const auto& row) { return ends_anyway(row, now); });
    return rows;
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<>> Users::end_session(Actor actor, std::string id) {
  auto job = [actor, id](store::Tx& tx) -> Outcome<> {
    REFUSE_TRY(own_row(tx.sql(), actor));
    auto rows = REFUSE_TRY(store::sessions_of_user(tx.sql(), actor.user, tx.now(),
                                                   limits::kSessionsPerUser + 1));
    for (const auto& row : rows) {
      if (session_id(row) != id) continue;
      REFUSE_TRY(store::end_session_of_user(tx.sql(), actor.user, row.token_hash));
      REFUSE_TRY(record_change(tx, actor,
                               {.account = home_account(actor),
                                .action = "session.end",
                                .object = fmt::format("user:{}", actor.user.value)}));
      return {};
    }
    return refuse(Reason::not_found, "There is no such session.", "session");
  };
  co_return co_await transact<void>(context_, std::move(job));
}

net::Task<Outcome<int64_t>> Users::end_other_sessions(Actor actor, std::string token) {
  auto job = [actor, hash = session_hash(token)](store::Tx& tx) -> Outcome<int64_t> {
    REFUSE_TRY(own_row(tx.sql(), actor));
    auto rows = REFUSE_TRY(store::sessions_of_user(tx.sql(), actor.user, tx.now(),
                                                   limits::kSessionsPerUser + 1));
    int64_t ended = 0;
    for (const auto& row : rows) {
      if (row.token_hash == hash) continue;
      REFUSE_TRY(store::end_session_of_user(tx.sql(), actor.user, row.token_hash));
      ended += !ends_anyway(row, tx.now());
    }
    REFUSE_TRY(record_change(tx, actor,
                             {.account = home_account(actor),
                              .action = "session.end_others",
                              .object = fmt::format("user:{}", actor.user.value),
                              .after = fmt::format("{{\"ended\":{}}}", ended)}));
    return ended;
  };
  co_return co_await transact<int64_t>(context_, std::move(job));
}

net::Task<Outcome<>> Users::check_own_password(Actor actor, std::string password) {
  auto row = CO_REFUSE_TRY(co_await me(actor));
  if (password.size() <= limits::kPasswordMost &&
      CO_REFUSE_TRY(co_await check_password(context_, row.password_hash, std::move(password))))
    co_return Outcome<>{};
  co_return refuse(Reason::invalid_field, "The password is wrong.", "password");
}

net::Task<Outcome<>> Users::change_own_password(Actor actor, std::string token,
                                                std::string password) {
  CO_REFUSE_TRY(check_password_rule(password));
  std::string hash = CO_REFUSE_TRY(co_await hash_password(context_, std::move(password)));
  auto job = [actor, hash, kept = session_hash(token)](store::Tx& tx) -> Outcome<> {
    auto row = REFUSE_TRY(own_row(tx.sql(), actor));
    auto session = store::session_for_sign_in(tx.sql(), kept, tx.now());
    REFUSE_TRY(store::set_user_password(tx.sql(), home_account(actor), actor.user, hash));
    REFUSE_TRY(store::end_links_to_for_sign_in(tx.sql(), row.email, store::LinkKind::reset,
                                               tx.now()));
    // His others have ended; the one that he asks with goes on.
    if (session)
      REFUSE_TRY(store::insert_session_for_sign_in(tx.sql(), session->session));
    REFUSE_TRY(record_change(tx, actor,
                             {.account = home_account(actor),
                              .action = "user.password",
                              .object = fmt::format("user:{}", actor.user.value)}));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

net::Task<Outcome<>> Users::act_for(Actor actor, std::string token, AccountId account,
                                    std::string reason) {
  if (actor.behind)
    co_return refuse(Reason::conflict, "You act for an account already: end that first.",
                     "account");
  if (!allowed(actor, Action::operate) || !actor.user || token.empty())
    co_return refuse(Reason::forbidden, "Only an operator who has signed in may do this.");
  if (reason.empty()) co_return refuse(Reason::missing_field, "Say why.", "reason");
  if (!is_utf8(reason) || has_control(reason) ||
      utf8_length(reason) > limits::kImpersonationReason)
    co_return refuse(Reason::invalid_field, "A reason has at most 500 characters.", "reason");
  auto job = [actor, token, account, reason](store::Tx& tx) -> Outcome<> {
    auto row = store::account(tx.sql(), account);
    if (!row && row.error().code == Errc::not_found)
      return refuse(Reason::not_found, "There is no such account.", "account");
    REFUSE_TRY(std::move(row));
    auto found = REFUSE_TRY(find_session(tx.sql(), session_hash(token), tx.now()));
    if (acts(found.session, tx.now()))
      return refuse(Reason::conflict, "You act for an account already: end that first.",
                    "account");
    REFUSE_TRY(end_acting(tx, actor, found.session));  // one that time ended
    found.session.as_account = account;
    found.session.as_reason = reason;
    found.session.as_until = tx.now() + limits::kImpersonationKept;
    REFUSE_TRY(store::set_session_as_for_sign_in(tx.sql(), found.session));
    REFUSE_TRY(record_change(
        tx, actor,
        {.account = account,
         .action = "impersonation.begin",
         .object = fmt::format("account:{}", account.value),
         .after = json::serialize(json::Value::object({{"reason", reason}}))}));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

net::Task<Outcome<>> Users::act_as_oneself(Actor actor, std::string token) {
  auto job = [actor, token](store::Tx& tx) -> Outcome<> {
    auto found = REFUSE_TRY(find_session(tx.sql(), session_hash(token), tx.now()));
    AccountId account = found.session.as_account;
    if (!account) return {};
    found.session.as_account = {};
    found.session.as_reason.clear();
    found.session.as_until = {};
    REFUSE_TRY(store::set_session_as_for_sign_in(tx.sql(), found.session));
    store::SessionRow acted{.as_account = account};
    return end_acting(tx, actor, acted);
  };
  co_return co_await transact<void>(context_, std::move(job));
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
