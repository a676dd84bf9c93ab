// Purpose: which mails were counted to which source: append-only movements, and their sums by day.
// Shapes: a use is of one account, source, billing day and UTC day of the accept (which fsck
//   recounts). What is returned (bounces that do not count) has n below 0 and kind `returned`.
//   Source `earlier` are mails from before there were allowances.
// Errors: of the database.
// Threads: any with a connection; use() and UsageFacts through Tx.
// Not here: what may be used (core/metering.h), how a group gathers uses (group_usage.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/id_source.h"
#include "store/allowance.h"
#include "store/package.h"
#include "store/price.h"

namespace ph::store {

class Tx;

enum class UseSource : uint8_t { free, package, post_paid, earlier };
const char* use_source_name(UseSource source);

enum class UseKind : uint8_t { taken, returned };

struct UseKey {
  AccountId account_id;
  UseSource source = UseSource::free;
  PackageId package_id;      // of source package
  int64_t day = 0;           // billing day
  int64_t accepted_day = 0;  // UTC day
  UseKind kind = UseKind::taken;
  auto operator<=>(const UseKey&) const = default;
};
using Uses = std::map<UseKey, int64_t>;

// What decides how an account's next mail is counted. `rest` is read when the free mails do not do.
struct UsageFacts {
  AllowanceRow row;
  bool rest = false;
  std::vector<PackageRow> packages;       // open ones, in the order of use
  std::map<int64_t, int64_t> post_paid;   // by day, of days after billed_through
  std::vector<PriceRow> prices;           // oldest first; read where somebody pays
  int64_t free_left() const { return std::max<int64_t>(0, row.free_granted - row.free_used); }
};
// How much of it.
enum class UsageDepth : uint8_t { free, rest };
Result<> read_usage_rest(sql::Connection& connection, UsageFacts& facts, WallTime now);

// Movements, sums by day, free_used and packages' used. Travels with a later statement.
Result<> write_uses(sql::Connection& connection, IdSource& ids,
                    const std::map<UseKey, int64_t>& uses);

struct UsageDayRow {
  int64_t day = 0;
  UseSource source = UseSource::free;
  int64_t n = 0;
};
Result<std::vector<UsageDayRow>> usage_days(sql::Connection& connection, AccountId account,
                                            int64_t first_day, int64_t last_day);
// All that is post-paid of days after `day`, by day.
Result<std::map<int64_t, int64_t>> post_paid_after(sql::Connection& connection, AccountId account,
                                                   int64_t day);
struct UsageMovementRow {
  int64_t id = 0;
  UseKey key;
  int64_t n = 0;
};
Result<std::vector<UsageMovementRow>> usage_movements(sql::Connection& connection,
                                                      AccountId account, Page page);
// Movements with ids made in between become one each account, source and days: a walk over the
// accounts, so many rows a step.
struct MovementWalk {
  int64_t low = 0;   // ids from here on
  int64_t high = 0;  // and below
  AccountId account;
  int64_t after = 0;  // the account's last id that was seen
  std::map<UseKey, int64_t> first;  // the account's rows that take the sums
  int64_t gone = 0;
  bool done = false;
};
Result<MovementWalk> sum_movements_for_operator(Tx& tx, MovementWalk walk, int64_t most);

// For who has no rules: counts n mails accepted now as post-paid.
void use_post_paid(Tx& tx, AccountId account, int64_t n);

}  // namespace ph::store
