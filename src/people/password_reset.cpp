#include "people/password_reset.h"

#include <fmt/format.h>

#include "core/audit.h"
#include "core/transaction.h"
#include "people/link.h"
#include "people/mailing.h"

namespace ph::people {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;
using store::LinkKind;

// The same rows for somebody and for nobody. Gives whether a mail goes out.
Outcome<bool> keep_reset(store::Tx& tx, core::Context& context, FreshLink link) {
  bool quiet = REFUSE_TRY(too_many_links(tx, link.row));
  auto user = store::user_by_email_for_sign_in(tx.sql(), link.row.email);
  if (!user && user.error().code != Errc::not_found) return core::lift(user.error());
  if (quiet || !user || user->disabled) {
    REFUSE_TRY(keep_ended_link(tx, context, link));
    return false;
  }
  link.row.user_id = user->id;
  link.row.account_id = user->account_id;
  REFUSE_TRY(keep_link(tx, context, link));
  return true;
}

}  // namespace

net::Task<Outcome<>> PasswordReset::begin(std::string email, std::string language) {
  store::LinkRow row{.kind = LinkKind::reset};
  row.email = CO_REFUSE_TRY(core::check_email(email));
  row.language = language;
  FreshLink link = fresh_link(context_, row);
  auto job = [this, link](store::Tx& tx) { return keep_reset(tx, context_, link); };
  bool mails =
      CO_REFUSE_TRY(co_await core::transact<bool>(context_, std::move(job), core::Changes::mail));
  std::string base = co_await notices_.console_url();
  if (!mails) co_return Outcome<>{};
  mail_aside(notices_, {.kind = NoticeKind::reset,
                        .to = row.email,
                        .language = language,
                        .values =
                            notice_values({{"link", link_address(base, row.kind, link.token)},
                                           {"hours", hours_text(kept_for(row.kind))}})});
  co_return Outcome<>{};
}

net::Task<Outcome<>> PasswordReset::confirm(std::string token, std::string password,
                                            std::string from) {
  CO_REFUSE_TRY(core::check_password_rule(password));
  // Before the slow hash, which strangers must not have for nothing.
  auto good = [token, now = context_.clock.wall()](sql::Connection& sql) {
    return good_link(sql, token, {LinkKind::reset}, now);
  };
  CO_REFUSE_TRY(co_await core::look<store::LinkRow>(context_, std::move(good)));
  std::string hash = CO_REFUSE_TRY(co_await core::hash_password(context_, std::move(password)));
  auto job = [token, hash, from](store::Tx& tx) -> Outcome<> {
    auto link = REFUSE_TRY(good_link(tx.sql(), token, {LinkKind::reset}, tx.now()));
    auto user = REFUSE_TRY(store::user(tx.sql(), link.account_id, link.user_id));
    if (user.disabled || user.email != link.email)
      return refuse(Reason::not_found, "This link is unknown, was used, or has expired.", "token");
    if (!REFUSE_TRY(store::end_link(tx.sql(), link.account_id, link.id, store::LinkEnd::used,
                                    tx.now())))
      return refuse(Reason::not_found, "This link was used.", "token");
    REFUSE_TRY(store::set_user_password(tx.sql(), link.account_id, user.id, hash));
    REFUSE_TRY(store::end_links_to_for_sign_in(tx.sql(), link.email, LinkKind::reset, tx.now()));
    core::Actor actor = REFUSE_TRY(core::actor_of(user));
    actor.from = from;
    REFUSE_TRY(core::record_change(tx, actor,
                                   {.account = link.account_id,
                                    .action = "user.password_reset",
                                    .object = fmt::format("user:{}", user.id.value)}));
    return {};
  };
  co_return co_await core::transact<void>(context_, std::move(job));
}

}  // namespace ph::people
