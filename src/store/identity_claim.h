// Purpose: what an account says who it is, and what became of it: one claim an account, and the
//   history of its states.
// Shapes: id is of the latest submission and time-ordered; number is a document's or a
//   registration's, sealed, with a mask to show; times 0 = never.
// Errors: not_found.
// Threads: any with a connection.
// Not here: files (evidence.h), which state follows which (people/identity.h).
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph::store {

enum class IdentityKind : uint8_t { individual, enterprise };
const char* identity_kind_name(IdentityKind kind);
Result<IdentityKind> parse_identity_kind(std::string_view name);

enum class IdentityState : uint8_t { none, submitted, approved, rejected };
const char* identity_state_name(IdentityState state);
Result<IdentityState> parse_identity_state(std::string_view name);

struct IdentityClaimRow {
  AccountId account_id;
  int64_t id = 0;  // Tx::new_id()
  IdentityKind kind = IdentityKind::individual;
  IdentityState state = IdentityState::submitted;
  std::string name;
  std::string company;
  std::string contact;
  std::string number_sealed;
  std::string number_mask;
  std::string reason;  // of a rejection
  WallTime submitted_at;
  WallTime decided_at;
};

struct IdentityHistoryRow {
  int64_t id = 0;  // Tx::new_id()
  AccountId account_id;
  WallTime at;
  IdentityState state = IdentityState::submitted;
  std::string reason;
};

// A later submission takes the place of the earlier one.
Result<> put_identity_claim(sql::Connection& connection, const IdentityClaimRow& row);
Result<IdentityClaimRow> identity_claim(sql::Connection& connection, AccountId account);
struct IdentityDecision {
  IdentityState state = IdentityState::approved;
  std::string reason;
  WallTime at;
};
Result<> decide_identity_claim(sql::Connection& connection, AccountId account,
                               const IdentityDecision& decision);

Result<> insert_identity_history(sql::Connection& connection, const IdentityHistoryRow& row);
// Oldest first; all there is, at most kIdentityDecisions.
Result<std::vector<IdentityHistoryRow>> identity_history(sql::Connection& connection,
                                                         AccountId account);

// The review queue: oldest submission first, with the account's name.
struct IdentityReviewRow {
  IdentityClaimRow claim;
  std::string account_name;
};
Result<std::vector<IdentityReviewRow>> identity_reviews_for_operator(sql::Connection& connection,
                                                                     IdentityState state,
                                                                     Page page);
Result<std::vector<IdentityReviewRow>> all_identity_reviews_for_operator(
    sql::Connection& connection, Page page);

}  // namespace ph::store
