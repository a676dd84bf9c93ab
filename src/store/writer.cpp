#include "store/writer.h"

#include <fmt/format.h>

#include "base/deadline.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/thread_name.h"
#include "store/commit_token.h"
#include "store/writer_tx.h"

namespace ph::store {
namespace {

metrics::Counter jobs_total("posthouse_store_jobs_total", "Write jobs that were committed.");
metrics::Counter commits_total("posthouse_store_commits_total", "Commits of groups of jobs.");
metrics::Counter refused_total("posthouse_store_refused_total",
                               "Write jobs refused because the queue was full.");

// Below this the last groups were single jobs: waiting would only cost time.
constexpr double kCompanyExpected = 1.5;
constexpr double kCompanyWeight = 0.2;  // of the newest group in the average
constexpr Duration kResolveNap = std::chrono::milliseconds(250);

// What a device or a damaged file said; trying again could acknowledge what is not there.
bool is_final(const Error& error) {
  return error.code == Errc::io || error.code == Errc::corrupt;
}

}  // namespace

Writer::Writer(WriterOptions options, std::unique_ptr<sql::Connection> connection)
    : options_(std::move(options)), connection_(std::move(connection)) {}

Writer::~Writer() { close(); }

void Writer::start() {
  if (options_.post) return;
  thread_ = std::thread([this] {
    name_this_thread("ph-writer");
    loop();
  });
}

void Writer::submit(WriteJobUntyped job) {
  Result<> refused;
  {
    std::lock_guard lock(mutex_);
    if (dead_) {
      refused = std::unexpected(*dead_);
    } else if (closing_) {
      refused = fail(Errc::closed, "the store is closed");
    } else if (queue_.size() >= limits::kWriterQueue) {
      refused = fail(Errc::limit, "too many writes wait for the store");
    } else {
      queue_.push_back(std::move(job));
      if (options_.post) ask_for_turn();
      else if (queue_.size() >= wanted_) wake_.notify_one();
      return;
    }
  }
  refused_total.add();
  job.done(std::move(refused));
}

void Writer::close() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  work_off();
}

// Under mutex_.
void Writer::ask_for_turn() {
  if (!std::exchange(turn_asked_, true)) options_.post([this] { turn(); });
}

void Writer::turn() {
  {
    std::lock_guard lock(mutex_);
    turn_asked_ = false;
  }
  if (Group group = take_group(); !group.empty()) run_group(std::move(group));
  std::lock_guard lock(mutex_);
  if (!queue_.empty()) ask_for_turn();
}

void Writer::work_off() {
  if (!options_.post) return;
  for (Group group = take_group(); !group.empty(); group = take_group())
    run_group(std::move(group));
}

void Writer::loop() {
  for (;;) {
    Group group = next_group();
    renew_when_due();
    if (!group.empty()) {
      run_group(std::move(group));
      continue;
    }
    std::lock_guard lock(mutex_);
    if (closing_ && queue_.empty()) break;
  }
  if (options_.own_shards && connection_->connected() && leases_run_out())
    static_cast<void>(release_leases(*connection_, options_.owner));
}

bool Writer::leases_run_out() const { return connection_->engine() == sql::Engine::postgresql; }

Writer::Group Writer::next_group() {
  std::unique_lock lock(mutex_);
  wanted_ = 1;
  auto ready = [this] { return !queue_.empty() || closing_; };
  if (options_.own_shards && leases_run_out())
    wake_.wait_for(lock, limits::kLeaseRenew / 5, ready);
  else
    wake_.wait(lock, ready);
  wait_for_company(lock);
  lock.unlock();
  return take_group();
}

Writer::Group Writer::take_group() {
  std::lock_guard lock(mutex_);
  Group group;
  size_t count = std::min(queue_.size(), limits::kGroupMost);
  group.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    group.push_back({std::move(queue_.front()), {}});
    queue_.pop_front();
  }
  return group;
}

// Only when the last groups had company, and then no longer than kGroupWait.
void Writer::wait_for_company(std::unique_lock<std::mutex>& lock) {
  if (queue_.empty() || closing_ || usual_company_ < kCompanyExpected) return;
  wanted_ = std::min(static_cast<size_t>(usual_company_), limits::kGroupMost);
  wake_.wait_for(lock, limits::kGroupWait,
                 [this] { return queue_.size() >= wanted_ || closing_; });
  wanted_ = 1;
}

void Writer::run_group(Group group) {
  // Another node may have counted meanwhile.
  if (leases_run_out()) rows_.forget_counters();
  senders_.forget();
  usage_.group_begins();
  recent_.group_begins(options_.clock.wall(), leases_run_out());
  Result<> outcome = ensure_connected();
  if (outcome) outcome = connection_->begin();
  if (outcome && leases_run_out()) {
    token_ = fmt::format("{}/{}", options_.owner, ++groups_);
    outcome = write_commit_token(*connection_, token_, options_.clock.wall());
  }
  if (outcome) {
    outcome = run_jobs(group);
    give_back(group);
    if (outcome) outcome = commit();
  } else {
    for (Entry& entry : group) entry.ran = true;
  }
  usual_company_ += kCompanyWeight * (static_cast<double>(group.size()) - usual_company_);
  if (!outcome) {
    options_.content.rolled_back();
    rows_.rolled_back();
    recent_.rolled_back();
    usage_.rolled_back();
    if (connection_->connected()) static_cast<void>(connection_->rollback());
    if (is_final(outcome.error())) {
      outcome.error().code = Errc::io;
      die(outcome.error());
    }
  }
  deliver(group, outcome);
}

// An error here is the whole group's: its transaction is gone.
Result<> Writer::run_jobs(Group& group) {
  for (Entry& entry : group) {
    entry.ran = true;
    TRY(run_job(entry));
    // What it needs is another node's until then: it is the first of the next group.
    if (usage_.take_contended() && !entry.result) {
      entry.ran = false;
      break;
    }
    if (options_.content.pending_bytes() >= limits::kGroupBytes) break;
  }
  return {};
}

Result<> Writer::run_job(Entry& entry) {
  WriterTx tx({.clock = options_.clock,
               .ids = options_.ids,
               .leases = options_.leases,
               .content = options_.content,
               .connection = *connection_,
               .rows = rows_,
               .senders = senders_,
               .recent = recent_,
               .usage = usage_});
  entry.result = entry.job.run(tx);
  if (entry.result) {
    TRY(tx.keep());
    std::ranges::move(tx.after(), std::back_inserter(after_commit_));
    std::ranges::move(tx.undone(), std::back_inserter(when_undone_));
    return {};
  }
  auto undone = tx.undo();
  // The job's own error says more than "nothing to roll back to".
  if (!undone && is_final(entry.result.error())) return std::unexpected(entry.result.error());
  return undone;
}

// Jobs that did not get their turn go first next time.
void Writer::give_back(Group& group) {
  std::lock_guard lock(mutex_);
  while (!group.empty() && !group.back().ran) {
    queue_.push_front(std::move(group.back().job));
    group.pop_back();
  }
}

Result<> Writer::commit() {
  // One order of tables and keys on every node: counters, then what accounts use.
  TRY(rows_.write_last(*connection_));
  TRY(usage_.write_last(*connection_, options_.ids));
  TRY(options_.content.flush(*connection_));
  Result<> done = connection_->commit();
  if (!done && !connection_->connected()) done = settle_lost_commit();
  if (!done) return done;
  commits_total.add();
  options_.content.committed();
  recent_.committed();
  return {};
}

Result<> Writer::settle_lost_commit() {
  switch (fate_of(token_)) {
    case Fate::committed:
      return {};
    case Fate::not_committed:
      return fail(Errc::temporary, "the database went away before the commit");
    case Fate::unknown:
      break;
  }
  log::error("a commit's reply was lost and the database did not come back in time",
             {{"token", token_}});
  return fail(Errc::temporary, "the database went away: whether it committed is unknown");
}

Writer::Fate Writer::fate_of(const std::string& token) {
  auto tries = limits::kCommitResolve / kResolveNap;
  // By the clock too: one try may wait for a connection as long as several naps.
  Deadline end = Deadline::in(options_.clock, limits::kCommitResolve);
  for (int64_t i = 0; i < tries && !end.passed(options_.clock); ++i) {
    if (ensure_connected()) {
      auto committed = was_committed(*connection_, token);
      if (committed) return *committed ? Fate::committed : Fate::not_committed;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kResolveNap, [] { return false; });
  }
  return Fate::unknown;
}

Result<> Writer::ensure_connected() {
  {
    std::lock_guard lock(mutex_);
    if (dead_) return std::unexpected(*dead_);
  }
  if (connection_->still_connected()) return {};
  connection_ = TRY(options_.connect());
  log::info("connected to the database again");
  return {};
}

void Writer::deliver(Group& group, const Result<>& committed) {
  net::WakesTogether wakes;
  for (auto& what : committed ? after_commit_ : when_undone_) what();
  after_commit_.clear();
  when_undone_.clear();
  for (Entry& entry : group) {
    // A job that failed by itself keeps its own error.
    Result<> result = entry.result ? committed : std::move(entry.result);
    if (result) jobs_total.add();
    entry.job.done(std::move(result));
  }
}

void Writer::die(const Error& error) {
  log::error("the store failed for good: nothing more is accepted", {{"why", error.message}});
  std::deque<WriteJobUntyped> left;
  {
    std::lock_guard lock(mutex_);
    if (dead_) return;
    dead_ = error;
    left = std::exchange(queue_, {});
  }
  options_.leases.replace({}, {0});
  for (WriteJobUntyped& job : left) job.done(std::unexpected(error));
  if (options_.failed) std::exchange(options_.failed, {})(error);
}

Result<> Writer::take_leases() {
  if (!options_.own_shards) return {};
  if (leases_run_out()) {
    if (!options_.earlier_owners.empty())
      TRY(release_leases_of_all(*connection_, options_.earlier_owners));
    return renew_leases_now();
  }
  TRY(connection_->begin());
  auto rows = TRY(seize_leases(*connection_, options_.owner));
  TRY(connection_->commit());
  options_.leases.replace(rows, MonoTime::never());
  if (!rows.empty()) epoch_ = rows.front().epoch;
  return {};
}

Result<> Writer::renew_leases_now() {
  TRY(ensure_connected());
  // Read before the database's clock, so that our end comes sooner than the database's.
  MonoTime mono = options_.clock.mono();
  auto renewed = [&]() -> Result<std::vector<LeaseRow>> {
    TRY(connection_->begin());
    WallTime now = TRY(lease_now(*connection_, options_.clock));
    WallTime until = now + limits::kLeaseKept;
    TRY(renew_leases(*connection_, options_.owner, now, until));
    auto rows = TRY(acquire_leases(*connection_, options_.owner, now, until));
    TRY(purge_commit_tokens(*connection_, options_.clock.wall()));
    TRY(connection_->commit());
    return rows;
  }();
  if (!renewed) {
    if (connection_->connected()) static_cast<void>(connection_->rollback());
    return std::unexpected(std::move(renewed).error());
  }
  options_.leases.replace(*renewed, mono + (limits::kLeaseKept - limits::kLeaseMargin));
  for (const LeaseRow& row : *renewed) epoch_ = std::max(epoch_.load(), row.epoch);
  renew_at_ = mono + limits::kLeaseRenew;
  return {};
}

void Writer::renew_when_due() {
  if (!options_.own_shards || !leases_run_out() || options_.clock.mono() < renew_at_) return;
  auto renewed = renew_leases_now();
  if (!renewed) {
    // Tried again in a second; a lease that is not renewed runs out by itself.
    renew_at_ = options_.clock.mono() + limits::kLeaseRenew / 5;
    log::warn("cannot renew the leases", {{"why", renewed.error().message}});
  }
}

}  // namespace ph::store
