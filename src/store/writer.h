// Purpose: the writer thread: groups jobs into transactions and delivers their results.
// Shapes: a job that fails undoes only itself; the group's commit decides about the others.
// Errors: as store.h says; after a final failure nothing is tried again.
// Threads: submit() and close() any.
// Not here: reading, opening (open_store.cpp).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "store/group_rows.h"
#include "store/group_senders.h"
#include "store/group_usage.h"
#include "store/recent_mails.h"
#include "store/store.h"

namespace ph::store {

struct WriteJobUntyped {
  std::move_only_function<Result<>(Tx&)> run;
  std::move_only_function<void(Result<>)> done;
};

struct WriterOptions {
  Clock& clock;
  IdSource& ids;
  LeaseTable& leases;
  ContentStore& content;
  std::string owner;      // of leases and commit tokens: unique to this start
  std::string earlier_owners;  // the beginning of owners whose leases are free; empty: none is
  bool own_shards;
  std::function<Result<std::unique_ptr<sql::Connection>>()> connect;
  std::move_only_function<void(const Error&)> failed;
  PostTurn post;  // empty: on a thread of its own
};

class Writer {
 public:
  Writer(WriterOptions options, std::unique_ptr<sql::Connection> connection);
  ~Writer();
  void start();
  void submit(WriteJobUntyped job);
  void work_off();  // without a thread: what waits is done before this returns
  void close();
  int64_t epoch() const { return epoch_.load(); }
  // Before start(): SQLite takes every shard, PostgreSQL those that are free.
  Result<> take_leases();

 private:
  struct Entry {
    WriteJobUntyped job;
    Result<> result;
    bool ran = false;
  };
  using Group = std::vector<Entry>;
  enum class Fate : uint8_t { committed, not_committed, unknown };

  void loop();
  void ask_for_turn();
  void turn();
  Group next_group();
  Group take_group();
  void wait_for_company(std::unique_lock<std::mutex>& lock);
  void run_group(Group group);
  Result<> run_jobs(Group& group);
  Result<> run_job(Entry& entry);
  Result<> commit();
  Result<> settle_lost_commit();
  Fate fate_of(const std::string& token);
  Result<> ensure_connected();
  void deliver(Group& group, const Result<>& committed);
  void give_back(Group& group);
  void die(const Error& error);
  Result<> renew_leases_now();
  void renew_when_due();
  bool leases_run_out() const;

  WriterOptions options_;
  std::unique_ptr<sql::Connection> connection_;
  std::string token_;
  uint64_t groups_ = 0;
  double usual_company_ = 1;  // jobs of a group, a moving average
  MonoTime renew_at_;
  GroupRows rows_;
  GroupSenders senders_;
  RecentMails recent_;
  GroupUsage usage_;
  std::vector<std::move_only_function<void()>> after_commit_;
  std::vector<std::move_only_function<void()>> when_undone_;
  std::atomic<int64_t> epoch_{0};

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<WriteJobUntyped> queue_;
  size_t wanted_ = 1;  // notify only when so many wait
  bool closing_ = false;
  bool turn_asked_ = false;
  std::optional<Error> dead_;
  std::thread thread_;
};

}  // namespace ph::store
