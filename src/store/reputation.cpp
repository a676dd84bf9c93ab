#include "store/reputation.h"

#include "store/rows.h"

namespace ph::store {
namespace {

#define COLUMNS                                                                           \
  "account_id, name, domain_id, level, daily, rise_day, rises, judged_through, "          \
  "blocked_until, blocked_why"

Result<ReputationRow> read(sql::Row row) {
  ReputationRow out;
  out.account_id = row.id<AccountId>(0);
  out.name = row.text(1);
  out.domain_id = row.id<DomainId>(2);
  out.level = row.integer(3);
  out.daily = row.integer(4);
  out.rise_day = row.integer(5);
  out.rises = row.integer(6);
  out.judged_through = row.integer(7);
  out.blocked_until = row.time(8);
  out.blocked_why = row.text(9);
  return out;
}

Result<ProviderBlockRow> read_block(sql::Row row) {
  return ProviderBlockRow{.account_id = row.id<AccountId>(0),
                          .provider = row.text(1),
                          .until = row.time(2),
                          .why = row.text(3)};
}

}  // namespace

Result<> put_reputation(sql::Connection& connection, const ReputationRow& row) {
  TRY(connection.exec(
      "INSERT INTO reputation (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
      " ON CONFLICT (account_id, name) DO UPDATE SET domain_id = excluded.domain_id,"
      " level = excluded.level, daily = excluded.daily, rise_day = excluded.rise_day,"
      " rises = excluded.rises, judged_through = excluded.judged_through,"
      " blocked_until = excluded.blocked_until, blocked_why = excluded.blocked_why",
      {row.account_id, row.name, row.domain_id, row.level, row.daily, row.rise_day, row.rises,
       row.judged_through, row.blocked_until, row.blocked_why}));
  return {};
}

Result<std::optional<ReputationRow>> reputation(sql::Connection& connection, AccountId account,
                                                std::string_view name) {
  sql::Rows rows = TRY(connection.query(
      "SELECT " COLUMNS " FROM reputation WHERE account_id = $1 AND name = $2", {account, name}));
  if (rows.empty()) return std::nullopt;
  return TRY(read(rows[0]));
}

Result<std::vector<ReputationRow>> reputations(sql::Connection& connection, AccountId account) {
  return read_all(TRY(connection.query("SELECT " COLUMNS
                                       " FROM reputation WHERE account_id = $1 ORDER BY name",
                                       {account})),
                  read);
}

Result<> insert_reputation_day(sql::Connection& connection, const ReputationDayRow& row) {
  TRY(connection.exec(
      "INSERT INTO reputation_day (account_id, name, day, number, level, sent, why)"
      " SELECT $1, $2, $3, count(*), $4, $5, $6 FROM reputation_day"
      " WHERE account_id = $1 AND name = $2 AND day = $3",
      {row.account_id, row.name, row.day, row.level, row.sent, row.why}));
  return {};
}

Result<std::vector<ReputationDayRow>> reputation_days(sql::Connection& connection,
                                                      AccountId account, std::string_view name,
                                                      int64_t most) {
  auto read_day = [](sql::Row row) -> Result<ReputationDayRow> {
    return ReputationDayRow{.account_id = row.id<AccountId>(0),
                            .name = row.text(1),
                            .day = row.integer(2),
                            .level = row.integer(3),
                            .sent = row.integer(4),
                            .why = row.text(5)};
  };
  return read_all(TRY(connection.query("SELECT account_id, name, day, level, sent, why"
                                       " FROM reputation_day WHERE account_id = $1 AND name = $2"
                                       " ORDER BY day DESC, number DESC LIMIT $3",
                                       {account, name, most})),
                  read_day);
}

Result<std::vector<ActiveDomain>> active_domains_for_operator(sql::Connection& connection,
                                                              int64_t day, DomainId after,
                                                              int64_t most) {
  auto read_active = [](sql::Row row) -> Result<ActiveDomain> {
    return ActiveDomain{.account_id = row.id<AccountId>(0),
                        .domain_id = row.id<DomainId>(1),
                        .name = row.text(2)};
  };
  return read_all(
      TRY(connection.query("SELECT d.account_id, d.id, d.name FROM domain d WHERE d.id > $2"
                           " AND EXISTS (SELECT 1 FROM counter c WHERE c.account_id = d.account_id"
                           " AND c.day >= $1 AND (c.domain_id = d.id OR c.domain_id IN"
                           " (SELECT e.domain_id FROM earlier_domain e"
                           " WHERE e.account_id = d.account_id AND e.name = d.name)))"
                           " ORDER BY d.id LIMIT $3",
                           {day, after, most})),
      read_active);
}

Result<> note_earlier_domain(sql::Connection& connection, const ReputationRow& of, int64_t day) {
  TRY(connection.exec(
      "INSERT INTO earlier_domain (account_id, name, domain_id, day)"
      " SELECT account_id, CAST($2 AS TEXT), domain_id, max(day) FROM counter"
      " WHERE account_id = $1 AND domain_id = $3 AND day >= $4 GROUP BY account_id, domain_id"
      " ON CONFLICT (account_id, name, domain_id) DO NOTHING",
      {of.account_id, of.name, of.domain_id, day}));
  return {};
}

Result<std::vector<DomainId>> earlier_domains(sql::Connection& connection, AccountId account,
                                              std::string_view name) {
  auto id = [](sql::Row row) -> Result<DomainId> { return row.id<DomainId>(0); };
  return read_all(TRY(connection.query("SELECT domain_id FROM earlier_domain"
                                       " WHERE account_id = $1 AND name = $2 ORDER BY domain_id",
                                       {account, name})),
                  id);
}

Result<int64_t> purge_earlier_domains_for_operator(sql::Connection& connection, int64_t before) {
  return connection.exec("DELETE FROM earlier_domain WHERE day < $1", {before});
}

Result<> put_provider_block(sql::Connection& connection, const ProviderBlockRow& row) {
  TRY(connection.exec(
      "INSERT INTO provider_block (account_id, provider, until_at, why) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT (account_id, provider) DO UPDATE SET until_at = excluded.until_at,"
      " why = excluded.why",
      {row.account_id, row.provider, row.until, storable(row.why)}));
  return {};
}

Result<std::optional<ProviderBlockRow>> provider_block(sql::Connection& connection,
                                                      AccountId account,
                                                      std::string_view provider) {
  sql::Rows rows = TRY(connection.query("SELECT account_id, provider, until_at, why"
                                        " FROM provider_block WHERE account_id = $1"
                                        " AND provider = $2",
                                        {account, provider}));
  if (rows.empty()) return std::nullopt;
  return TRY(read_block(rows[0]));
}

Result<std::vector<ProviderBlockRow>> provider_blocks(sql::Connection& connection,
                                                      AccountId account, WallTime now) {
  return read_all(
      TRY(connection.query("SELECT account_id, provider, until_at, why FROM provider_block"
                           " WHERE account_id = $1 AND until_at > $2 ORDER BY provider LIMIT 100",
                           {account, now})),
      read_block);
}

Result<int64_t> purge_provider_blocks_for_operator(sql::Connection& connection, WallTime now) {
  return connection.exec("DELETE FROM provider_block WHERE until_at <= $1", {now});
}

}  // namespace ph::store
