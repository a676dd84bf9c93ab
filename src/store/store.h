// Purpose: the one way to the state: a writer thread with group commit and a pool of readers.
// Shapes: a job is a function of one transaction. Up to kGroupMost queued jobs share a commit;
//   each has its own savepoint, so that one that fails undoes only itself. Results go out after
//   the commit is durable, each on the loop of its waiter. A job must return the error of a failed
//   statement: after one the savepoint is dead.
// Errors: limit (kWriterQueue jobs wait, or the disk reserve is reached), temporary (PostgreSQL is
//   away; also when it stays unknown whether a commit happened), closed (after close()), io: final,
//   a device refused a write or sync; every job of the group and every later one gets it, and
//   StoreOptions::failed is called once so that the process stops accepting and ends.
// Threads: write(), read() on a loop; write_now(), read_now() any thread but a loop's and the
//   store's own.
// Not here: rules (core/), what is due when (queue/).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/result.h"
#include "net/oneshot.h"
#include "sql/connection.h"
#include "store/content.h"
#include "store/event.h"
#include "store/lease.h"
#include "store/sender.h"
#include "store/turns.h"

namespace ph::store {

struct StoreOptions {
  std::string url = "sqlite:";  // "sqlite:" (in data_dir), "sqlite:/path", "postgresql://..."
  std::string data_dir;         // made when missing (SQLite)
  std::string node = "node-1";  // owner name in leases; unique among nodes
  uint16_t node_number = 0;     // of time-ordered ids; unique among nodes
  Clock& clock = system_clock();
  Files& files = system_files();
  std::move_only_function<void(const Error&)> failed;  // on the writer thread, at most once
  // How connections are made: fault tests give their own.
  std::function<Result<std::unique_ptr<sql::Connection>>(const sql::ConnectOptions&)> connect =
      sql::connect;
  uint64_t segment_bytes = limits::kSegmentBytes;
  // No other process can run under the name `node` (a lock says so): leases that an earlier one
  // left are free at once. Else they run out first.
  bool earlier_node_ended = false;
  bool own_shards = true;  // false: a verb that only reads and administers; takes no lease
  PostTurn post;  // SQLite: no threads, all work is done in turns that go there (turns.h)
};

// A statement that needs no savepoint, with the one that takes it back. The texts are constants.
struct Undoable {
  std::string_view sql;
  sql::Params params;
  std::string_view undo;
  sql::Params undo_params;
};

struct UsageFacts;
struct UseKey;
enum class UsageDepth : uint8_t;

// What a write job sees. Lives during the job.
class Tx {
 public:
  virtual ~Tx() = default;
  // Whatever was inserted before is there, and what it writes is undone when the job fails.
  virtual sql::Connection& sql() = 0;
  // Cheaper, and to read only: without what the jobs of this group insert and count.
  virtual sql::Connection& settled() = 0;
  // As of the group's begin, or as the last job that used sql() left it: asked once a group.
  virtual Result<SenderFacts> sender(const SenderKey& key) = 0;
  // Rows changed. Cheaper than sql(): what the group holds back stays back. It must not depend on
  // that, and not fail but by the database's fault, which is the group's.
  virtual Result<int64_t> exec_undoable(Undoable statement) = 0;
  // A row for the end of the group, or for the next sql(); `into` is a constant.
  virtual Result<> insert(const sql::InsertInto& into, sql::Params row) = 0;
  virtual void count(const CounterAdd& add) = 0;
  // A counter with all that was counted, of this group too.
  virtual Result<int64_t> counted(AccountId account, const CounterRow& which) = 0;
  // Mails of the last hour from the account to this mailbox, of this group too (recent_mails.h).
  virtual Result<int64_t> mails_to(AccountId account, std::string_view mailbox) = 0;
  virtual void note_mail_to(AccountId account, std::string_view mailbox, WallTime at) = 0;
  // What decides how the account's next mail counts, with every use of this group; lives until the
  // next call. PostgreSQL: of this transaction alone until it ends.
  virtual Result<const UsageFacts*> usage(AccountId account, UsageDepth depth) = 0;
  virtual void use(const UseKey& key, int64_t n) = 0;
  // Before a job reads or changes the rows of an allowance by itself: all uses are in them. It, and
  // usage(), come before the job has written anything: they may wait for another node.
  virtual Result<> settle_usage(AccountId account) = 0;
  // Stored once, durable with this transaction; the caller's row must keep the reference, and
  // release_content() it when the row goes.
  virtual Result<ContentRef> put_content(std::string_view bytes) = 0;
  virtual Result<> release_content(const ContentRef& ref) = 0;
  virtual Result<std::string> read_content(const ContentRef& ref) = 0;  // of earlier groups
  // A copy elsewhere; the old place still reads the same, and is released.
  virtual Result<ContentRef> move_content(const ContentRef& from) = 0;
  // Runs on the writer thread after the durable commit, before results go out: short, no SQL.
  virtual void after_commit(std::move_only_function<void()> what) = 0;
  // Runs on the writer thread when what the job did does not count: it failed, or its commit.
  virtual void when_undone(std::move_only_function<void()> what) = 0;
  virtual WallTime now() = 0;
  virtual int64_t new_id() = 0;  // time-ordered: MessageId, EventId
  // The fencing epoch under which this node owns a shard; 0 when another node does.
  virtual int64_t epoch(int32_t shard) = 0;
};

class Store {
 public:
  static Result<std::unique_ptr<Store>> open(StoreOptions options);
  virtual ~Store() = default;  // close()

  template <class R>
  using WriteJob = std::move_only_function<Result<R>(Tx&)>;
  template <class R>
  using ReadJob = std::move_only_function<Result<R>(sql::Connection&)>;

  // Once begun, a write runs to its end also when the task is destroyed.
  template <class R>
  net::Task<Result<R>> write(WriteJob<R> job, Deadline deadline = Deadline::never());
  template <class R>
  net::Task<Result<R>> read(ReadJob<R> job, Deadline deadline = Deadline::never());
  template <class R>
  Result<R> write_now(WriteJob<R> job);
  template <class R>
  Result<R> read_now(ReadJob<R> job);

  net::Task<Result<std::string>> read_content(ContentRef ref);
  Result<std::string> read_content_now(const ContentRef& ref);

  virtual sql::Engine engine() const = 0;
  // Of this start (SQLite) or of the latest lease taken (PostgreSQL).
  virtual int64_t epoch() const = 0;
  // Which shards this node owns, under which epoch and until when: asked before MAIL and before
  // the final dot.
  virtual const LeaseTable& leases() const = 0;
  virtual Clock& clock() = 0;
  virtual int64_t new_id() = 0;
  // Content that rows count on against content that is there (fsck.h).
  virtual ContentStore& content() = 0;
  // Finishes queued jobs, commits, releases leases, ends the threads.
  virtual void close() = 0;

 protected:
  // Untyped halves. `done` runs exactly once, on a thread of the store (or at once, refused).
  struct Write {
    std::move_only_function<Result<>(Tx&)> run;
    std::move_only_function<void(Result<>)> done;
  };
  struct Read {
    std::move_only_function<Result<>(sql::Connection&)> run;
    std::move_only_function<void(Result<>)> done;
  };
  virtual void submit(Write write) = 0;
  virtual void submit(Read read) = 0;
  virtual void work_off() = 0;  // without threads: does what waits
  template <class Untyped>
  void wait_for(Untyped untyped);  // blocks until its `done` has run

 private:
  template <class R, class Untyped, class Job, class Context>
  net::Task<Result<R>> on_loop(Job job, Deadline deadline);
  template <class R, class Untyped, class Job, class Context>
  Result<R> blocking(Job job);
};

// The shard of a recipient: FNV-1a 64 of the lower-case A-label domain, modulo kShards. Stored, so
// it never changes.
int32_t shard_of(std::string_view a_label_domain);
// Of a new row: SQLite, whose one node owns all shards, takes the first kShardsOfOneNode of them.
int32_t shard_of(sql::Engine engine, std::string_view a_label_domain);

}  // namespace ph::store

#include "store/store_jobs.h"  // the templates
