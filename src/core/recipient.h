// Purpose: whether mail can go to an address at all, by its form: one rule for the doors, which ask
//   at RCPT, and for the steps of sending.
// Threads: any.
// Errors: bad_recipient with the rule that is broken. Nothing is looked up.
// Spec: RFC 5321 §2.3.5, RFC 6531 §3.2, RFC 5891.
#pragma once

#include <string>

#include "core/reason.h"
#include "mime/address.h"

namespace ph::core {

// Refuses '<' and '>' in the local part: a receiver that reads quotes carelessly ends the path
// there and takes the rest for parameters. Puts the domain into A-labels; a literal stays as it is.
Outcome<> give_ascii_domain(mime::Mailbox& mailbox, std::string field = {});

}  // namespace ph::core
