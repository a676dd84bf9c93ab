#include "store/usage.h"

#include "store/event.h"
#include "store/rows.h"
#include "store/store.h"

namespace ph::store {
namespace {

constexpr std::array kSources = {"free", "package", "post_paid", "earlier"};
constexpr std::array kKinds = {"taken", "returned"};

constexpr sql::InsertInto kIntoMovement{
    "usage_movement", "id, account_id, what, source, package_id, day, accepted_day, n"};

sql::Params movement_params(int64_t id, const UseKey& key, int64_t n) {
  return params(id, key.account_id, kKinds[static_cast<size_t>(key.kind)],
                use_source_name(key.source), key.package_id, key.day, key.accepted_day, n);
}

Result<UsageMovementRow> read_movement(sql::Row row) {
  UsageMovementRow out;
  out.id = row.integer(0);
  out.key.account_id = row.id<AccountId>(1);
  out.key.kind = TRY(stored(parse_enum<UseKind>(kKinds, row.text(2), "what")));
  out.key.source = TRY(stored(parse_enum<UseSource>(kSources, row.text(3), "source")));
  out.key.package_id = row.id<PackageId>(4);
  out.key.day = row.integer(5);
  out.key.accepted_day = row.integer(6);
  out.n = row.integer(7);
  return out;
}

}  // namespace

const char* use_source_name(UseSource source) { return kSources[static_cast<size_t>(source)]; }

Result<> read_usage_rest(sql::Connection& connection, UsageFacts& facts, WallTime now) {
  AccountId account = facts.row.account_id;
  facts.packages = TRY(open_packages(connection, account, now));
  facts.rest = true;
  if (facts.row.plan == Plan::in_house) return {};
  facts.post_paid = TRY(post_paid_after(connection, account, facts.row.billed_through));
  facts.prices = TRY(prices(connection));
  return {};
}

Result<> write_uses(sql::Connection& connection, IdSource& ids,
                    const std::map<UseKey, int64_t>& uses) {
  std::vector<sql::Params> movements, free, packages, days;
  for (const auto& [key, n] : uses) {
    if (n == 0) continue;
    movements.push_back(movement_params(ids.next(), key, n));
    if (key.source == UseSource::free) free.push_back({key.account_id, n});
    if (key.source == UseSource::package)
      packages.push_back({key.package_id, key.account_id, n});
    days.push_back({key.account_id, key.day, use_source_name(key.source), n});
  }
  if (movements.empty()) return {};
  if (!free.empty())
    TRY(connection.exec_later(
        "UPDATE allowance SET free_used = free_used + $2 WHERE account_id = $1", free));
  if (!packages.empty())
    TRY(connection.exec_later(
        "UPDATE package SET used = used + $3 WHERE id = $1 AND account_id = $2", packages));
  TRY(connection.exec_later(
      "INSERT INTO usage_day (account_id, day, source, n) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT (account_id, day, source) DO UPDATE SET n = usage_day.n + excluded.n",
      days));
  return connection.insert_later(kIntoMovement, movements);
}

Result<std::vector<UsageDayRow>> usage_days(sql::Connection& connection, AccountId account,
                                            int64_t first_day, int64_t last_day) {
  auto read = [](sql::Row row) -> Result<UsageDayRow> {
    auto source = TRY(stored(parse_enum<UseSource>(kSources, row.text(1), "source")));
    return UsageDayRow{.day = row.integer(0), .source = source, .n = row.integer(2)};
  };
  return read_all(TRY(connection.query("SELECT day, source, n FROM usage_day WHERE account_id = $1"
                                       " AND day BETWEEN $2 AND $3 ORDER BY day, source",
                                       {account, first_day, last_day})),
                  read);
}

Result<std::map<int64_t, int64_t>> post_paid_after(sql::Connection& connection, AccountId account,
                                                   int64_t day) {
  std::map<int64_t, int64_t> out;
  for (sql::Row row : TRY(connection.query("SELECT day, n FROM usage_day WHERE account_id = $1"
                                           " AND day > $2 AND source = 'post_paid'",
                                           {account, day})))
    out[row.integer(0)] = row.integer(1);
  return out;
}

Result<std::vector<UsageMovementRow>> usage_movements(sql::Connection& connection,
                                                      AccountId account, Page page) {
  return read_all(
      TRY(connection.query("SELECT id, account_id, what, source, package_id, day, accepted_day, n"
                           " FROM usage_movement WHERE account_id = $1 AND id < $2"
                           " ORDER BY id DESC LIMIT $3",
                           {account, page.before(), page.rows()})),
      read_movement);
}

namespace {

Result<MovementWalk> next_account(sql::Connection& connection, MovementWalk walk) {
  sql::Rows next = TRY(connection.query(
      "SELECT account_id FROM usage_movement WHERE account_id > $1 ORDER BY account_id LIMIT 1",
      {walk.account}));
  walk.after = walk.low - 1;
  walk.first.clear();
  walk.done = next.empty();
  if (!walk.done) walk.account = next[0].id<AccountId>(0);
  return walk;
}

}  // namespace

// Each sum stands in the first row of its keys.
Result<MovementWalk> sum_movements_for_operator(Tx& tx, MovementWalk walk, int64_t most) {
  if (!walk.account) return next_account(tx.sql(), std::move(walk));
  auto rows = TRY(read_all(
      TRY(tx.sql().query("SELECT id, account_id, what, source, package_id, day, accepted_day, n"
                         " FROM usage_movement WHERE account_id = $1 AND id > $2 AND id < $3"
                         " ORDER BY id LIMIT $4",
                         {walk.account, walk.after, walk.high, most})),
      read_movement));
  std::map<int64_t, int64_t> sums;
  std::vector<sql::Params> gone;
  for (const UsageMovementRow& row : rows) {
    walk.after = row.id;
    auto [first, is_first] = walk.first.try_emplace(row.key, row.id);
    if (is_first) continue;
    sums[first->second] += row.n;
    gone.push_back({row.id, row.key.account_id});
  }
  std::vector<sql::Params> adds;
  for (const auto& [id, n] : sums) adds.push_back({id, walk.account, n});
  if (!gone.empty()) {
    TRY(tx.sql().exec_many("DELETE FROM usage_movement WHERE id = $1 AND account_id = $2", gone));
    TRY(tx.sql().exec_many(
        "UPDATE usage_movement SET n = n + $3 WHERE id = $1 AND account_id = $2", adds));
  }
  walk.gone += static_cast<int64_t>(gone.size());
  if (static_cast<int64_t>(rows.size()) == most) return walk;
  return next_account(tx.sql(), std::move(walk));
}

void use_post_paid(Tx& tx, AccountId account, int64_t n) {
  int64_t today = day_of(tx.now());
  tx.use({.account_id = account,
          .source = UseSource::post_paid,
          .package_id = {},
          .day = today,
          .accepted_day = today},
         n);
}

}  // namespace ph::store
