// The operator's half of identity verification.
#include <fmt/format.h>

#include "base/id_source.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/transaction.h"
#include "core/view_json.h"
#include "json/json.h"
#include "people/identity_view.h"
#include "people/suspension.h"
#include "store/account.h"

namespace ph::people {
namespace {

using core::Actor;
using core::Outcome;
using core::Reason;
using core::refuse;
using store::IdentityState;

Outcome<> need_operator(const Actor& actor) {
  if (core::allowed(actor, core::Action::operate)) return {};
  return refuse(Reason::forbidden, "Only the operator may do this.");
}

Outcome<IdentityView> reviewed(sql::Connection& sql, AccountId account) {
  if (!store::account(sql, account))
    return refuse(Reason::not_found, "There is no such account.", "account");
  IdentityView view = REFUSE_TRY(read_identity(sql, account));
  if (view.state == IdentityState::none)
    return refuse(Reason::not_found, "The account has submitted no identity.", "account");
  return view;
}

// A rejection also takes back an approval.
Outcome<> may_follow(IdentityState before, IdentityState after) {
  if (before == IdentityState::submitted) return {};
  if (before == IdentityState::approved && after == IdentityState::rejected) return {};
  return refuse(Reason::conflict,
                fmt::format("The identity is {}.", store::identity_state_name(before)));
}

}  // namespace

net::Task<Outcome<Identities::Reviews>> Identities::reviews(Actor actor,
                                                            std::optional<IdentityState> state,
                                                            store::Page page) {
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [state, page](sql::Connection& sql) -> Outcome<Reviews> {
    if (!state) return REFUSE_TRY(store::all_identity_reviews_for_operator(sql, page));
    return REFUSE_TRY(store::identity_reviews_for_operator(sql, *state, page));
  };
  co_return co_await core::look<Reviews>(context_, std::move(job));
}

// The number is opened for a person who looks at it: the log says so.
net::Task<Outcome<IdentityView>> Identities::review(Actor actor, AccountId account) {
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [this, actor, account](store::Tx& tx) -> Outcome<IdentityView> {
    if (!store::account(tx.sql(), account))
      return refuse(Reason::not_found, "There is no such account.", "account");
    IdentityView view = REFUSE_TRY(read_identity(tx.sql(), account));
    if (view.state == IdentityState::none) return view;
    view.number =
        REFUSE_TRY(context_.master.open(view.claim.number_sealed, number_place(view.claim)));
    REFUSE_TRY(core::record_change(
        tx, actor, {.account = account, .action = "identity.review", .object = "identity"}));
    return view;
  };
  co_return co_await core::transact<IdentityView>(context_, std::move(job), core::Changes::mail);
}

net::Task<Outcome<EvidenceBytes>> Identities::open(Actor actor, AccountId account,
                                                   int64_t evidence) {
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [actor, account, evidence](store::Tx& tx) -> Outcome<store::EvidenceRow> {
    auto row = store::evidence(tx.sql(), account, evidence);
    if (!row && row.error().code == Errc::not_found)
      return refuse(Reason::not_found, "There is no such file.", "evidence");
    store::EvidenceRow out = REFUSE_TRY(std::move(row));
    REFUSE_TRY(core::record_change(tx, actor, {.account = account,
                                               .action = "identity.evidence_read",
                                               .object = "evidence:" + format_id(evidence)}));
    return out;
  };
  EvidenceBytes out;
  out.row = CO_REFUSE_TRY(co_await core::transact<store::EvidenceRow>(context_, std::move(job),
                                                                      core::Changes::mail));
  std::string sealed = CO_REFUSE_TRY(co_await context_.store.read_content(out.row.content));
  out.bytes = CO_REFUSE_TRY(context_.master.open(sealed, evidence_place(out.row.id)));
  co_return out;
}

net::Task<Outcome<IdentityView>> Identities::approve(Actor actor, AccountId account,
                                                       std::string seen) {
  co_return co_await decide(std::move(actor), account,
                            {.state = IdentityState::approved, .reason = {}}, std::move(seen));
}

net::Task<Outcome<IdentityView>> Identities::reject(Actor actor, AccountId account,
                                                    std::string reason, std::string seen) {
  CO_REFUSE_TRY(need_operator(actor));
  std::string said = CO_REFUSE_TRY(good_reason(reason));
  co_return co_await decide(std::move(actor), account,
                            {.state = IdentityState::rejected, .reason = std::move(said)},
                            std::move(seen));
}

net::Task<Outcome<IdentityView>> Identities::decide(Actor actor, AccountId account,
                                                    store::IdentityDecision decision,
                                                    std::string seen) {
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [actor, account, seen, given = decision](store::Tx& tx) -> Outcome<IdentityView> {
    IdentityView before = REFUSE_TRY(reviewed(tx.sql(), account));
    store::IdentityDecision made = given;
    REFUSE_TRY(may_follow(before.state, made.state));
    if (!seen.empty() && core::time_json(before.claim.submitted_at) != json::Value(seen))
      return refuse(Reason::conflict, "Other data were submitted since: read them first.",
                    "submitted_at");
    made.at = tx.now();
    REFUSE_TRY(store::decide_identity_claim(tx.sql(), account, made));
    REFUSE_TRY(note_state(tx, account, made.state, made.reason));
    auto data = json::Value::object(
        {{"state", store::identity_state_name(made.state)}, {"reason", made.reason}});
    REFUSE_TRY(core::record_event(tx, {.account_id = account,
                                       .type = core::event::kIdentityDecided,
                                       .data = json::serialize(data)}));
    IdentityView after = REFUSE_TRY(read_identity(tx.sql(), account));
    bool good = made.state == IdentityState::approved;
    REFUSE_TRY(core::record_change(tx, actor, {.account = account,
                                               .action = good ? "identity.approve"
                                                              : "identity.reject",
                                               .object = "identity",
                                               .before = told_claim(before.claim),
                                               .after = told_claim(after.claim)}));
    return after;
  };
  IdentityView out = CO_REFUSE_TRY(co_await core::transact<IdentityView>(context_, std::move(job)));
  templates::Values values;
  if (!decision.reason.empty()) values.add("reason", decision.reason);
  values.add("link", co_await notices_.console_url() + "/identity");
  bool good = decision.state == IdentityState::approved;
  co_await notices_.tell_account(
      account, good ? NoticeKind::identity_approved : NoticeKind::identity_rejected,
      std::move(values));
  co_return out;
}

}  // namespace ph::people
