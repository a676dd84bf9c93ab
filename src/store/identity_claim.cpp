#include "store/identity_claim.h"

#include "base/check.h"
#include "store/rows.h"

namespace ph::store {
namespace {

constexpr std::array kKinds = {"individual", "enterprise"};
constexpr std::array kStates = {"none", "submitted", "approved", "rejected"};

#define COLUMNS                                                                         \
  "account_id, id, kind, state, name, company, contact, number_sealed, number_mask, "   \
  "reason, submitted_at, decided_at"
#define REVIEW_COLUMNS                                                                  \
  "c.account_id, c.id, c.kind, c.state, c.name, c.company, c.contact, c.number_sealed, " \
  "c.number_mask, c.reason, c.submitted_at, c.decided_at, a.name"

Result<IdentityClaimRow> read(sql::Row row) {
  IdentityClaimRow out;
  out.account_id = row.id<AccountId>(0);
  out.id = row.integer(1);
  out.kind = TRY(stored(parse_identity_kind(row.text(2))));
  out.state = TRY(stored(parse_identity_state(row.text(3))));
  out.name = row.text(4);
  out.company = row.text(5);
  out.contact = row.text(6);
  out.number_sealed = row.blob(7);
  out.number_mask = row.text(8);
  out.reason = row.text(9);
  out.submitted_at = row.time(10);
  out.decided_at = row.time(11);
  return out;
}

Result<IdentityReviewRow> read_review(sql::Row row) {
  return IdentityReviewRow{.claim = TRY(read(row)), .account_name = row.text(12)};
}

Result<IdentityHistoryRow> read_history(sql::Row row) {
  return IdentityHistoryRow{.id = row.integer(0),
                            .account_id = row.id<AccountId>(1),
                            .at = row.time(2),
                            .state = TRY(stored(parse_identity_state(row.text(3)))),
                            .reason = row.text(4)};
}

}  // namespace

const char* identity_kind_name(IdentityKind kind) { return kKinds[static_cast<size_t>(kind)]; }
Result<IdentityKind> parse_identity_kind(std::string_view name) {
  return parse_enum<IdentityKind>(kKinds, name, "kind");
}
const char* identity_state_name(IdentityState state) { return kStates[static_cast<size_t>(state)]; }
Result<IdentityState> parse_identity_state(std::string_view name) {
  return parse_enum<IdentityState>(kStates, name, "state");
}

Result<> put_identity_claim(sql::Connection& connection, const IdentityClaimRow& row) {
  PH_CHECK(row.id != 0);
  TRY(connection.exec(
      "INSERT INTO identity_claim (" COLUMNS
      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
      " ON CONFLICT (account_id) DO UPDATE SET id = excluded.id, kind = excluded.kind,"
      " state = excluded.state, name = excluded.name, company = excluded.company,"
      " contact = excluded.contact, number_sealed = excluded.number_sealed,"
      " number_mask = excluded.number_mask, reason = excluded.reason,"
      " submitted_at = excluded.submitted_at, decided_at = excluded.decided_at",
      {row.account_id, row.id, identity_kind_name(row.kind), identity_state_name(row.state),
       row.name, row.company, row.contact, sql::Blob{row.number_sealed}, row.number_mask,
       row.reason, row.submitted_at, row.decided_at}));
  return {};
}

Result<IdentityClaimRow> identity_claim(sql::Connection& connection, AccountId account) {
  return read_one(
      TRY(connection.query("SELECT " COLUMNS " FROM identity_claim WHERE account_id = $1",
                           {account})),
      read, "identity");
}

Result<> decide_identity_claim(sql::Connection& connection, AccountId account,
                               const IdentityDecision& decision) {
  return must_change(
      connection.exec("UPDATE identity_claim SET state = $2, reason = $3, decided_at = $4"
                      " WHERE account_id = $1",
                      {account, identity_state_name(decision.state), decision.reason, decision.at}),
      "identity");
}

Result<> insert_identity_history(sql::Connection& connection, const IdentityHistoryRow& row) {
  PH_CHECK(row.id != 0);
  TRY(connection.exec("INSERT INTO identity_history (id, account_id, at, state, reason)"
                      " VALUES ($1, $2, $3, $4, $5)",
                      {row.id, row.account_id, row.at, identity_state_name(row.state),
                       row.reason}));
  return {};
}

Result<std::vector<IdentityHistoryRow>> identity_history(sql::Connection& connection,
                                                         AccountId account) {
  return read_all(TRY(connection.query("SELECT id, account_id, at, state, reason"
                                       " FROM identity_history WHERE account_id = $1"
                                       " ORDER BY id LIMIT $2",
                                       {account, int64_t{limits::kIdentityDecisions}})),
                  read_history);
}

Result<std::vector<IdentityReviewRow>> identity_reviews_for_operator(sql::Connection& connection,
                                                                     IdentityState state,
                                                                     Page page) {
  return read_all(
      TRY(connection.query("SELECT " REVIEW_COLUMNS " FROM identity_claim c"
                           " JOIN account a ON a.id = c.account_id"
                           " WHERE c.state = $1 AND c.id > $2 ORDER BY c.id LIMIT $3",
                           {identity_state_name(state), page.after, page.rows()})),
      read_review);
}

Result<std::vector<IdentityReviewRow>> all_identity_reviews_for_operator(
    sql::Connection& connection, Page page) {
  return read_all(TRY(connection.query("SELECT " REVIEW_COLUMNS " FROM identity_claim c"
                                       " JOIN account a ON a.id = c.account_id"
                                       " WHERE c.id > $1 ORDER BY c.id LIMIT $2",
                                       {page.after, page.rows()})),
                  read_review);
}

}  // namespace ph::store
