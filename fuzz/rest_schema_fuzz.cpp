// Any path and any body through the route table: what a schema lets through has only members that
// it knows, and what it refuses says why in JSON.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/rest/problem.h"
#include "api/rest/table.h"
#include "base/check.h"
#include "json/json.h"

namespace {

void judge(const ph::rest::Schema& schema, const ph::json::Value& body) {
  auto outcome = ph::rest::check_body(schema, body);
  if (!outcome) {
    auto response = ph::rest::problem(outcome.error());
    PH_CHECK(response.status >= 400 && response.status < 500);
    PH_CHECK(ph::json::parse(response.body, 16u << 20).has_value());
    return;
  }
  for (const ph::json::Member& member : body.as_object())
    PH_CHECK(std::ranges::count(schema.fields, member.name, &ph::rest::Field::name) == 1);
}

}  // namespace

// The first line is the path, the rest the body.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string_view path = text.substr(0, text.find('\n'));
  ph::rest::Match match = ph::rest::find_route("GET", path);
  PH_CHECK(match.route == nullptr || !match.methods.empty());
  text.remove_prefix(std::min(size, path.size() + 1));
  auto body = ph::json::parse(text, 1u << 20);
  if (!body) return 0;
  for (const ph::rest::Route* route : ph::rest::all_routes())
    if (route->request != nullptr) judge(*route->request, *body);
  return 0;
}
