#include "store/fsck_usage.h"

#include <fmt/format.h>

#include <map>

namespace ph::store {
namespace {

#define NONE "CAST(0 AS BIGINT)"

// account and day, or account, day and source
using Key = std::tuple<int64_t, int64_t, std::string>;
using Sums = std::map<Key, int64_t>;

Result<Sums> sums(sql::Connection& connection, std::string_view sql) {
  Sums out;
  for (sql::Row row : TRY(connection.query(sql)))
    out[{row.integer(0), row.integer(1), row.text(2)}] = row.integer(3);
  return out;
}

// What differs; a day that one side lacks counts as 0 there.
std::vector<std::pair<Key, std::pair<int64_t, int64_t>>> differences(Sums a, Sums b) {
  for (const auto& [key, n] : a) b.try_emplace(key, 0);
  for (const auto& [key, n] : b) a.try_emplace(key, 0);
  std::vector<std::pair<Key, std::pair<int64_t, int64_t>>> out;
  for (const auto& [key, n] : a)
    if (b[key] != n) out.push_back({key, {n, b[key]}});
  return out;
}

class UsageChecker {
 public:
  explicit UsageChecker(sql::Connection& connection) : connection_(connection) {}

  Result<std::vector<Finding>> run(int64_t after) {
    TRY(check_accepted(after));
    TRY(check_sums());
    TRY(check_ledger());
    return std::move(findings_);
  }

 private:
  void find(FindingKind kind, std::string what) { findings_.push_back({kind, std::move(what)}); }

  Result<> check_accepted(int64_t after) {
    Sums used = TRY(sums(connection_,
                         "SELECT account_id, accepted_day, '', CAST(sum(n) AS BIGINT)"
                         " FROM usage_movement WHERE what = 'taken'"
                         " GROUP BY account_id, accepted_day"));
    Sums accepted = TRY(sums(connection_,
                             "SELECT account_id, created_at / 86400000000, '',"
                             " CAST(sum(recipient_count) AS BIGINT) FROM message"
                             " GROUP BY account_id, created_at / 86400000000"));
    for (const auto& [key, n] : differences(used, accepted))
      if (std::get<1>(key) > after)
        find(FindingKind::usage,
             fmt::format("account {} was counted {} mails of day {} and had {} accepted",
                         std::get<0>(key), n.first, std::get<1>(key), n.second));
    return {};
  }

  Result<> compare(std::string_view what, std::string_view moved, std::string_view stored) {
    for (const auto& [key, n] :
         differences(TRY(sums(connection_, moved)), TRY(sums(connection_, stored))))
      find(FindingKind::usage,
           fmt::format("{} of account {}, {} {} is {}, its movements are {}", what,
                       std::get<0>(key), std::get<1>(key), std::get<2>(key), n.second, n.first));
    return {};
  }

  Result<> check_sums() {
    TRY(compare("usage",
                "SELECT account_id, day, source, CAST(sum(n) AS BIGINT) FROM usage_movement"
                " GROUP BY account_id, day, source",
                "SELECT account_id, day, source, n FROM usage_day"));
    TRY(compare("the use of free mails",
                "SELECT account_id, " NONE ", '', CAST(sum(n) AS BIGINT) FROM usage_movement"
                " WHERE source = 'free' GROUP BY account_id",
                "SELECT account_id, " NONE ", '', free_used FROM allowance"));
    TRY(compare("the use of package",
                "SELECT account_id, package_id, '', CAST(sum(n) AS BIGINT) FROM usage_movement"
                " WHERE source = 'package' GROUP BY account_id, package_id",
                "SELECT account_id, id, '', used FROM package"));
    for (sql::Row row : TRY(connection_.query(
             "SELECT account_id, id FROM package WHERE used < 0 OR used > mails UNION ALL"
             " SELECT account_id, " NONE " FROM allowance WHERE free_used < 0"
             " OR free_used > free_granted")))
      find(FindingKind::usage, fmt::format("account {} used more than there was, of package {}",
                                           row.integer(0), row.integer(1)));
    return {};
  }

  Result<> check_ledger() {
    for (sql::Row row : TRY(connection_.query(
             "SELECT e.id FROM ledger_entry e LEFT JOIN ledger_line l ON l.entry_id = e.id"
             " GROUP BY e.id, e.amount HAVING coalesce(sum(l.amount), 1) <> 0"
             " OR sum(CASE WHEN l.book = 'customer' THEN l.amount ELSE 0 END) <> e.amount")))
      find(FindingKind::money, fmt::format("entry {} does not add up", row.integer(0)));
    for (const auto& [key, n] :
         differences(TRY(sums(connection_,
                              "SELECT account_id, " NONE ", '', CAST(sum(amount) AS BIGINT)"
                              " FROM ledger_line WHERE book = 'customer' GROUP BY account_id")),
                     TRY(sums(connection_,
                              "SELECT account_id, " NONE ", '', balance FROM allowance"))))
      find(FindingKind::money, fmt::format("the balance of account {} is {}, its entries are {}",
                                           std::get<0>(key), n.second, n.first));
    for (sql::Row row : TRY(connection_.query(
             "SELECT b.id FROM bill b LEFT JOIN ledger_entry e ON e.id = b.entry_id"
             " WHERE e.id IS NULL OR e.amount <> -b.amount")))
      find(FindingKind::money, fmt::format("bill {} is not what was charged", row.integer(0)));
    return {};
  }

  sql::Connection& connection_;
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::vector<Finding>> check_usage_for_operator(sql::Connection& connection, int64_t after) {
  return UsageChecker(connection).run(after);
}

}  // namespace ph::store
