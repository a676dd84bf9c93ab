// Purpose: hold, release and retry of all recipients of an account or a destination: in slices,
//   between which the writer and the look at due rows go on.
#include "base/log.h"
#include "core/event.h"
#include "queue/engine.h"

namespace ph::queue {
namespace {

// What a walk is about; nothing for messages, which are changed in one transaction.
std::optional<store::QueueWalk> walk_of(store::QueueVerb verb, const Selection& selection) {
  if (const auto* account = std::get_if<AccountId>(&selection))
    return store::QueueWalk{.verb = verb, .account = *account, .domain = {}, .since = {}};
  if (const auto* domain = std::get_if<RecipientDomain>(&selection))
    return store::QueueWalk{.verb = verb, .account = {}, .domain = domain->name, .since = {}};
  return std::nullopt;
}

const char* event_of(store::QueueVerb verb) {
  switch (verb) {
    case store::QueueVerb::hold:
      return core::event::kHeld;
    case store::QueueVerb::release:
      return core::event::kReleased;
    case store::QueueVerb::retry:
      return nullptr;
  }
  return nullptr;
}

}  // namespace

bool Engine::is_many(const Selection& selection) {
  return walk_of(store::QueueVerb::hold, selection).has_value();
}

// What is read meanwhile stays a row (wanted()); what was in memory is looked for again in the end:
// whoever was not held is found.
net::Task<Result<int64_t>> Engine::hold_many(Selection selection) {
  auto holding = holding_.insert(holding_.end(), selection);
  for (const auto& [shard, place] : drop_ready(selection)) keep_earlier(held_back_, shard, place);
  auto count = co_await change_many(store::QueueVerb::hold, selection);
  // A look that read rows before they were held ends while holding_ still keeps them back.
  net::Semaphore::Permit alone = co_await look_lock_.acquire(Deadline::never());
  // What was accepted meanwhile may be held or not: the rows know.
  for (const auto& [shard, place] : drop_ready(selection)) keep_earlier(held_back_, shard, place);
  holding_.erase(holding);
  if (holding_.empty())
    for (const auto& [shard, place] : std::exchange(held_back_, {})) set_back(shard, place);
  wake_look();
  co_return count;
}

net::Task<Result<int64_t>> Engine::change_many(store::QueueVerb verb, Selection selection) {
  store::QueueWalk walk = *walk_of(verb, selection);
  if (!walk.account && walk.domain.empty())  // it would be everybody's
    co_return fail(Errc::invalid, "name an account or a destination");
  walk.since = clock_.wall();
  int64_t count = 0;
  int64_t unseen = 0;  // due since then, and not looked at
  store::WalkPage page;
  while (!page.last) {
    auto read = [walk, from = page.next](sql::Connection& connection) {
      return store::walk_for_operator(connection, walk, from, limits::kQueueVerbSlice);
    };
    auto found = co_await options_.store->read<store::WalkPage>(std::move(read));
    if (!found) {
      look_at_changed(walk);
      co_return std::unexpected(std::move(found).error());
    }
    page = std::move(*found);
    if (page.keys.empty()) continue;
    auto write = [walk, keys = std::move(page.keys)](store::Tx& tx) {
      return store::change_for_operator(tx.sql(), walk, keys, tx.now());
    };
    auto wrote = co_await options_.store->write<int64_t>(std::move(write));
    if (!wrote) {
      look_at_changed(walk);
      co_return std::unexpected(std::move(wrote).error());
    }
    int64_t changed = *wrote;
    unseen += changed;
    bool first = count == 0 && changed > 0;
    count += changed;
    if (verb == store::QueueVerb::hold || (!first && unseen < limits::kQueueVerbLook)) continue;
    read_from(walk.since);
    unseen = 0;
  }
  if (verb == store::QueueVerb::retry) hurry(selection);
  if (unseen > 0) look_at_changed(walk);
  CO_TRY(co_await record_many(verb, walk.account, count));
  co_return count;
}

// What earlier slices made due is found, whatever became of the later ones.
void Engine::look_at_changed(const store::QueueWalk& walk) {
  if (walk.verb != store::QueueVerb::hold) read_from(walk.since);
}

// One event for the account, however many slices there were.
net::Task<Result<>> Engine::record_many(store::QueueVerb verb, AccountId account, int64_t count) {
  if (count == 0 || !account || !event_of(verb)) co_return Result<>();
  auto job = [verb, account, count](store::Tx& tx) -> Result<> {
    return core::record_event(tx, {.account_id = account,
                                   .type = event_of(verb),
                                   .data = fmt::format("{{\"recipients\":{}}}", count)});
  };
  co_return co_await options_.store->write<void>(std::move(job));
}

}  // namespace ph::queue
