#include "people/registration.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "core/account.h"
#include "core/activation.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/settings.h"
#include "core/transaction.h"
#include "people/link.h"
#include "people/mailing.h"
#include "store/setting.h"

namespace ph::people {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;
using store::LinkKind;

constexpr int kNamesTried = 50;

// What a registration leaves: a link to follow, or for who has an account a word that he has one.
struct Begun {
  FreshLink link;
  bool known = false;
  bool quiet = false;  // he has had mails enough
};

Outcome<Begun> keep_registration(store::Tx& tx, core::Context& context, FreshLink link) {
  Begun out{.link = std::move(link)};
  const std::string& email = out.link.row.email;
  out.quiet = REFUSE_TRY(too_many_links(tx, out.link.row));
  auto user = store::user_by_email_for_sign_in(tx.sql(), email);
  if (!user && user.error().code != Errc::not_found) return core::lift(user.error());
  out.known = user.has_value();
  if (REFUSE_TRY(store::open_link_count(tx.sql(), {}, LinkKind::confirm, tx.now())) >=
      limits::kOpenRegistrations)
    return refuse(Reason::temporary, "Too many registrations wait. Try again later.");
  if (out.known || out.quiet) {
    out.link.row.password_hash.clear();
    REFUSE_TRY(keep_ended_link(tx, context, out.link));
  } else {
    REFUSE_TRY(store::end_links_to_for_sign_in(tx.sql(), email, LinkKind::confirm, tx.now()));
    REFUSE_TRY(keep_link(tx, context, out.link));
  }
  return out;
}

Outcome<std::string> free_name(sql::Connection& sql, const std::string& wanted) {
  for (int i = 1; i <= kNamesTried; ++i) {
    std::string name = i == 1 ? wanted : fmt::format("{} {}", wanted, i);
    auto taken = store::account_by_name_for_operator(sql, name);
    if (!taken && taken.error().code == Errc::not_found) return name;
    REFUSE_TRY(std::move(taken));
  }
  return refuse(Reason::conflict, "This name is taken many times. Register with another.",
                "account");
}

}  // namespace

net::Task<Outcome<RegistrationView>> Registration::view() {
  auto job = [](sql::Connection& sql) -> Outcome<std::string> {
    return REFUSE_TRY(core::setting_text(sql, {}, "registration.mode"));
  };
  RegistrationView out;
  out.mode = CO_REFUSE_TRY(co_await core::look<std::string>(context_, std::move(job)));
  out.mail = co_await notices_.work();
  co_return out;
}

// Whether he may ask at all. Gives the invitation by which.
net::Task<Outcome<store::LinkId>> Registration::admit(const RegistrationWish& wish) {
  auto job = [token = wish.invitation, email = CO_REFUSE_TRY(core::check_email(wish.email)),
              now = context_.clock.wall()](sql::Connection& sql) -> Outcome<store::LinkId> {
    std::string mode = REFUSE_TRY(core::setting_text(sql, {}, "registration.mode"));
    if (mode == "closed") return refuse(Reason::forbidden, "Nobody can register here.");
    if (token.empty() && mode == "open") return store::LinkId();
    if (token.empty())
      return refuse(Reason::forbidden, "One registers here by an invitation only.");
    auto link = good_link(sql, token, {LinkKind::registration}, now);
    if (!link) link.error().field = "invitation";
    auto row = REFUSE_TRY(std::move(link));
    if (row.email != email)
      return refuse(Reason::invalid_field, "The invitation is for another address.", "email");
    return row.id;
  };
  co_return co_await core::look<store::LinkId>(context_, std::move(job));
}

net::Task<Outcome<>> Registration::begin(RegistrationWish wish) {
  if (auto good = core::check_account_name(wish.account); !good) {
    good.error().field = "account";
    co_return core::lift(good.error());
  }
  CO_REFUSE_TRY(core::check_password_rule(wish.password));
  store::LinkRow row{.kind = LinkKind::confirm};
  row.email = CO_REFUSE_TRY(core::check_email(wish.email));
  row.invitation = CO_REFUSE_TRY(co_await admit(wish));
  row.account_name = wish.account;
  row.language = wish.language;
  row.password_hash = CO_REFUSE_TRY(co_await core::hash_password(context_, wish.password));
  auto job = [this, link = fresh_link(context_, row)](store::Tx& tx) {
    return keep_registration(tx, context_, link);
  };
  auto begun = CO_REFUSE_TRY(
      co_await core::transact<Begun>(context_, std::move(job), core::Changes::mail));
  if (begun.quiet) co_return Outcome<>{};
  std::string base = co_await notices_.console_url();
  Notice notice{.to = row.email, .language = wish.language};
  if (begun.known) {
    notice.kind = NoticeKind::already_registered;
    notice.values = notice_values({{"link", base + "/reset"}});
  } else {
    notice.kind = NoticeKind::confirm;
    notice.values = notice_values({{"link", link_address(base, row.kind, begun.link.token)},
                                   {"hours", hours_text(kept_for(row.kind))}});
  }
  mail_aside(notices_, std::move(notice));
  co_return Outcome<>{};
}

Outcome<store::UserRow> make_customer(store::Tx& tx, const store::LinkRow& link,
                                      const std::string& from) {
  auto there = store::user_by_email_for_sign_in(tx.sql(), link.email);
  if (there) return refuse(Reason::conflict, "This address has an account already.", "token");
  if (!REFUSE_TRY(store::end_link(tx.sql(), link.account_id, link.id, store::LinkEnd::used,
                                  tx.now())))
    return refuse(Reason::not_found, "This link was used.", "token");
  core::Actor actor{.kind = core::Actor::Kind::user, .role = core::Role::owner, .from = from};
  std::string name = REFUSE_TRY(free_name(tx.sql(), link.account_name));
  auto account = REFUSE_TRY(core::begin_account(tx, name, store::Plan::customer));
  store::UserRow user{.account_id = account.id,
                      .email = link.email,
                      .role = core::Role::owner,
                      .password_hash = link.password_hash,
                      .created_at = tx.now()};
  user.id = REFUSE_TRY(store::insert_user(tx.sql(), user));
  if (!link.language.empty())
    REFUSE_TRY(store::set_setting(tx.sql(), core::language_setting(user.id), link.language));
  REFUSE_TRY(core::record_event(
      tx, {.account_id = account.id, .type = core::event::kUserCreated}));
  actor.account = account.id;
  actor.user = user.id;
  REFUSE_TRY(core::record_change(tx, actor,
                                 {.account = account.id,
                                  .action = "user.register",
                                  .object = fmt::format("user:{}", user.id.value),
                                  .after = core::audited_user(user)}));
  return user;
}

namespace {

// The operator may have closed the door since.
Outcome<> still_open(sql::Connection& sql, const store::LinkRow& link) {
  std::string mode = REFUSE_TRY(core::setting_text(sql, {}, "registration.mode"));
  if (mode == "open" || (mode == "invitation" && link.invitation)) return {};
  return refuse(Reason::forbidden, "Nobody can register here.");
}

}  // namespace

net::Task<Outcome<std::string>> Registration::confirm(Confirmation confirmation) {
  const std::string token = confirmation.token;
  auto find = [token, now = context_.clock.wall()](sql::Connection& sql) {
    return good_link(sql, token, {LinkKind::confirm}, now);
  };
  auto asked = CO_REFUSE_TRY(co_await core::look<store::LinkRow>(context_, std::move(find)));
  // Anybody may have registered this address: the link alone gives nothing to who asked for it.
  bool right = confirmation.password.size() <= limits::kPasswordMost &&
               CO_REFUSE_TRY(co_await core::check_password(context_, asked.password_hash,
                                                           confirmation.password));
  if (!right)
    co_return refuse(Reason::invalid_field,
                     "This is not the password of the registration. Try again, or register again.",
                     "password");
  auto job = [token, from = confirmation.from](store::Tx& tx) -> Outcome<std::string> {
    auto link = REFUSE_TRY(good_link(tx.sql(), token, {LinkKind::confirm}, tx.now()));
    REFUSE_TRY(still_open(tx.sql(), link));
    // The operator invited one account, not one for each confirmation.
    if (link.invitation &&
        !REFUSE_TRY(store::end_link(tx.sql(), {}, link.invitation, store::LinkEnd::used, tx.now())))
      return refuse(Reason::not_found, "The invitation was used or withdrawn.", "token");
    auto user = REFUSE_TRY(make_customer(tx, link, from));
    REFUSE_TRY(
        store::end_links_to_for_sign_in(tx.sql(), link.email, LinkKind::confirm, tx.now()));
    return user.email;
  };
  co_return co_await core::transact<std::string>(context_, std::move(job));
}

net::Task<Outcome<std::vector<OpenLink>>> Registration::links(core::Actor actor,
                                                              store::LinkId after, size_t limit) {
  if (!core::allowed(actor, core::Action::operate))
    co_return refuse(Reason::forbidden, "Only the operator may hand links out.");
  std::string base = co_await notices_.console_url();
  using Links = std::vector<OpenLink>;
  auto job = [this, actor, after, limit, base](store::Tx& tx) -> Outcome<Links> {
    auto rows = REFUSE_TRY(store::open_links_for_operator(
        tx.sql(), tx.now(), {.after = after.value, .limit = limit}));
    Links out;
    for (store::LinkRow& row : rows) {
      std::string token = REFUSE_TRY(sealed_token(context_, row));
      out.push_back({.row = std::move(row), .address = {}});
      out.back().address = link_address(base, out.back().row.kind, token);
    }
    // Whoever has such a link has what it gives: that it was looked at is written down.
    if (!out.empty())
      REFUSE_TRY(core::record_change(tx, actor,
                                     {.account = {},
                                      .action = "link.read",
                                      .object = "links",
                                      .after = fmt::format("{{\"links\":{}}}", out.size())}));
    return out;
  };
  co_return co_await core::transact<Links>(context_, std::move(job), core::Changes::mail);
}

}  // namespace ph::people
