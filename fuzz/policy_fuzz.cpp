// A sub-user's policy as text: what is read is written as it was read, and never lets him do what
// his role does not.
#include <cstdint>

#include "base/check.h"
#include "base/limits.h"
#include "core/policy.h"

using namespace ph;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto policy = core::parse_policy(text);
  if (!policy || *policy == nullptr) return 0;
  PH_CHECK(core::narrows(**policy) && (*policy)->domains.size() <= limits::kPolicyDomains);
  std::string written = core::policy_text(**policy);
  PH_CHECK(written.size() <= limits::kPolicyText);
  auto again = core::parse_policy(written);
  PH_CHECK(again && *again != nullptr && core::policy_text(**again) == written);
  for (core::Role role : {core::Role::owner, core::Role::administrator, core::Role::developer,
                          core::Role::viewer}) {
    core::Actor whole{.account = AccountId(1), .role = role};
    core::Actor narrow = whole;
    narrow.policy = *policy;
    PH_CHECK(core::covers(whole, narrow));
    PH_CHECK(core::covers(narrow, narrow));
  }
  return 0;
}
