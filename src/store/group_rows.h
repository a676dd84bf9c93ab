// Purpose: what jobs insert and count, held back until their group's commit: one batch a table and
//   one movement a counter, whatever the number of jobs.
// Shapes: what one job brings is apart until keep_job(), so that a job that fails leaves nothing.
//   Counts go to the database with the commit alone, in the order of their keys: nodes that count
//   for the same accounts then never wait for each other in a circle. counted() knows a counter
//   with everything that was held back; in a database of one writer it reads each counter once.
// Errors: of the database.
// Threads: the writer's.
#pragma once

#include <map>
#include <vector>

#include "sql/connection.h"
#include "store/event.h"

namespace ph::store {

class GroupRows {
 public:
  void insert(const sql::InsertInto& into, sql::Params row);
  void count(const CounterAdd& add);
  // Of the database and of what is held back.
  Result<int64_t> counted(sql::Connection& connection, AccountId account, const CounterRow& which);

  void keep_job();
  void drop_job() { job_ = {}; }
  // Rows to the database: what kept jobs brought, or what this one has brought until now.
  Result<> write_group(sql::Connection& connection);
  Result<> write_job(sql::Connection& connection);
  // Rows and counts right before the commit, with which an error may come.
  Result<> write_last(sql::Connection& connection);
  void rolled_back();
  // Other writers may have counted meanwhile.
  void forget_counters() { known_.clear(); }
  void forget_counters(AccountId account);

 private:
  struct Table {
    sql::InsertInto into;
    std::vector<sql::Params> rows;
  };
  struct CounterKey {
    AccountId account_id;
    int64_t day = 0;
    DomainId domain_id;
    std::string kind;
    auto operator<=>(const CounterKey&) const = default;
  };
  struct HourKey {
    AccountId account_id;
    int64_t hour = 0;
    std::string kind;
    auto operator<=>(const HourKey&) const = default;
  };
  struct Held {
    std::vector<Table> tables;  // in the order of their first row
    std::map<CounterKey, int64_t> counters;
    std::map<HourKey, int64_t> hours;  // of the same, beside them
  };
  static std::vector<sql::Params>& rows_of(Held& held, const sql::InsertInto& into);

  Held group_;
  Held job_;
  std::map<CounterKey, int64_t> known_;  // counters that were asked for, as the database has them
};

}  // namespace ph::store
