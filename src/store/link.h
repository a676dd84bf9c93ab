// Purpose: links that a mail or the operator gives to a person: confirmations of a registration,
//   password resets, invitations.
// Shapes: token_hash is SHA-256 (32 octets) of what the link says; token_sealed is the same sealed,
//   for who hands the link out. A link is good once, until it expires or was ended. account 0: of
//   no account (a registration, an invitation of the operator, an operator's reset).
// Errors: not_found.
// Threads: any with a connection.
// Not here: what a link does (people/).
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"
#include "store/user.h"

namespace ph::store {

using LinkId = StrongId<struct LinkTag>;

enum class LinkKind : uint8_t { confirm, reset, invitation, registration };
const char* link_kind_name(LinkKind kind);
Result<LinkKind> parse_link_kind(std::string_view name);

enum class LinkEnd : uint8_t { open, used, withdrawn };
const char* link_end_name(LinkEnd end);

struct LinkRow {
  LinkId id;
  AccountId account_id;
  LinkKind kind = LinkKind::confirm;
  std::string email;
  std::string token_hash;
  std::string token_sealed;
  UserId user_id;                // whose password a reset sets; who invited, 0: the control socket
  Role role = Role::owner;       // of who is invited
  std::string policy;            // the same
  std::string account_name;      // of an account to be made
  std::string password_hash;     // of a registration
  std::string language;
  LinkId invitation;             // by which a registration came; 0: none
  WallTime created_at;
  WallTime expires_at;
  WallTime ended_at;
  LinkEnd ended = LinkEnd::open;
};

Result<LinkId> insert_link(sql::Connection& connection, const LinkRow& row);
// The sealing names the row: sealed after the id is known.
Result<> set_link_sealed(sql::Connection& connection, AccountId account, LinkId id,
                         std::string_view token_sealed);
Result<LinkRow> link(sql::Connection& connection, AccountId account, LinkKind kind, LinkId id);
// Ended and expired ones too.
Result<std::vector<LinkRow>> links(sql::Connection& connection, AccountId account, LinkKind kind,
                                   Page page);
Result<int64_t> open_link_count(sql::Connection& connection, AccountId account, LinkKind kind,
                                WallTime now);
// Made since then, ended ones too.
Result<int64_t> links_made(sql::Connection& connection, AccountId account, LinkKind kind,
                           WallTime since);
// Gives false for one that has ended already.
Result<bool> end_link(sql::Connection& connection, AccountId account, LinkId id, LinkEnd how,
                      WallTime now);

// Before the account is known.
Result<LinkRow> link_by_token_for_sign_in(sql::Connection& connection, std::string_view token_hash);
// Of this kind, to this address, made since then.
Result<int64_t> links_to_for_sign_in(sql::Connection& connection, std::string_view email,
                                     LinkKind kind, WallTime since);
// Other links of the same kind to that address end with the one that was used.
Result<> end_links_to_for_sign_in(sql::Connection& connection, std::string_view email,
                                  LinkKind kind, WallTime now);
// All that are open, of every account.
Result<std::vector<LinkRow>> open_links_for_operator(sql::Connection& connection, WallTime now,
                                                     Page page);
// At most so many that expired before then; gives how many.
Result<int64_t> purge_links_for_operator(sql::Connection& connection, WallTime before,
                                         int64_t most);

}  // namespace ph::store
