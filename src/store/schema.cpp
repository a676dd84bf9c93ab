#include "store/schema.h"

#include <array>

#include "store/schema_parts.h"

namespace ph::store {
namespace {

constexpr std::string_view kAccounts = R"sql(
CREATE TABLE account (
  id {ID},
  app_id {BIGINT} NOT NULL UNIQUE,
  name {TEXT} NOT NULL UNIQUE,
  state {TEXT} NOT NULL,
  limit_daily_per_domain {BIGINT} NOT NULL,
  limit_per_mailbox_hour {BIGINT} NOT NULL,
  limit_requests_per_second {BIGINT} NOT NULL,
  limit_domains {BIGINT} NOT NULL,
  limit_addresses {BIGINT} NOT NULL,
  created_at {BIGINT} NOT NULL,
  activated_at {BIGINT} NOT NULL
) {STRICT};

CREATE TABLE app_user (
  id {ID},
  account_id {BIGINT} NOT NULL,
  email {TEXT} NOT NULL UNIQUE,
  role {TEXT} NOT NULL,
  password_hash {TEXT} NOT NULL,
  disabled {BIGINT} NOT NULL,
  created_at {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX app_user_account ON app_user (account_id, id);

CREATE TABLE session (
  token_hash {BLOB} NOT NULL PRIMARY KEY,
  user_id {BIGINT} NOT NULL REFERENCES app_user (id),
  created_at {BIGINT} NOT NULL,
  expires_at {BIGINT} NOT NULL
) {CLUSTERED};
CREATE INDEX session_of_user ON session (user_id);

CREATE TABLE api_key (
  id {ID},
  account_id {BIGINT} NOT NULL REFERENCES account (id),
  kind {TEXT} NOT NULL,
  public_id {TEXT} NOT NULL UNIQUE,
  token_hash {BLOB} UNIQUE,
  secret_sealed {BLOB} NOT NULL,
  scope {TEXT} NOT NULL,
  domain_name {TEXT} NOT NULL,
  name {TEXT} NOT NULL,
  created_at {BIGINT} NOT NULL,
  revoked_at {BIGINT} NOT NULL,
  last_used_at {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX api_key_account ON api_key (account_id, id);
)sql";

constexpr std::string_view kIdentities = R"sql(
CREATE TABLE domain (
  id {ID},
  account_id {BIGINT} NOT NULL REFERENCES account (id),
  name {TEXT} NOT NULL,
  state {TEXT} NOT NULL,
  selector {TEXT} NOT NULL,
  dkim_key_sealed {BLOB} NOT NULL,
  dkim_public {TEXT} NOT NULL,
  dkim_bits {BIGINT} NOT NULL,
  ed_selector {TEXT} NOT NULL,
  ed_key_sealed {BLOB} NOT NULL,
  ed_public {TEXT} NOT NULL,
  ed_found {BIGINT} NOT NULL,
  return_path_host {TEXT} NOT NULL,
  created_at {BIGINT} NOT NULL,
  verified_at {BIGINT} NOT NULL,
  failing_since {BIGINT} NOT NULL,
  absences {BIGINT} NOT NULL,
  last_absence_at {BIGINT} NOT NULL,
  unknown_since {BIGINT} NOT NULL,
  checked_at {BIGINT} NOT NULL,
  check_json {TEXT} NOT NULL,
  forced_reason {TEXT} NOT NULL,
  UNIQUE (account_id, name)
) {STRICT};
CREATE UNIQUE INDEX domain_owner ON domain (name)
  WHERE state IN ('verified', 'failing', 'suspended');
CREATE INDEX domain_name ON domain (name);
CREATE INDEX domain_checked ON domain (checked_at, id);
CREATE INDEX domain_return_path ON domain (return_path_host) WHERE return_path_host <> '';

CREATE TABLE address (
  id {ID},
  account_id {BIGINT} NOT NULL REFERENCES account (id),
  domain_id {BIGINT} NOT NULL REFERENCES domain (id),
  local {TEXT} NOT NULL,
  email {TEXT} NOT NULL,
  display_name {TEXT} NOT NULL,
  smtp_hash {TEXT} NOT NULL,
  version {BIGINT} NOT NULL,
  created_at {BIGINT} NOT NULL,
  UNIQUE (account_id, email)
) {STRICT};
CREATE INDEX address_email ON address (email);
CREATE INDEX address_domain ON address (domain_id, id);
)sql";

constexpr std::string_view kMail = R"sql(
CREATE TABLE message (
  id {BIGINT} NOT NULL PRIMARY KEY,
  account_id {BIGINT} NOT NULL,
  domain_id {BIGINT} NOT NULL,
  address_id {BIGINT} NOT NULL,
  door {TEXT} NOT NULL,
  mail_from {TEXT} NOT NULL,
  header_from {TEXT} NOT NULL,
  subject {TEXT} NOT NULL,
  header_message_id {TEXT} NOT NULL,
  content_segment {BIGINT} NOT NULL,
  content_offset {BIGINT} NOT NULL,
  content_length {BIGINT} NOT NULL,
  size {BIGINT} NOT NULL,
  recipient_count {BIGINT} NOT NULL,
  flags {BIGINT} NOT NULL,
  created_at {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX message_account ON message (account_id, id);
CREATE INDEX message_created ON message (created_at);

CREATE TABLE recipient (
  message_id {BIGINT} NOT NULL,
  idx {BIGINT} NOT NULL,
  account_id {BIGINT} NOT NULL,
  shard {BIGINT} NOT NULL,
  address {TEXT} NOT NULL,
  domain {TEXT} NOT NULL,
  state {TEXT} NOT NULL,
  cause {TEXT} NOT NULL,
  next_at {BIGINT} NOT NULL,
  expires_at {BIGINT} NOT NULL,
  attempts {BIGINT} NOT NULL,
  epoch {BIGINT} NOT NULL,
  reply {TEXT} NOT NULL,
  token_key {BIGINT} NOT NULL,
  updated_at {BIGINT} NOT NULL,
  PRIMARY KEY (message_id, idx)
) {CLUSTERED};
CREATE INDEX recipient_due ON recipient (shard, next_at, message_id, idx) WHERE state = 'queued';
CREATE INDEX recipient_held ON recipient (account_id, message_id, idx) WHERE state = 'held';

CREATE TABLE attempt (
  message_id {BIGINT} NOT NULL,
  idx {BIGINT} NOT NULL,
  number {BIGINT} NOT NULL,
  account_id {BIGINT} NOT NULL,
  at {BIGINT} NOT NULL,
  host {TEXT} NOT NULL,
  address {TEXT} NOT NULL,
  tls {TEXT} NOT NULL,
  code {BIGINT} NOT NULL,
  reply {TEXT} NOT NULL,
  duration_us {BIGINT} NOT NULL,
  transcript {TEXT} NOT NULL,
  PRIMARY KEY (message_id, idx, number)
) {CLUSTERED};

CREATE TABLE event (
  id {BIGINT} NOT NULL PRIMARY KEY,
  account_id {BIGINT} NOT NULL,
  type {TEXT} NOT NULL,
  at {BIGINT} NOT NULL,
  message_id {BIGINT} NOT NULL,
  idx {BIGINT} NOT NULL,
  domain_id {BIGINT} NOT NULL,
  data {TEXT} NOT NULL
) {STRICT};
CREATE INDEX event_account ON event (account_id, id);
CREATE INDEX event_message ON event (message_id, id) WHERE message_id <> 0;

CREATE TABLE counter (
  account_id {BIGINT} NOT NULL,
  day {BIGINT} NOT NULL,
  domain_id {BIGINT} NOT NULL,
  kind {TEXT} NOT NULL,
  n {BIGINT} NOT NULL,
  PRIMARY KEY (account_id, day, domain_id, kind)
) {CLUSTERED};

CREATE TABLE idempotency (
  account_id {BIGINT} NOT NULL,
  idem_key {TEXT} NOT NULL,
  body_hash {BLOB} NOT NULL,
  status {BIGINT} NOT NULL,
  answer {TEXT} NOT NULL,
  created_at {BIGINT} NOT NULL,
  PRIMARY KEY (account_id, idem_key)
) {CLUSTERED};
CREATE INDEX idempotency_created ON idempotency (created_at);
)sql";

constexpr std::string_view kIncoming = R"sql(
CREATE TABLE inbox (
  id {BIGINT} NOT NULL PRIMARY KEY,
  account_id {BIGINT} NOT NULL,
  received_at {BIGINT} NOT NULL,
  mail_from {TEXT} NOT NULL,
  rcpt_to {TEXT} NOT NULL,
  helo {TEXT} NOT NULL,
  tls {TEXT} NOT NULL,
  content_segment {BIGINT} NOT NULL,
  content_offset {BIGINT} NOT NULL,
  content_length {BIGINT} NOT NULL,
  message_id {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX inbox_account ON inbox (account_id, id);
CREATE INDEX inbox_received ON inbox (received_at);

CREATE TABLE inbound (
  id {BIGINT} NOT NULL PRIMARY KEY,
  account_id {BIGINT} NOT NULL,
  received_at {BIGINT} NOT NULL,
  message_id {BIGINT} NOT NULL,
  idx {BIGINT} NOT NULL,
  kind {TEXT} NOT NULL,
  content_segment {BIGINT} NOT NULL,
  content_offset {BIGINT} NOT NULL,
  content_length {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX inbound_account ON inbound (account_id, id);
CREATE INDEX inbound_received ON inbound (received_at);

CREATE TABLE zone_record (
  name {TEXT} NOT NULL,
  type {TEXT} NOT NULL,
  value {TEXT} NOT NULL,
  ttl {BIGINT} NOT NULL,
  PRIMARY KEY (name, type, value)
) {CLUSTERED};

CREATE TABLE setting (
  name {TEXT} NOT NULL PRIMARY KEY,
  value {TEXT} NOT NULL
) {CLUSTERED};
)sql";

// What the store itself runs on.
constexpr std::string_view kMachinery = R"sql(
CREATE TABLE lease (
  shard {BIGINT} NOT NULL PRIMARY KEY,
  owner {TEXT} NOT NULL,
  epoch {BIGINT} NOT NULL,
  until_at {BIGINT} NOT NULL
) {STRICT};

CREATE TABLE commit_token (
  token {TEXT} NOT NULL PRIMARY KEY,
  at {BIGINT} NOT NULL
) {CLUSTERED};
CREATE INDEX commit_token_at ON commit_token (at);

CREATE TABLE segment (
  id {BIGINT} NOT NULL PRIMARY KEY,
  end_offset {BIGINT} NOT NULL,
  live {BIGINT} NOT NULL,
  live_bytes {BIGINT} NOT NULL
) {STRICT};

CREATE TABLE content (
  id {BIGINT} NOT NULL PRIMARY KEY,
  crc {BIGINT} NOT NULL,
  bytes {BLOB} NOT NULL
) {STRICT};
)sql";

// Bulk sending (bulk.h): a job, what of its upload is not expanded yet, the messages made of it,
// and the first rows that were refused.
constexpr std::string_view kBulk = R"sql(
CREATE TABLE bulk_job (
  id {BIGINT} NOT NULL PRIMARY KEY,
  account_id {BIGINT} NOT NULL,
  domain_id {BIGINT} NOT NULL,
  address_id {BIGINT} NOT NULL,
  shard {BIGINT} NOT NULL,
  state {TEXT} NOT NULL,
  cause {TEXT} NOT NULL,
  next_at {BIGINT} NOT NULL,
  subject {TEXT} NOT NULL,
  content_segment {BIGINT} NOT NULL,
  content_offset {BIGINT} NOT NULL,
  content_length {BIGINT} NOT NULL,
  rows_total {BIGINT} NOT NULL,
  rows_done {BIGINT} NOT NULL,
  chunk_offset {BIGINT} NOT NULL,
  accepted {BIGINT} NOT NULL,
  refused {BIGINT} NOT NULL,
  sweep {TEXT} NOT NULL,
  sweep_row {BIGINT} NOT NULL,
  created_at {BIGINT} NOT NULL,
  updated_at {BIGINT} NOT NULL,
  finished_at {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX bulk_job_account ON bulk_job (account_id, id);
CREATE INDEX bulk_job_work ON bulk_job (state, id);

CREATE TABLE bulk_chunk (
  id {BIGINT} NOT NULL PRIMARY KEY,
  job_id {BIGINT} NOT NULL,
  account_id {BIGINT} NOT NULL,
  first_row {BIGINT} NOT NULL,
  content_segment {BIGINT} NOT NULL,
  content_offset {BIGINT} NOT NULL,
  content_length {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX bulk_chunk_job ON bulk_chunk (job_id, first_row);

CREATE TABLE bulk_message (
  job_id {BIGINT} NOT NULL,
  row_number {BIGINT} NOT NULL,
  account_id {BIGINT} NOT NULL,
  message_id {BIGINT} NOT NULL,
  PRIMARY KEY (job_id, row_number)
) {CLUSTERED};

CREATE TABLE bulk_refusal (
  job_id {BIGINT} NOT NULL,
  row_number {BIGINT} NOT NULL,
  account_id {BIGINT} NOT NULL,
  reason {TEXT} NOT NULL,
  field {TEXT} NOT NULL,
  detail {TEXT} NOT NULL,
  PRIMARY KEY (job_id, row_number)
) {CLUSTERED};
)sql";

// A message's id tells its time, so no further index has to; a segment knows when its contents
// came, which says where the rows stand that want them.
constexpr std::string_view kLeaner = R"sql(
DROP INDEX message_created;
ALTER TABLE segment ADD COLUMN first_at {BIGINT} NOT NULL DEFAULT 0;
ALTER TABLE segment ADD COLUMN last_at {BIGINT} NOT NULL DEFAULT 0;
)sql";

// What is due is counted without its rows. A recipient knows how many final dots were sent for it
// whose end nobody knows.
constexpr std::string_view kQueueAtScale = R"sql(
DROP INDEX recipient_due;
CREATE INDEX recipient_due ON recipient (shard, next_at, message_id, idx, attempts, state)
  WHERE state = 'queued';
ALTER TABLE recipient ADD COLUMN copies {BIGINT} NOT NULL DEFAULT 0;
)sql";

// What is due is told apart by account and domain without its rows: a lane is found among many.
constexpr std::string_view kDueByLane = R"sql(
DROP INDEX recipient_due;
CREATE INDEX recipient_due
  ON recipient (shard, next_at, message_id, idx, account_id, domain, attempts, state)
  WHERE state = 'queued';
)sql";

// Sums by hour, for a curve of today, and deferrals by day: both as their recounts say (fsck).
constexpr std::string_view kHours = R"sql(
CREATE TABLE counter_hour (
  account_id {BIGINT} NOT NULL,
  hour {BIGINT} NOT NULL,
  kind {TEXT} NOT NULL,
  n {BIGINT} NOT NULL,
  PRIMARY KEY (account_id, hour, kind)
) {CLUSTERED};
CREATE INDEX counter_hour_old ON counter_hour (hour);
INSERT INTO counter_hour (account_id, hour, kind, n)
  SELECT account_id, created_at / 3600000000, 'accepted', CAST(sum(recipient_count) AS BIGINT)
  FROM message GROUP BY account_id, created_at / 3600000000;
INSERT INTO counter_hour (account_id, hour, kind, n)
  SELECT account_id, updated_at / 3600000000, state, count(*) FROM recipient
  WHERE state IN ('delivered', 'bounced', 'expired', 'cancelled')
  GROUP BY account_id, updated_at / 3600000000, state;
INSERT INTO counter_hour (account_id, hour, kind, n)
  SELECT account_id, at / 3600000000, 'deferred', count(*) FROM event
  WHERE type = 'deferred' GROUP BY account_id, at / 3600000000;
INSERT INTO counter (account_id, day, domain_id, kind, n)
  SELECT account_id, at / 86400000000, domain_id, 'deferred', count(*) FROM event
  WHERE type = 'deferred' GROUP BY account_id, at / 86400000000, domain_id;
)sql";

// Words by which a person sorts sender domains, one a line.
constexpr std::string_view kDomainTags = R"sql(
ALTER TABLE domain ADD COLUMN tags {TEXT} NOT NULL DEFAULT '';
)sql";

// Who changed what; only added to.
constexpr std::string_view kAudit = R"sql(
CREATE TABLE audit (
  id {BIGINT} NOT NULL PRIMARY KEY,
  account_id {BIGINT} NOT NULL,
  at {BIGINT} NOT NULL,
  actor_kind {TEXT} NOT NULL,
  actor_id {BIGINT} NOT NULL,
  behind {BIGINT} NOT NULL,
  client {TEXT} NOT NULL,
  action {TEXT} NOT NULL,
  object {TEXT} NOT NULL,
  was {TEXT} NOT NULL,
  becomes {TEXT} NOT NULL
) {STRICT};
CREATE INDEX audit_account ON audit (account_id, id);
)sql";

// People: policies, sessions that can be told apart, second factors, links that mails carry.
constexpr std::string_view kPeople = R"sql(
ALTER TABLE app_user ADD COLUMN policy {TEXT} NOT NULL DEFAULT '';
ALTER TABLE app_user ADD COLUMN second_factor {BIGINT} NOT NULL DEFAULT 0;
ALTER TABLE app_user ADD COLUMN last_seen_at {BIGINT} NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN signed_in_at {BIGINT} NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN seen_at {BIGINT} NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN client {TEXT} NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN agent {TEXT} NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN as_account {BIGINT} NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN as_reason {TEXT} NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN as_until {BIGINT} NOT NULL DEFAULT 0;
UPDATE session SET signed_in_at = created_at, seen_at = created_at;
ALTER TABLE api_key ADD COLUMN user_id {BIGINT} NOT NULL DEFAULT 0;

CREATE TABLE second_factor (
  user_id {BIGINT} NOT NULL PRIMARY KEY REFERENCES app_user (id),
  secret_sealed {BLOB} NOT NULL,
  last_step {BIGINT} NOT NULL,
  wrong_codes {BIGINT} NOT NULL,
  wrong_since {BIGINT} NOT NULL,
  created_at {BIGINT} NOT NULL,
  confirmed_at {BIGINT} NOT NULL
) {CLUSTERED};

CREATE TABLE recovery_code (
  user_id {BIGINT} NOT NULL REFERENCES app_user (id),
  code_hash {BLOB} NOT NULL,
  PRIMARY KEY (user_id, code_hash)
) {CLUSTERED};

CREATE TABLE link (
  id {ID},
  account_id {BIGINT} NOT NULL,
  kind {TEXT} NOT NULL,
  email {TEXT} NOT NULL,
  token_hash {BLOB} NOT NULL UNIQUE,
  token_sealed {BLOB} NOT NULL,
  user_id {BIGINT} NOT NULL,
  role {TEXT} NOT NULL,
  policy {TEXT} NOT NULL,
  account_name {TEXT} NOT NULL,
  password_hash {TEXT} NOT NULL,
  language {TEXT} NOT NULL,
  invitation_id {BIGINT} NOT NULL,
  created_at {BIGINT} NOT NULL,
  expires_at {BIGINT} NOT NULL,
  ended_at {BIGINT} NOT NULL,
  ended_how {TEXT} NOT NULL
) {STRICT};
CREATE INDEX link_of_account ON link (account_id, kind, id);
CREATE INDEX link_of_email ON link (email, kind, created_at);
CREATE INDEX link_expires ON link (expires_at);
)sql";

const std::array<sql::Migration, 16> kMigrations = {{
    {1, "accounts", kAccounts},
    {2, "identities", kIdentities},
    {3, "mail", kMail},
    {4, "incoming", kIncoming},
    {5, "machinery", kMachinery},
    {6, "bulk", kBulk},
    {7, "leaner", kLeaner},
    {8, "queue_at_scale", kQueueAtScale},
    {9, "due_by_lane", kDueByLane},
    {10, "hours", kHours},
    {11, "domain_tags", kDomainTags},
    {12, "audit", kAudit},
    {13, "people", kPeople},
    {14, "billing", kBillingTables},
    {15, "identity", kIdentityTables},
    {16, "earlier_domains", kEarlierDomains},
}};

}  // namespace

std::span<const sql::Migration> schema_migrations() { return kMigrations; }

}  // namespace ph::store
