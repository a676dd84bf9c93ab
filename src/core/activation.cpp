#include "core/activation.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/log.h"
#include "core/agreement.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/settings.h"
#include "core/terms.h"
#include "core/transaction.h"
#include "store/allowance.h"

namespace ph::core {
namespace {

// Once in the account's life, whatever becomes of it later.
Outcome<> give_free_mails(store::Tx& tx, AccountId id) {
  auto row = REFUSE_TRY(store::allowance(tx.sql(), id));
  if (row.free_given_at != WallTime{}) return {};
  row.free_granted += REFUSE_TRY(setting_number(tx.sql(), id, "billing.free_mails"));
  row.free_given_at = tx.now();
  REFUSE_TRY(apply_terms(tx.sql(), row));
  REFUSE_TRY(store::update_allowance(tx.sql(), row));
  return {};
}

Outcome<> accept_agreement(store::Tx& tx, AccountId id, const std::string& version) {
  auto agreement = REFUSE_TRY(current_agreement(tx.sql()));
  if (version != agreement.version)
    return refuse(Reason::conflict,
                  fmt::format("The agreement in force is version {}.", agreement.version),
                  "agreement_version");
  REFUSE_TRY(tx.settle_usage(id));
  auto row = REFUSE_TRY(store::allowance(tx.sql(), id));
  row.agreement = version;
  REFUSE_TRY(store::update_allowance(tx.sql(), row));
  return {};
}

Outcome<store::AccountRow> row_of(sql::Connection& sql, AccountId id) {
  auto row = store::account(sql, id);
  if (!row && row.error().code == Errc::not_found)
    return refuse(Reason::not_found, "There is no such account.", "account");
  return REFUSE_TRY(std::move(row));
}

Outcome<ActivationView> read_view(sql::Connection& sql, AccountId id) {
  auto account = REFUSE_TRY(row_of(sql, id));
  auto row = REFUSE_TRY(store::allowance(sql, id));
  auto rights = REFUSE_TRY(identity_rights(sql, id));
  ActivationView out;
  out.state = account.state;
  out.identity_mode = rights.mode;
  out.identity_ok = rights.may_activate();
  out.agreement_version = REFUSE_TRY(current_agreement(sql)).version;
  out.accepted_version = row.agreement;
  out.free_mails = row.free_given_at == WallTime{}
                       ? REFUSE_TRY(setting_number(sql, id, "billing.free_mails"))
                       : row.free_granted;
  return out;
}

}  // namespace

Outcome<store::AccountRow> begin_account(store::Tx& tx, const std::string& name,
                                         store::Plan plan) {
  store::AccountRow row;
  row.name = name;
  row.plan = plan;
  row.limits.domains = limits::kDomainsPerAccount;
  row.limits.addresses = limits::kAddressesPerDomain;
  row.created_at = tx.now();
  auto made = store::insert_account(tx.sql(), row);
  if (!made && made.error().code == Errc::conflict)
    return refuse(Reason::conflict, "An account of this name exists.", "name");
  row = REFUSE_TRY(std::move(made));
  auto allowance = REFUSE_TRY(store::allowance(tx.sql(), row.id));
  // A customer switches post-paid on himself.
  allowance.post_paid = plan == store::Plan::in_house;
  REFUSE_TRY(apply_terms(tx.sql(), allowance));
  REFUSE_TRY(store::update_allowance(tx.sql(), allowance));
  REFUSE_TRY(record_event(tx, {.account_id = row.id, .type = event::kAccountCreated}));
  return row;
}

Outcome<store::AccountRow> activate_account(store::Tx& tx, const Actor& actor, AccountId id) {
  REFUSE_TRY(tx.settle_usage(id));
  auto row = REFUSE_TRY(row_of(tx.sql(), id));
  if (row.state == store::AccountState::active) return row;
  REFUSE_TRY(store::set_account_state(tx.sql(), id, store::AccountState::active, tx.now()));
  REFUSE_TRY(give_free_mails(tx, id));
  REFUSE_TRY(record_event(tx, {.account_id = id, .type = event::kAccountActivated}));
  REFUSE_TRY(record_change(tx, actor,
                           {.account = id,
                            .action = "account.activate",
                            .object = "account:" + std::to_string(id.value),
                            .before = fmt::format("{{\"state\":\"{}\"}}",
                                                  store::account_state_name(row.state)),
                            .after = "{\"state\":\"active\"}"}));
  return row_of(tx.sql(), id);
}

net::Task<Outcome<ActivationView>> Activation::view(Actor actor, AccountId named) {
  if (!allowed(actor, Action::view))
    co_return refuse(Reason::forbidden, "This key or role may not read that.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  auto job = [account](sql::Connection& sql) { return read_view(sql, account); };
  co_return co_await look<ActivationView>(context_, std::move(job));
}

net::Task<Outcome<store::AccountRow>> Activation::activate(Actor actor, AccountId named,
                                                           std::string version) {
  if (!allowed(actor, Action::manage_users))
    co_return refuse(Reason::forbidden, "Only who administers the account may activate it.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  auto job = [actor, account, version = std::move(version)](
                 store::Tx& tx) -> Outcome<store::AccountRow> {
    auto row = REFUSE_TRY(row_of(tx.sql(), account));
    if (row.state == store::AccountState::suspended)
      return refuse(Reason::account_suspended, "The account is suspended.");
    auto rights = REFUSE_TRY(identity_rights(tx.sql(), account));
    if (!rights.may_activate())
      return refuse(Reason::identity_required, "Say who you are first, and have it approved.");
    REFUSE_TRY(accept_agreement(tx, account, version));
    return activate_account(tx, actor, account);
  };
  co_return co_await transact<store::AccountRow>(context_, std::move(job));
}

}  // namespace ph::core
