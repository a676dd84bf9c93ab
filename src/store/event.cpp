#include "store/event.h"

#include <tuple>

#include "base/id_source.h"
#include "store/rows.h"
#include "store/setting.h"
#include "store/store.h"

namespace ph::store {
namespace {

#define COLUMNS "id, account_id, type, at, message_id, idx, domain_id, data"

constexpr int64_t kMicrosPerDay = 86'400'000'000;
constexpr int64_t kMicrosPerHour = 3'600'000'000;

Result<EventRow> read(sql::Row row) {
  return EventRow{.id = row.id<EventId>(0),
                  .account_id = row.id<AccountId>(1),
                  .type = row.text(2),
                  .at = row.time(3),
                  .message_id = row.id<MessageId>(4),
                  .idx = static_cast<int32_t>(row.integer(5)),
                  .domain_id = row.id<DomainId>(6),
                  .data = row.text(7)};
}

auto key_of(const CounterAdd& add) {
  return std::tie(add.account_id, add.day, add.domain_id, add.kind);
}

auto key_of(const HourAdd& add) { return std::tie(add.account_id, add.hour, add.kind); }

// Equal ones summed, in one order everywhere, so that two nodes never wait for each other in a
// circle.
template <class Add>
std::vector<Add> summed(std::vector<Add> adds) {
  std::ranges::sort(adds, [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
  std::vector<Add> out;
  for (Add& add : adds) {
    if (!out.empty() && key_of(out.back()) == key_of(add)) out.back().n += add.n;
    else out.push_back(std::move(add));
  }
  return out;
}

}  // namespace

Result<> insert_events(Tx& tx, AccountId account, const std::vector<EventRow>& rows) {
  static constexpr sql::InsertInto kInto{"event", COLUMNS};
  for (const EventRow& row : rows) {
    PH_CHECK(row.id);
    TRY(tx.insert(kInto, params(row.id, account, row.type, row.at, row.message_id, row.idx,
                                row.domain_id, storable(row.data))));
  }
  return {};
}

Result<std::vector<EventRow>> events(sql::Connection& connection, AccountId account, Page page) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM event WHERE account_id = $1"
                                       " AND id < $2 ORDER BY id DESC LIMIT $3",
                                       {account, page.before(), page.rows()})),
                  read);
}

Result<std::vector<EventRow>> events_of_message(sql::Connection& connection, AccountId account,
                                                MessageId message, Page page) {
  return read_all(
      TRY(connection.query("SELECT " COLUMNS " FROM event WHERE message_id = $1"
                           " AND message_id <> 0 AND account_id = $2 AND id < $3"
                           " ORDER BY id DESC LIMIT $4",
                           {message, account, page.before(), page.rows()})),
      read);
}

Result<std::vector<EventRow>> events_for_operator(sql::Connection& connection, Page page) {
  return read_all(
      TRY(connection.query("SELECT " COLUMNS
                           " FROM event WHERE id < $1 ORDER BY id DESC LIMIT $2",
                           {page.before(), page.rows()})),
      read);
}

namespace {

// "AND id > CASE node WHEN .. THEN .. ELSE low END": the values are parameters from `first` on.
std::string unseen(const EventTail& tail, sql::Params& given) {
  if (tail.seen.empty()) return "";
  std::string out = " AND id > CASE (id >> 12) & 1023";
  for (int64_t id : tail.seen) {
    given.emplace_back(id_node(id));
    given.emplace_back(id);
    out += " WHEN CAST($" + std::to_string(given.size() - 1) + " AS BIGINT) THEN CAST($" +
           std::to_string(given.size()) + " AS BIGINT)";
  }
  return out + " ELSE CAST($1 AS BIGINT) END";
}

}  // namespace

Result<std::vector<EventRow>> events_after_for_operator(sql::Connection& connection,
                                                        const EventTail& tail, int64_t most) {
  sql::Params given = {tail.low, most};
  std::string sql = "SELECT " COLUMNS " FROM event WHERE id > $1" + unseen(tail, given) +
                    " ORDER BY id LIMIT $2";
  return read_all(TRY(connection.query(sql, given)), read);
}

Result<std::vector<EventRow>> events_after(sql::Connection& connection, AccountId account,
                                           const EventTail& tail, int64_t most) {
  sql::Params given = {tail.low, most, account};
  std::string sql = "SELECT " COLUMNS " FROM event WHERE account_id = $3 AND id > $1" +
                    unseen(tail, given) + " ORDER BY id LIMIT $2";
  return read_all(TRY(connection.query(sql, given)), read);
}

Result<std::vector<int64_t>> newest_events_for_operator(sql::Connection& connection,
                                                        Duration late) {
  sql::Rows newest = TRY(connection.query("SELECT coalesce(max(id), 0) FROM event"));
  int64_t last = newest[0].integer(0);
  if (last == 0) return std::vector<int64_t>{};
  if (late == Duration(0)) return std::vector<int64_t>{last};
  std::vector<int64_t> out;
  for (sql::Row row : TRY(connection.query("SELECT max(id) FROM event WHERE id >= $1"
                                           " GROUP BY (id >> 12) & 1023",
                                           {id_floor(id_time(last) - late)})))
    out.push_back(row.integer(0));
  return out;
}

int64_t day_of(WallTime t) { return t.micros / kMicrosPerDay; }
int64_t hour_of(WallTime t) { return t.micros / kMicrosPerHour; }

CounterAdd counted_at(WallTime at, AccountId account, DomainId domain, std::string_view kind,
                      int64_t n) {
  return {.account_id = account,
          .day = day_of(at),
          .domain_id = domain,
          .kind = std::string(kind),
          .n = n,
          .hour = hour_of(at)};
}

Result<> add_counters(sql::Connection& connection, std::vector<CounterAdd> adds) {
  std::vector<HourAdd> hours;
  for (const CounterAdd& add : adds)
    if (add.hour != kNoHour) hours.push_back({add.account_id, add.hour, add.kind, add.n});
  std::vector<sql::Params> sets;
  for (const CounterAdd& add : summed(std::move(adds)))
    sets.push_back({add.account_id, add.day, add.domain_id, add.kind, add.n});
  TRY(connection.exec_later(
      "INSERT INTO counter (account_id, day, domain_id, kind, n) VALUES ($1, $2, $3, $4, $5)"
      " ON CONFLICT (account_id, day, domain_id, kind) DO UPDATE SET n = counter.n + excluded.n",
      sets));
  return add_hours(connection, std::move(hours));
}

Result<> add_hours(sql::Connection& connection, std::vector<HourAdd> adds) {
  if (adds.empty()) return {};
  std::vector<sql::Params> sets;
  for (const HourAdd& add : summed(std::move(adds)))
    sets.push_back({add.account_id, add.hour, add.kind, add.n});
  return connection.exec_later(
      "INSERT INTO counter_hour (account_id, hour, kind, n) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT (account_id, hour, kind) DO UPDATE SET n = counter_hour.n + excluded.n",
      sets);
}

Result<int64_t> counter(sql::Connection& connection, AccountId account, const CounterRow& which) {
  sql::Rows rows = TRY(connection.query(
      "SELECT n FROM counter WHERE account_id = $1 AND day = $2 AND domain_id = $3 AND kind = $4",
      {account, which.day, which.domain_id, which.kind}));
  return rows.empty() ? 0 : rows[0].integer(0);
}

Result<int64_t> counter_of_account(sql::Connection& connection, AccountId account,
                                   std::string_view kind) {
  sql::Rows rows = TRY(connection.query("SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM counter"
                                        " WHERE account_id = $1 AND kind = $2",
                                        {account, kind}));
  return rows[0].integer(0);
}

Result<std::vector<CounterRow>> counters(sql::Connection& connection, AccountId account,
                                         int64_t first_day, int64_t last_day) {
  auto read_counter = [](sql::Row row) -> Result<CounterRow> {
    return CounterRow{.day = row.integer(0),
                      .domain_id = row.id<DomainId>(1),
                      .kind = row.text(2),
                      .n = row.integer(3)};
  };
  return read_all(TRY(connection.query("SELECT day, domain_id, kind, n FROM counter"
                                       " WHERE account_id = $1 AND day BETWEEN $2 AND $3"
                                       " ORDER BY day, domain_id, kind",
                                       {account, first_day, last_day})),
                  read_counter);
}

Result<std::vector<HourRow>> hour_counters(sql::Connection& connection, AccountId account,
                                           int64_t first_hour, int64_t last_hour) {
  auto read_hour = [](sql::Row row) -> Result<HourRow> {
    return HourRow{.hour = row.integer(0), .kind = row.text(1), .n = row.integer(2)};
  };
  return read_all(TRY(connection.query("SELECT hour, kind, n FROM counter_hour"
                                       " WHERE account_id = $1 AND hour BETWEEN $2 AND $3"
                                       " ORDER BY hour, kind",
                                       {account, first_hour, last_hour})),
                  read_hour);
}

// Whole days, so that a day's hours are recounted all or none.
Result<int64_t> purge_hours_for_operator(Tx& tx, WallTime before, int64_t most) {
  int64_t first_kept = day_of(before);
  int64_t gone = TRY(tx.sql().exec(
      "DELETE FROM counter_hour WHERE (account_id, hour, kind) IN (SELECT account_id, hour, kind"
      " FROM counter_hour WHERE hour < $1 ORDER BY hour LIMIT $2)",
      {first_kept * 24, most}));
  if (gone > 0) TRY(set_setting(tx.sql(), "hours_purged_through_day",
                                std::to_string(first_kept - 1)));
  return gone;
}

}  // namespace ph::store
