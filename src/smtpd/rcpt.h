// Purpose: what our clients' doors answer to RCPT: refused is what no mail can be delivered to, so
//   that the other recipients of the message go on.
// Threads: any.
// Spec: RFC 5321 §3.3.
#pragma once

#include "mime/address.h"
#include "smtpio/session_shell.h"

namespace ph::smtpd {

smtpio::Answer answer_rcpt(const mime::SmtpPath& path);

}  // namespace ph::smtpd
