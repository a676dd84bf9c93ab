#include "people/invitation.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "core/account.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/policy.h"
#include "core/transaction.h"
#include "people/link.h"
#include "people/mailing.h"
#include "people/registration.h"
#include "store/person.h"
#include "store/setting.h"

namespace ph::people {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;
using store::LinkKind;

constexpr int64_t kInvitationsADay = 20;  // made by one account: what it may mail to strangers
constexpr int64_t kInvitationsOfNew = 3;  // of one that is not activated yet, in all

LinkKind kind_for(AccountId account) {
  return account ? LinkKind::invitation : LinkKind::registration;
}

// 0: the operator's own invitations, which only he has.
Outcome<AccountId> inviting_account(const core::Actor& actor, AccountId named) {
  if (actor.is_operator()) return named;
  if (core::allowed(actor, core::Action::manage_users)) return core::acting_account(actor, named);
  return refuse(Reason::forbidden, "Your role may not manage users.");
}

// A key that was found must not make a person.
Outcome<AccountId> inviting_person(const core::Actor& actor, AccountId named) {
  if (actor.kind == core::Actor::Kind::key)
    return refuse(Reason::forbidden, "Only a person invites: sign in.");
  return inviting_account(actor, named);
}

// As if the user were made now: what it would be refused, the invitation is.
Outcome<> check_invited(const core::Actor& actor, const store::LinkRow& row) {
  if (row.role == core::Role::operator_)
    return refuse(Reason::invalid_field, "Nobody is invited as an operator.", "role");
  if (row.role == core::Role::owner && actor.role == core::Role::administrator)
    return refuse(Reason::forbidden, "An administrator may not make owners.", "role");
  if (row.role == core::Role::owner && !row.policy.empty())
    return refuse(Reason::invalid_field, "An owner or operator has no policy.", "policy");
  auto invited = REFUSE_TRY(core::actor_of(
      store::UserRow{.account_id = row.account_id, .role = row.role, .policy = row.policy}));
  if (core::covers(actor, invited)) return {};
  return refuse(Reason::forbidden, "This user could do more than you may.", "role");
}

// Who invited may have left since, or may do less.
Outcome<> check_inviter(sql::Connection& sql, const store::LinkRow& row) {
  auto inviter = REFUSE_TRY(store::person_for_sign_in(sql, row.user_id));
  if (!inviter) return {};
  bool may = !inviter->disabled &&
             check_invited(REFUSE_TRY(core::actor_of(*inviter)), row).has_value();
  if (may) return {};
  return refuse(Reason::not_found, "This link is unknown, was used, or has expired.", "token");
}

// Nobody has mails sent to strangers whom he names by the hundred.
Outcome<> check_room(store::Tx& tx, const core::Actor& actor, const store::LinkRow& row,
                     store::AccountState state) {
  if (REFUSE_TRY(store::open_link_count(tx.sql(), row.account_id, row.kind, tx.now())) >=
      limits::kOpenInvitations)
    return refuse(Reason::user_limit, "Too many invitations are open. Withdraw one.");
  if (actor.is_operator() || !row.account_id) return {};
  if (state == store::AccountState::suspended)
    return refuse(Reason::account_suspended, "The account is suspended: nobody is invited.");
  bool is_new = state == store::AccountState::created;
  WallTime since = is_new ? WallTime{} : tx.now() - std::chrono::days(1);
  int64_t made = REFUSE_TRY(store::links_made(tx.sql(), row.account_id, row.kind, since));
  if (made < (is_new ? kInvitationsOfNew : kInvitationsADay)) return {};
  if (is_new) return refuse(Reason::user_limit, "Activate the account to invite more people.");
  return refuse(Reason::request_rate_limit,
                "The account has made its invitations of today. Try again tomorrow.");
}

// In a subject or a text of ours a name is no link: programs make links of what looks like one.
std::string plain_name(std::string name) {
  for (size_t i = 0; i + 1 < name.size(); ++i) {
    bool within = name[i + 1] != ' ';
    if ((name[i] == '.' && within) || name[i] == ':' || name[i] == '/') name[i] = ' ';
  }
  return name;
}

std::string state_of(const store::LinkRow& row, WallTime now) {
  if (row.ended != store::LinkEnd::open) return store::link_end_name(row.ended);
  return now < row.expires_at ? "open" : "expired";
}

std::string audited(const store::LinkRow& row) {
  return json::serialize(json::Value::object(
      {{"email", row.email}, {"role", store::role_name(row.role)}}));
}

Outcome<> record(store::Tx& tx, const core::Actor& actor, std::string_view action,
                 const store::LinkRow& row) {
  return [&]() -> Outcome<> {
    REFUSE_TRY(core::record_change(tx, actor,
                                   {.account = row.account_id,
                                    .action = action,
                                    .object = fmt::format("invitation:{}", row.id.value),
                                    .after = audited(row)}));
    return {};
  }();
}

Outcome<store::LinkRow> keep_invitation(store::Tx& tx, core::Context& context,
                                        const core::Actor& actor, FreshLink link) {
  store::LinkRow& row = link.row;
  row.user_id = actor.user;
  auto state = store::AccountState::active;
  if (row.account_id) {
    auto found = store::account(tx.sql(), row.account_id);
    if (!found && found.error().code == Errc::not_found)
      return refuse(Reason::not_found, "There is no such account.", "account");
    auto account = REFUSE_TRY(std::move(found));
    row.account_name = account.name;
    state = account.state;
  }
  REFUSE_TRY(check_room(tx, actor, row, state));
  if (REFUSE_TRY(too_many_links(tx, row)))
    return refuse(Reason::request_rate_limit,
                  "This address was invited several times. Try again in an hour.", "email");
  auto kept = REFUSE_TRY(keep_link(tx, context, link));
  REFUSE_TRY(record(tx, actor, "invitation.create", kept));
  return kept;
}

Outcome<store::UserRow> join_account(store::Tx& tx, const store::LinkRow& link,
                                     const std::string& from) {
  if (store::user_by_email_for_sign_in(tx.sql(), link.email))
    return refuse(Reason::conflict, "This address has an account already.", "token");
  if (REFUSE_TRY(store::user_count(tx.sql(), link.account_id)) >= limits::kUsersPerAccount)
    return refuse(Reason::user_limit, "This account has as many users as it may have.");
  REFUSE_TRY(check_inviter(tx.sql(), link));
  if (!REFUSE_TRY(store::end_link(tx.sql(), link.account_id, link.id, store::LinkEnd::used,
                                  tx.now())))
    return refuse(Reason::not_found, "This link was used.", "token");
  store::UserRow user{.account_id = link.account_id,
                      .email = link.email,
                      .role = link.role,
                      .password_hash = link.password_hash,
                      .created_at = tx.now(),
                      .policy = link.policy};
  user.id = REFUSE_TRY(store::insert_user(tx.sql(), user));
  if (!link.language.empty())
    REFUSE_TRY(store::set_setting(tx.sql(), core::language_setting(user.id), link.language));
  REFUSE_TRY(core::record_event(
      tx, {.account_id = link.account_id, .type = core::event::kUserCreated}));
  auto actor = REFUSE_TRY(core::actor_of(user));
  actor.from = from;
  REFUSE_TRY(core::record_change(tx, actor,
                                 {.account = link.account_id,
                                  .action = "invitation.accept",
                                  .object = fmt::format("user:{}", user.id.value),
                                  .after = core::audited_user(user)}));
  return user;
}

// Whoever has just registered mails nobody a word of his own: he hands the link out.
Outcome<bool> may_mail(sql::Connection& sql, AccountId account) {
  if (!account) return true;
  return REFUSE_TRY(store::account(sql, account)).state == store::AccountState::active;
}

}  // namespace

net::Task<bool> Invitations::mails(AccountId account) {
  auto job = [account](sql::Connection& sql) { return may_mail(sql, account); };
  auto may = co_await core::look<bool>(context_, std::move(job));
  if (!may || !*may) co_return false;
  co_return co_await notices_.work();
}

net::Task<Outcome<InvitationView>> Invitations::create(core::Actor actor, InvitationWish wish) {
  store::LinkRow row{.role = wish.role, .policy = core::policy_text(wish.policy)};
  row.account_id = CO_REFUSE_TRY(inviting_person(actor, wish.account));
  row.kind = kind_for(row.account_id);
  row.email = CO_REFUSE_TRY(core::check_email(wish.email));
  CO_REFUSE_TRY(check_invited(actor, row));
  if (!row.account_id) {
    row.account_name = wish.account_name.empty() ? row.email.substr(row.email.find('@') + 1)
                                                 : wish.account_name;
    if (auto good = core::check_account_name(row.account_name); !good) {
      good.error().field = "account";
      co_return core::lift(good.error());
    }
  }
  FreshLink link = fresh_link(context_, row);
  auto job = [this, actor, link](store::Tx& tx) {
    return keep_invitation(tx, context_, actor, link);
  };
  InvitationView out{.state = "open"};
  out.row = CO_REFUSE_TRY(
      co_await core::transact<store::LinkRow>(context_, std::move(job), core::Changes::mail));
  std::string address = link_address(co_await notices_.console_url(), row.kind, link.token);
  Notice notice{.kind = NoticeKind::invitation, .to = row.email, .language = ""};
  std::string shown = row.account_id ? plain_name(out.row.account_name) : out.row.account_name;
  notice.values = notice_values({{"link", address},
                                 {"days", days_text(kept_for(row.kind))},
                                 {"account", shown}});
  bool sent = co_await mails(row.account_id);
  if (sent) sent = co_await notices_.send(std::move(notice));
  if (!sent) out.address = address;
  co_return out;
}

net::Task<Outcome<std::vector<InvitationView>>> Invitations::list(core::Actor actor,
                                                                  AccountId named,
                                                                  store::LinkId after,
                                                                  size_t limit) {
  AccountId account = CO_REFUSE_TRY(inviting_account(actor, named));
  bool mail = co_await mails(account);
  std::string base = co_await notices_.console_url();
  using Views = std::vector<InvitationView>;
  bool is_person = actor.kind != core::Actor::Kind::key;
  auto job = [this, actor, is_person, account, after, limit, mail, base,
              now = context_.clock.wall()](sql::Connection& sql) -> Outcome<Views> {
    auto rows = REFUSE_TRY(store::links(sql, account, kind_for(account),
                                        {.after = after.value, .limit = limit}));
    Views out;
    for (store::LinkRow& row : rows) {
      InvitationView view{.state = state_of(row, now)};
      // Whoever has the link is whom it invites: only who could have made it sees it.
      bool may = is_person && !mail && view.state == "open";
      if (may && check_invited(actor, row))
        view.address = link_address(base, row.kind, REFUSE_TRY(sealed_token(context_, row)));
      view.row = std::move(row);
      out.push_back(std::move(view));
    }
    return out;
  };
  co_return co_await core::look<Views>(context_, std::move(job));
}

net::Task<Outcome<>> Invitations::withdraw(core::Actor actor, AccountId named, store::LinkId id) {
  AccountId account = CO_REFUSE_TRY(inviting_person(actor, named));
  auto job = [actor, account, id](store::Tx& tx) -> Outcome<> {
    auto row = store::link(tx.sql(), account, kind_for(account), id);
    if (!row && row.error().code == Errc::not_found)
      return refuse(Reason::not_found, "There is no such invitation.", "invitation");
    auto found = REFUSE_TRY(std::move(row));
    REFUSE_TRY(check_invited(actor, found));
    if (!REFUSE_TRY(store::end_link(tx.sql(), account, id, store::LinkEnd::withdrawn, tx.now())))
      return refuse(Reason::conflict, "This invitation has ended already.", "invitation");
    return record(tx, actor, "invitation.withdraw", found);
  };
  co_return co_await core::transact<void>(context_, std::move(job), core::Changes::mail);
}

net::Task<Outcome<Invited>> Invitations::look(std::string token) {
  auto job = [token, now = context_.clock.wall()](sql::Connection& sql) -> Outcome<Invited> {
    auto row = REFUSE_TRY(
        good_link(sql, token, {LinkKind::invitation, LinkKind::registration}, now));
    return Invited{.email = row.email, .account = row.account_name, .role = row.role};
  };
  co_return co_await core::look<Invited>(context_, std::move(job));
}

net::Task<Outcome<std::string>> Invitations::accept(InvitationAnswer answer) {
  CO_REFUSE_TRY(core::check_password_rule(answer.password));
  // Before the slow hash, which strangers must not have for nothing.
  CO_REFUSE_TRY(co_await look(answer.token));
  std::string hash = CO_REFUSE_TRY(co_await core::hash_password(context_, answer.password));
  auto job = [answer, hash](store::Tx& tx) -> Outcome<std::string> {
    auto link = REFUSE_TRY(good_link(tx.sql(), answer.token,
                                     {LinkKind::invitation, LinkKind::registration}, tx.now()));
    link.password_hash = hash;
    link.language = answer.language;
    bool joins = link.kind == LinkKind::invitation;
    auto user = joins ? join_account(tx, link, answer.from) : make_customer(tx, link, answer.from);
    return REFUSE_TRY(std::move(user)).email;
  };
  co_return co_await core::transact<std::string>(context_, std::move(job));
}

}  // namespace ph::people
