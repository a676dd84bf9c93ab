#include "billing/changes.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "billing/bill_days.h"
#include "billing/reputation_rows.h"
#include "core/audit.h"
#include "core/terms.h"

namespace ph::billing {
namespace {

std::string plan_words(const store::AllowanceRow& row) {
  return fmt::format("{{\"plan\":\"{}\",\"credit_limit\":{},\"post_paid\":{}}}",
                     store::plan_name(row.plan), row.credit_limit, row.post_paid);
}

Outcome<> check_payment(const Payment& payment) {
  bool sound = payment.amount != 0 && payment.amount >= -limits::kMoneyMost &&
               payment.amount <= limits::kMoneyMost;
  if (!sound) return refuse(Reason::invalid_field, "An amount is not 0, and bounded.", "amount");
  auto text = [](const std::string& value, size_t most) {
    return value.size() <= most && is_utf8(value) && !has_control(value);
  };
  if (payment.reference.empty())
    return refuse(Reason::missing_field, "A payment has a reference, which counts once.",
                  "reference");
  if (!text(payment.reference, limits::kPaymentReference))
    return refuse(Reason::invalid_field, "A reference is a short text.", "reference");
  if (!text(payment.note, limits::kPaymentNote))
    return refuse(Reason::invalid_field, "A note is a short text.", "note");
  return {};
}

}  // namespace

Outcome<> check_package(const std::string& name, int64_t mails, int64_t days) {
  if (name.empty()) return refuse(Reason::missing_field, "A package has a name.", "name");
  if (!is_utf8(name) || has_control(name) || utf8_length(name) > limits::kBillingName ||
      trim(name) != name)
    return refuse(Reason::invalid_field, "A name has 1 to 64 characters.", "name");
  if (mails < 1 || mails > limits::kMailsMost)
    return refuse(Reason::invalid_field,
                  fmt::format("A package has 1 to {} mails.", limits::kMailsMost), "mails");
  if (days < 1 || days > limits::kPackageDaysMost)
    return refuse(Reason::invalid_field,
                  fmt::format("A package lasts 1 to {} days.", limits::kPackageDaysMost), "days");
  return {};
}

Outcome<> change_plan(store::Tx& tx, const Actor& actor, AccountId account,
                      const PlanChange& change) {
  auto row = REFUSE_TRY(store::allowance(tx.sql(), account));
  std::string before = plan_words(row);
  bool other = row.plan != change.plan;
  if (other) {
    REFUSE_TRY(close_days(tx, account));
    row = REFUSE_TRY(store::allowance(tx.sql(), account));
    // A customer switches post-paid on himself.
    row.post_paid = change.plan == store::Plan::in_house;
  }
  row.plan = change.plan;
  if (change.credit_limit) row.credit_limit = *change.credit_limit;
  if (change.post_paid) row.post_paid = *change.post_paid;
  REFUSE_TRY(judge_debt(tx, row));
  REFUSE_TRY(store::set_account_plan(tx.sql(), account, change.plan));
  REFUSE_TRY(core::apply_terms(tx.sql(), row));
  REFUSE_TRY(store::update_allowance(tx.sql(), row));
  REFUSE_TRY(renew_quotas(tx, account));
  REFUSE_TRY(core::record_change(tx, actor,
                                 {.account = account,
                                  .action = "account.plan",
                                  .object = fmt::format("account:{}", account.value),
                                  .before = std::move(before),
                                  .after = plan_words(row)}));
  return {};
}

Outcome<store::LedgerEntryRow> take_payment(store::Tx& tx, const Actor& actor, AccountId account,
                                            const Payment& payment) {
  REFUSE_TRY(check_payment(payment));
  REFUSE_TRY(tx.settle_usage(account));
  auto had = REFUSE_TRY(store::entry_by_reference(tx.sql(), account, store::LedgerWhat::payment,
                                                  payment.reference));
  if (had && had->amount == payment.amount) return *had;
  if (had)
    return refuse(Reason::conflict, "This reference was used for another amount.", "reference");
  auto entry = REFUSE_TRY(move_money(tx, account,
                                     {.what = store::LedgerWhat::payment,
                                      .reference = payment.reference,
                                      .note = payment.note,
                                      .amount = payment.amount}));
  REFUSE_TRY(core::record_change(
      tx, actor,
      {.account = account,
       .action = "billing.payment",
       .object = fmt::format("entry:{}", entry.id),
       .before = fmt::format("{{\"balance\":{}}}", entry.balance_after - entry.amount),
       .after = fmt::format("{{\"balance\":{}}}", entry.balance_after)}));
  return entry;
}

}  // namespace ph::billing
