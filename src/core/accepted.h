// Purpose: what the accept transaction hands to the queue after its commit, so that a fresh message
//   reaches its window without a read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "store/message.h"
#include "store/recipient.h"

namespace ph::core {

struct Accepted {
  store::MessageRow message;
  std::vector<store::RecipientRow> recipients;
  std::shared_ptr<const std::string> content;  // RFC 5322 bytes, unsigned, CRLF; may be null
};

}  // namespace ph::core
