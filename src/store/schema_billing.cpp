// The tables of what is sent, paid and allowed (ledger.h, allowance.h, reputation.h).
#include "store/schema_parts.h"

namespace ph::store {

// What was accepted before is of no source, so that movements are equal to the recount from the
// first day on.
const std::string_view kBillingTables = R"sql(
ALTER TABLE account ADD COLUMN plan {TEXT} NOT NULL DEFAULT 'in_house';

CREATE TABLE allowance (
  account_id {BIGINT} NOT NULL PRIMARY KEY,
  free_granted {BIGINT} NOT NULL,
  free_used {BIGINT} NOT NULL,
  free_given_at {BIGINT} NOT NULL,
  agreement {TEXT} NOT NULL,
  post_paid {BIGINT} NOT NULL,
  credit_limit {BIGINT} NOT NULL,
  balance {BIGINT} NOT NULL,
  debt_since {BIGINT} NOT NULL,
  stop_at {BIGINT} NOT NULL,
  day_offset {BIGINT} NOT NULL,
  billed_through {BIGINT} NOT NULL,
  bounces_seen {BIGINT} NOT NULL,
  told {TEXT} NOT NULL,
  level_daily {BIGINT} NOT NULL,
  mailbox_hour {BIGINT} NOT NULL,
  requests_second {BIGINT} NOT NULL,
  unblocks {BIGINT} NOT NULL
) {CLUSTERED};
INSERT INTO allowance (account_id, free_granted, free_used, free_given_at, agreement, post_paid,
  credit_limit, balance, debt_since, stop_at, day_offset, billed_through, bounces_seen, told,
  level_daily, mailbox_hour, requests_second, unblocks)
  SELECT id, 0, 0, activated_at, '', 1, 0, 0, 0, 0, 480, 0, -1, '', -1, 0, 0, 0 FROM account;

CREATE TABLE usage_movement (
  id {BIGINT} NOT NULL PRIMARY KEY,
  account_id {BIGINT} NOT NULL,
  what {TEXT} NOT NULL,
  source {TEXT} NOT NULL,
  package_id {BIGINT} NOT NULL,
  day {BIGINT} NOT NULL,
  accepted_day {BIGINT} NOT NULL,
  n {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX usage_movement_account ON usage_movement (account_id, id);
INSERT INTO usage_movement (id, account_id, what, source, package_id, day, accepted_day, n)
  SELECT min(id), account_id, 'taken', 'earlier', 0, created_at / 86400000000,
  created_at / 86400000000, CAST(sum(recipient_count) AS BIGINT)
  FROM message GROUP BY account_id, created_at / 86400000000;

CREATE TABLE usage_day (
  account_id {BIGINT} NOT NULL,
  day {BIGINT} NOT NULL,
  source {TEXT} NOT NULL,
  n {BIGINT} NOT NULL,
  PRIMARY KEY (account_id, day, source)
) {CLUSTERED};
INSERT INTO usage_day (account_id, day, source, n)
  SELECT account_id, day, source, n FROM usage_movement;

CREATE TABLE offer (
  id {ID},
  name {TEXT} NOT NULL,
  mails {BIGINT} NOT NULL,
  price {BIGINT} NOT NULL,
  days {BIGINT} NOT NULL,
  on_sale {BIGINT} NOT NULL,
  created_at {BIGINT} NOT NULL
) {STRICT};

CREATE TABLE package (
  id {ID},
  account_id {BIGINT} NOT NULL,
  offer_id {BIGINT} NOT NULL,
  name {TEXT} NOT NULL,
  mails {BIGINT} NOT NULL,
  used {BIGINT} NOT NULL,
  price {BIGINT} NOT NULL,
  origin {TEXT} NOT NULL,
  created_at {BIGINT} NOT NULL,
  expires_at {BIGINT} NOT NULL,
  told {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX package_account ON package (account_id, id);
CREATE INDEX package_open ON package (account_id, expires_at, id) WHERE used < mails;

CREATE TABLE price (
  from_day {BIGINT} NOT NULL PRIMARY KEY,
  tiers {TEXT} NOT NULL,
  created_at {BIGINT} NOT NULL
) {STRICT};
INSERT INTO price (from_day, tiers, created_at) VALUES (0, '[{"from":0,"price":1900}]', 0);

CREATE TABLE ledger_entry (
  id {BIGINT} NOT NULL PRIMARY KEY,
  account_id {BIGINT} NOT NULL,
  at {BIGINT} NOT NULL,
  what {TEXT} NOT NULL,
  reference {TEXT} NOT NULL,
  note {TEXT} NOT NULL,
  amount {BIGINT} NOT NULL,
  balance_after {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX ledger_entry_account ON ledger_entry (account_id, id);
CREATE UNIQUE INDEX ledger_entry_once ON ledger_entry (account_id, what, reference)
  WHERE reference <> '';

CREATE TABLE ledger_line (
  entry_id {BIGINT} NOT NULL,
  account_id {BIGINT} NOT NULL,
  book {TEXT} NOT NULL,
  amount {BIGINT} NOT NULL,
  PRIMARY KEY (entry_id, book)
) {CLUSTERED};

CREATE TABLE payment_event (
  event_id {TEXT} NOT NULL PRIMARY KEY,
  account_id {BIGINT} NOT NULL,
  body_hash {BLOB} NOT NULL,
  at {BIGINT} NOT NULL
) {STRICT};

CREATE TABLE bill (
  id {ID},
  account_id {BIGINT} NOT NULL,
  day {BIGINT} NOT NULL,
  mails {BIGINT} NOT NULL,
  amount {BIGINT} NOT NULL,
  lines {TEXT} NOT NULL,
  entry_id {BIGINT} NOT NULL,
  balance_after {BIGINT} NOT NULL,
  created_at {BIGINT} NOT NULL,
  UNIQUE (account_id, day)
) {STRICT};

CREATE TABLE reputation (
  account_id {BIGINT} NOT NULL,
  name {TEXT} NOT NULL,
  domain_id {BIGINT} NOT NULL,
  level {BIGINT} NOT NULL,
  daily {BIGINT} NOT NULL,
  rise_day {BIGINT} NOT NULL,
  rises {BIGINT} NOT NULL,
  judged_through {BIGINT} NOT NULL,
  blocked_until {BIGINT} NOT NULL,
  blocked_why {TEXT} NOT NULL,
  PRIMARY KEY (account_id, name)
) {CLUSTERED};

CREATE TABLE reputation_day (
  account_id {BIGINT} NOT NULL,
  name {TEXT} NOT NULL,
  day {BIGINT} NOT NULL,
  number {BIGINT} NOT NULL,
  level {BIGINT} NOT NULL,
  sent {BIGINT} NOT NULL,
  why {TEXT} NOT NULL,
  PRIMARY KEY (account_id, name, day, number)
) {CLUSTERED};

CREATE TABLE provider_block (
  account_id {BIGINT} NOT NULL,
  provider {TEXT} NOT NULL,
  until_at {BIGINT} NOT NULL,
  why {TEXT} NOT NULL,
  PRIMARY KEY (account_id, provider)
) {CLUSTERED};
CREATE INDEX provider_block_until ON provider_block (until_at);
)sql";

const std::string_view kEarlierDomains = R"sql(
CREATE TABLE earlier_domain (
  account_id {BIGINT} NOT NULL,
  name {TEXT} NOT NULL,
  domain_id {BIGINT} NOT NULL,
  day {BIGINT} NOT NULL,
  PRIMARY KEY (account_id, name, domain_id)
) {CLUSTERED};
)sql";

}  // namespace ph::store
