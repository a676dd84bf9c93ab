// Purpose: outcomes on their way to their rows. One write at a time, so that what comes meanwhile
//   goes together into the next; under load it waits a little for more, because nobody waits for an
//   outcome as a client does for its 250.
#include "base/id_source.h"
#include "base/log.h"
#include "core/event.h"
#include "core/provider_block.h"
#include "queue/engine.h"

namespace ph::queue {
namespace {

using core::AttemptOutcome;
using store::RecipientState;

struct Verdict {
  RecipientState state = RecipientState::queued;
  core::Cause cause = core::Cause::local_error;
  const char* event = core::event::kDeferred;
};

Verdict verdict_of(const Entry& entry, const core::AttemptResult& result, WallTime now) {
  if (result.outcome == AttemptOutcome::delivered) {
    return {RecipientState::delivered, result.cause, core::event::kDelivered};
  }
  if (result.outcome == AttemptOutcome::bounced) {
    return {RecipientState::bounced, result.cause, core::event::kBounced};
  }
  if (entry.asked == Asked::cancel) {
    return {RecipientState::cancelled, core::Cause::cancelled, core::event::kCancelled};
  }
  if (entry.asked == Asked::expire || is_expired(now, entry.expires_at)) {
    return {RecipientState::expired, core::Cause::expired, core::event::kExpired};
  }
  return {RecipientState::queued, result.cause, core::event::kDeferred};
}

std::string event_data(const Entry& entry, const core::AttemptResult& result,
                       const store::Outcome& outcome, bool attempted) {
  using log::json_quote;
  std::string out = fmt::format("{{\"recipient\":{},\"cause\":{},\"attempt\":{}",
                                json_quote(entry.texts.address()), json_quote(outcome.cause),
                                entry.attempts + (attempted ? 1 : 0));
  if (result.code != 0) out += fmt::format(",\"code\":{}", result.code);
  if (!result.enhanced.empty()) out += fmt::format(",\"status\":{}", json_quote(result.enhanced));
  if (!outcome.reply.empty()) out += fmt::format(",\"reply\":{}", json_quote(outcome.reply));
  if (!result.host.empty()) out += fmt::format(",\"host\":{}", json_quote(result.host));
  if (!result.tls.empty()) out += fmt::format(",\"tls\":{}", json_quote(result.tls));
  if (outcome.state == RecipientState::queued) {
    out += fmt::format(",\"next\":{}", json_quote(format_iso8601(outcome.next_at)));
  }
  return out + "}";
}

store::AttemptRow attempt_row(const core::AttemptResult& result, WallTime begun) {
  store::AttemptRow row;
  row.at = begun;
  row.host = result.host;
  row.address = result.address;
  row.tls = result.tls;
  row.code = result.code;
  row.reply = result.reply;
  row.duration = result.duration;
  row.transcript = result.transcript;
  return row;
}

std::vector<store::Outcome> with_event_ids(store::Tx& tx, std::vector<store::Outcome> outcomes) {
  for (store::Outcome& outcome : outcomes) {
    for (store::EventRow& event : outcome.events) event.id = EventId(tx.new_id());
  }
  return outcomes;
}

constexpr size_t kGatherFor = 4;  // under way, so that some of them will have ended by then

bool may_pass(Errc code) {
  return code == Errc::temporary || code == Errc::limit || code == Errc::timeout ||
         code == Errc::closed || code == Errc::io;
}

}  // namespace

store::Outcome Engine::outcome_of(const Entry& entry, const core::AttemptResult& result,
                                  WallTime begun) {
  WallTime now = clock_.wall();
  bool attempted = begun != WallTime{};
  Verdict verdict = verdict_of(entry, result, now);
  store::Outcome out;
  out.key = entry.key;
  out.account_id = entry.account();
  out.domain_id = entry.mail->row->domain_id;
  out.epoch = entry.epoch;
  out.state = verdict.state;
  out.cause = core::cause_name(verdict.cause);
  out.at = now;
  out.next_at = now;
  out.reply = result.reply;
  if (out.state == RecipientState::queued) {
    out.next_at = next_due(entry.attempts + 1, now, entry.expires_at, *options_.random);
  }
  // A copy whose end nobody knows is remembered by the row, whatever comes after it.
  out.copies = entry.copies + (result.cause == core::Cause::reply_lost ? 1 : 0);
  if (attempted) out.attempt = attempt_row(result, begun);
  if (out.state == RecipientState::bounced &&
      core::means_invalid_address(verdict.cause, result.code, result.enhanced))
    out.counters.push_back({.account_id = entry.account(),
                            .day = store::day_of(now),
                            .domain_id = out.domain_id,
                            .kind = std::string(store::kInvalidAddresses)});
  out.events.push_back({.account_id = entry.account(),
                        .type = verdict.event,
                        .at = now,
                        .message_id = entry.key.message_id,
                        .idx = entry.key.idx,
                        .domain_id = out.domain_id,
                        .data = event_data(entry, result, out, attempted)});
  return out;
}

bool Engine::more_to_come() const {
  if (options_.outcome_gather == Duration{} || draining_) return false;
  size_t under_way = entries_.size() - done_.size() - windows_.ready();
  return under_way >= kGatherFor && done_.size() < limits::kOutcomesTogether;
}

net::Task<void> Engine::write(std::shared_ptr<Engine> self) {
  Duration wait = limits::kOutcomeRetry;
  size_t together = limits::kOutcomesTogether;
  while (true) {
    self->writing_ = false;
    if (self->done_.empty()) self->pump();  // it may have waited for the last slot to come back
    if (self->done_.empty()) {
      self->idle_wake_.notify_all();
      co_await self->done_wake_.wait(Deadline::never());
      continue;
    }
    self->writing_ = true;
    if (self->more_to_come()) co_await net::sleep_for(self->options_.outcome_gather);
    size_t count = std::min(together, self->done_.size());
    auto end = self->done_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Ticket> tickets(self->done_.begin(), end);
    self->done_.erase(self->done_.begin(), end);
    Result<> written = co_await self->write_some(tickets);
    if (written) {
      wait = limits::kOutcomeRetry;
      together = std::min(together * 2, limits::kOutcomesTogether);
      continue;
    }
    log::error("outcomes cannot be written yet",
               {{"count", count}, {"detail", written.error().message}});
    // They stay done: nobody is sent twice because of a database. One that can never be written
    // must not keep the others, so they go one by one, the failed ones to the end.
    self->done_.insert(self->done_.end(), tickets.begin(), tickets.end());
    if (!may_pass(written.error().code)) together = 1;
    co_await net::sleep_for(wait);
    wait = std::min(wait * 2, limits::kOutcomeRetryMost);
  }
}

net::Task<Result<>> Engine::write_some(std::vector<Ticket> tickets) {
  std::vector<store::Outcome> outcomes;
  std::map<std::pair<AccountId, std::string>, std::string> limited;
  outcomes.reserve(tickets.size());
  for (Ticket ticket : tickets) {
    const Entry& entry = entries_.at(ticket);
    outcomes.push_back(*entry.outcome);
    if (entry.outcome->cause == core::cause_name(core::Cause::rate_limited))
      limited[{entry.account(), std::string(entry.texts.domain())}] = entry.outcome->reply;
  }
  auto job = [outcomes = std::move(outcomes), limited = std::move(limited)](
                 store::Tx& tx) mutable -> Result<std::vector<bool>> {
    for (const auto& [who, reply] : limited)
      TRY(core::note_provider_limit(tx, {who.first, who.second, reply}));
    return store::record_outcomes_for_queue(tx, with_event_ids(tx, std::move(outcomes)));
  };
  std::vector<bool> recorded =
      CO_TRY(co_await options_.store->write<std::vector<bool>>(std::move(job)));
  for (size_t i = 0; i < tickets.size(); ++i) {
    const Entry& entry = entries_.at(tickets[i]);
    if (!recorded[i]) {
      // Deferred and meanwhile held, finished by another way, or owned by another node now.
      log::info("an outcome no longer counts",
                {{"message", format_id(entry.key.message_id.value)},
                 {"recipient", entry.key.idx},
                 {"outcome", entry.outcome->cause}});
    } else if (entry.outcome->state == RecipientState::queued) {
      note_due(entry, entry.outcome->next_at);
    }
    forget(tickets[i]);
  }
  pump();
  co_return Result<>();
}

void Engine::note_due(const Entry& entry, WallTime next_at) {
  store::DueCursor place{next_at, entry.key};
  auto horizon = horizon_.find(entry.shard);
  // A clock that was set may put it before what has been seen already.
  if (horizon != horizon_.end() && !is_before(horizon->second, place)) {
    set_back(entry.shard, {next_at, {entry.key.message_id, entry.key.idx - 1}});
    wake_look();
  }
  if (next_at < next_due_) {
    next_due_ = next_at;
    look_wake_.notify_all();
  }
}

}  // namespace ph::queue
