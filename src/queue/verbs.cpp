// Purpose: what people do to the queue and ask of it.
#include "base/id_source.h"
#include "base/log.h"
#include "core/event.h"
#include "queue/engine.h"

namespace ph::queue {
namespace {

using store::RecipientState;

template <class... F>
struct Overload : F... {
  using F::operator()...;
};

// One of the store's three verbs, for messages.
struct StoreVerb {
  Result<int64_t> (*filtered)(sql::Connection&, const store::RecipientFilter&, WallTime);
  const char* event;  // null: none
};
constexpr StoreVerb kHold{store::hold_recipients, core::event::kHeld};
constexpr StoreVerb kRelease{store::release_recipients, core::event::kReleased};
constexpr StoreVerb kRetry{store::retry_recipients, nullptr};

Result<int64_t> filtered(store::Tx& tx, const StoreVerb& verb, const store::RecipientFilter& what,
                         DomainId domain) {
  int64_t count = TRY(verb.filtered(tx.sql(), what, tx.now()));
  if (count == 0 || !verb.event) return count;
  TRY(core::record_event(tx, {.account_id = what.account,
                              .type = verb.event,
                              .message_id = what.message,
                              .domain_id = domain,
                              .data = fmt::format("{{\"recipients\":{}}}", count)}));
  return count;
}

// How many rows were changed, and the time that those which are due now got.
struct Changed {
  int64_t count = 0;
  WallTime at;
};

// Of messages; accounts and destinations go in slices (many.cpp).
Result<Changed> run_verb(store::Tx& tx, const StoreVerb& verb, const Selection& selection) {
  if (const auto* id = std::get_if<MessageId>(&selection)) {
    auto message = TRY(store::message_for_queue(tx.sql(), *id));
    int64_t count = TRY(filtered(tx, verb, {message.account_id, *id, {}}, message.domain_id));
    return Changed{count, tx.now()};
  }
  const auto* set = std::get_if<MessageSet>(&selection);
  PH_CHECK(set != nullptr);
  Changed out{.at = tx.now()};
  for (MessageId id : set->ids)
    out.count += TRY(verb.filtered(tx.sql(), {set->account, id, {}}, tx.now()));
  return out;
}

struct FinishOrder {
  RecipientState state = RecipientState::cancelled;
  core::Cause cause = core::Cause::cancelled;
  const char* event = "";
  std::set<store::RecipientKey> except;  // those in a session: it ends first
};

Result<> finish_one(store::Tx& tx, const FinishOrder& order, MessageId id,
                    std::vector<store::Outcome>& outcomes) {
  auto message = TRY(store::message_for_queue(tx.sql(), id));
  auto rows = TRY(store::recipients(tx.sql(), message.account_id, id));
  for (const store::RecipientRow& row : rows) {
    if (store::is_final(row.state) || order.except.contains(row.key)) continue;
    store::Outcome out;
    out.key = row.key;
    out.account_id = row.account_id;
    out.domain_id = message.domain_id;
    out.epoch = row.epoch;
    out.state = order.state;
    out.cause = core::cause_name(order.cause);
    out.at = out.next_at = tx.now();
    out.reply = row.reply;
    out.events.push_back({.id = EventId(tx.new_id()),
                          .account_id = row.account_id,
                          .type = order.event,
                          .at = tx.now(),
                          .message_id = id,
                          .idx = row.key.idx,
                          .domain_id = message.domain_id,
                          .data = fmt::format("{{\"recipient\":{},\"cause\":{}}}",
                                              log::json_quote(row.address),
                                              log::json_quote(out.cause))});
    outcomes.push_back(std::move(out));
  }
  return {};
}

Result<int64_t> finish_all(store::Tx& tx, const FinishOrder& order,
                           const std::vector<MessageId>& messages) {
  std::vector<store::Outcome> outcomes;
  for (MessageId id : messages) {
    auto finished = finish_one(tx, order, id, outcomes);
    // Of many, one may have been purged.
    bool gone = !finished && finished.error().code == Errc::not_found && messages.size() > 1;
    if (!finished && !gone) return std::unexpected(std::move(finished).error());
  }
  auto recorded = TRY(store::record_outcomes_for_queue(tx, outcomes));
  return std::ranges::count(recorded, true);
}

struct Stored {
  std::vector<store::RecipientRow> rows;
  std::vector<std::vector<store::AttemptRow>> attempts;  // of each row
};

Result<Stored> stored_recipients(sql::Connection& connection, MessageId id) {
  Stored out;
  auto message = TRY(store::message_for_queue(connection, id));
  out.rows = TRY(store::recipients(connection, message.account_id, id));
  for (const store::RecipientRow& row : out.rows) {
    out.attempts.push_back(TRY(store::attempts(connection, row.account_id, row.key)));
  }
  return out;
}

std::vector<PastAttempt> history_of(std::vector<store::AttemptRow> attempts) {
  std::ranges::sort(attempts, std::greater(), &store::AttemptRow::number);
  if (attempts.size() > limits::kExplainedAttempts) attempts.resize(limits::kExplainedAttempts);
  std::vector<PastAttempt> out;
  for (store::AttemptRow& row : attempts) {
    out.push_back({row.at, row.code, std::move(row.reply), std::move(row.host),
                   std::move(row.tls)});
  }
  return out;
}

}  // namespace

bool Engine::selected(const Named& who, const Selection& selection) {
  return std::visit(
      Overload{[&](MessageId id) { return who.message == id; },
               [&](AccountId account) { return who.account == account; },
               [&](const RecipientDomain& domain) { return who.domain == domain.name; },
               [&](const MessageSet& set) {
                 return std::ranges::binary_search(set.ids, who.message);
               }},
      selection);
}

// Those that wait for calm are tried at once: who asks knows that a second copy may come of it.
void Engine::hurry(const Selection& selection) {
  interrupted_.hurry(clock_.mono(), [&](const store::RecipientKey& key,
                                        const Interrupted::Delivery& delivery) {
    return selected({key.message_id, delivery.account, delivery.domain}, selection);
  });
}

// Of the windows; a message's are looked for in its sites only.
std::vector<Ticket> Engine::take_out(const Selection& selection) {
  auto wanted = [&](Ticket ticket) {
    const Entry& entry = entries_.at(ticket);
    return selected({entry.key.message_id, entry.account(), entry.texts.domain()}, selection);
  };
  std::vector<MessageId> messages;
  if (const auto* one = std::get_if<MessageId>(&selection)) messages = {*one};
  else if (const auto* set = std::get_if<MessageSet>(&selection)) messages = set->ids;
  else return windows_.remove_if(wanted);
  std::set<Site*> sites;
  for (MessageId message : messages) {
    entries_.each_of(message, [&](Entry& entry) {
      if (entry.place == Place::ready) sites.insert(entry.site);
    });
  }
  std::vector<Ticket> out;
  for (Site* site : sites) std::ranges::copy(windows_.remove_from(*site, wanted),
                                             std::back_inserter(out));
  return out;
}

// Gives the places in the rows from where those that were dropped can be found again.
std::map<int32_t, store::DueCursor> Engine::drop_ready(const Selection& selection) {
  std::map<int32_t, store::DueCursor> places;
  for (Ticket ticket : take_out(selection)) {
    const Entry& entry = entries_.at(ticket);
    keep_earlier(places, entry.shard, entry.just_before());
    call_for_more(entry);
    forget(ticket);
  }
  return places;
}

// Rows that became due at that moment are seen, those before it have been.
void Engine::read_from(WallTime changed) {
  for (int32_t shard : options_.store->leases().shards(clock_.mono()))
    set_back(shard, {changed, {}});
  wake_look();
}

net::Task<Result<int64_t>> Engine::hold(Selection selection) {
  if (is_many(selection)) co_return co_await hold_many(std::move(selection));
  net::Semaphore::Permit alone = co_await look_lock_.acquire(Deadline::never());
  auto dropped = drop_ready(selection);
  auto job = [selection](store::Tx& tx) { return run_verb(tx, kHold, selection); };
  auto changed = co_await options_.store->write<Changed>(std::move(job));
  // What was accepted while the rows were changed may be held or not: the rows know.
  auto later = drop_ready(selection);
  for (const auto& [shard, place] : later) set_back(shard, place);
  if (!changed)
    for (const auto& [shard, place] : dropped) set_back(shard, place);
  wake_look();
  co_return CO_TRY(std::move(changed)).count;
}

net::Task<Result<int64_t>> Engine::release(Selection selection) {
  if (is_many(selection))
    co_return co_await change_many(store::QueueVerb::release, std::move(selection));
  net::Semaphore::Permit alone = co_await look_lock_.acquire(Deadline::never());
  auto job = [selection](store::Tx& tx) { return run_verb(tx, kRelease, selection); };
  Changed changed = CO_TRY(co_await options_.store->write<Changed>(std::move(job)));
  read_from(changed.at);
  co_return changed.count;
}

net::Task<Result<int64_t>> Engine::retry(Selection selection) {
  if (is_many(selection))
    co_return co_await change_many(store::QueueVerb::retry, std::move(selection));
  net::Semaphore::Permit alone = co_await look_lock_.acquire(Deadline::never());
  auto job = [selection](store::Tx& tx) { return run_verb(tx, kRetry, selection); };
  Changed changed = CO_TRY(co_await options_.store->write<Changed>(std::move(job)));
  hurry(selection);
  read_from(changed.at);
  co_return changed.count;
}

net::Task<Result<int64_t>> Engine::finish_messages(std::vector<MessageId> messages, Asked asked) {
  net::Semaphore::Permit alone = co_await look_lock_.acquire(Deadline::never());
  drop_ready(MessageSet{.account = {}, .ids = messages});
  FinishOrder order{RecipientState::cancelled, core::Cause::cancelled, core::event::kCancelled, {}};
  if (asked == Asked::expire) {
    order.state = RecipientState::expired;
    order.cause = core::Cause::expired;
    order.event = core::event::kExpired;
  }
  auto each = [&](Entry& entry) {
    if (entry.place == Place::in_flight) entry.asked = asked;
    // A deferral that is not written yet ends nothing: whichever of the two writes comes first,
    // the recipient is finished.
    bool waits = entry.place == Place::done && entry.outcome->state == RecipientState::queued;
    if (!waits) order.except.insert(entry.key);
  };
  for (MessageId id : messages) entries_.each_of(id, each);
  auto job = [order, messages](store::Tx& tx) { return finish_all(tx, order, messages); };
  auto count = co_await options_.store->write<int64_t>(std::move(job));
  if (!count) look_again_at_everything();
  co_return count;
}

net::Task<Result<QueueSummary>> Engine::summary() {
  auto job = [now = clock_.wall()](sql::Connection& connection) {
    return store::queue_counts_for_operator(connection, now);
  };
  auto counts = CO_TRY(co_await options_.store->read<store::QueueCounts>(std::move(job)));
  QueueSummary out;
  out.queued = counts.queued;
  out.ready = static_cast<int64_t>(windows_.ready());
  out.in_flight = windows_.in_flight();
  out.deferred = counts.deferred;
  out.held = counts.held;
  co_return out;
}

net::Task<Result<std::vector<SiteQueue>>> Engine::sites() {
  MonoTime now = clock_.mono();
  std::vector<SiteQueue> out;
  for (const Site* site : windows_.busiest(limits::kBusySites)) {
    SiteView view = windows_.site(site->name, now);
    SiteQueue one{.site = site->name,
                  .ready = view.ready,
                  .in_flight = view.in_flight,
                  .window = view.window,
                  .hangs = Windows::hangs(*site, now)};
    for (const auto& [account, lane] : site->lanes) one.accounts.push_back({account, lane.size()});
    std::ranges::sort(one.accounts, [](const auto& a, const auto& b) {
      return a.ready != b.ready ? a.ready > b.ready : a.account < b.account;
    });
    one.accounts.resize(std::min(one.accounts.size(), limits::kBusySiteAccounts));
    out.push_back(std::move(one));
  }
  co_return out;
}

net::Task<Result<std::vector<RecipientExplanation>>> Engine::explain(MessageId message) {
  auto job = [message](sql::Connection& connection) {
    return stored_recipients(connection, message);
  };
  Stored stored = CO_TRY(co_await options_.store->read<Stored>(std::move(job)));
  std::vector<RecipientExplanation> out;
  for (size_t i = 0; i < stored.rows.size(); ++i) {
    out.push_back(explain_row(stored.rows[i]));
    out.back().history = history_of(std::move(stored.attempts[i]));
  }
  co_return out;
}

// Its row, and what memory knows better.
RecipientExplanation Engine::explain_row(const store::RecipientRow& row) {
  RecipientExplanation out;
  out.address = row.address;
  out.state = row.state;
  out.cause = core::parse_cause(row.cause).value_or(core::Cause::local_error);
  if (row.state != RecipientState::queued) return out;
  const Entry* entry = entries_.find(row.key);
  if (entry && entry->place == Place::in_flight) {
    out.cause = core::Cause::attempting;
    return out;
  }
  out.next = row.next_at;
  MonoTime now = clock_.mono();
  if (auto calm = interrupted_.waits_until(row.key, now)) {
    WallTime at = clock_.wall() + (*calm - now);
    if (at >= row.next_at) {
      out.cause = core::Cause::interrupted;
      out.next = at;
      out.limit = "the process ended while the receiver may have had it already";
      return out;
    }
  }
  if (row.next_at > clock_.wall()) return out;  // waits for its time, and the row says why
  std::string site = site_of(row);
  SiteView view = windows_.site(site, now);
  if (suspended_ || draining_) {
    out.cause = core::Cause::delivery_suspended;
  } else if (view.in_flight >= view.window) {
    out.cause = core::Cause::site_window_full;
    out.limit = fmt::format("{} of {} sessions to {} are in use, {} recipients wait",
                            view.in_flight, view.window, site, view.ready);
  } else if (windows_.in_flight() >= options_.sessions) {
    out.cause = core::Cause::site_window_full;
    out.limit = fmt::format("all {} sessions are in use", options_.sessions);
  }
  return out;
}

net::Task<bool> Engine::drain(Deadline deadline) {
  draining_ = true;
  look_wake_.notify_all();
  while (windows_.in_flight() > 0 || !done_.empty() || writing_) {
    if (!co_await idle_wake_.wait(deadline)) break;
  }
  co_return windows_.in_flight() == 0 && done_.empty() && !writing_;
}

}  // namespace ph::queue
