// Purpose: what jobs insert and count, held back until their group's commit: one batch a table and
//   one movement a counter, whatever the number of jobs.
// Shapes: what one job brings is apart until keep_job(), so that a job that fails leaves nothing.
//   counted() knows a counter with everything that was held back; in a database of one writer it
//   reads each counter once.
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
  void drop_job();
  // To the database: what kept jobs brought, or what this one has brought until now.
  Result<> write_group(sql::Connection& connection);
  Result<> write_job(sql::Connection& connection);
  // As write_group() right before the commit, with which an error may come.
  Result<> write_last(sql::Connection& connection);
  void rolled_back();
  // Other writers may have counted meanwhile.
  void forget_counters() { known_.clear(); }

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
    bool empty() const { return tables.empty() && counters.empty(); }
  };
  enum class When : uint8_t { now, with_commit };
  static std::vector<sql::Params>& rows_of(Held& held, const sql::InsertInto& into);
  Result<> write(sql::Connection& connection, Held& held, When when);

  Held group_;
  Held job_;
  bool job_written_ = false;
  std::map<CounterKey, int64_t> known_;  // counters that were asked for, as the database has them
};

}  // namespace ph::store
