#include "store/sender.h"

#include "store/rows.h"

namespace ph::store {

Result<SenderFacts> sender_facts(sql::Connection& connection, const SenderKey& key) {
  sql::Rows rows = TRY(connection.query(
      "SELECT state, limit_daily_per_domain, limit_per_mailbox_hour,"
      " (SELECT state FROM domain WHERE id = $2 AND account_id = $1),"
      " (SELECT return_path_host FROM domain WHERE id = $2 AND account_id = $1),"
      " (SELECT 1 FROM address WHERE id = $3 AND account_id = $1)"
      " FROM account WHERE id = $1",
      {key.account, key.domain, key.address}));
  if (rows.empty()) return fail(Errc::not_found, "no such account");
  sql::Row row = rows[0];
  SenderFacts out;
  out.account_state = TRY(stored(parse_account_state(row.text(0))));
  out.daily_per_domain = row.integer(1);
  out.per_mailbox_hour = row.integer(2);
  if (!row.is_null(3)) out.domain_state = TRY(stored(parse_domain_state(row.text(3))));
  out.return_path_host = row.text(4);
  out.address_there = !row.is_null(5);
  return out;
}

}  // namespace ph::store
