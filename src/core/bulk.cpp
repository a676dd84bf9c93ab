#include "core/bulk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/id_source.h"
#include "base/limits.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/transaction.h"
#include "core/view_json.h"
#include "store/domain.h"

namespace ph::core {
namespace {

using store::BulkState;
using store::BulkSweep;

constexpr int64_t kManyRows = 10'000;  // counted anew at each look up to here
constexpr size_t kCountsKept = 1000;   // jobs

// From each state; what is not here is refused.
struct Move {
  BulkVerb verb;
  store::BulkMove move;
};
const Move kMoves[] = {
    {BulkVerb::pause, {BulkState::expanding, BulkState::paused, BulkSweep::hold, {}}},
    {BulkVerb::pause, {BulkState::done, BulkState::paused, BulkSweep::hold, {}}},
    {BulkVerb::resume, {BulkState::paused, BulkState::expanding, BulkSweep::release, {}}},
    {BulkVerb::cancel, {BulkState::expanding, BulkState::cancelled, BulkSweep::cancel, {}}},
    {BulkVerb::cancel, {BulkState::paused, BulkState::cancelled, BulkSweep::cancel, {}}},
    {BulkVerb::cancel, {BulkState::done, BulkState::cancelled, BulkSweep::cancel, {}}},
};

// A repeated request finds what it wanted.
bool is_there(BulkVerb verb, BulkState state) {
  switch (verb) {
    case BulkVerb::pause:
      return state == BulkState::paused;
    case BulkVerb::resume:
      return state == BulkState::expanding;
    case BulkVerb::cancel:
      return state == BulkState::cancelled;
  }
  return false;
}

std::unexpected<Refusal> no_job() {
  return refuse(Reason::not_found, "There is no such bulk job.");
}

Outcome<store::BulkJobRow> find_job(sql::Connection& sql, const Actor& actor, AccountId account,
                                    BulkId id) {
  auto row = store::bulk_job(sql, account, id);
  if (!row && row.error().code == Errc::not_found) return no_job();
  store::BulkJobRow job = REFUSE_TRY(std::move(row));
  if (job.state == BulkState::uploading || job.state == BulkState::abandoned) return no_job();
  if (!of_some_domains(actor)) return job;
  auto domain = store::domain(sql, account, job.domain_id);
  if (domain && sees_domain(actor, domain->name)) return job;
  return no_job();
}

Outcome<store::BulkJobRow> move_job(store::Tx& tx, const Actor& actor, AccountId account, BulkId id,
                                    BulkVerb verb) {
  store::BulkJobRow job = REFUSE_TRY(find_job(tx.sql(), actor, account, id));
  if (is_there(verb, job.state)) return job;
  const auto* found = std::ranges::find_if(
      kMoves, [&](const Move& m) { return m.verb == verb && m.move.from == job.state; });
  if (found == std::end(kMoves))
    return refuse(Reason::conflict,
                  fmt::format("The job is {}.", store::bulk_state_name(job.state)));
  if (!REFUSE_TRY(store::move_bulk_job(tx.sql(), job, found->move, tx.now())))
    return refuse(Reason::temporary, "The job moved at this moment. Try again.");
  REFUSE_TRY(record_event(
      tx, {.account_id = account,
           .type = event::kBulkState,
           .domain_id = job.domain_id,
           .data = fmt::format("{{\"bulk\":\"{}\",\"to\":\"{}\"}}", format_id(id.value),
                               store::bulk_state_name(found->move.to))}));
  REFUSE_TRY(record_change(
      tx, actor,
      {.account = account,
       .action = "bulk.state",
       .object = "bulk:" + format_id(id.value),
       .before = fmt::format("{{\"state\":\"{}\"}}", store::bulk_state_name(job.state)),
       .after = fmt::format("{{\"state\":\"{}\"}}", store::bulk_state_name(found->move.to))}));
  return REFUSE_TRY(store::bulk_job(tx.sql(), account, id));
}

}  // namespace

std::unique_ptr<BulkUpload> Bulks::upload(BulkRequest request) {
  return std::make_unique<BulkUpload>(context_, std::move(request));
}

net::Task<Outcome<BulkView>> Bulks::view(AccountId account, Outcome<store::BulkJobRow> job) {
  BulkView out;
  out.job = CO_REFUSE_TRY(std::move(job));
  bool many = out.job.accepted > kManyRows;
  if (many) {
    std::lock_guard lock(mutex_);
    auto known = counted_.find(out.job.id);
    if (known != counted_.end() && context_.clock.mono() < known->second.until) {
      out.counts = known->second.counts;
      many = false;
    }
  }
  bool known = out.job.accepted > kManyRows && !many;
  auto read = [account, id = out.job.id, known](sql::Connection& sql) -> Outcome<BulkView> {
    BulkView seen;
    if (!known) seen.counts = REFUSE_TRY(store::bulk_counts(sql, account, id));
    seen.refusals = REFUSE_TRY(store::bulk_refusals(sql, account, id));
    return seen;
  };
  BulkView seen = CO_REFUSE_TRY(co_await look<BulkView>(context_, std::move(read)));
  out.refusals = std::move(seen.refusals);
  if (known) co_return out;
  out.counts = seen.counts;
  if (!many) co_return out;
  std::lock_guard lock(mutex_);
  if (counted_.size() >= kCountsKept) counted_.clear();
  counted_[out.job.id] = {out.counts, context_.clock.mono() + limits::kBulkCountsKept};
  co_return out;
}

net::Task<Outcome<BulkView>> Bulks::get(Actor actor, AccountId named, BulkId id) {
  if (!allowed(actor, Action::read_message))
    co_return refuse(Reason::forbidden, "This key may not read that.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  auto job = [actor, account, id](sql::Connection& sql) {
    return find_job(sql, actor, account, id);
  };
  co_return co_await view(account, co_await look<store::BulkJobRow>(context_, std::move(job)));
}

net::Task<Outcome<std::vector<store::BulkJobRow>>> Bulks::list(Actor actor, AccountId named,
                                                               BulkId before, size_t limit) {
  if (!allowed(actor, Action::view))
    co_return refuse(Reason::forbidden, "This key may not read that.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  using Rows = std::vector<store::BulkJobRow>;
  auto job = [actor, account, before, limit](sql::Connection& sql) -> Outcome<Rows> {
    store::Page page{.after = before.value, .limit = limit};
    if (!of_some_domains(actor)) return REFUSE_TRY(store::bulk_jobs(sql, account, {}, page));
    Rows out;
    for (const std::string& name : seen_domains(actor)) {
      auto domain = store::domain_by_name(sql, account, name);
      if (!domain) continue;
      std::ranges::move(REFUSE_TRY(store::bulk_jobs(sql, account, domain->id, page)),
                        std::back_inserter(out));
    }
    std::ranges::sort(out, std::greater(), &store::BulkJobRow::id);
    if (out.size() > static_cast<size_t>(page.rows()))
      out.resize(static_cast<size_t>(page.rows()));
    return out;
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<BulkView>> Bulks::move(Actor actor, AccountId named, BulkId id, BulkVerb verb) {
  if (!allowed(actor, Action::send))
    co_return refuse(Reason::forbidden, "This key or role may not send.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  auto job = [actor, account, id, verb](store::Tx& tx) {
    return move_job(tx, actor, account, id, verb);
  };
  auto moved = co_await transact<store::BulkJobRow>(context_, std::move(job), Changes::mail);
  if (moved) tell_work();
  co_return co_await view(account, std::move(moved));
}

json::Value bulk_json(const store::BulkJobRow& row) {
  bool waits = row.state == BulkState::expanding && !row.cause.empty();
  return json::Value::object({{"id", format_id(row.id.value)},
                              {"state", store::bulk_state_name(row.state)},
                              {"subject", row.subject},
                              {"rows", row.rows_total},
                              {"decided", row.rows_done},
                              {"accepted", row.accepted},
                              {"refused", row.refused},
                              {"cause", row.cause},
                              {"next_at", waits ? time_json(row.next_at) : json::Value()},
                              {"created_at", time_json(row.created_at)},
                              {"finished_at", time_json(row.finished_at)}});
}

json::Value bulk_view_json(const BulkView& view) {
  json::Value refusals = json::Value::array();
  for (const store::BulkRefusalRow& row : view.refusals)
    refusals.push(json::Value::object({{"row", row.row_number},
                                       {"reason", row.reason},
                                       {"field", row.field},
                                       {"detail", row.detail}}));
  const store::BulkCounts& n = view.counts;
  json::Value out = bulk_json(view.job);
  out.set("recipients", json::Value::object({{"queued", n.queued},
                                             {"deferred", n.deferred},
                                             {"held", n.held},
                                             {"delivered", n.delivered},
                                             {"bounced", n.bounced},
                                             {"expired", n.expired},
                                             {"cancelled", n.cancelled}}));
  out.set("refusals", std::move(refusals));
  return out;
}

}  // namespace ph::core
