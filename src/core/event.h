// Purpose: the closed list of events that core writes, and the one way to write them: in the
//   transaction of what they tell of.
// Shapes: an event is a type, the account it belongs to, what it is about, and a JSON object.
//   Outcomes of deliveries are written by queue/ with the types below.
#pragma once

#include <string>
#include <string_view>

#include "core/reason.h"
#include "store/event.h"
#include "store/store.h"

namespace ph::core {
namespace event {

inline constexpr const char* kAccountCreated = "account.created";
inline constexpr const char* kAccountActivated = "account.activated";
inline constexpr const char* kAccountSuspended = "account.suspended";  // data: reason
inline constexpr const char* kAccountResumed = "account.resumed";
inline constexpr const char* kIdentitySubmitted = "identity.submitted";
inline constexpr const char* kIdentityDecided = "identity.decided";  // data: state, reason
inline constexpr const char* kPackageEnded = "package.ended";        // data: package, why
inline constexpr const char* kStandingChanged = "billing.standing";  // data: from, to
inline constexpr const char* kLevelChanged = "domain.level";         // data: domain, from, to, why
inline constexpr const char* kDomainBlocked = "domain.blocked";      // data: domain, why
inline constexpr const char* kUnblockAsked = "domain.unblock_asked";  // data: domain, why
inline constexpr const char* kUserCreated = "user.created";
inline constexpr const char* kUserRemoved = "user.removed";
inline constexpr const char* kKeyCreated = "key.created";
inline constexpr const char* kKeyRevoked = "key.revoked";
inline constexpr const char* kDomainCreated = "domain.created";
inline constexpr const char* kDomainState = "domain.state";  // data: from, to, why
inline constexpr const char* kDomainDeleted = "domain.deleted";
inline constexpr const char* kAddressCreated = "address.created";
inline constexpr const char* kAddressDeleted = "address.deleted";
inline constexpr const char* kAddressPassword = "address.password";
inline constexpr const char* kAccepted = "accepted";
inline constexpr const char* kDelivered = "delivered";
inline constexpr const char* kDeferred = "deferred";
inline constexpr const char* kBounced = "bounced";
inline constexpr const char* kExpired = "expired";
inline constexpr const char* kCancelled = "cancelled";
inline constexpr const char* kHeld = "held";          // data: recipients
inline constexpr const char* kReleased = "released";  // data: recipients
inline constexpr const char* kInbound = "inbound";
inline constexpr const char* kBulkCreated = "bulk.created";  // data: bulk, rows
inline constexpr const char* kBulkState = "bulk.state";      // data: bulk, to

}  // namespace event

struct NewEvent {
  AccountId account_id;
  const char* type = "";
  MessageId message_id;
  int32_t idx = 0;
  DomainId domain_id;
  std::string data = "{}";
};

Result<> record_event(store::Tx& tx, const NewEvent& event);

}  // namespace ph::core
