#include "store/sender.h"

#include "store/rows.h"

namespace ph::store {

Result<SenderFacts> sender_facts(sql::Connection& connection, const SenderKey& key) {
  sql::Rows rows = TRY(connection.query(
      "SELECT a.state, a.limit_daily_per_domain, CASE WHEN a.limit_per_mailbox_hour > 0"
      " THEN a.limit_per_mailbox_hour ELSE w.mailbox_hour END, d.state, d.return_path_host,"
      " (SELECT 1 FROM address WHERE id = $3 AND account_id = $1),"
      " coalesce(r.daily, w.level_daily), r.blocked_until, r.blocked_why,"
      " (SELECT min(1) FROM provider_block WHERE account_id = $1)"
      " FROM account a JOIN allowance w ON w.account_id = a.id"
      " LEFT JOIN domain d ON d.id = $2 AND d.account_id = a.id"
      " LEFT JOIN reputation r ON r.account_id = a.id AND r.name = d.name WHERE a.id = $1",
      {key.account, key.domain, key.address}));
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
  out.provider_blocks = row.integer(9) != 0;
  out.address_there = !row.is_null(5);
  return out;
}

}  // namespace ph::store
