#include "store/evidence.h"

#include "base/check.h"
#include "base/limits.h"
#include "store/rows.h"
#include "store/store.h"

namespace ph::store {
namespace {

#define COLUMNS                                                                           \
  "id, account_id, filename, content_type, size, content_segment, content_offset, "       \
  "content_length, created_at"

Result<EvidenceRow> read(sql::Row row) {
  return EvidenceRow{.id = row.integer(0),
                     .account_id = row.id<AccountId>(1),
                     .filename = row.text(2),
                     .content_type = row.text(3),
                     .size = row.integer(4),
                     .content = {row.integer(5), row.integer(6), row.integer(7)},
                     .created_at = row.time(8)};
}

}  // namespace

Result<> insert_evidence(sql::Connection& connection, const EvidenceRow& row) {
  PH_CHECK(row.id != 0);
  TRY(connection.exec("INSERT INTO evidence (" COLUMNS
                      ", removed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)",
                      {row.id, row.account_id, row.filename, row.content_type, row.size,
                       row.content.segment, row.content.offset, row.content.length,
                       row.created_at}));
  return {};
}

Result<EvidenceRow> evidence(sql::Connection& connection, AccountId account, int64_t id) {
  return read_one(TRY(connection.query("SELECT " COLUMNS " FROM evidence"
                                       " WHERE account_id = $1 AND id = $2 AND removed_at = 0",
                                       {account, id})),
                  read, "evidence");
}

Result<std::vector<EvidenceRow>> evidence_of(sql::Connection& connection, AccountId account) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM evidence"
                                       " WHERE account_id = $1 AND removed_at = 0"
                                       " ORDER BY id LIMIT $2",
                                       {account, static_cast<int64_t>(limits::kEvidenceFiles)})),
                  read);
}

Result<int64_t> evidence_uploads(sql::Connection& connection, AccountId account, WallTime since) {
  return TRY(connection.query(
      "SELECT count(*) FROM evidence WHERE account_id = $1 AND created_at > $2",
      {account, since}))[0].integer(0);
}

Result<> remove_evidence(Tx& tx, AccountId account, int64_t id) {
  EvidenceRow row = TRY(evidence(tx.sql(), account, id));
  TRY(tx.release_content(row.content));
  return must_change(tx.sql().exec("UPDATE evidence SET removed_at = $3, content_segment = 0,"
                                   " content_offset = 0, content_length = 0"
                                   " WHERE account_id = $1 AND id = $2",
                                   {account, id, tx.now()}),
                     "evidence");
}

Result<int64_t> purge_evidence_for_operator(Tx& tx, const EvidenceAge& age, int64_t most) {
  auto old = TRY(read_all(
      TRY(tx.sql().query(
          "SELECT e.id, e.account_id, e.filename, e.content_type, e.size, e.content_segment,"
          " e.content_offset, e.content_length, e.created_at FROM evidence e"
          " LEFT JOIN identity_claim c ON c.account_id = e.account_id"
          " WHERE e.removed_at = 0 AND e.created_at < $1 AND (c.id IS NULL OR"
          " (c.state IN ('approved', 'rejected') AND c.decided_at < $1)) ORDER BY e.id LIMIT $2",
          {age.decided_before, most})),
      read));
  for (const EvidenceRow& row : old) TRY(remove_evidence(tx, row.account_id, row.id));
  auto left = most - static_cast<int64_t>(old.size());
  int64_t gone = TRY(tx.sql().exec(
      "DELETE FROM evidence WHERE id IN (SELECT id FROM evidence WHERE removed_at > 0"
      " AND removed_at < $1 ORDER BY id LIMIT $2)",
      {age.removed_before, left}));
  return static_cast<int64_t>(old.size()) + gone;
}

}  // namespace ph::store
