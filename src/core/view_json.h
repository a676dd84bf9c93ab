// Purpose: the product's things as JSON, in one shape for REST, the command line and the console.
// Shapes: ids are numbers for rows that count up, text (base/id_source.h) for messages and events;
//   times are ISO 8601 UTC; null where there is none. Secrets are never in a view.
// Threads: pure.
#pragma once

#include "core/account.h"
#include "core/domain.h"
#include "core/key.h"
#include "core/message.h"
#include "core/user.h"
#include "json/json.h"

namespace ph::core {

json::Value account_json(const store::AccountRow& row);
json::Value user_json(const store::UserRow& row);
json::Value key_json(const store::ApiKeyRow& row);
// A key just made, with what is shown once: {"token"} or {"secret_id", "secret_key"} beside it.
json::Value made_key_json(const MadeKey& key);
json::Value domain_json(const DomainView& view);
json::Value address_json(const store::AddressRow& row);
json::Value message_json(const store::MessageRow& row);
json::Value listed_message_json(const ListedMessage& listed);  // with "state"
// {"id","state","recipients":[{"address","state","cause","reply","attempts"}],…}
json::Value message_view_json(const MessageView& view);
json::Value event_json(const store::EventRow& row);
json::Value inbox_json(const store::InboxRow& row);
json::Value inbox_mail_json(const Messages::InboxMail& mail);  // with "content", the raw message

// null for 0.
json::Value time_json(WallTime t);

}  // namespace ph::core
