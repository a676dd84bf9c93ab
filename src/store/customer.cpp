#include "store/customer.h"

#include "base/text.h"
#include "store/rows.h"

namespace ph::store {
namespace {

// The account itself is read by its own query: its columns stand there alone.
Result<CustomerRow> whole(sql::Connection& connection, sql::Row row) {
  CustomerRow out;
  out.account = TRY(account(connection, row.id<AccountId>(0)));
  out.identity = TRY(stored(parse_identity_state(row.text(1))));
  out.suspended_reason = row.text(2);
  out.suspended_at = row.time(3);
  out.owner = row.text(4);
  out.sent = row.integer(5);
  return out;
}

// What LIKE takes literally, under ESCAPE '!'.
std::string like(std::string_view text) {
  std::string out = "%";
  for (char c : lower(text)) {
    if (c == '%' || c == '_' || c == '!') out += '!';
    out += c;
  }
  return out + "%";
}

}  // namespace

Result<std::vector<CustomerRow>> customers_for_operator(sql::Connection& connection,
                                                        const CustomerFilter& filter, Page page) {
  sql::Rows rows = TRY(connection.query(
      "SELECT a.id, coalesce(c.state, 'none'), coalesce(s.reason, ''), coalesce(s.at, 0),"
      " coalesce((SELECT u.email FROM app_user u WHERE u.account_id = a.id AND u.role = 'owner'"
      " AND u.disabled = 0 ORDER BY u.id LIMIT 1), ''),"
      " (SELECT CAST(coalesce(sum(k.n), 0) AS BIGINT) FROM counter k WHERE k.account_id = a.id"
      " AND k.day >= $1 AND k.kind = 'accepted')"
      " FROM account a LEFT JOIN identity_claim c ON c.account_id = a.id"
      " LEFT JOIN suspension s ON s.account_id = a.id AND a.state = 'suspended'"
      " WHERE a.id > $2 AND ($3 = '' OR a.state = $3)"
      " AND ($4 = '' OR CAST(a.app_id AS TEXT) = $4 OR lower(a.name) LIKE $5 ESCAPE '!'"
      " OR EXISTS (SELECT 1 FROM app_user p WHERE p.account_id = a.id"
      " AND p.email LIKE $5 ESCAPE '!')) ORDER BY a.id LIMIT $6",
      {filter.sent_since, page.after, filter.state, filter.search, like(filter.search),
       page.rows()}));
  std::vector<CustomerRow> out;
  out.reserve(rows.size());
  for (sql::Row row : rows) out.push_back(TRY(whole(connection, row)));
  return out;
}

Result<CustomerRow> customer_for_operator(sql::Connection& connection, AccountId account,
                                          int64_t sent_since) {
  auto rows = TRY(customers_for_operator(connection, {.sent_since = sent_since},
                                         {.after = account.value - 1, .limit = 1}));
  if (rows.empty() || rows[0].account.id != account)
    return fail(Errc::not_found, "no such account");
  return std::move(rows[0]);
}

}  // namespace ph::store
