// Purpose: mail that came in: the sandbox's inbox, and reports to our return paths.
// Shapes: account 0 = no account of ours is known for it. Newest first.
// Errors: not_found.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/content.h"
#include "store/page.h"
#include "store/recipient.h"

namespace ph::store {

class Tx;

struct InboxRow {
  int64_t id = 0;  // Tx::new_id()
  AccountId account_id;
  WallTime received_at;
  std::string mail_from;
  std::string rcpt_to;
  std::string helo;
  std::string tls;
  ContentRef content;
  MessageId message_id;  // 0: none of ours
};

// Copies of our own mails (kOfSystem), whose links are their readers': with them, or without.
enum class SystemMails : uint8_t { hidden, shown };

Result<> insert_inbox(sql::Connection& connection, AccountId account, const InboxRow& row);
Result<InboxRow> inbox_mail(sql::Connection& connection, AccountId account, int64_t id,
                            SystemMails system = SystemMails::hidden);
Result<std::vector<InboxRow>> inbox(sql::Connection& connection, AccountId account, Page page,
                                    SystemMails system = SystemMails::hidden);
Result<InboxRow> inbox_mail_for_operator(sql::Connection& connection, int64_t id);
Result<std::vector<InboxRow>> inbox_for_operator(sql::Connection& connection, Page page);
// Also gives their content back.
Result<int64_t> purge_inbox_for_operator(Tx& tx, WallTime before, int64_t most);

struct InboundRow {
  int64_t id = 0;  // Tx::new_id()
  AccountId account_id;
  WallTime received_at;
  RecipientKey recipient;
  std::string kind;  // feedback's closed list, as its name
  ContentRef content;
};

Result<> insert_inbound(sql::Connection& connection, AccountId account, const InboundRow& row);
Result<std::vector<InboundRow>> inbound(sql::Connection& connection, AccountId account,
                                        Page page);
Result<int64_t> purge_inbound_for_operator(Tx& tx, WallTime before, int64_t most);

}  // namespace ph::store
