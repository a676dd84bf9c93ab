// Purpose: how many mails each mailbox got from an account in the last hour, in memory: what the
//   limit per mailbox and hour asks in every accept.
// Shapes: an account is watched from the first question on; then the rows of its last hour are read
//   once. A mailbox is its address without regard to case. A mail counts from its created_at until
//   an hour later. Other nodes' mails are seen when an account is read again, kWatchedShared later.
// Errors: of the database.
// Threads: the writer's.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "sql/connection.h"

namespace ph::store {

class RecentMails {
 public:
  bool watches(AccountId account) const { return accounts_.contains(account); }
  // Everything that was inserted must be in the database.
  Result<> watch(sql::Connection& connection, AccountId account, WallTime now);
  // Of an account that is watched.
  int64_t count(AccountId account, std::string_view mailbox, WallTime now);
  void add(AccountId account, std::string_view mailbox, WallTime at);

  void group_begins(WallTime now, bool shared);
  void keep_job();
  void drop_job();
  void rolled_back();
  void committed();

 private:
  struct Mail {
    AccountId account;
    std::string mailbox;
    WallTime at;
  };
  struct Watched {
    std::unordered_map<std::string, std::deque<WallTime>> mailboxes;
    WallTime since;
  };
  void put(Watched& watched, std::string mailbox, WallTime at);
  void undo(std::vector<Mail>& mails);
  void sweep(WallTime now);

  std::map<AccountId, Watched> accounts_;
  size_t mailboxes_ = 0;
  size_t sweep_at_ = 0;
  std::vector<Mail> job_;
  std::vector<Mail> group_;
  std::vector<AccountId> read_now_;  // accounts read in this group: with rows that may be undone
};

}  // namespace ph::store
