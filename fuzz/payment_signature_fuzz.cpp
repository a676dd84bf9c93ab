// The signature header of a payment provider's call, as anybody may send it: what is read has one
// time and whole digests, and what was signed is right for its own body only.
#include <cstdint>

#include "base/check.h"
#include "base/limits.h"
#include "billing/webhook.h"

using namespace ph;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto read = billing::parse_webhook_signature(text);
  if (read) {
    PH_CHECK(size <= limits::kWebhookSignature && read->at >= 0 && !read->digests.empty());
    for (const std::string& digest : read->digests) PH_CHECK(digest.size() == 32);
  }
  WallTime now = WallTime::from_seconds(1'800'000'000);
  PH_CHECK(!billing::check_webhook("a secret", text, "body", now));
  std::string good = billing::sign_webhook("a secret", now.seconds(), text);
  PH_CHECK(billing::check_webhook("a secret", good, text, now));
  PH_CHECK(!billing::check_webhook("a secret", good, std::string(text) + "x", now));
  return 0;
}
