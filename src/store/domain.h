// Purpose: sender domains: row and queries.
// Shapes: name is the lower-case A-label form without final dot. At most one account has a name in
//   an owning state (verified, failing, suspended): a unique index holds it. Keys are sealed
//   octets; times 0 = never; check_json is the last check's whole result.
// Errors: conflict (the account has the name; another account owns it), not_found.
// Not here: which transition is allowed (core/).
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph::store {

enum class DomainState : uint8_t { pending, verified, failing, suspended, conflicting, lapsed };
const char* domain_state_name(DomainState state);
Result<DomainState> parse_domain_state(std::string_view name);

struct DomainRow {
  DomainId id;
  AccountId account_id;
  std::string name;
  DomainState state = DomainState::pending;
  std::string selector;
  std::string dkim_key_sealed;
  std::string dkim_public;  // base64 of SubjectPublicKeyInfo, as in the record's p=
  int64_t dkim_bits = 0;
  std::string ed_selector;
  std::string ed_key_sealed;
  std::string ed_public;
  bool ed_found = false;
  std::string return_path_host;  // '' = the domain itself
  WallTime created_at;
  WallTime verified_at;
  WallTime failing_since;
  int64_t absences = 0;
  WallTime last_absence_at;
  WallTime unknown_since;  // since when the DNS has not told, while failing
  WallTime checked_at;
  std::string check_json;
  std::string forced_reason;  // '' = not forced
  std::vector<std::string> tags;  // without line ends
};

Result<DomainId> insert_domain(sql::Connection& connection, const DomainRow& row);
Result<DomainRow> domain(sql::Connection& connection, AccountId account, DomainId id);
Result<DomainRow> domain_by_name(sql::Connection& connection, AccountId account,
                                 std::string_view name);
Result<std::vector<DomainRow>> domains(sql::Connection& connection, AccountId account, Page page);
Result<int64_t> domain_count(sql::Connection& connection, AccountId account);
// Everything but id, account, name, tags and created_at.
Result<> update_domain(sql::Connection& connection, AccountId account, const DomainRow& row);
// By themselves: a check of the domain that ends meanwhile keeps what it found.
Result<> set_domain_tags(sql::Connection& connection, AccountId account, DomainId id,
                         const std::vector<std::string>& tags);
// conflict while addresses exist under it.
Result<> delete_domain(sql::Connection& connection, AccountId account, DomainId id);

// Over all accounts.
Result<DomainRow> domain_owner_for_operator(sql::Connection& connection, std::string_view name);
Result<std::vector<DomainRow>> domain_claims_for_operator(sql::Connection& connection,
                                                          std::string_view name);
Result<std::vector<DomainRow>> domains_for_operator(sql::Connection& connection, Page page);
// Not checked since `before`, oldest check first: the watcher's list.
Result<std::vector<DomainRow>> domains_unchecked_for_operator(sql::Connection& connection,
                                                              WallTime before, Page page);
// By the host of a return path, whose signed local part is verified next.
Result<DomainRow> domain_by_return_path_for_queue(sql::Connection& connection,
                                                  std::string_view host);
Result<DomainRow> domain_for_queue(sql::Connection& connection, DomainId id);

}  // namespace ph::store
