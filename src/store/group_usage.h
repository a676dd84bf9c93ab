// Purpose: what the jobs of one group use of their accounts' allowances, held back until the
//   commit: one movement an account, source and group.
// Shapes: an account's facts are read once a group and follow every use. PostgreSQL: read under the
//   lock of the account's row, so that no two nodes use the same mails; where nothing can run out,
//   nodes share it. A group waits for such a lock only while it holds no row at all, in its first
//   job before that writes; a job that needs one later that is taken becomes the first of the next
//   group (`contended`). So no two groups wait for each other in a circle.
// Errors: of the database; temporary for a job that is to be run again.
// Threads: the writer's.
#pragma once

#include <map>
#include <set>

#include "store/usage.h"

namespace ph::store {

class GroupUsage {
 public:
  // Lives until the next call.
  Result<const UsageFacts*> facts(sql::Connection& connection, AccountId account,
                                  UsageDepth depth, WallTime now);
  void use(const UseKey& key, int64_t n);
  // Before settle(), and before the job's savepoint.
  Result<> lock_sole(sql::Connection& connection, AccountId account);
  // Under the job's savepoint: rows are then as all uses left them, and may be changed by the job.
  Result<> settle(sql::Connection& connection, IdSource& ids, AccountId account);

  // The group now holds rows of the database.
  void holds_rows() { may_wait_ = false; }
  // Changes when a lock was taken.
  int64_t locks() const { return locks_; }

  void group_begins();
  void keep_job();
  void drop_job();
  Result<> write_last(sql::Connection& connection, IdSource& ids);
  void rolled_back() { group_begins(); }
  // Once: whether the job that failed is to be run again in the next group.
  bool take_contended() { return std::exchange(contended_, false); }

 private:
  Result<> lock(sql::Connection& connection, AccountId account, RowHold hold);
  Result<UsageFacts> read(sql::Connection& connection, AccountId account, UsageDepth depth,
                          WallTime now);
  std::unexpected<Error> contended();
  void apply(const UseKey& key, int64_t n);
  void apply_held(UsageFacts& facts, AccountId account);

  std::map<AccountId, UsageFacts> facts_;
  std::set<AccountId> endless_;  // as they were read last: whose lock is asked for to share
  std::map<AccountId, RowHold> locked_;
  std::vector<AccountId> job_locks_;  // end with the job's savepoint when it fails
  int64_t locks_ = 0;
  bool may_wait_ = true;
  Uses group_;
  Uses job_;
  Uses settled_;  // of the group, written by this job: held again when the job fails
  bool touched_ = false;  // the job may have changed rows
  bool contended_ = false;
};

}  // namespace ph::store
