// Purpose: what may have changed since a request was judged, and the limits that count: asked in
//   the transaction that accepts, so that no race passes them.
// Threads: the store's writer.
// Errors: account_suspended, domain_not_verified, domain_blocked, address_not_found,
//   mailbox_rate_limit.
// Not here: the steps before (send_steps.cpp).
#pragma once

#include <string>

#include "core/reason.h"
#include "store/sender.h"
#include "store/store.h"

namespace ph::core {

struct SenderNow {
  AccountId account;
  DomainId domain;
  store::SenderFacts facts;
};

// `address` 0: none is needed.
Outcome<SenderNow> sender_still_allowed(store::Tx& tx, AccountId account, DomainId domain,
                                        AddressId address);
// How many more mails the sender domain may send today; INT64_MAX without a limit.
Outcome<int64_t> room_of_today(store::Tx& tx, const SenderNow& sender);
// Refuses when the mailbox got all that it may in an hour, `more` that this transaction is about to
// accept included. Letters of both cases are one mailbox.
Outcome<> mailbox_has_room(store::Tx& tx, const SenderNow& sender, const std::string& address,
                           int64_t more, const std::string& field);

}  // namespace ph::core
