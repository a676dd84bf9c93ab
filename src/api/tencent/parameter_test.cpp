#include "api/tencent/parameter.h"

#include <doctest/doctest.h>

using namespace ph;
using namespace ph::tencent;

namespace {

std::string judged(const Parameter& parameter, const char* body) {
  auto outcome = check_parameters({parameter}, *json::parse(body, 4096));
  if (outcome) return "ok";
  return message_of(outcome.error().code, Language::english, outcome.error().parameter);
}

}  // namespace

TEST_CASE("a control character is refused in a line of text, and not in base64 or JSON") {
  for (const char* body : {R"({"A":"a\nb"})", R"({"A":"a\u0000b"})", R"({"A":"a\u2028b"})"})
    CHECK(judged({.name = "A"}, body) == "Parameter A has a control character.");
  CHECK(judged({.name = "A", .kind = Kind::texts, .items = 2}, R"({"A":["x","a\rb"]})") ==
        "Parameter A.1 has a control character.");
  for (Kind kind : {Kind::base64, Kind::json_text}) {
    CHECK(judged({.name = "A", .kind = kind}, R"({"A":"a\nb"})") == "ok");
    CHECK(judged({.name = "A", .kind = kind}, R"({"A":"a\u0000b"})") ==
          "Parameter A has a control character.");
  }
  CHECK(judged({.name = "A", .wrong = Code::incorrect_email}, R"({"A":"a\nb"})") ==
        "The email address A is not valid.");
}
