#include "json/json.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/limits.h"

namespace ph::json {
namespace {

constexpr size_t kMost = 1u << 20;

std::string round_trip(std::string_view text) {
  auto value = parse(text, kMost);
  REQUIRE_MESSAGE(value.has_value(), text);
  return serialize(*value);
}

TEST_CASE("values keep their kind, order and exact integers through parse and serialize") {
  const char* texts[] = {
      "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808",
      "\"\"", "[]", "{}", R"({"b":1,"a":[1,2.5,"x",null,{"c":{}}]})", "1.5", "-0.25", "3.0"};
  for (const char* text : texts) CHECK(round_trip(text) == text);
  CHECK(round_trip(" [ 1 , 2 ] ") == "[1,2]");
  CHECK(round_trip(R"("\u00e9\ud83d\ude00\n\"\\\/\u0000")") == "\"é😀\\n\\\"\\\\/\\u0000\"");
  CHECK(parse("0.1", kMost)->as_double() == 0.1);
  CHECK(parse("1e-999", kMost)->as_double() == 0);
  CHECK(parse("2.2250738585072011e-308", kMost)->as_double() == 2.2250738585072011e-308);
}

TEST_CASE("documents that are no strict JSON are refused") {
  const char* texts[] = {
      "", " ", "[1,]", "{\"a\":1,}", "{a:1}", "'a'", "01", "+1", ".5", "1.", "NaN", "Infinity",
      "[1] 2", "nul", "\"\n\"", "\"\x01\"", "\"\\x\"", "\"\\ud800\"", "\"\\udc00\\ud800\"",
      "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\xef\xbb\xbf{}",
      "// x\n1", "/**/1", "[1", "{\"a\"", "{\"a\":}", "\"abc", "[1}", "\f1"};
  for (const char* text : texts) {
    auto value = parse(text, kMost);
    CHECK_MESSAGE(!value.has_value(), text);
    if (!value) CHECK(value.error().code == Errc::invalid);
  }
  CHECK(!parse(std::string_view("1\0", 2), kMost));
}

TEST_CASE("repeated names are refused at every level, and equal names in different objects not") {
  CHECK(!parse(R"({"a":1,"a":1})", kMost));
  CHECK(!parse(R"([{"x":{"b":1,"c":2,"\u0062":3}}])", kMost));
  CHECK(parse(R"([{"a":1},{"a":2}])", kMost).has_value());
}

TEST_CASE("numbers that do not fit are refused, never rounded") {
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "18446744073709551616",
                           "99999999999999999999999999", "1e309", "-1e400"})
    CHECK_MESSAGE(!parse(text, kMost).has_value(), text);
}

TEST_CASE("size, depth and number of values have limits") {
  CHECK(parse("[1,2]", 5).has_value());
  CHECK(parse("[1,2]", 4).error().code == Errc::limit);
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(parse(nested(limits::kJsonDepth), kMost).has_value());
  CHECK(parse(nested(limits::kJsonDepth + 1), kMost).error().code == Errc::limit);
  CHECK(!parse(std::string(100'000, '['), kMost));
  std::string many = "[";
  for (size_t i = 1; i < limits::kJsonValues - 1; ++i) many += "1,";
  CHECK(parse(many + "1]", kMost).has_value());
  CHECK(parse(many + "1,1]", kMost).error().code == Errc::limit);
}

TEST_CASE("values are built and read") {
  Value value = Value::object({{"to", Value::array({"a", "b"})}, {"n", 3}, {"ok", true}});
  value.set("n", 4).set("more", Value::object());
  CHECK(serialize(value) == R"({"to":["a","b"],"n":4,"ok":true,"more":{}})");
  CHECK(serialize_pretty(value) ==
        "{\n  \"to\": [\n    \"a\",\n    \"b\"\n  ],\n  \"n\": 4,\n  \"ok\": true,\n"
        "  \"more\": {}\n}\n");
  CHECK(value.find("n")->as_int() == 4);
  CHECK(value.find("absent") == nullptr);
  CHECK(*parse(serialize(value), kMost) == value);
  CHECK(serialize(Value("a\xff")) == "\"a\\ufffd\"");
}

TEST_CASE("a reader's errors name the field") {
  auto document =
      parse(R"({"to":[{"email":"a@b"},{"email":7}],"n":5,"s":"abc","z":null})", kMost);
  REQUIRE(document.has_value());
  Reader reader(*document);
  auto items = reader.at("to")->items(10);
  REQUIRE(items.has_value());
  CHECK(*(*items)[0].at("email")->string(10) == "a@b");
  auto wrong = (*items)[1].at("email")->string(10);
  CHECK(wrong.error().field == "to[1].email");
  CHECK(wrong.error().message == "must be a string, not an integer");
  CHECK(reader.at("subject").error().field == "subject");
  CHECK(reader.at("to")->items(1).error().code == Errc::limit);
  CHECK(reader.at("s")->string(2).error().code == Errc::limit);
  CHECK(reader.at("n")->integer(1, 4).error().field == "n");
  CHECK(*reader.at("n")->integer(1, 5) == 5);
  CHECK(!reader.at("n")->boolean());
  CHECK(!reader.maybe("z")->has_value());
  CHECK(!reader.maybe("absent")->has_value());
  CHECK((*items)[0].only({"name"}).error().field == "to[0].email");
  CHECK(reader.only({"to", "n", "s", "z"}).has_value());
  CHECK(!reader.at("n")->at("deeper"));
}

std::filesystem::path suite() {
  const char* given = std::getenv("POSTHOUSE_SUITES");
  std::filesystem::path here = given != nullptr ? given : "../shared/suites";
  return here / "json-nst" / "test_parsing";
}

TEST_CASE("the public JSON parsing suite: what must be accepted is, what must be refused is") {
  if (!std::filesystem::is_directory(suite())) {
    MESSAGE("SKIPPED: no JSON suite at " << suite().string());
    return;
  }
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(suite())) {
    std::string name = entry.path().filename().string();
    std::stringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    auto value = parse(bytes.str(), kMost);
    // RFC 7493 §2.3: we refuse repeated names, which RFC 8259 only discourages.
    bool repeated = name.starts_with("y_object_duplicated_key");
    if (name.starts_with("y_")) CHECK_MESSAGE(value.has_value() != repeated, name);
    if (name.starts_with("n_")) CHECK_MESSAGE(!value.has_value(), name);
    if (value) CHECK_MESSAGE(*parse(serialize(*value), kMost) == *value, name);
    ++files;
  }
  CHECK(files >= 90);
}

}  // namespace
}  // namespace ph::json
