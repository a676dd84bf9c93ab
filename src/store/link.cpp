#include "store/link.h"

#include "store/rows.h"

namespace ph::store {
namespace {

constexpr std::array kKinds = {"confirm", "reset", "invitation", "registration"};
constexpr std::array kEnds = {"", "used", "withdrawn"};

#define FIELDS                                                                            \
  "account_id, kind, email, token_hash, token_sealed, user_id, role, policy, "            \
  "account_name, password_hash, language, invitation_id, created_at, expires_at, "        \
  "ended_at, ended_how"
#define COLUMNS "id, " FIELDS

Result<LinkRow> read(sql::Row row) {
  LinkRow out;
  out.id = row.id<LinkId>(0);
  out.account_id = row.id<AccountId>(1);
  out.kind = TRY(stored(parse_link_kind(row.text(2))));
  out.email = row.text(3);
  out.token_hash = row.blob(4);
  out.token_sealed = row.blob(5);
  out.user_id = row.id<UserId>(6);
  out.role = TRY(stored(parse_role(row.text(7))));
  out.policy = row.text(8);
  out.account_name = row.text(9);
  out.password_hash = row.text(10);
  out.language = row.text(11);
  out.invitation = row.id<LinkId>(12);
  out.created_at = row.time(13);
  out.expires_at = row.time(14);
  out.ended_at = row.time(15);
  out.ended = TRY(stored(parse_enum<LinkEnd>(kEnds, row.text(16), "end")));
  return out;
}

}  // namespace

const char* link_kind_name(LinkKind kind) { return kKinds[static_cast<size_t>(kind)]; }
Result<LinkKind> parse_link_kind(std::string_view name) {
  return parse_enum<LinkKind>(kKinds, name, "kind");
}
const char* link_end_name(LinkEnd end) { return kEnds[static_cast<size_t>(end)]; }

Result<LinkId> insert_link(sql::Connection& connection, const LinkRow& row) {
  return TRY(connection.query(
      "INSERT INTO link (" FIELDS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
      " $13, $14, 0, '') RETURNING id",
      {row.account_id, link_kind_name(row.kind), row.email, sql::Blob{row.token_hash},
       sql::Blob{row.token_sealed}, row.user_id, role_name(row.role), row.policy, row.account_name,
       row.password_hash, row.language, row.invitation, row.created_at, row.expires_at}))[0]
      .id<LinkId>(0);
}

Result<> set_link_sealed(sql::Connection& connection, AccountId account, LinkId id,
                         std::string_view token_sealed) {
  return must_change(
      connection.exec("UPDATE link SET token_sealed = $3 WHERE account_id = $1 AND id = $2",
                      {account, id, sql::Blob{std::string(token_sealed)}}),
      "link");
}

Result<LinkRow> link(sql::Connection& connection, AccountId account, LinkKind kind, LinkId id) {
  return read_one(
      TRY(connection.query("SELECT " COLUMNS
                           " FROM link WHERE account_id = $1 AND kind = $2 AND id = $3",
                           {account, link_kind_name(kind), id})),
      read, "link");
}

Result<std::vector<LinkRow>> links(sql::Connection& connection, AccountId account, LinkKind kind,
                                   Page page) {
  return read_all(
      TRY(connection.query("SELECT " COLUMNS " FROM link WHERE account_id = $1 AND kind = $2"
                           " AND id > $3 ORDER BY id LIMIT $4",
                           {account, link_kind_name(kind), page.after, page.rows()})),
      read);
}

Result<int64_t> open_link_count(sql::Connection& connection, AccountId account, LinkKind kind,
                                WallTime now) {
  return TRY(connection.query("SELECT count(*) FROM link WHERE account_id = $1 AND kind = $2"
                              " AND ended_at = 0 AND expires_at > $3",
                              {account, link_kind_name(kind), now}))[0]
      .integer(0);
}

Result<int64_t> links_made(sql::Connection& connection, AccountId account, LinkKind kind,
                           WallTime since) {
  return TRY(connection.query("SELECT count(*) FROM link WHERE account_id = $1 AND kind = $2"
                              " AND created_at > $3",
                              {account, link_kind_name(kind), since}))[0]
      .integer(0);
}

Result<bool> end_link(sql::Connection& connection, AccountId account, LinkId id, LinkEnd how,
                      WallTime now) {
  return TRY(connection.exec("UPDATE link SET ended_at = $4, ended_how = $3"
                             " WHERE account_id = $1 AND id = $2 AND ended_at = 0",
                             {account, id, link_end_name(how), now})) > 0;
}

Result<LinkRow> link_by_token_for_sign_in(sql::Connection& connection,
                                          std::string_view token_hash) {
  return read_one(TRY(connection.query("SELECT " COLUMNS " FROM link WHERE token_hash = $1",
                                       {sql::Blob{std::string(token_hash)}})),
                  read, "link");
}

Result<int64_t> links_to_for_sign_in(sql::Connection& connection, std::string_view email,
                                     LinkKind kind, WallTime since) {
  return TRY(connection.query(
      "SELECT count(*) FROM link WHERE email = $1 AND kind = $2 AND created_at > $3",
      {email, link_kind_name(kind), since}))[0]
      .integer(0);
}

Result<> end_links_to_for_sign_in(sql::Connection& connection, std::string_view email,
                                  LinkKind kind, WallTime now) {
  TRY(connection.exec("UPDATE link SET ended_at = $3, ended_how = 'withdrawn'"
                      " WHERE email = $1 AND kind = $2 AND ended_at = 0",
                      {email, link_kind_name(kind), now}));
  return {};
}

Result<std::vector<LinkRow>> open_links_for_operator(sql::Connection& connection, WallTime now,
                                                     Page page) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM link WHERE id > $1 AND ended_at = 0"
                                       " AND expires_at > $2 ORDER BY id LIMIT $3",
                                       {page.after, now, page.rows()})),
                  read);
}

Result<int64_t> purge_links_for_operator(sql::Connection& connection, WallTime before,
                                         int64_t most) {
  return connection.exec(
      "DELETE FROM link WHERE id IN (SELECT id FROM link WHERE expires_at <= $1 LIMIT $2)",
      {before, most});
}

}  // namespace ph::store
