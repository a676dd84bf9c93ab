// Purpose: the Received field that a door puts in front of what it takes.
// Spec: RFC 5321 §4.4. The name a client gave and its address stand there only where the mail comes
//   from another server: a person's address is nobody's business.
#pragma once

#include <string>

#include "base/clock.h"
#include "smtpio/session_shell.h"

namespace ph::smtpd {

enum class Trace : uint8_t { with_client, without_client };

std::string received_field(const smtpio::Client& client, std::string_view hostname, WallTime now,
                           Trace trace);

}  // namespace ph::smtpd
