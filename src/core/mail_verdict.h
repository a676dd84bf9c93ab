// Purpose: what a receiver's checks say of a mail in the sandbox's inbox: DKIM, SPF, DMARC.
// Shapes: results by the names of RFC 8601 §2.7. The DNS is asked now, not when the mail came.
// Errors: temporary: the pool of cryptography is full. A DNS that gives no answer is temperror.
// Threads: a loop; signatures are verified on the pool.
#pragma once

#include <string>
#include <vector>

#include "core/context.h"
#include "core/reason.h"
#include "store/inbox.h"

namespace ph::core {

struct SignatureVerdict {
  std::string domain;
  std::string selector;
  std::string algorithm;
  std::string result;
};

struct MailVerdict {
  std::vector<SignatureVerdict> dkim;  // from the top
  std::string spf = "none";
  std::string dmarc = "none";
};

// `from` is the domain of the one From address; empty: there is none.
net::Task<Outcome<MailVerdict>> judge_mail(Context& context, store::InboxRow row,
                                           std::string content, std::string from);

}  // namespace ph::core
