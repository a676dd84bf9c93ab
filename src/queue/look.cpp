// Purpose: from rows to memory: reads what is due, in order, into the windows; and reads on for
//   lanes that were full.
#include "base/id_source.h"
#include "base/log.h"
#include "queue/engine.h"

namespace ph::queue {
namespace {

using store::DueCursor;
using store::RecipientRow;

struct ShardPlace {
  int32_t shard = 0;
  DueCursor after;
  std::vector<store::DueLane> except;  // noted as left behind: not read
};

struct Found {
  std::vector<RecipientRow> rows;     // in the order of shards, then of what is due
  std::vector<int32_t> complete;      // shards of which everything due is in `rows`
  WallTime next{INT64_MAX};           // when something of these is due next
};

// At most kQueuePage rows, of as many shards as that takes.
Result<Found> find_due(sql::Connection& connection, const std::vector<ShardPlace>& places,
                       WallTime now) {
  Found out;
  for (const ShardPlace& place : places) {
    auto left = static_cast<int64_t>(limits::kQueuePage - out.rows.size());
    store::DueQuery query{place.shard, now, place.after, left, {}, place.except};
    auto rows = TRY(store::due_recipients_for_queue(connection, query));
    bool all = static_cast<int64_t>(rows.size()) < left;
    out.rows.insert(out.rows.end(), std::make_move_iterator(rows.begin()),
                    std::make_move_iterator(rows.end()));
    if (!all) break;
    out.complete.push_back(place.shard);
    out.next = std::min(out.next, TRY(store::next_due_for_queue(connection, place.shard, now)));
  }
  return out;
}

// Those of which much stands in this shard's rows: the most of them first.
std::vector<store::DueLane> frequent_lanes(const std::vector<RecipientRow>& rows, int32_t shard) {
  std::map<std::pair<std::string_view, AccountId>, size_t> counts;
  for (const RecipientRow& row : rows)
    if (row.shard == shard) ++counts[{row.domain, row.account_id}];
  std::vector<std::pair<size_t, store::DueLane>> many;
  for (const auto& [lane, count] : counts)
    many.push_back({count, {std::string(lane.first), lane.second}});
  std::ranges::sort(many, std::greater(), &std::pair<size_t, store::DueLane>::first);
  if (many.size() > store::kDueLanesExcept) many.resize(store::kDueLanesExcept);
  std::vector<store::DueLane> out;
  for (auto& [count, lane] : many) out.push_back(std::move(lane));
  return out;
}

}  // namespace

net::Task<void> Engine::look(std::shared_ptr<Engine> self) {
  while (!self->draining_ && self->clock_.mono() < self->doubt_until_)
    co_await self->look_wake_.wait({self->doubt_until_});
  while (!self->draining_) {
    {
      net::Semaphore::Permit alone = co_await self->look_lock_.acquire(Deadline::never());
      self->look_asked_ = false;
      self->end_of_calm();
      self->reading_ = true;
      auto looked = co_await self->look_once();
      self->reading_ = false;
      self->left_.clear();
      self->read_again();
      if (!looked) {
        log::error("the queue cannot be read", {{"detail", looked.error().message}});
        // What was read and found no place is behind the horizon, what was to be refilled is
        // forgotten: everything is read again.
        self->horizon_.clear();
        self->behind_.clear();
        self->loaded_mails_.clear();
        self->next_due_ = self->clock_.wall() + limits::kOutcomeRetry;
      }
    }
    self->pump();
    MonoTime latest = self->clock_.mono() + limits::kQueueLook;
    while (!self->time_to_look(latest)) co_await self->look_wake_.wait(self->next_look(latest));
  }
}

// A dead node's shards are read when they come to this one, not at the next look.
net::Task<void> Engine::watch_leases(std::shared_ptr<Engine> self) {
  const store::LeaseTable& leases = self->options_.store->leases();
  net::OneShot<bool> taken;
  leases.tell_of_taken(taken.sender());
  while (co_await taken.wait(Deadline::never())) {
    taken = net::OneShot<bool>();
    leases.tell_of_taken(taken.sender());
    self->wake_look();
  }
}

// Where another node was meanwhile, rows may be due that stand before what was seen here.
void Engine::see_taken_shards() {
  const store::LeaseTable& leases = options_.store->leases();
  for (int32_t shard : leases.shards(clock_.mono())) {
    int64_t epoch = leases.epoch(shard, clock_.mono());
    if (epoch == 0 || std::exchange(epochs_[shard], epoch) == epoch) continue;
    horizon_.erase(shard);
  }
}

// What was passed over because it had just left memory: perhaps old news, perhaps due again.
void Engine::read_again() {
  if (!passed_over_.empty()) look_asked_ = true;
  for (const auto& [shard, place] : std::exchange(passed_over_, {})) {
    set_back(shard, place);
  }
}

bool Engine::time_to_look(MonoTime latest) const {
  return look_asked_ || draining_ || clock_.wall() >= next_due_ || clock_.mono() >= latest ||
         clock_.mono() >= calm_at_;
}

// Waits are monotonic, due times are not: a step of the wall clock is noticed by `latest`.
Deadline Engine::next_look(MonoTime latest) const {
  WallTime now = clock_.wall();
  latest = std::min(latest, calm_at_);
  if (next_due_.micros == INT64_MAX) return {latest};
  return Deadline::in(clock_, next_due_ - now).sooner({latest});
}

net::Task<Result<>> Engine::look_once() {
  MonoTime now = clock_.mono();
  bool tidy = now - tidied_at_ >= limits::kQueueLook;
  if (!interrupted_.empty() && (tidy || !interrupted_read_)) CO_TRY(co_await read_interrupted());
  if (tidy) {
    tidied_at_ = now;
    windows_.tidy(now);
    expire_ready();
    std::erase_if(mails_, [](const auto& mail) { return mail.second.expired(); });
  }
  if (now - all_seen_at_ >= limits::kQueueLookAtAll) look_again_at_everything();
  see_taken_shards();
  auto lanes = std::exchange(refills_, {});
  for (const Lane& lane : lanes) CO_TRY(co_await refill(lane));
  co_return co_await sweep();
}

// What became of them: some were finished before the end, or have been by a verb or another node.
net::Task<Result<>> Engine::read_interrupted() {
  auto job = [keys = interrupted_.keys()](sql::Connection& connection) -> Result<Rows> {
    Rows out;
    for (const store::RecipientKey& key : keys) {
      auto row = store::recipient_for_queue(connection, key);
      if (row) out.push_back(std::move(*row));
      else if (row.error().code != Errc::not_found) return std::unexpected(row.error());
    }
    return out;
  };
  std::vector<store::RecipientKey> asked = interrupted_.keys();
  Rows rows = CO_TRY(co_await options_.store->read<Rows>(std::move(job)));
  std::set<store::RecipientKey> open;
  for (const store::RecipientRow& row : rows) {
    if (store::is_final(row.state)) continue;
    open.insert(row.key);
    interrupted_.belongs_to(row);
  }
  for (const store::RecipientKey& key : asked)
    if (!open.contains(key)) interrupted_.drop(key);
  if (!std::exchange(interrupted_read_, true) && !interrupted_.empty()) {
    log::warn("deliveries were interrupted by the end of the last process: their receivers may "
              "have them already; tried again when this one has been up for a while",
              {{"count", interrupted_.size()}});
  }
  co_return Result<>();
}

void Engine::end_of_calm() {
  MonoTime now = clock_.mono();
  if (now < calm_at_) return;
  calm_at_ = interrupted_.next_calm(now).value_or(MonoTime::never());
  for (const auto& [shard, place] : std::exchange(calming_, {})) set_back(shard, place);
}

void Engine::look_again_at_everything() {
  all_seen_at_ = clock_.mono();
  horizon_.clear();
  behind_.clear();
  refills_.clear();
  wake_look();
}

// What waits for a window past its lifetime.
void Engine::expire_ready() {
  WallTime now = clock_.wall();
  auto expired = windows_.remove_if(
      [&](Ticket ticket) { return is_expired(now, entries_.at(ticket).expires_at); });
  for (Ticket ticket : expired) {
    Entry& entry = entries_.at(ticket);
    call_for_more(entry);
    entry.asked = Asked::expire;
    core::AttemptResult none;
    none.reply = entry.texts.reply();
    settle(entry, outcome_of(entry, none, WallTime{}));
  }
}

// Taken out without a start: what its lane left behind has nobody else to call for it.
void Engine::call_for_more(const Entry& entry) {
  if (behind_.empty()) return;
  Lane lane(site_of(entry.texts.domain()), entry.account());
  if (behind_.contains(lane)) refills_.insert(std::move(lane)), wake_look();
}

net::Task<Result<>> Engine::sweep() {
  short_of_memory_ = false;
  next_due_ = {INT64_MAX};
  std::vector<int32_t> shards = options_.store->leases().shards(clock_.mono());
  std::vector<store::DueLane> except;  // in the first of the shards
  while (!shards.empty()) {
    if (windows_.ready() >= options_.ready_most) {
      short_of_memory_ = true;
      co_return Result<>();
    }
    std::vector<ShardPlace> places;
    for (int32_t shard : shards) {
      auto known = horizon_.find(shard);
      places.push_back({shard, known == horizon_.end() ? DueCursor{} : known->second, {}});
    }
    places.front().except = except;
    WallTime now = clock_.wall();
    auto job = [places = std::move(places), now](sql::Connection& connection) {
      return find_due(connection, places, now);
    };
    moved_back_.clear();
    Found found = CO_TRY(co_await options_.store->read<Found>(std::move(job)));
    next_due_ = std::min(next_due_, found.next);
    for (const RecipientRow& row : found.rows) {
      // A row that came meanwhile and found no room may be older than this reading.
      if (!moved_back_.contains(row.shard)) horizon_[row.shard] = place_of(row);
    }
    if (!except.empty() && std::ranges::count(found.complete, shards.front()) > 0)
      skip_to(shards.front(), {now - limits::kStoreWait, {}});
    for (int32_t shard : found.complete) std::erase(shards, shard);
    std::vector<store::DueLane> seen =
        shards.empty() ? std::vector<store::DueLane>() : frequent_lanes(found.rows, shards.front());
    bool all = CO_TRY(co_await admit(std::move(found.rows)));
    pump();
    if (!all) co_return Result<>();
    if (!shards.empty()) except = passed_by(shards.front(), seen);
  }
  co_return Result<>();
}

// What was not read has its note. A row that is being written has a time that is not long ago.
void Engine::skip_to(int32_t shard, const DueCursor& place) {
  DueCursor& horizon = horizon_[shard];
  if (!moved_back_.contains(shard) && is_before(horizon, place)) horizon = place;
}

// Of those, the lanes that were left behind in this shard: their further rows need not be read, a
// refill finds them.
std::vector<store::DueLane> Engine::passed_by(int32_t shard,
                                              const std::vector<store::DueLane>& seen) {
  std::vector<store::DueLane> out;
  for (const store::DueLane& lane : seen) {
    auto found = behind_.find({site_of(lane.domain), lane.account});
    if (found != behind_.end() && found->second.places.contains(shard)) out.push_back(lane);
  }
  return out;
}

// Whether this row is news, and may find a place. One that may not is noted.
bool Engine::wanted(const RecipientRow& row) {
  if (entries_.find(row.key)) return false;
  if (left_.contains(row.key)) {
    keep_earlier(passed_over_, row.shard, just_before(row));
    return false;
  }
  Named who{row.key.message_id, row.account_id, row.domain};
  if (std::ranges::any_of(holding_, [&](const auto& held) { return selected(who, held); })) {
    keep_earlier(held_back_, row.shard, just_before(row));
    return false;
  }
  if (interrupted_.waits_until(row.key, clock_.mono())) {
    keep_earlier(calming_, row.shard, just_before(row));
    return false;
  }
  Lane lane(site_of(row), row.account_id);
  bool full = windows_.room(lane.first, lane.second, clock_.mono(), From::row) == Added::lane_full;
  if (!full && !behind_.contains(lane)) return true;
  leave_behind(lane, row);
  return false;
}

void Engine::leave_behind(const Lane& lane, const RecipientRow& row) {
  Behind& behind = behind_[lane];
  keep_earlier(behind.places, row.shard, just_before(row));
  if (row.domain != lane.first) behind.domains = DomainsLeft::several;
  // A lane whose windows have emptied meanwhile has nobody else to call for it.
  if (windows_.room(lane.first, lane.second, clock_.mono(), From::row) != Added::lane_full) {
    refills_.insert(lane);
    wake_look();
  }
}

// False when memory is full or a lease was lost: those without a place are read again later.
net::Task<Result<bool>> Engine::admit(Rows rows) {
  std::erase_if(rows, [&](const RecipientRow& row) { return !wanted(row); });
  if (rows.empty()) co_return true;
  rows = CO_TRY(co_await claim(std::move(rows)));
  CO_TRY(co_await load_mails(rows));
  bool all = true;
  for (RecipientRow& row : rows) {
    if (!wanted(row)) continue;
    if (!owns(row.shard, row.epoch)) {  // the lease ended, or the row changed since it was read
      set_back(row.shard, just_before(row));
      wake_look();
      all = false;
      continue;
    }
    auto known = mails_.find(row.key.message_id);
    std::shared_ptr<Mail> mail = known == mails_.end() ? nullptr : known->second.lock();
    if (!mail) {
      log::error("a queued recipient has no message",
                 {{"message", format_id(row.key.message_id.value)}});
    } else if (seat(row, std::move(mail), From::row) == Seat::memory_full) {
      all = false;
    }
  }
  loaded_mails_.clear();
  co_return all;
}

// Rows of an earlier owner, or of this node before its restart.
net::Task<Result<Engine::Rows>> Engine::claim(Rows rows) {
  std::vector<store::ClaimForQueue> claims;
  std::vector<size_t> which;
  for (size_t i = 0; i < rows.size(); ++i) {
    int64_t epoch = options_.store->leases().epoch(rows[i].shard, clock_.mono());
    if (rows[i].epoch == epoch || epoch == 0) continue;
    claims.push_back({rows[i].key, rows[i].epoch, epoch});
    which.push_back(i);
  }
  if (claims.empty()) co_return rows;
  auto job = [claims](store::Tx& tx) {
    return store::claim_recipients_for_queue(tx.sql(), claims);
  };
  std::vector<bool> claimed =
      CO_TRY(co_await options_.store->write<std::vector<bool>>(std::move(job)));
  for (size_t i = 0; i < which.size(); ++i) {
    if (claimed[i]) rows[which[i]].epoch = claims[i].to_epoch;
  }
  co_return rows;  // admit() leaves those out that are not ours
}

net::Task<Result<>> Engine::load_mails(const Rows& rows) {
  std::set<MessageId> missing;
  for (const RecipientRow& row : rows) {
    auto known = mails_.find(row.key.message_id);
    std::shared_ptr<Mail> mail = known == mails_.end() ? nullptr : known->second.lock();
    if (mail) loaded_mails_.push_back(std::move(mail));  // keeps it until it is seated
    else missing.insert(row.key.message_id);
  }
  if (missing.empty()) co_return Result<>();
  using Messages = std::vector<store::MessageRow>;
  auto job = [missing = std::move(missing)](sql::Connection& connection) -> Result<Messages> {
    Messages out;
    for (MessageId id : missing) {
      auto row = store::message_for_queue(connection, id);
      if (row) out.push_back(std::move(*row));
      else if (row.error().code != Errc::not_found) return std::unexpected(row.error());
    }
    return out;
  };
  Messages messages = CO_TRY(co_await options_.store->read<Messages>(std::move(job)));
  for (store::MessageRow& message : messages) {
    auto known = mails_.find(message.id);
    if (known != mails_.end() && !known->second.expired()) continue;
    auto mail = std::make_shared<Mail>();
    mail->row = std::make_shared<const store::MessageRow>(std::move(message));
    mails_[mail->row->id] = mail;
    loaded_mails_.push_back(std::move(mail));
  }
  co_return Result<>();
}

// From there on the lane is left behind, and whatever was noted of it meanwhile.
void Engine::still_behind(const Lane& lane, DomainsLeft domains, int32_t shard,
                          const DueCursor& from) {
  Behind& behind = behind_[lane];
  keep_earlier(behind.places, shard, from);
  if (domains == DomainsLeft::several) behind.domains = domains;
}

net::Task<Result<>> Engine::refill(Lane lane) {
  auto found = behind_.find(lane);
  if (found == behind_.end()) co_return Result<>();
  Behind behind = std::move(found->second);
  behind_.erase(found);
  auto& places = behind.places;
  while (!places.empty()) {
    auto [shard, from] = *places.begin();
    auto all = co_await refill_shard(lane, behind.domains, shard, from);
    if (all) places.erase(shard);
    if (all && *all) continue;
    // Full again, or the read failed: what is left of the lane is begun there next time.
    for (const auto& [other, place] : places) still_behind(lane, behind.domains, other, place);
    if (all) co_return Result<>();
    refills_.insert(lane);
    co_return std::unexpected(all.error());
  }
  co_return Result<>();
}

// Until the lane is full again, or up to where the sweep goes on. False when it was left behind.
net::Task<Result<bool>> Engine::refill_shard(Lane lane, DomainsLeft domains, int32_t shard,
                                             DueCursor from) {
  store::DueLane only{domains == DomainsLeft::one ? lane.first : std::string(), lane.second};
  while (true) {
    size_t space = windows_.space(lane.first, lane.second, clock_.mono(), From::row);
    if (space == 0) {
      still_behind(lane, domains, shard, from);
      co_return false;
    }
    // Rows of other sites are among those that are read, unless a domain tells them apart.
    size_t limit = domains == DomainsLeft::one ? std::min(space, limits::kQueuePage)
                                               : limits::kQueuePage;
    store::DueQuery query{shard, clock_.wall(), from, static_cast<int64_t>(limit), only, {}};
    auto job = [query](sql::Connection& connection) {
      return store::due_recipients_for_queue(connection, query);
    };
    Rows rows = CO_TRY(co_await options_.store->read<Rows>(std::move(job)));
    bool last = rows.size() < limit;
    if (!rows.empty()) from = place_of(rows.back());
    std::erase_if(rows, [&](const RecipientRow& row) { return site_of(row) != lane.first; });
    bool room = CO_TRY(co_await admit(std::move(rows)));
    pump();
    if (behind_.contains(lane) || !room) {
      still_behind(lane, domains, shard, from);
      co_return false;
    }
    auto horizon = horizon_.find(shard);
    bool reached = horizon == horizon_.end() || !is_before(from, horizon->second);
    if (last || reached) co_return true;
  }
}

}  // namespace ph::queue
