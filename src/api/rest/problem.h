// Purpose: core's refusals in HTTP's words: one status for each Reason, complete by -Werror=switch.
// Spec: RFC 9457, RFC 9110 §15.
#pragma once

#include "core/reason.h"
#include "net/http.h"

namespace ph::rest {

int status_of(core::Reason reason);
const char* status_title(int status);
net::HttpResponse problem(const core::Refusal& refusal);
net::HttpResponse problem_with_status(int status, const core::Refusal& refusal);

}  // namespace ph::rest
