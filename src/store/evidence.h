// Purpose: files by which an account shows who it is: rows and queries; the bytes are content.
// Shapes: content is sealed bytes (people/identity.h); size is that of the file itself. A removed
//   file leaves its row without content for a while: uploads are counted by it.
// Errors: not_found, those of content.
// Threads: the store's writer, reads any with a connection.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/content.h"

namespace ph::store {

class Tx;

struct EvidenceRow {
  int64_t id = 0;  // Tx::new_id()
  AccountId account_id;
  std::string filename;
  std::string content_type;
  int64_t size = 0;
  ContentRef content;
  WallTime created_at;
};

Result<> insert_evidence(sql::Connection& connection, const EvidenceRow& row);
Result<EvidenceRow> evidence(sql::Connection& connection, AccountId account, int64_t id);
// Oldest first; at most kEvidenceFiles.
Result<std::vector<EvidenceRow>> evidence_of(sql::Connection& connection, AccountId account);
// Since then, removed ones too.
Result<int64_t> evidence_uploads(sql::Connection& connection, AccountId account, WallTime since);
Result<> remove_evidence(Tx& tx, AccountId account, int64_t id);

struct EvidenceAge {
  WallTime decided_before;  // files of claims that were decided before, and of no claim that old
  WallTime removed_before;  // rows of removed files
};
// At most so many; gives how many rows changed or went.
Result<int64_t> purge_evidence_for_operator(Tx& tx, const EvidenceAge& age, int64_t most);

}  // namespace ph::store
