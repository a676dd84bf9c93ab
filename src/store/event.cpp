#include "store/event.h"

#include <tuple>

#include "store/rows.h"
#include "store/store.h"

namespace ph::store {
namespace {

#define COLUMNS "id, account_id, type, at, message_id, idx, domain_id, data"

constexpr int64_t kMicrosPerDay = 86'400'000'000;

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

int64_t day_of(WallTime t) { return t.micros / kMicrosPerDay; }

Result<> add_counters(sql::Connection& connection, std::vector<CounterAdd> adds) {
  // In one order everywhere, so that two nodes never wait for each other in a circle.
  std::ranges::sort(adds, [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
  std::vector<sql::Params> sets;
  for (size_t i = 0; i < adds.size();) {
    int64_t n = 0;
    size_t first = i;
    for (; i < adds.size() && key_of(adds[i]) == key_of(adds[first]); ++i) n += adds[i].n;
    const CounterAdd& add = adds[first];
    sets.push_back({add.account_id, add.day, add.domain_id, add.kind, n});
  }
  return connection.exec_later(
      "INSERT INTO counter (account_id, day, domain_id, kind, n) VALUES ($1, $2, $3, $4, $5)"
      " ON CONFLICT (account_id, day, domain_id, kind) DO UPDATE SET n = counter.n + excluded.n",
      sets);
}

Result<int64_t> counter(sql::Connection& connection, AccountId account, const CounterRow& which) {
  sql::Rows rows = TRY(connection.query(
      "SELECT n FROM counter WHERE account_id = $1 AND day = $2 AND domain_id = $3 AND kind = $4",
      {account, which.day, which.domain_id, which.kind}));
  return rows.empty() ? 0 : rows[0].integer(0);
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

}  // namespace ph::store
