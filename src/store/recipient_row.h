// Purpose: the columns of table recipient in the order in which read_recipient() takes them.
// Not here: anything for other folders; they include recipient.h.
#pragma once

#include "store/recipient.h"

#define RECIPIENT_COLUMNS                                                          \
  "message_id, idx, account_id, shard, address, domain, state, cause, next_at, "   \
  "expires_at, attempts, epoch, reply, token_key, updated_at, copies"

namespace ph::store {

Result<RecipientRow> read_recipient(sql::Row row);

}  // namespace ph::store
