#include "store/sender.h"

#include "store/event.h"
#include "store/rows.h"

namespace ph::store {

namespace {

constexpr int64_t kPausesMost = 1000;  // those that last longest

Result<std::vector<ProviderPause>> pauses(sql::Connection& connection, AccountId account,
                                          WallTime now) {
  auto read = [](sql::Row row) -> Result<ProviderPause> {
    return ProviderPause{.provider = row.text(0), .until = row.time(1)};
  };
  return read_all(
      TRY(connection.query("SELECT provider, until_at FROM provider_block WHERE account_id = $1"
                           " AND until_at > $2 ORDER BY until_at DESC LIMIT $3",
                           {account, now, kPausesMost})),
      read);
}

}  // namespace

Result<SenderFacts> sender_facts(sql::Connection& connection, const SenderKey& key,
                                 WallTime now) {
  sql::Rows rows = TRY(connection.query(
      "SELECT a.state, a.limit_daily_per_domain, CASE WHEN a.limit_per_mailbox_hour > 0"
      " THEN a.limit_per_mailbox_hour ELSE w.mailbox_hour END, d.state, d.return_path_host,"
      " (SELECT 1 FROM address WHERE id = $3 AND account_id = $1),"
      " coalesce(r.daily, w.level_daily), r.blocked_until, r.blocked_why,"
      " (SELECT max(until_at) FROM provider_block WHERE account_id = $1),"
      " (SELECT CAST(sum(c.n) AS BIGINT) FROM earlier_domain e JOIN counter c"
      " ON c.account_id = e.account_id AND c.day = $4 AND c.domain_id = e.domain_id"
      " AND c.kind = 'accepted' WHERE e.account_id = a.id AND e.name = d.name)"
      " FROM account a JOIN allowance w ON w.account_id = a.id"
      " LEFT JOIN domain d ON d.id = $2 AND d.account_id = a.id"
      " LEFT JOIN reputation r ON r.account_id = a.id AND r.name = d.name WHERE a.id = $1",
      {key.account, key.domain, key.address, day_of(now)}));
  if (rows.empty()) return fail(Errc::not_found, "no such account");
  sql::Row row = rows[0];
  SenderFacts out;
  out.account_state = TRY(stored(parse_account_state(row.text(0))));
  out.daily_per_domain = row.integer(1);
  out.per_mailbox_hour = row.integer(2);
  if (!row.is_null(3)) out.domain_state = TRY(stored(parse_domain_state(row.text(3))));
  out.return_path_host = row.text(4);
  out.daily_of_level = row.integer(6);
  out.blocked_until = row.time(7);
  out.blocked_why = row.text(8);
  if (row.time(9) > now) out.pauses = TRY(pauses(connection, key.account, now));
  out.accepted_before = row.integer(10);
  out.address_there = !row.is_null(5);
  return out;
}

}  // namespace ph::store
