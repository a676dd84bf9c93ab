#include "core/event.h"

namespace ph::core {

Result<> record_event(store::Tx& tx, const NewEvent& event) {
  store::EventRow row{.id = EventId(tx.new_id()),
                      .account_id = event.account_id,
                      .type = event.type,
                      .at = tx.now(),
                      .message_id = event.message_id,
                      .idx = event.idx,
                      .domain_id = event.domain_id,
                      .data = event.data};
  return store::insert_events(tx, event.account_id, {row});
}

}  // namespace ph::core
