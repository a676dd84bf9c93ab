// Purpose: what one job of a group sees: the writer's transaction, with a savepoint of its own as
//   soon as it writes there itself.
// Threads: the writer's.
#pragma once

#include <optional>
#include <vector>

#include "store/group_rows.h"
#include "store/group_senders.h"
#include "store/group_usage.h"
#include "store/recent_mails.h"
#include "store/store.h"

namespace ph::store {

struct WriterTxParts {
  Clock& clock;
  IdSource& ids;
  LeaseTable& leases;
  ContentStore& content;
  sql::Connection& connection;
  GroupRows& rows;
  GroupSenders& senders;
  RecentMails& recent;
  GroupUsage& usage;
};

class WriterTx : public Tx {
 public:
  using Callback = std::move_only_function<void()>;

  explicit WriterTx(const WriterTxParts& parts) : parts_(parts) { parts_.content.mark(); }

  sql::Connection& sql() override;
  sql::Connection& settled() override { return parts_.connection; }
  Result<SenderFacts> sender(const SenderKey& key) override;
  Result<int64_t> exec_undoable(Undoable statement) override;
  Result<> insert(const sql::InsertInto& into, sql::Params row) override;
  void count(const CounterAdd& add) override { parts_.rows.count(add); }
  Result<int64_t> counted(AccountId account, const CounterRow& which) override {
    return parts_.rows.counted(parts_.connection, account, which);
  }
  Result<int64_t> mails_to(AccountId account, std::string_view mailbox) override;
  void note_mail_to(AccountId account, std::string_view mailbox, WallTime at) override {
    parts_.recent.add(account, mailbox, at);
  }
  Result<const UsageFacts*> usage(AccountId account, UsageDepth depth) override;
  void use(const UseKey& key, int64_t n) override { parts_.usage.use(key, n); }
  Result<> settle_usage(AccountId account) override;
  Result<ContentRef> put_content(std::string_view bytes) override {
    return parts_.content.put(parts_.connection, bytes);
  }
  Result<> release_content(const ContentRef& ref) override {
    return parts_.content.release(parts_.connection, ref);
  }
  Result<ContentRef> move_content(const ContentRef& from) override {
    return parts_.content.move(parts_.connection, from);
  }
  Result<std::string> read_content(const ContentRef& ref) override {
    return parts_.content.read(parts_.connection, ref);
  }
  void after_commit(Callback what) override { after_.push_back(std::move(what)); }
  void when_undone(Callback what) override { undone_.push_back(std::move(what)); }
  WallTime now() override { return parts_.clock.wall(); }
  int64_t new_id() override { return parts_.ids.next(); }
  int64_t epoch(int32_t shard) override {
    return parts_.leases.epoch(shard, parts_.clock.mono());
  }

  // Ends the job. An error is the whole group's: its transaction is of no use any more.
  Result<> keep();
  Result<> undo();
  // Of a job that was kept.
  std::vector<Callback>& after() { return after_; }
  std::vector<Callback>& undone() { return undone_; }

 private:
  Result<> write_rows();

  WriterTxParts parts_;
  bool saved_ = false;
  std::vector<Undoable> undoable_;  // before the savepoint
  std::optional<Error> broken_;  // what the group's own rows failed with
  std::vector<Callback> after_;
  std::vector<Callback> undone_;
};

}  // namespace ph::store
