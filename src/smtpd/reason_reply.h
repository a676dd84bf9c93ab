// Purpose: core's refusals in SMTP's words: one reply for each Reason, complete by -Werror=switch.
// Spec: RFC 5321 §4.2.2, RFC 3463.
#pragma once

#include "core/reason.h"
#include "smtp/reply.h"

namespace ph::smtpd {

smtp::Reply reason_reply(const core::Refusal& refusal);

}  // namespace ph::smtpd
