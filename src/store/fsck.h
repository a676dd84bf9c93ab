// Purpose: `posthouse fsck`: whether rows and content say the same.
// Shapes: a finding names the table and row in one sentence. None: all is well.
// Threads: blocking; any but a loop's.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace ph::store {

enum class FindingKind : uint8_t {
  recipient_state,    // no known state, or not exactly the message's number of recipients
  counter,            // not equal to its recount
  orphan_row,         // a row whose message or account is gone
  content_missing,    // a row wants content that is not there or fails its checksum
  content_orphan,     // content that no row wants
  usage,              // mails counted otherwise than accepted, or sums that are not their movements
  money,              // an entry or a balance that does not add up
  bulk_job,           // a job whose cursor, counts and messages do not agree
};

struct Finding {
  FindingKind kind;
  std::string what;
};

Result<std::vector<Finding>> fsck(Store& store);

}  // namespace ph::store
