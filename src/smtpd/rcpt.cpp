#include "smtpd/rcpt.h"

#include "core/recipient.h"
#include "smtpd/reason_reply.h"

namespace ph::smtpd {

smtpio::Answer answer_rcpt(const mime::SmtpPath& path) {
  // Nobody here is called Postmaster without a domain.
  if (path.is_postmaster)
    return smtp::Reply(smtp::kMailboxUnavailable, {5, 1, 1}, "Give the whole address");
  mime::Mailbox mailbox = path.mailbox;
  auto deliverable = core::give_ascii_domain(mailbox);
  if (!deliverable) return reason_reply(deliverable.error());
  return {};
}

}  // namespace ph::smtpd
