#include "core/event_feed.h"

#include "base/log.h"
#include "core/transaction.h"

namespace ph::core {
namespace {

using Rows = std::vector<store::EventRow>;

constexpr int64_t kOlderRows = 500;  // of one page of what is older than the memory

size_t weight(const store::EventRow& row) { return sizeof row + row.type.size() + row.data.size(); }

// One node writes SQLite, whose commits come in the order of ids.
Duration lateness(store::Store& store, Duration wanted) {
  return store.engine() == sql::Engine::sqlite ? Duration(0) : wanted;
}

}  // namespace

// --- listeners ---

EventListener::EventListener(Context& context, std::shared_ptr<detail::FeedMemory> memory,
                             AccountId account)
    : context_(context), memory_(std::move(memory)), ear_(std::make_shared<detail::Ear>(account)) {
  std::lock_guard lock(memory_->mutex);
  number_ = memory_->next_ear++;
  memory_->ears.emplace(number_, ear_);
  memory_->wanted.push(0);
}

EventListener::~EventListener() {
  std::lock_guard lock(memory_->mutex);
  memory_->ears.erase(number_);
  if (!memory_->ears.empty()) return;
  ++memory_->round;
  memory_->ready = false;
  memory_->first += memory_->events.size();
  memory_->events.clear();
  memory_->bytes = 0;
}

// Under the memory's mutex: what is there already comes from the store, what comes from here.
void EventListener::take_place() {
  ear_->place = memory_->first + memory_->events.size();
  until_ = memory_->seen;
}

net::Task<Outcome<std::vector<EventPtr>>> EventListener::next(Deadline deadline) {
  if (catching_up_) {
    auto rows = CO_REFUSE_TRY(co_await older());
    if (!rows.empty()) co_return rows;
  }
  for (bool waited = false;; waited = true) {
    auto found = newer();
    if (!found)
      co_return refuse(Reason::temporary, "The listener is too far behind: go on by the cursor.");
    if (!found->empty() || waited) co_return std::move(*found);
    co_await ear_->wakes.pop(deadline);
  }
}

// Pages until one has something for us, or there is no more.
net::Task<Outcome<std::vector<EventPtr>>> EventListener::older() {
  std::vector<EventPtr> out;
  store::EventTail tail = cursor_.tail(lateness(context_.store, limits::kEventLate));
  while (catching_up_ && out.empty()) {
    store::EventTail page{.low = std::max(tail.low, page_after_), .seen = tail.seen};
    auto job = [account = ear_->account, page](sql::Connection& sql) -> Outcome<Rows> {
      if (!account) return REFUSE_TRY(store::events_after_for_operator(sql, page, kOlderRows));
      return REFUSE_TRY(store::events_after(sql, account, page, kOlderRows));
    };
    Rows rows = CO_REFUSE_TRY(co_await look<Rows>(context_, std::move(job)));
    catching_up_ = rows.size() == static_cast<size_t>(kOlderRows);
    size_t bytes = 0;
    for (store::EventRow& row : rows) {
      page_after_ = row.id.value;
      if (!until_.passed(row.id.value)) continue;  // comes from memory
      bytes += weight(row);
      out.push_back(std::make_shared<const store::EventRow>(std::move(row)));
      if (bytes < limits::kEventStreamPiece / 2) continue;
      catching_up_ = true;
      break;
    }
  }
  for (const EventPtr& event : out) cursor_.pass(event->id.value);
  co_return out;
}

// Nothing: they are not in memory any more.
std::optional<std::vector<EventPtr>> EventListener::newer() {
  std::vector<EventPtr> out;
  std::lock_guard lock(memory_->mutex);
  uint64_t& place = ear_->place;
  uint64_t end = memory_->first + memory_->events.size();
  if (place < memory_->first) return std::nullopt;
  // At the end everything that was seen is behind us, also what tell() has passed for us.
  if (place == end) cursor_.pass(memory_->seen);
  size_t bytes = 0;
  for (; place < end; ++place) {
    const EventPtr& event = memory_->events[place - memory_->first];
    // Another node, which has seen more of the log than this one, may have told it.
    if (cursor_.passed(event->id.value)) continue;
    cursor_.pass(event->id.value);
    if (ear_->account && event->account_id != ear_->account) continue;
    bytes += weight(*event);
    out.push_back(event);
    if (bytes >= limits::kEventStreamPiece / 2) {
      ++place;
      break;
    }
  }
  return out;
}

// --- the feed ---

Duration EventFeed::late(Duration wanted) const { return lateness(context_.store, wanted); }

net::Task<Outcome<std::shared_ptr<EventListener>>> EventFeed::listen(EventWish wish) {
  // In the list first: what is found from now on is kept for it.
  auto out = std::shared_ptr<EventListener>(new EventListener(context_, memory_, wish.account));
  CO_REFUSE_TRY(co_await find_place());
  {
    std::lock_guard lock(memory_->mutex);
    out->take_place();
  }
  out->cursor_ = wish.after.value_or(out->until_);
  out->catching_up_ = wish.after.has_value();
  co_return out;
}

// Where the log ends now, unless others listen and it is known.
net::Task<Outcome<>> EventFeed::find_place() {
  uint64_t round = 0;
  {
    std::lock_guard lock(memory_->mutex);
    if (memory_->ready) co_return Outcome<>{};
    round = memory_->round;
  }
  using Ids = std::vector<int64_t>;
  auto job = [back = late(limits::kEventLate)](sql::Connection& sql) -> Outcome<Ids> {
    return REFUSE_TRY(store::newest_events_for_operator(sql, back));
  };
  Ids ids = CO_REFUSE_TRY(co_await ph::core::look<Ids>(context_, std::move(job)));
  std::lock_guard lock(memory_->mutex);
  // Our listener is in the list, so the round is still ours.
  PH_CHECK(memory_->round == round);
  if (std::exchange(memory_->ready, true)) co_return Outcome<>{};
  memory_->seen = EventCursor(ids);
  co_return Outcome<>{};
}

net::Task<Outcome<size_t>> EventFeed::look() {
  uint64_t round = 0;
  EventCursor seen;
  {
    std::lock_guard lock(memory_->mutex);
    if (!memory_->ready) co_return size_t{0};
    round = memory_->round;
    seen = memory_->seen;
  }
  MonoTime now = context_.clock.mono();
  bool wide = now >= wide_look_;
  if (wide) wide_look_ = now + limits::kEventLateLook;
  auto tail = seen.tail(late(wide ? limits::kEventLate : limits::kEventLateNear));
  Rows rows = CO_REFUSE_TRY(co_await rows_of(tail));
  // Of a node that has been silent, or is behind, more may lie below what this look reached: once
  // its younger event counted, nobody would look for the older one.
  auto apart = [&](const store::EventRow& row) { return !seen.joins(row.id.value, tail.low); };
  if (!wide && late(limits::kEventLate) > Duration(0) && std::ranges::any_of(rows, apart))
    rows = CO_REFUSE_TRY(co_await rows_of(seen.tail(late(limits::kEventLate))));
  size_t found = rows.size();
  if (found > 0) keep(round, std::move(rows));
  co_return found;
}

net::Task<Outcome<Rows>> EventFeed::rows_of(store::EventTail tail) {
  auto job = [tail = std::move(tail)](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::events_after_for_operator(
        sql, tail, static_cast<int64_t>(limits::kEventLookRows)));
  };
  co_return co_await ph::core::look<Rows>(context_, std::move(job));
}

void EventFeed::keep(uint64_t round, Rows rows) {
  std::lock_guard lock(memory_->mutex);
  if (memory_->round != round) return;
  std::set<AccountId> touched;
  uint64_t end_before = memory_->first + memory_->events.size();
  for (store::EventRow& row : rows) {
    memory_->seen.pass(row.id.value);
    memory_->bytes += weight(row);
    touched.insert(row.account_id);
    memory_->events.push_back(std::make_shared<const store::EventRow>(std::move(row)));
  }
  while (memory_->events.size() > limits::kEventsKept ||
         memory_->bytes > limits::kEventsKeptBytes) {
    memory_->bytes -= weight(*memory_->events.front());
    memory_->events.pop_front();
    ++memory_->first;
  }
  tell(touched, end_before);
}

// Under the memory's mutex. Who has nothing to hear is not woken, but goes along: others would push
// him out of the memory.
void EventFeed::tell(const std::set<AccountId>& touched, uint64_t end_before) {
  uint64_t end = memory_->first + memory_->events.size();
  for (auto& [number, ear] : memory_->ears) {
    if (!ear->account || touched.contains(ear->account)) ear->wakes.push(0);
    else if (ear->place == end_before) ear->place = end;
  }
}

net::Task<> EventFeed::watch() {
  bool failing = false;
  for (;;) {
    bool listened = false;
    {
      std::lock_guard lock(memory_->mutex);
      listened = !memory_->ears.empty();
    }
    if (!listened) {
      co_await memory_->wanted.pop(Deadline::never());
      continue;
    }
    auto found = co_await look();
    if (!found && !failing)  // once, not four times a second
      log::warn("the event log cannot be read for those who listen",
                {{"detail", found.error().detail}});
    failing = !found;
    bool more = found && *found == limits::kEventLookRows;
    if (!more) co_await net::sleep_for(limits::kEventLook);
  }
}

}  // namespace ph::core
