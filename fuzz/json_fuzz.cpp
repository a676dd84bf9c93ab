// What the parser takes must come back the same through both ways of writing it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "json/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto value = ph::json::parse(text, 1u << 20);
  if (!value) return 0;
  auto compact = ph::json::parse(ph::json::serialize(*value), 16u << 20);
  PH_CHECK(compact && *compact == *value);
  auto pretty = ph::json::parse(ph::json::serialize_pretty(*value), 16u << 20);
  PH_CHECK(pretty && *pretty == *value);
  return 0;
}
