#include "store/inbox.h"

#include "store/message.h"
#include "store/rows.h"
#include "store/store.h"

namespace ph::store {
namespace {

#define INBOX_COLUMNS                                                              \
  "id, account_id, received_at, mail_from, rcpt_to, helo, tls, content_segment, "  \
  "content_offset, content_length, message_id"
#define INBOUND_COLUMNS                                                       \
  "id, account_id, received_at, message_id, idx, kind, content_segment, "     \
  "content_offset, content_length"

// Of what is hidden; 0 hides nothing.
int64_t hidden_flag(SystemMails system) {
  return system == SystemMails::hidden ? int64_t{kOfSystem} : 0;
}

Result<InboxRow> read_inbox(sql::Row row) {
  return InboxRow{.id = row.integer(0),
                  .account_id = row.id<AccountId>(1),
                  .received_at = row.time(2),
                  .mail_from = row.text(3),
                  .rcpt_to = row.text(4),
                  .helo = row.text(5),
                  .tls = row.text(6),
                  .content = {row.integer(7), row.integer(8), row.integer(9)},
                  .message_id = row.id<MessageId>(10)};
}

Result<InboundRow> read_inbound(sql::Row row) {
  return InboundRow{.id = row.integer(0),
                    .account_id = row.id<AccountId>(1),
                    .received_at = row.time(2),
                    .recipient = {row.id<MessageId>(3), static_cast<int32_t>(row.integer(4))},
                    .kind = row.text(5),
                    .content = {row.integer(6), row.integer(7), row.integer(8)}};
}

// What a purge needs of either table: id and content.
Result<int64_t> purge(Tx& tx, const sql::Rows& old, std::string_view remove) {
  std::vector<sql::Params> ids;
  for (sql::Row row : old) {
    ids.push_back({row.integer(0)});
    TRY(tx.release_content({row.integer(1), row.integer(2), row.integer(3)}));
  }
  TRY(tx.sql().exec_many(remove, ids));
  return static_cast<int64_t>(old.size());
}

}  // namespace

Result<> insert_inbox(sql::Connection& connection, AccountId account, const InboxRow& row) {
  PH_CHECK(row.id != 0);
  TRY(connection.exec("INSERT INTO inbox (" INBOX_COLUMNS
                      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                      {row.id, account, row.received_at, storable(row.mail_from),
                       storable(row.rcpt_to), storable(row.helo), storable(row.tls),
                       row.content.segment, row.content.offset, row.content.length,
                       row.message_id}));
  return {};
}

Result<InboxRow> inbox_mail(sql::Connection& connection, AccountId account, int64_t id,
                            SystemMails system) {
  return read_one(
      TRY(connection.query("SELECT " INBOX_COLUMNS
                           " FROM inbox WHERE id = $1 AND account_id = $2"
                           " AND NOT EXISTS (SELECT 1 FROM message m WHERE m.account_id = $2"
                           " AND m.id = inbox.message_id AND (m.flags & $3) <> 0)",
                           {id, account, hidden_flag(system)})),
      read_inbox, "mail");
}

Result<std::vector<InboxRow>> inbox(sql::Connection& connection, AccountId account, Page page,
                                    SystemMails system) {
  return read_all(
      TRY(connection.query("SELECT " INBOX_COLUMNS " FROM inbox WHERE account_id = $1"
                           " AND id < $2"
                           " AND NOT EXISTS (SELECT 1 FROM message m WHERE m.account_id = $1"
                           " AND m.id = inbox.message_id AND (m.flags & $4) <> 0)"
                           " ORDER BY id DESC LIMIT $3",
                           {account, page.before(), page.rows(), hidden_flag(system)})),
      read_inbox);
}

Result<InboxRow> inbox_mail_for_operator(sql::Connection& connection, int64_t id) {
  return read_one(
      TRY(connection.query("SELECT " INBOX_COLUMNS " FROM inbox WHERE id = $1", {id})),
      read_inbox, "mail");
}

Result<std::vector<InboxRow>> inbox_for_operator(sql::Connection& connection, Page page) {
  return read_all(TRY(connection.query("SELECT " INBOX_COLUMNS
                                       " FROM inbox WHERE id < $1 ORDER BY id DESC LIMIT $2",
                                       {page.before(), page.rows()})),
                  read_inbox);
}

Result<int64_t> purge_inbox_for_operator(Tx& tx, WallTime before, int64_t most) {
  return purge(tx,
               TRY(tx.sql().query("SELECT id, content_segment, content_offset, content_length"
                                  " FROM inbox WHERE received_at < $1 ORDER BY received_at"
                                  " LIMIT $2",
                                  {before, most})),
               "DELETE FROM inbox WHERE id = $1");
}

Result<> insert_inbound(sql::Connection& connection, AccountId account, const InboundRow& row) {
  PH_CHECK(row.id != 0);
  TRY(connection.exec("INSERT INTO inbound (" INBOUND_COLUMNS
                      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                      {row.id, account, row.received_at, row.recipient.message_id,
                       row.recipient.idx, row.kind, row.content.segment, row.content.offset,
                       row.content.length}));
  return {};
}

Result<std::vector<InboundRow>> inbound(sql::Connection& connection, AccountId account,
                                        Page page) {
  return read_all(TRY(connection.query("SELECT " INBOUND_COLUMNS
                                       " FROM inbound WHERE account_id = $1 AND id < $2"
                                       " ORDER BY id DESC LIMIT $3",
                                       {account, page.before(), page.rows()})),
                  read_inbound);
}

Result<int64_t> purge_inbound_for_operator(Tx& tx, WallTime before, int64_t most) {
  return purge(
      tx,
      TRY(tx.sql().query("SELECT id, content_segment, content_offset, content_length"
                         " FROM inbound WHERE received_at < $1 ORDER BY received_at LIMIT $2",
                         {before, most})),
      "DELETE FROM inbound WHERE id = $1");
}

}  // namespace ph::store
