#include "people/suspension.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/transaction.h"
#include "json/json.h"
#include "store/suspension.h"

namespace ph::people {
namespace {

using core::Actor;
using core::Outcome;
using core::Reason;
using core::refuse;
using store::AccountState;

Outcome<> need_operator(const Actor& actor) {
  if (core::allowed(actor, core::Action::operate)) return {};
  return refuse(Reason::forbidden, "Only the operator may do this.");
}

Outcome<store::AccountRow> row_of(sql::Connection& sql, AccountId id) {
  auto row = store::account(sql, id);
  if (!row && row.error().code == Errc::not_found)
    return refuse(Reason::not_found, "There is no such account.", "account");
  return REFUSE_TRY(std::move(row));
}

std::string told(AccountState state, const std::string& reason) {
  return json::serialize(json::Value::object(
      {{"state", store::account_state_name(state)}, {"reason", reason}}));
}

std::string object_of(AccountId account) {
  return fmt::format("account:{}", account.value);
}

Outcome<store::AccountRow> stop(store::Tx& tx, const Actor& actor, AccountId account,
                                const std::string& reason) {
  auto row = REFUSE_TRY(row_of(tx.sql(), account));
  if (row.state == AccountState::suspended)
    return refuse(Reason::conflict, "The account is suspended already.");
  REFUSE_TRY(store::put_suspension(tx.sql(), {.account_id = account,
                                              .reason = reason,
                                              .at = tx.now(),
                                              .before = row.state}));
  REFUSE_TRY(store::set_account_state(tx.sql(), account, AccountState::suspended, tx.now()));
  REFUSE_TRY(core::record_event(
      tx, {.account_id = account,
           .type = core::event::kAccountSuspended,
           .data = json::serialize(json::Value::object({{"reason", reason}}))}));
  REFUSE_TRY(core::record_change(tx, actor,
                                 {.account = account,
                                  .action = "account.suspend",
                                  .object = object_of(account),
                                  .before = told(row.state, {}),
                                  .after = told(AccountState::suspended, reason)}));
  return row_of(tx.sql(), account);
}

// One that was suspended before there were reasons sent already: it is active.
Outcome<store::AccountRow> go_on(store::Tx& tx, const Actor& actor, AccountId account) {
  auto row = REFUSE_TRY(row_of(tx.sql(), account));
  if (row.state != AccountState::suspended)
    return refuse(Reason::conflict, "The account is not suspended.");
  auto stopped = REFUSE_TRY(store::suspension(tx.sql(), account));
  AccountState state = stopped ? stopped->before : AccountState::active;
  REFUSE_TRY(store::set_account_state(tx.sql(), account, state, tx.now()));
  REFUSE_TRY(store::delete_suspension(tx.sql(), account));
  REFUSE_TRY(core::record_event(
      tx, {.account_id = account, .type = core::event::kAccountResumed}));
  REFUSE_TRY(core::record_change(
      tx, actor,
      {.account = account,
       .action = "account.resume",
       .object = object_of(account),
       .before = told(AccountState::suspended, stopped ? stopped->reason : ""),
       .after = told(state, {})}));
  return row_of(tx.sql(), account);
}

}  // namespace

Outcome<std::string> good_reason(const std::string& given) {
  std::string text(trim(given)), rest;
  if (text.empty())
    return refuse(Reason::missing_field, "Say why: the customer reads it.", "reason");
  for (char c : text)
    if (c != '\n') rest += c;
  if (!is_utf8(text) || has_control(rest) || utf8_length(text) > limits::kReasonText)
    return refuse(Reason::invalid_field,
                  fmt::format("A reason has at most {} characters.", limits::kReasonText),
                  "reason");
  return text;
}

net::Task<Outcome<store::AccountRow>> Suspensions::suspend(Actor actor, AccountId account,
                                                           std::string given, TellThem tell) {
  CO_REFUSE_TRY(need_operator(actor));
  std::string reason = CO_REFUSE_TRY(good_reason(given));
  auto job = [actor, account, reason](store::Tx& tx) { return stop(tx, actor, account, reason); };
  auto row = CO_REFUSE_TRY(
      co_await core::transact<store::AccountRow>(context_, std::move(job)));
  templates::Values values;
  values.add("reason", reason);
  if (tell == TellThem::by_mail)
    co_await notices_.tell_account(account, NoticeKind::suspended, std::move(values));
  co_return row;
}

net::Task<Outcome<store::AccountRow>> Suspensions::resume(Actor actor, AccountId account) {
  CO_REFUSE_TRY(need_operator(actor));
  auto row = CO_REFUSE_TRY(co_await core::transact<store::AccountRow>(
      context_, [actor, account](store::Tx& tx) { return go_on(tx, actor, account); }));
  if (row.state == AccountState::active)
    co_await notices_.tell_account(account, NoticeKind::resumed, {});
  co_return row;
}

}  // namespace ph::people
