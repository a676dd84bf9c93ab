#include "store/fsck.h"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "base/id_source.h"
#include "base/text.h"
#include "store/event.h"
#include "store/fsck_usage.h"
#include "store/setting.h"

namespace ph::store {
namespace {

constexpr int64_t kRowsAtOnce = 1000;
constexpr size_t kFindingsMost = 1000;  // more of them tell nobody more

#define FINAL_STATES "('delivered', 'bounced', 'expired', 'cancelled')"

// account, day, domain, kind
using CounterKey = std::tuple<int64_t, int64_t, int64_t, std::string>;
// account, hour, kind
using HourKey = std::tuple<int64_t, int64_t, std::string>;

class Checker {
 public:
  Checker(sql::Connection& connection, ContentStore& content)
      : connection_(connection), content_(content) {}

  Result<std::vector<Finding>> run() {
    TRY(check_recipients());
    TRY(check_orphans());
    TRY(check_counters());
    TRY(check_hours());
    TRY(check_bulk());
    TRY(check_usage());
    TRY(check_content());
    return std::move(findings_);
  }

 private:
  void find(FindingKind kind, std::string what) {
    if (findings_.size() < kFindingsMost) findings_.push_back({kind, std::move(what)});
  }

  Result<> check_recipients() {
    for (sql::Row row : TRY(connection_.query(
             "SELECT message_id, idx, state FROM recipient WHERE state NOT IN"
             " ('queued', 'held', 'delivered', 'bounced', 'expired', 'cancelled')")))
      find(FindingKind::recipient_state,
           fmt::format("recipient {} of message {} is in no known state: {}", row.integer(1),
                       format_id(row.integer(0)), row.text(2)));
    for (sql::Row row : TRY(connection_.query(
             "SELECT m.id, m.recipient_count, count(r.message_id) FROM message m"
             " LEFT JOIN recipient r ON r.message_id = m.id"
             " GROUP BY m.id, m.recipient_count HAVING m.recipient_count <> count(r.message_id)")))
      find(FindingKind::recipient_state,
           fmt::format("message {} was accepted for {} recipients and has {}",
                       format_id(row.integer(0)), row.integer(1), row.integer(2)));
    return {};
  }

  Result<> check_orphans() {
    for (sql::Row row : TRY(connection_.query(
             "SELECT message_id, idx FROM recipient r WHERE NOT EXISTS"
             " (SELECT 1 FROM message m WHERE m.id = r.message_id"
             " AND m.account_id = r.account_id)")))
      find(FindingKind::orphan_row, fmt::format("recipient {} belongs to message {}, which is gone",
                                                row.integer(1), format_id(row.integer(0))));
    for (sql::Row row : TRY(connection_.query(
             "SELECT message_id, idx, number FROM attempt a WHERE NOT EXISTS"
             " (SELECT 1 FROM recipient r WHERE r.message_id = a.message_id AND r.idx = a.idx)")))
      find(FindingKind::orphan_row,
           fmt::format("attempt {} belongs to recipient {} of message {}, which is gone",
                       row.integer(2), row.integer(1), format_id(row.integer(0))));
    return {};
  }

  Result<> recount(std::string_view sql, std::map<CounterKey, int64_t>& into) {
    for (sql::Row row : TRY(connection_.query(sql)))
      into[{row.integer(0), row.integer(1), row.integer(2), row.text(3)}] = row.integer(4);
    return {};
  }

  Result<> check_counters() {
    std::map<CounterKey, int64_t> counted;
    std::map<CounterKey, int64_t> stored;
    TRY(recount("SELECT account_id, created_at / 86400000000, domain_id, 'accepted',"
                " CAST(sum(recipient_count) AS BIGINT) FROM message"
                " GROUP BY account_id, created_at / 86400000000, domain_id",
                counted));
    TRY(recount("SELECT r.account_id, r.updated_at / 86400000000, m.domain_id, r.state, count(*)"
                " FROM recipient r JOIN message m ON m.id = r.message_id"
                " WHERE r.state IN " FINAL_STATES
                " GROUP BY r.account_id, r.updated_at / 86400000000, m.domain_id, r.state",
                counted));
    TRY(recount("SELECT account_id, at / 86400000000, domain_id, type, count(*) FROM event"
                " WHERE type = 'deferred' GROUP BY account_id, at / 86400000000, domain_id, type",
                counted));
    TRY(recount("SELECT account_id, day, domain_id, kind, n FROM counter", stored));
    int64_t after = TRY(day_setting("purged_through_day"));
    for (const auto& [key, n] : stored) counted.try_emplace(key, 0);
    for (const auto& [key, n] : counted) {
      const auto& [account, day, domain, kind] = key;
      bool ours = std::ranges::find(kStoreCounters, kind) != kStoreCounters.end();
      if (!ours || day <= after || stored[key] == n) continue;
      find(FindingKind::counter,
           fmt::format("counter {} of account {}, domain {}, day {} is {}, counted {}", kind,
                       account, domain, day, stored[key], n));
    }
    return {};
  }

  Result<int64_t> day_setting(std::string_view name) {
    auto text = TRY(setting(connection_, name));
    return text ? parse_number<int64_t>(*text).value_or(-1) : -1;
  }

  Result<> recount_hours(std::string_view sql, std::map<HourKey, int64_t>& into) {
    for (sql::Row row : TRY(connection_.query(sql)))
      into[{row.integer(0), row.integer(1), row.text(2)}] = row.integer(3);
    return {};
  }

  Result<> check_hours() {
    std::map<HourKey, int64_t> counted;
    std::map<HourKey, int64_t> stored;
    TRY(recount_hours("SELECT account_id, created_at / 3600000000, 'accepted',"
                      " CAST(sum(recipient_count) AS BIGINT) FROM message"
                      " GROUP BY account_id, created_at / 3600000000",
                      counted));
    TRY(recount_hours("SELECT account_id, updated_at / 3600000000, state, count(*) FROM recipient"
                      " WHERE state IN " FINAL_STATES
                      " GROUP BY account_id, updated_at / 3600000000, state",
                      counted));
    TRY(recount_hours("SELECT account_id, at / 3600000000, type, count(*) FROM event"
                      " WHERE type = 'deferred' GROUP BY account_id, at / 3600000000, type",
                      counted));
    TRY(recount_hours("SELECT account_id, hour, kind, n FROM counter_hour", stored));
    int64_t after = std::max(TRY(day_setting("purged_through_day")),
                             TRY(day_setting("hours_purged_through_day")));
    for (const auto& [key, n] : stored) counted.try_emplace(key, 0);
    for (const auto& [key, n] : counted) {
      const auto& [account, hour, kind] = key;
      if (hour / 24 <= after || stored[key] == n) continue;
      find(FindingKind::counter, fmt::format("counter {} of account {}, hour {} is {}, counted {}",
                                             kind, account, hour, stored[key], n));
    }
    return {};
  }

  Result<> check_usage() {
    int64_t after = TRY(day_setting("purged_through_day"));
    for (Finding& finding : TRY(check_usage_for_operator(connection_, after)))
      find(finding.kind, std::move(finding.what));
    return {};
  }

  // Every row before the cursor was decided once: it became a message or was refused.
  Result<> check_bulk() {
    for (sql::Row row : TRY(connection_.query(
             "SELECT id, rows_total, rows_done, accepted, refused FROM bulk_job"
             " WHERE state NOT IN ('uploading', 'abandoned')"
             " AND (rows_done <> accepted + refused OR rows_done > rows_total)")))
      find(FindingKind::bulk_job,
           fmt::format("bulk job {} of {} rows has decided {}: {} accepted, {} refused",
                       format_id(row.integer(0)), row.integer(1), row.integer(2), row.integer(3),
                       row.integer(4)));
    // Purged messages are forgotten, once a job has ended.
    for (sql::Row row : TRY(connection_.query(
             "SELECT j.id, j.accepted, count(b.row_number) FROM bulk_job j"
             " LEFT JOIN bulk_message b ON b.job_id = j.id GROUP BY j.id, j.accepted, j.finished_at"
             " HAVING count(b.row_number) > j.accepted"
             " OR (j.finished_at = 0 AND count(b.row_number) < j.accepted)")))
      find(FindingKind::bulk_job, fmt::format("bulk job {} accepted {} rows and has {} messages",
                                              format_id(row.integer(0)), row.integer(1),
                                              row.integer(2)));
    for (sql::Row row : TRY(connection_.query(
             "SELECT j.id, count(c.id) FROM bulk_job j LEFT JOIN bulk_chunk c ON c.job_id = j.id"
             " WHERE j.state IN ('expanding', 'paused', 'done') GROUP BY j.id, j.rows_total,"
             " j.rows_done HAVING (count(c.id) > 0) <> (j.rows_done < j.rows_total)")))
      find(FindingKind::bulk_job, fmt::format("bulk job {} has {} chunks of its upload, which is "
                                              "not what its cursor says",
                                              format_id(row.integer(0)), row.integer(1)));
    for (std::string_view table : {"bulk_chunk", "bulk_message", "bulk_refusal"}) {
      sql::Rows orphans = TRY(connection_.query(
          fmt::format("SELECT count(*) FROM {} t WHERE NOT EXISTS"
                      " (SELECT 1 FROM bulk_job j WHERE j.id = t.job_id)",
                      table)));
      if (orphans[0].integer(0) > 0)
        find(FindingKind::orphan_row, fmt::format("{} rows of {} belong to no bulk job",
                                                  orphans[0].integer(0), table));
    }
    return {};
  }

  Result<> check_content() {
    TRY(check_content_of("message"));
    TRY(check_content_of("inbox"));
    TRY(check_content_of("inbound"));
    TRY(check_content_of("bulk_job"));
    TRY(check_content_of("bulk_chunk"));
    TRY(check_content_of("evidence"));
    for (std::string& what : TRY(content_.check(connection_, wanted_)))
      find(FindingKind::content_orphan, std::move(what));
    return {};
  }

  Result<> check_content_of(std::string_view table) {
    int64_t after = INT64_MIN;
    // The table is one of the constants above.
    std::string sql = fmt::format(
        "SELECT id, content_segment, content_offset, content_length FROM {} WHERE id > $1"
        " ORDER BY id LIMIT $2",
        table);
    for (;;) {
      sql::Rows rows = TRY(connection_.query(sql, {after, kRowsAtOnce}));
      if (rows.empty()) return {};
      for (sql::Row row : rows) {
        after = row.integer(0);
        ContentRef ref{row.integer(1), row.integer(2), row.integer(3)};
        if (ref == ContentRef{}) continue;
        wanted_.push_back(ref);
        auto bytes = content_.read(connection_, ref);
        if (bytes) continue;
        find(FindingKind::content_missing,
             fmt::format("{} {}: {}", table, format_id(after), bytes.error().message));
      }
    }
  }

  sql::Connection& connection_;
  ContentStore& content_;
  std::vector<ContentRef> wanted_;
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::vector<Finding>> fsck(Store& store) {
  return store.read_now<std::vector<Finding>>(
      [&store](sql::Connection& connection) -> Result<std::vector<Finding>> {
        TRY(connection.begin_snapshot());
        auto found = Checker(connection, store.content()).run();
        auto ended = connection.rollback();
        if (found && !ended) return std::unexpected(ended.error());
        return found;
      });
}

}  // namespace ph::store
