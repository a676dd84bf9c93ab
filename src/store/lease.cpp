#include "store/lease.h"

#include <utility>

#include "store/rows.h"

namespace ph::store {
namespace {

#define COLUMNS "shard, owner, epoch, until_at"

Result<LeaseRow> read(sql::Row row) {
  return LeaseRow{.shard = static_cast<int32_t>(row.integer(0)),
                  .owner = row.text(1),
                  .epoch = row.integer(2),
                  .until = row.time(3)};
}

// One statement a shard: a database that is spread over machines by shard runs each on one.
template <class Make>
std::vector<sql::Params> each_shard(Make make) {
  std::vector<sql::Params> sets;
  for (unsigned shard = 0; shard < limits::kShards; ++shard)
    sets.push_back(make(static_cast<int64_t>(shard)));
  return sets;
}

Result<> add_missing(sql::Connection& connection) {
  TRY(connection.exec_many("INSERT INTO lease (shard, owner, epoch, until_at)"
                           " VALUES ($1, '', 0, 0) ON CONFLICT (shard) DO NOTHING",
                           each_shard([](int64_t shard) { return sql::Params{shard}; })));
  return {};
}

Result<std::vector<LeaseRow>> held_by(sql::Connection& connection, std::string_view owner,
                                      WallTime now) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM lease WHERE owner = $1"
                                       " AND until_at > $2 ORDER BY shard",
                                       {owner, now})),
                  read);
}

}  // namespace

Result<std::vector<LeaseRow>> acquire_leases(sql::Connection& connection, std::string_view owner,
                                             WallTime now, WallTime until) {
  TRY(add_missing(connection));
  TRY(connection.exec_many("UPDATE lease SET owner = $2, epoch = epoch + 1, until_at = $4"
                           " WHERE shard = $1 AND until_at < $3",
                           each_shard([&](int64_t shard) {
                             return sql::Params{shard, owner, now, until};
                           })));
  return held_by(connection, owner, now);
}

Result<std::vector<LeaseRow>> seize_leases(sql::Connection& connection, std::string_view owner) {
  TRY(add_missing(connection));
  // One epoch for all: the count of starts.
  TRY(connection.exec("UPDATE lease SET owner = $1, until_at = $2,"
                      " epoch = (SELECT max(epoch) + 1 FROM lease)",
                      {owner, INT64_MAX}));
  return held_by(connection, owner, {0});
}

Result<std::vector<LeaseRow>> renew_leases(sql::Connection& connection, std::string_view owner,
                                           WallTime now, WallTime until) {
  TRY(connection.exec_many("UPDATE lease SET until_at = $4"
                           " WHERE shard = $1 AND owner = $2 AND until_at >= $3",
                           each_shard([&](int64_t shard) {
                             return sql::Params{shard, owner, now, until};
                           })));
  return held_by(connection, owner, now);
}

Result<> release_leases(sql::Connection& connection, std::string_view owner) {
  TRY(connection.exec("UPDATE lease SET until_at = 0 WHERE owner = $1", {owner}));
  return {};
}

Result<> release_leases_of_all(sql::Connection& connection, std::string_view owners) {
  TRY(connection.exec("UPDATE lease SET until_at = 0 WHERE substr(owner, 1,"
                      " length(CAST($1 AS TEXT))) = CAST($1 AS TEXT)",
                      {owners}));
  return {};
}

Result<std::vector<LeaseRow>> leases_for_operator(sql::Connection& connection) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM lease ORDER BY shard")), read);
}

Result<WallTime> lease_now(sql::Connection& connection, Clock& clock) {
  if (connection.engine() == sql::Engine::sqlite) return clock.wall();
  sql::Rows rows = TRY(connection.query(
      "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"));
  return rows[0].time(0);
}

std::vector<int32_t> LeaseTable::shards(MonoTime now) const {
  std::vector<int32_t> out;
  for (unsigned shard = 0; shard < limits::kShards; ++shard)
    if (epoch(static_cast<int32_t>(shard), now) != 0) out.push_back(static_cast<int32_t>(shard));
  return out;
}

void LeaseTable::tell_of_taken(net::OneShot<bool>::Sender sender) const {
  std::lock_guard lock(mutex_);
  to_tell_.push_back(std::move(sender));
}

void LeaseTable::replace(const std::vector<LeaseRow>& rows, MonoTime until) {
  std::array<int64_t, limits::kShards> epochs{};
  for (const LeaseRow& row : rows)
    if (row.shard >= 0 && static_cast<size_t>(row.shard) < epochs.size())
      epochs[static_cast<size_t>(row.shard)] = row.epoch;
  bool taken = false;
  for (size_t shard = 0; shard < epochs.size(); ++shard) {
    Held& held = held_[shard];
    taken |= epochs[shard] != 0 && held.epoch.load() != epochs[shard];
    // Never a new end with an old epoch.
    if (held.epoch.load() != epochs[shard]) held.until.store(0);
    held.epoch.store(epochs[shard]);
    held.until.store(epochs[shard] == 0 ? 0 : until.micros);
  }
  if (!taken) return;
  std::lock_guard lock(mutex_);
  for (auto& sender : std::exchange(to_tell_, {})) sender.send(true);
}

}  // namespace ph::store
