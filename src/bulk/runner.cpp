#include "bulk/runner.h"

#include <algorithm>
#include <map>

#include "base/id_source.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/bulk_expand.h"
#include "net/wait_list.h"
#include "store/bulk.h"

namespace ph::bulk {
namespace {

using core::BulkProgress;
using store::BulkJobRow;
using store::BulkState;
using store::BulkSweep;

constexpr int64_t kChunksAtOnce = 16;     // removed by one transaction
constexpr int64_t kMessagesAtOnce = 100;  // moved by one transaction
constexpr int kSlicesOfTurn = 10;         // then the next job
constexpr size_t kFirstSlice = 100;       // rows, before a slice's cost is known
constexpr size_t kGrowth = 2;             // of a slice, at most, from one to the next

}  // namespace

class Runner::Work {
 public:
  explicit Work(RunnerOptions options) : options_(std::move(options)) {
    if (!options_.pause) options_.pause = [](Duration d) { return net::sleep_for(d); };
  }

  net::Task<Result<bool>> turn();
  static net::Task<> run(std::shared_ptr<Work> self);
  void wake() {
    asked_ = true;
    wake_.notify_all();
  }
  net::Loop& loop() { return *options_.loop; }

 private:
  // What is known of a job between its turns.
  struct Pace {
    explicit Pace(core::BulkExpansion e) : expansion(std::move(e)) {}
    core::BulkExpansion expansion;
    size_t slice = kFirstSlice;
    int64_t unlooked = limits::kBulkAheadLook;  // rows since the last look at how far ahead it is
  };

  net::Task<Result<bool>> work_on(BulkJobRow job);
  net::Task<Result<bool>> expand(BulkJobRow job);
  net::Task<Result<bool>> too_far_ahead(const BulkJobRow& job, Pace& pace);
  net::Task<Result<bool>> sweep(BulkJobRow job);
  net::Task<Result<bool>> remove_chunks(BulkJobRow job);
  net::Task<Result<bool>> remove_upload(BulkJobRow job);
  store::Store& store() { return options_.context->store; }

  RunnerOptions options_;
  std::map<BulkId, Pace> paces_;
  std::map<BulkId, MonoTime> put_off_;  // jobs that met an error
  net::WaitList wake_;
  bool asked_ = false;
  bool behind_ = false;  // the last job waits for its delivery
};

net::Task<> Runner::Work::run(std::shared_ptr<Work> self) {
  for (;;) {
    self->asked_ = false;
    auto worked = co_await self->turn();
    if (!worked) log::warn("bulk jobs wait for the store", {{"detail", worked.error().message}});
    if (worked && *worked) continue;
    Duration pause = self->behind_ ? limits::kBulkAheadWait : self->options_.look;
    if (!self->asked_) co_await self->wake_.wait(self->loop().in(pause));
  }
}

net::Task<Result<bool>> Runner::Work::turn() {
  Clock& clock = options_.context->clock;
  using Jobs = std::vector<BulkJobRow>;
  auto find = [now = clock.wall()](sql::Connection& sql) {
    return store::bulk_work_for_queue(sql, now, now - limits::kBulkUploadKept);
  };
  Jobs jobs = CO_TRY(co_await store().read<Jobs>(std::move(find)));
  std::erase_if(paces_, [&](const auto& pace) {
    return std::ranges::find(jobs, pace.first, &BulkJobRow::id) == jobs.end();
  });
  std::erase_if(put_off_, [&](const auto& wait) { return wait.second <= clock.mono(); });
  bool worked = false;
  for (BulkJobRow& job : jobs) {
    // Each node works on the jobs of its shards; the cursor would hold without that, too.
    if (store().leases().epoch(job.shard, clock.mono()) == 0) continue;
    if (put_off_.contains(job.id)) continue;
    BulkId id = job.id;
    auto done = co_await work_on(std::move(job));
    if (done) {
      worked = *done || worked;
      continue;
    }
    // Whatever is the matter with it, it keeps no other job.
    log::warn("a bulk job waits for the store",
              {{"bulk", format_id(id.value)}, {"detail", done.error().message}});
    put_off_[id] = clock.mono() + limits::kBulkLook;
  }
  co_return worked;
}

net::Task<Result<bool>> Runner::Work::work_on(BulkJobRow job) {
  if (job.state == BulkState::abandoned || job.state == BulkState::uploading)
    return remove_upload(std::move(job));
  if (job.sweep != BulkSweep::none) return sweep(std::move(job));
  return expand(std::move(job));
}

// How many of its rows wait for their first attempt is asked now and then. A job that has too many
// steps back, so that it stands in nobody's way.
net::Task<Result<bool>> Runner::Work::too_far_ahead(const BulkJobRow& job, Pace& pace) {
  if (pace.unlooked < limits::kBulkAheadLook) co_return false;
  auto count = [job](sql::Connection& sql) {
    return store::bulk_never_attempted(sql, job, 2 * limits::kBulkAhead);
  };
  int64_t waiting = CO_TRY(co_await store().read<int64_t>(std::move(count)));
  pace.unlooked = 0;
  if (waiting < limits::kBulkAhead) co_return false;
  auto delay = [job](store::Tx& tx) {
    return store::delay_bulk_job(tx.sql(), job, tx.now() + limits::kBulkAheadWait, {});
  };
  CO_TRY(co_await store().write<bool>(std::move(delay)));
  co_return true;
}

net::Task<Result<bool>> Runner::Work::expand(BulkJobRow job) {
  core::BulkExpansion fresh(*options_.context, *options_.renderer, job.id);
  Pace& pace = paces_.try_emplace(job.id, std::move(fresh)).first->second;
  behind_ = CO_TRY(co_await too_far_ahead(job, pace));
  if (behind_) co_return false;
  for (int i = 0; i < kSlicesOfTurn; ++i) {
    auto step = co_await pace.expansion.step(std::min(pace.slice, options_.slice_most));
    if (!step) co_return fail(Errc::temporary, step.error().detail);
    if (step->progress == BulkProgress::waits || step->progress == BulkProgress::stands)
      co_return false;
    if (step->progress == BulkProgress::finished) co_return true;
    pace.unlooked += step->rows;
    Duration took = std::max(step->writer, Duration(1));
    size_t wished = pace.slice * static_cast<size_t>(limits::kBulkSliceTime.count()) /
                    static_cast<size_t>(took.count());
    pace.slice = std::clamp(std::min(wished, pace.slice * kGrowth), limits::kBulkSliceLeast,
                            limits::kBulkSlice);
    co_await options_.pause(std::max<Duration>(took, std::chrono::milliseconds(1)));
  }
  co_return true;
}

net::Task<Result<bool>> Runner::Work::sweep(BulkJobRow job) {
  using Messages = std::vector<store::BulkMessageRow>;
  auto find = [job](sql::Connection& sql) {
    return store::bulk_messages_after(sql, job, job.sweep_row, kMessagesAtOnce);
  };
  Messages rows = CO_TRY(co_await store().read<Messages>(std::move(find)));
  bool last = rows.size() < static_cast<size_t>(kMessagesAtOnce);
  std::vector<MessageId> ids;
  for (const store::BulkMessageRow& row : rows) ids.push_back(row.message_id);
  std::ranges::sort(ids);
  if (!ids.empty()) {
    const MessagesVerb& verb = job.sweep == BulkSweep::hold      ? options_.hold
                               : job.sweep == BulkSweep::release ? options_.release
                                                                 : options_.cancel;
    CO_TRY(co_await verb(job.account_id, std::move(ids)));
  }
  if (last && job.sweep == BulkSweep::cancel && CO_TRY(co_await remove_chunks(job))) co_return true;
  BulkSweep next = last ? BulkSweep::none : job.sweep;
  int64_t reached = rows.empty() ? job.sweep_row : rows.back().row_number;
  auto move = [job, next, reached](store::Tx& tx) {
    return store::advance_bulk_sweep(tx.sql(), job, next, reached);
  };
  // False: another verb came meanwhile, and begins anew.
  CO_TRY(co_await store().write<bool>(std::move(move)));
  co_return true;
}

// True while there are some.
net::Task<Result<bool>> Runner::Work::remove_chunks(BulkJobRow job) {
  auto remove = [job](store::Tx& tx) -> Result<bool> {
    auto chunks = TRY(store::bulk_chunks(tx.sql(), job, kChunksAtOnce));
    for (const store::BulkChunkRow& chunk : chunks) TRY(store::drop_bulk_chunk(tx, chunk));
    return chunks.size() == static_cast<size_t>(kChunksAtOnce);
  };
  co_return co_await store().write<bool>(std::move(remove));
}

net::Task<Result<bool>> Runner::Work::remove_upload(BulkJobRow job) {
  if (job.state == BulkState::uploading) {
    auto give_up = [job](store::Tx& tx) {
      return store::abandon_bulk_job(tx.sql(), job.account_id, job.id);
    };
    co_return co_await store().write<bool>(std::move(give_up));
  }
  if (CO_TRY(co_await remove_chunks(job))) co_return true;
  auto remove = [job](store::Tx& tx) { return store::drop_bulk_job(tx, job); };
  CO_TRY(co_await store().write<void>(std::move(remove)));
  co_return true;
}

Runner::Runner(RunnerOptions options) : work_(std::make_shared<Work>(std::move(options))) {}
Runner::~Runner() = default;

void Runner::start() {
  work_->loop().spawn(Work::run(work_));
}

void Runner::wake() {
  work_->loop().post([work = work_] { work->wake(); });
}

net::Task<Result<bool>> Runner::turn() {
  return work_->turn();
}

}  // namespace ph::bulk
