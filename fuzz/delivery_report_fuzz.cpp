// Any bytes to a return path: judged as one of four kinds, the kept words within their bound.
#include <cstdint>

#include "base/check.h"
#include "base/limits.h"
#include "feedback/reports.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ph;
  auto judged = feedback::judge_report({reinterpret_cast<const char*>(data), size});
  PH_CHECK(judged.kind == "failure" || judged.kind == "delay" || judged.kind == "report" ||
           judged.kind == "reply");
  PH_CHECK(judged.reply.size() <= limits::kReplyKept);
  return 0;
}
