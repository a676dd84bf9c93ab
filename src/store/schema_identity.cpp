// The tables of who a customer is and of what he agreed to (identity_claim.h, evidence.h,
// suspension.h, agreement.h).
#include "store/schema_parts.h"

namespace ph::store {

const std::string_view kIdentityTables = R"sql(
CREATE TABLE identity_claim (
  account_id {BIGINT} NOT NULL PRIMARY KEY,
  id {BIGINT} NOT NULL UNIQUE,
  kind {TEXT} NOT NULL,
  state {TEXT} NOT NULL,
  name {TEXT} NOT NULL,
  company {TEXT} NOT NULL,
  contact {TEXT} NOT NULL,
  number_sealed {BLOB} NOT NULL,
  number_mask {TEXT} NOT NULL,
  reason {TEXT} NOT NULL,
  submitted_at {BIGINT} NOT NULL,
  decided_at {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX identity_claim_state ON identity_claim (state, id);

CREATE TABLE identity_history (
  id {BIGINT} NOT NULL PRIMARY KEY,
  account_id {BIGINT} NOT NULL,
  at {BIGINT} NOT NULL,
  state {TEXT} NOT NULL,
  reason {TEXT} NOT NULL
) {STRICT};
CREATE INDEX identity_history_account ON identity_history (account_id, id);

CREATE TABLE evidence (
  id {BIGINT} NOT NULL PRIMARY KEY,
  account_id {BIGINT} NOT NULL,
  filename {TEXT} NOT NULL,
  content_type {TEXT} NOT NULL,
  size {BIGINT} NOT NULL,
  content_segment {BIGINT} NOT NULL,
  content_offset {BIGINT} NOT NULL,
  content_length {BIGINT} NOT NULL,
  created_at {BIGINT} NOT NULL,
  removed_at {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX evidence_account ON evidence (account_id, id);

CREATE TABLE suspension (
  account_id {BIGINT} NOT NULL PRIMARY KEY,
  reason {TEXT} NOT NULL,
  at {BIGINT} NOT NULL,
  state_before {TEXT} NOT NULL
) {STRICT};

CREATE TABLE agreement (
  id {BIGINT} NOT NULL PRIMARY KEY,
  version {TEXT} NOT NULL UNIQUE,
  text_en {TEXT} NOT NULL,
  text_zh {TEXT} NOT NULL,
  created_at {BIGINT} NOT NULL
) {STRICT};
)sql";

}  // namespace ph::store
