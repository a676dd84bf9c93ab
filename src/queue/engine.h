// Purpose: the inside of Queue: everything here runs on the queue's loop.
// Shapes: four coroutines live as long as the queue: look() reads due rows into the windows,
//   watch_leases() wakes it for shards that were taken, write() writes outcomes, and one attend()
//   for each recipient in a session. Recipients that find no room stay rows; `behind_` remembers
//   for each lane from where to read on, `horizon_` for each shard up to where everything due has
//   been seen. Nothing here grows with the rows that wait.
// Threads: the queue's loop.
// Not here: SQL (store/), when (schedule.h), how fast (windows.h).
#pragma once

#include <deque>
#include <list>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "queue/entry.h"
#include "queue/interrupted.h"
#include "queue/queue.h"
#include "queue/schedule.h"
#include "queue/windows.h"
#include "store/queue_slice.h"

namespace ph::queue {

class Engine : public std::enable_shared_from_this<Engine> {
 public:
  explicit Engine(QueueOptions options);

  void start();
  void take(core::Accepted accepted);
  void suspend() { suspended_ = true; }
  void resume();

  net::Task<Result<int64_t>> hold(Selection selection);
  net::Task<Result<int64_t>> release(Selection selection);
  net::Task<Result<int64_t>> retry(Selection selection);
  net::Task<Result<int64_t>> finish_messages(std::vector<MessageId> messages, Asked asked);
  net::Task<Result<QueueSummary>> summary();
  net::Task<Result<std::vector<SiteQueue>>> sites();
  net::Task<Result<std::vector<RecipientExplanation>>> explain(MessageId message);
  net::Task<bool> drain(Deadline deadline);

  net::Loop& loop() { return *options_.loop; }

 private:
  using Rows = std::vector<store::RecipientRow>;
  using Lane = std::pair<std::string, AccountId>;  // site, account
  enum class Seat : uint8_t { taken, lane_full, memory_full };
  // Whether all rows of a lane that were left behind have the site's name as their domain.
  enum class DomainsLeft : uint8_t { one, several };
  struct Behind {
    std::map<int32_t, store::DueCursor> places;  // of each shard
    DomainsLeft domains = DomainsLeft::one;
  };

  // engine.cpp: sessions
  void pump();
  void begin(Ticket ticket);
  bool short_of_slots() const;
  void take_slot(Entry& entry);
  std::function<void()> note_of(const Entry& entry) const;
  static net::Task<void> attend(std::shared_ptr<Engine> self, Ticket ticket);
  net::Task<Result<std::shared_ptr<LoadedContent>>> content_of(std::shared_ptr<Mail> mail);
  void finish(Ticket ticket, core::AttemptResult result, WallTime begun);
  SessionEnd end_of(const Entry& entry, const core::AttemptResult& result) const;
  void settle(Entry& entry, store::Outcome outcome);
  void forget(Ticket ticket);
  Seat seat(const store::RecipientRow& row, std::shared_ptr<Mail> mail, From from);
  std::string site_of(std::string_view domain) const;
  std::string site_of(const store::RecipientRow& row) const { return site_of(row.domain); }
  bool owns(int32_t shard, int64_t epoch) const;

  // outcomes.cpp: what became of them
  static net::Task<void> write(std::shared_ptr<Engine> self);
  bool more_to_come() const;
  net::Task<Result<>> write_some(std::vector<Ticket> tickets);
  void note_due(const Entry& entry, WallTime next_at);
  store::Outcome outcome_of(const Entry& entry, const core::AttemptResult& result,
                            WallTime begun);

  // look.cpp: from rows to memory
  static net::Task<void> look(std::shared_ptr<Engine> self);
  static net::Task<void> watch_leases(std::shared_ptr<Engine> self);
  void see_taken_shards();
  net::Task<Result<>> look_once();
  net::Task<Result<>> sweep();
  void skip_to(int32_t shard, const store::DueCursor& place);
  std::vector<store::DueLane> passed_by(int32_t shard, const std::vector<store::DueLane>& seen);
  net::Task<Result<>> refill(Lane lane);
  net::Task<Result<bool>> refill_shard(Lane lane, DomainsLeft domains, int32_t shard,
                                       store::DueCursor from);
  net::Task<Result<bool>> admit(Rows rows);
  net::Task<Result<Rows>> claim(Rows rows);
  net::Task<Result<>> load_mails(const Rows& rows);
  bool wanted(const store::RecipientRow& row);
  void leave_behind(const Lane& lane, const store::RecipientRow& row);
  void still_behind(const Lane& lane, DomainsLeft domains, int32_t shard,
                    const store::DueCursor& from);
  void expire_ready();
  void call_for_more(const Entry& entry);
  net::Task<Result<>> read_interrupted();
  void end_of_calm();
  void look_again_at_everything();
  void read_again();
  void set_back(int32_t shard, const store::DueCursor& place);
  void wake_look() { look_asked_ = true, look_wake_.notify_all(); }
  bool time_to_look(MonoTime latest) const;
  Deadline next_look(MonoTime latest) const;

  // verbs.cpp
  struct Named {
    MessageId message;
    AccountId account;
    std::string_view domain;
  };
  static bool selected(const Named& who, const Selection& selection);
  std::map<int32_t, store::DueCursor> drop_ready(const Selection& selection);
  std::vector<Ticket> take_out(const Selection& selection);
  void read_from(WallTime changed);
  void hurry(const Selection& selection);
  RecipientExplanation explain_row(const store::RecipientRow& row);

  // many.cpp: verbs about accounts and destinations
  static bool is_many(const Selection& selection);
  net::Task<Result<int64_t>> hold_many(Selection selection);
  net::Task<Result<int64_t>> change_many(store::QueueVerb verb, Selection selection);
  void look_at_changed(const store::QueueWalk& walk);
  net::Task<Result<>> record_many(store::QueueVerb verb, AccountId account, int64_t count);

  QueueOptions options_;
  Clock& clock_;
  Windows windows_;
  Entries entries_;
  std::unordered_map<MessageId, std::weak_ptr<Mail>> mails_;
  std::shared_ptr<net::MemoryBudget> handed_;  // for content that was handed over at accept
  std::shared_ptr<net::MemoryBudget> loaded_;  // for content that was read for a session
  bool started_ = false;
  bool suspended_ = false;
  bool draining_ = false;
  bool pumping_ = false;

  std::deque<Ticket> done_;
  bool writing_ = false;
  net::WaitList done_wake_;
  net::WaitList idle_wake_;

  net::Semaphore look_lock_{1};  // held by whoever reads rows into memory or changes them by verb
  net::WaitList look_wake_;
  MonoTime doubt_until_{};
  bool look_asked_ = false;
  bool short_of_memory_ = false;  // the sweep stopped because the windows were full
  WallTime next_due_{INT64_MAX};
  MonoTime all_seen_at_{};        // the last sweep that began at the beginning
  MonoTime tidied_at_{};
  std::map<int32_t, store::DueCursor> horizon_;
  std::map<int32_t, int64_t> epochs_;  // of the shards, as they were last read
  std::set<int32_t> moved_back_;  // shards whose horizon was set back since the last read began
  std::map<Lane, Behind> behind_;
  std::set<Lane> refills_;
  std::vector<std::shared_ptr<Mail>> loaded_mails_;  // of the rows that admit() is about to seat
  Interrupted interrupted_;
  bool interrupted_read_ = false;
  MonoTime calm_at_ = MonoTime::never();
  std::map<int32_t, store::DueCursor> calming_;  // rows that wait for calm, by shard
  std::list<Selection> holding_;  // what is being held in slices: read into memory by nobody
  std::map<int32_t, store::DueCursor> held_back_;  // rows of those, by shard
  // Recipients that left memory while rows were being read: what was read of them is old.
  bool reading_ = false;
  std::set<store::RecipientKey> left_;
  std::map<int32_t, store::DueCursor> passed_over_;  // rows of those, by shard
};

}  // namespace ph::queue
