#include "store/domain.h"

#include "base/text.h"
#include "store/rows.h"

namespace ph::store {
namespace {

constexpr std::array kStates = {"pending",   "verified",    "failing",
                                "suspended", "conflicting", "lapsed"};

#define COLUMNS                                                                              \
  "id, account_id, name, state, selector, dkim_key_sealed, dkim_public, dkim_bits, "         \
  "ed_selector, ed_key_sealed, ed_public, ed_found, return_path_host, created_at, "          \
  "verified_at, failing_since, absences, last_absence_at, checked_at, check_json, "          \
  "forced_reason, unknown_since, tags"

// The states in which an account owns a name: as in the unique index domain_owner.
#define OWNING "state IN ('verified', 'failing', 'suspended')"

std::string lines_of(const std::vector<std::string>& tags) {
  std::string out;
  for (const std::string& tag : tags) out += (out.empty() ? "" : "\n") + tag;
  return out;
}

std::vector<std::string> tags_of(const std::string& lines) {
  std::vector<std::string> out;
  if (lines.empty()) return out;
  for (std::string_view tag : split(lines, '\n')) out.emplace_back(tag);
  return out;
}

Result<DomainRow> read(sql::Row row) {
  DomainRow out;
  out.id = row.id<DomainId>(0);
  out.account_id = row.id<AccountId>(1);
  out.name = row.text(2);
  out.state = TRY(stored(parse_domain_state(row.text(3))));
  out.selector = row.text(4);
  out.dkim_key_sealed = row.blob(5);
  out.dkim_public = row.text(6);
  out.dkim_bits = row.integer(7);
  out.ed_selector = row.text(8);
  out.ed_key_sealed = row.blob(9);
  out.ed_public = row.text(10);
  out.ed_found = row.flag(11);
  out.return_path_host = row.text(12);
  out.created_at = row.time(13);
  out.verified_at = row.time(14);
  out.failing_since = row.time(15);
  out.absences = row.integer(16);
  out.last_absence_at = row.time(17);
  out.checked_at = row.time(18);
  out.check_json = row.text(19);
  out.forced_reason = row.text(20);
  out.unknown_since = row.time(21);
  out.tags = tags_of(row.text(22));
  return out;
}

sql::Params params_of(const DomainRow& row, AccountId account) {
  return {account,
          row.id,
          domain_state_name(row.state),
          row.selector,
          sql::Blob{row.dkim_key_sealed},
          row.dkim_public,
          row.dkim_bits,
          row.ed_selector,
          sql::Blob{row.ed_key_sealed},
          row.ed_public,
          row.ed_found,
          row.return_path_host,
          row.verified_at,
          row.failing_since,
          row.absences,
          row.last_absence_at,
          row.checked_at,
          row.check_json,
          row.forced_reason,
          row.unknown_since};
}

}  // namespace

const char* domain_state_name(DomainState state) { return kStates[static_cast<size_t>(state)]; }
Result<DomainState> parse_domain_state(std::string_view name) {
  return parse_enum<DomainState>(kStates, name, "state");
}

Result<DomainId> insert_domain(sql::Connection& connection, const DomainRow& row) {
  sql::Params params = params_of(row, row.account_id);
  // An insert has no id yet; its place is the name's.
  params[1] = row.name;
  params.emplace_back(lines_of(row.tags));
  params.emplace_back(row.created_at);
  auto made = say_conflict(
      connection.query(
          "INSERT INTO domain (account_id, name, state, selector, dkim_key_sealed, dkim_public,"
          " dkim_bits, ed_selector, ed_key_sealed, ed_public, ed_found, return_path_host,"
          " verified_at, failing_since, absences, last_absence_at, checked_at, check_json,"
          " forced_reason, unknown_since, tags, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8,"
          " $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) RETURNING id",
          params),
      "this domain exists in the account, or another account owns it", "domain");
  return TRY(std::move(made))[0].id<DomainId>(0);
}

Result<DomainRow> domain(sql::Connection& connection, AccountId account, DomainId id) {
  return read_one(TRY(connection.query("SELECT " COLUMNS
                                       " FROM domain WHERE account_id = $1 AND id = $2",
                                       {account, id})),
                  read, "domain");
}

Result<DomainRow> domain_by_name(sql::Connection& connection, AccountId account,
                                 std::string_view name) {
  return read_one(TRY(connection.query("SELECT " COLUMNS
                                       " FROM domain WHERE account_id = $1 AND name = $2",
                                       {account, name})),
                  read, "domain");
}

Result<std::vector<DomainRow>> domains(sql::Connection& connection, AccountId account, Page page) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM domain WHERE account_id = $1"
                                       " AND id > $2 ORDER BY id LIMIT $3",
                                       {account, page.after, page.rows()})),
                  read);
}

Result<int64_t> domain_count(sql::Connection& connection, AccountId account) {
  return TRY(connection.query("SELECT count(*) FROM domain WHERE account_id = $1", {account}))[0]
      .integer(0);
}

Result<> update_domain(sql::Connection& connection, AccountId account, const DomainRow& row) {
  return must_change(
      say_conflict(
          connection.exec(
              "UPDATE domain SET state = $3, selector = $4, dkim_key_sealed = $5,"
              " dkim_public = $6, dkim_bits = $7, ed_selector = $8, ed_key_sealed = $9,"
              " ed_public = $10, ed_found = $11, return_path_host = $12, verified_at = $13,"
              " failing_since = $14, absences = $15, last_absence_at = $16, checked_at = $17,"
              " check_json = $18, forced_reason = $19, unknown_since = $20"
              " WHERE account_id = $1 AND id = $2",
              params_of(row, account)),
          "another account owns this domain", "domain"),
      "domain");
}

Result<> set_domain_tags(sql::Connection& connection, AccountId account, DomainId id,
                         const std::vector<std::string>& tags) {
  return must_change(connection.exec("UPDATE domain SET tags = $3"
                                     " WHERE account_id = $1 AND id = $2",
                                     {account, id, lines_of(tags)}),
                     "domain");
}

Result<> delete_domain(sql::Connection& connection, AccountId account, DomainId id) {
  return must_change(
      say_conflict(connection.exec("DELETE FROM domain WHERE account_id = $1 AND id = $2",
                                   {account, id}),
                   "the domain has sender addresses: delete them first", "domain"),
      "domain");
}

Result<DomainRow> domain_owner_for_operator(sql::Connection& connection, std::string_view name) {
  return read_one(
      TRY(connection.query("SELECT " COLUMNS " FROM domain WHERE name = $1 AND " OWNING, {name})),
      read, "domain");
}

Result<std::vector<DomainRow>> domain_claims_for_operator(sql::Connection& connection,
                                                          std::string_view name) {
  return read_all(
      TRY(connection.query("SELECT " COLUMNS " FROM domain WHERE name = $1 ORDER BY id", {name})),
      read);
}

Result<std::vector<DomainRow>> domains_for_operator(sql::Connection& connection, Page page) {
  return read_all(
      TRY(connection.query("SELECT " COLUMNS " FROM domain WHERE id > $1 ORDER BY id LIMIT $2",
                           {page.after, page.rows()})),
      read);
}

Result<std::vector<DomainRow>> domains_unchecked_for_operator(sql::Connection& connection,
                                                              WallTime before, Page page) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM domain WHERE checked_at < $1"
                                       " ORDER BY checked_at, id LIMIT $2",
                                       {before, page.rows()})),
                  read);
}

Result<DomainRow> domain_by_return_path_for_queue(sql::Connection& connection,
                                                  std::string_view host) {
  sql::Rows rows = TRY(connection.query(
      "SELECT " COLUMNS " FROM domain WHERE name = $1 AND return_path_host = '' AND " OWNING,
      {host}));
  if (rows.empty())
    rows = TRY(connection.query(
        "SELECT " COLUMNS " FROM domain WHERE return_path_host = $1 AND return_path_host <> ''"
        " AND " OWNING " ORDER BY id LIMIT 1",
        {host}));
  return read_one(rows, read, "return path");
}

Result<DomainRow> domain_for_queue(sql::Connection& connection, DomainId id) {
  return read_one(TRY(connection.query("SELECT " COLUMNS " FROM domain WHERE id = $1", {id})),
                  read, "domain");
}

}  // namespace ph::store
