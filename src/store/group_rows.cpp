#include "store/group_rows.h"

#include "base/limits.h"

namespace ph::store {

std::vector<sql::Params>& GroupRows::rows_of(Held& held, const sql::InsertInto& into) {
  for (Table& table : held.tables)
    if (table.into.table == into.table && table.into.columns == into.columns) return table.rows;
  return held.tables.emplace_back(into).rows;
}

void GroupRows::insert(const sql::InsertInto& into, sql::Params row) {
  rows_of(job_, into).push_back(std::move(row));
}

void GroupRows::count(const CounterAdd& add) {
  job_.counters[{add.account_id, add.day, add.domain_id, add.kind}] += add.n;
  if (add.hour != kNoHour) job_.hours[{add.account_id, add.hour, add.kind}] += add.n;
}

Result<int64_t> GroupRows::counted(sql::Connection& connection, AccountId account,
                                   const CounterRow& which) {
  CounterKey key{account, which.day, which.domain_id, which.kind};
  auto known = known_.find(key);
  if (known == known_.end()) {
    int64_t n = TRY(counter(connection, account, which));
    if (known_.size() >= limits::kCountersKept) known_.clear();
    known = known_.emplace(key, n).first;
  }
  int64_t out = known->second;
  for (const Held* held : {&group_, &job_})
    if (auto found = held->counters.find(key); found != held->counters.end()) out += found->second;
  return out;
}

void GroupRows::keep_job() {
  for (Table& table : job_.tables)
    std::ranges::move(table.rows, std::back_inserter(rows_of(group_, table.into)));
  for (const auto& [key, n] : job_.counters) group_.counters[key] += n;
  for (const auto& [key, n] : job_.hours) group_.hours[key] += n;
  job_ = {};
}

Result<> GroupRows::write_group(sql::Connection& connection) {
  for (const Table& table : std::exchange(group_.tables, {}))
    TRY(connection.insert_many(table.into, table.rows));
  return {};
}

Result<> GroupRows::write_job(sql::Connection& connection) {
  for (const Table& table : std::exchange(job_.tables, {}))
    TRY(connection.insert_many(table.into, table.rows));
  return {};
}

Result<> GroupRows::write_last(sql::Connection& connection) {
  Held now = std::exchange(group_, {});
  for (const Table& table : now.tables) TRY(connection.insert_later(table.into, table.rows));
  std::vector<CounterAdd> adds;
  for (const auto& [key, n] : now.counters) {
    adds.push_back({.account_id = key.account_id, .day = key.day, .domain_id = key.domain_id,
                    .kind = key.kind, .n = n});
    if (auto known = known_.find(key); known != known_.end()) known->second += n;
  }
  TRY(add_counters(connection, std::move(adds)));
  std::vector<HourAdd> hours;
  for (const auto& [key, n] : now.hours)
    hours.push_back({.account_id = key.account_id, .hour = key.hour, .kind = key.kind, .n = n});
  return add_hours(connection, std::move(hours));
}

void GroupRows::rolled_back() {
  group_ = {};
  job_ = {};
  known_.clear();
}

void GroupRows::forget_counters(AccountId account) {
  std::erase_if(known_, [account](const auto& one) { return one.first.account_id == account; });
}

}  // namespace ph::store
