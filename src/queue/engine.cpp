#include "queue/engine.h"

#include "base/log.h"
#include "base/metrics.h"

namespace ph::queue {
namespace {

metrics::Gauge ready_gauge("posthouse_queue_ready", "recipients in memory, waiting for a window");
metrics::Gauge in_flight_gauge("posthouse_queue_in_flight", "recipients in a session");

core::AttemptResult unread(const Error& error) {
  core::AttemptResult out;
  out.cause = core::Cause::local_error;
  out.enhanced = "4.3.0";  // RFC 3463 §3.4: other or undefined mail system status
  out.reply = "the content could not be read";
  log::warn("content could not be read", {{"detail", error.message}});
  return out;
}

}  // namespace

Engine::Engine(QueueOptions options)
    : options_(std::move(options)),
      clock_(options_.loop->clock()),
      windows_({options_.site_window, options_.sessions, options_.ready_most,
                limits::kQueueReadyLane}),
      handed_(std::make_shared<net::MemoryBudget>(options_.content_bytes / 2)),
      loaded_(std::make_shared<net::MemoryBudget>(options_.content_bytes / 2)) {}

void Engine::start() {
  PH_CHECK(!started_);
  started_ = true;
  all_seen_at_ = tidied_at_ = clock_.mono();
  doubt_until_ = clock_.mono() + options_.doubt;
  if (options_.open) {
    interrupted_ = Interrupted(options_.open, clock_.mono());
    calm_at_ = interrupted_.next_calm(clock_.mono()).value_or(MonoTime::never());
    if (size_t damaged = options_.open->file().damaged.size(); damaged > 0)
      log::warn("damaged slots of open-deliveries are ignored", {{"count", damaged}});
  }
  loop().spawn(write(shared_from_this()));
  loop().spawn(watch_leases(shared_from_this()));
  loop().spawn(look(shared_from_this()));
}

void Engine::resume() {
  suspended_ = false;
  pump();
}

std::string Engine::site_of(std::string_view domain) const {
  return options_.site ? options_.site(domain) : std::string(domain);
}

bool Engine::owns(int32_t shard, int64_t epoch) const {
  return options_.store->leases().holds(shard, epoch, clock_.mono());
}

void Engine::take(core::Accepted accepted) {
  auto mail = std::make_shared<Mail>();
  mail->row = std::make_shared<const store::MessageRow>(std::move(accepted.message));
  if (accepted.content) {
    if (auto share = handed_->try_take(accepted.content->size())) {
      mail->content = std::move(accepted.content);
      mail->handed = std::move(*share);
    }
  }
  mails_[mail->row->id] = mail;
  for (store::RecipientRow& row : accepted.recipients) {
    if (row.state != store::RecipientState::queued || entries_.find(row.key)) continue;
    if (!owns(row.shard, row.epoch)) continue;  // another node's shard: it finds the row
    // Behind those of the same lane that are still rows, nobody jumps the line.
    if (!behind_.empty()) {
      Lane lane(site_of(row), row.account_id);
      if (behind_.contains(lane)) {
        leave_behind(lane, row);
        continue;
      }
    }
    seat(row, mail, From::accept);
  }
  if (mail.use_count() == 1) mails_.erase(mail->row->id);
  pump();
}

// Into the windows, or a note of where its row is to be found later.
Engine::Seat Engine::seat(const store::RecipientRow& row, std::shared_ptr<Mail> mail, From from) {
  std::string site = site_of(row);
  MonoTime now = clock_.mono();
  Added room = windows_.room(site, row.account_id, now, from);
  if (room == Added::lane_full) {
    leave_behind({site, row.account_id}, row);
    return Seat::lane_full;
  }
  if (room == Added::memory_full) {
    set_back(row.shard, just_before(row));
    short_of_memory_ = true;
    return Seat::memory_full;
  }
  Entry& entry = entries_.add(row, std::move(mail));
  windows_.add(site, entry.account(), entry.ticket, now);
  entry.site = windows_.named(site);
  return Seat::taken;
}

// Everything from there on is read again; a sweep that is under way must not go past it.
void Engine::set_back(int32_t shard, const store::DueCursor& place) {
  auto known = horizon_.find(shard);  // none: it begins at the beginning
  if (known != horizon_.end()) keep_earlier(horizon_, shard, place);
  moved_back_.insert(shard);
}

void Engine::pump() {
  // A session may end inside begin(): the outer call goes on instead of a deeper one.
  if (pumping_) return;
  pumping_ = true;
  while (started_ && !suspended_ && !draining_) {
    if (short_of_slots()) break;
    auto started = windows_.next(clock_.mono());
    if (!started) break;
    if (started->lane_low && !behind_.empty()) {
      const Entry& entry = entries_.at(started->ticket);
      Lane lane(entry.site->name, entry.account());
      if (behind_.contains(lane)) refills_.insert(std::move(lane)), wake_look();
    }
    begin(started->ticket);
  }
  pumping_ = false;
  if (short_of_memory_ && windows_.ready() < options_.ready_most / 4 * 3) wake_look();
  ready_gauge.set(static_cast<int64_t>(windows_.ready()));
  in_flight_gauge.set(windows_.in_flight());
}

void Engine::begin(Ticket ticket) {
  Entry& entry = entries_.at(ticket);
  entry.begun = clock_.mono();
  if (!owns(entry.shard, entry.epoch)) {
    // Whoever has the shard next finds the row; that may be this node again.
    set_back(entry.shard, entry.just_before());
    windows_.finished(*entry.site, SessionEnd::failed, entry.begun);
    forget(ticket);
    return;
  }
  entry.place = Place::in_flight;
  if (is_expired(clock_.wall(), entry.expires_at)) {
    core::AttemptResult none;
    none.reply = entry.texts.reply();
    entry.asked = Asked::expire;
    finish(ticket, std::move(none), WallTime{});
    return;
  }
  take_slot(entry);
  loop().spawn(attend(shared_from_this(), ticket));
}

// Outcomes that cannot be written hold their slots: then nothing more is begun. Where nobody will
// give one back, because an earlier process left all full, one delivery at a time goes without.
bool Engine::short_of_slots() const {
  bool some_come_back = windows_.in_flight() > 0 || !done_.empty() || writing_;
  return options_.open && options_.open->full() && some_come_back;
}

void Engine::take_slot(Entry& entry) {
  if (!options_.open) return;
  if (auto before = interrupted_.begin(entry.key)) {
    entry.slot = before->slot;
    entry.copies = std::max(entry.copies, before->copies);
  } else if (!options_.open->full()) {
    entry.slot = options_.open->take();
  }
}

// What delivery calls before the final dot, on its own loop.
std::function<void()> Engine::note_of(const Entry& entry) const {
  if (entry.slot == 0) return {};
  return [open = options_.open, mark = OpenDelivery{entry.slot, entry.key, entry.copies + 1}] {
    open->mark(mark);
  };
}

net::Task<void> Engine::attend(std::shared_ptr<Engine> self, Ticket ticket) {
  std::shared_ptr<Mail> mail = self->entries_.at(ticket).mail;
  auto loaded = co_await self->content_of(mail);
  WallTime begun = self->clock_.wall();
  core::AttemptResult result;
  if (loaded) {
    Entry& entry = self->entries_.at(ticket);
    entry.begun = self->clock_.mono();
    core::AttemptOrder order{mail->row, entry.row(), (*loaded)->bytes, {}, self->note_of(entry)};
    store::Store* store = self->options_.store;
    Clock* clock = &self->clock_;
    order.owned = [store, clock, shard = entry.shard, epoch = entry.epoch] {
      return store->leases().holds(shard, epoch, clock->mono());
    };
    result = co_await self->options_.attempt(std::move(order));
  } else {
    result = unread(loaded.error());
  }
  self->finish(ticket, std::move(result), begun);
}

net::Task<Result<std::shared_ptr<LoadedContent>>> Engine::content_of(std::shared_ptr<Mail> mail) {
  if (mail->content) {
    co_return std::make_shared<LoadedContent>(mail->content, net::MemoryBudget::Share());
  }
  if (!mail->loading) mail->loading.emplace(1);
  net::Semaphore::Permit one = co_await mail->loading->acquire(Deadline::never());
  if (auto loaded = mail->loaded.lock()) co_return loaded;
  const store::ContentRef& ref = mail->row->content;
  net::MemoryBudget::Share share = co_await loaded_->take(static_cast<size_t>(ref.length));
  std::string bytes = CO_TRY(co_await options_.store->read_content(ref));
  auto loaded = std::make_shared<LoadedContent>(
      std::make_shared<const std::string>(std::move(bytes)), std::move(share));
  mail->loaded = loaded;
  co_return loaded;
}

void Engine::finish(Ticket ticket, core::AttemptResult result, WallTime begun) {
  Entry& entry = entries_.at(ticket);
  windows_.finished(*entry.site, end_of(entry, result), clock_.mono());
  // The receiver has said that it did not take it, or was never asked to: nothing is open.
  bool perhaps_taken = result.outcome == core::AttemptOutcome::delivered ||
                       result.cause == core::Cause::reply_lost;
  if (entry.slot != 0 && entry.copies == 0 && !perhaps_taken) options_.open->clear(entry.slot);
  settle(entry, outcome_of(entry, result, begun));
  pump();
}

SessionEnd Engine::end_of(const Entry& entry, const core::AttemptResult& result) const {
  if (result.outcome == core::AttemptOutcome::delivered) return SessionEnd::answered;
  if (clock_.mono() - entry.begun >= limits::kSiteStuck) return SessionEnd::hung;
  return result.code != 0 ? SessionEnd::answered : SessionEnd::failed;
}

// From now on only the writing of the outcome is left.
void Engine::settle(Entry& entry, store::Outcome outcome) {
  entry.outcome = std::make_unique<store::Outcome>(std::move(outcome));
  entry.place = Place::done;
  entry.site = nullptr;
  done_.push_back(entry.ticket);
  done_wake_.notify_all();
}

void Engine::forget(Ticket ticket) {
  const Entry& entry = entries_.at(ticket);
  if (reading_) left_.insert(entry.key);
  if (entry.slot != 0) options_.open->give_back(entry.slot);
  MessageId message = entry.key.message_id;
  entries_.remove(ticket);
  auto known = mails_.find(message);
  if (known != mails_.end() && known->second.expired()) mails_.erase(known);
}

}  // namespace ph::queue
