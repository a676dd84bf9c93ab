#include "api/tencent/tencent_fixture_test.h"

using namespace ph;
using namespace ph::tencent_test;

namespace {

size_t places(std::string_view text) {
  size_t count = 0;
  for (size_t at = text.find("{}"); at != text.npos; at = text.find("{}", at + 2)) ++count;
  return count;
}

// What any action may answer, and what SendEmail and its kin document.
const std::set<std::string_view> kGateway = {"AuthFailure.InvalidAuthorization",
                                             "AuthFailure.SecretIdNotFound",
                                             "AuthFailure.SignatureExpire",
                                             "AuthFailure.SignatureFailure",
                                             "AuthFailure.TokenFailure",
                                             "AuthFailure.UnauthorizedOperation",
                                             "InternalError",
                                             "InvalidAction",
                                             "InvalidParameter",
                                             "InvalidParameterValue",
                                             "InvalidRequest",
                                             "MissingParameter",
                                             "NoSuchVersion",
                                             "OperationDenied",
                                             "RequestLimitExceeded",
                                             "RequestSizeLimitExceeded",
                                             "ResourceUnavailable",
                                             "UnknownParameter",
                                             "UnsupportedOperation",
                                             "UnsupportedProtocol",
                                             "UnsupportedRegion"};

}  // namespace

TEST_CASE("both catalogues are complete and say the same") {
  std::set<std::string_view> chinese, english;
  for (const CodeRow& row : all_codes()) {
    INFO(row.wire);
    CHECK(has_chinese(row.chinese));
    CHECK(is_ascii(row.english));
    CHECK(is_utf8(row.chinese));
    CHECK(row.chinese.ends_with("。"));
    CHECK(row.english.ends_with("."));
    CHECK(places(row.chinese) <= 1);
    CHECK(places(row.chinese) == places(row.english));
    chinese.insert(row.chinese);
    english.insert(row.english);
    CHECK(message_of(row.code, Language::english, "{}x").contains("{}x") ==
          (places(row.english) == 1));
  }
  CHECK(chinese.size() == english.size());
  CHECK(all_codes().size() >= chinese.size());
}

TEST_CASE("every code is one that the original has") {
  for (const CodeRow& row : all_codes()) {
    INFO(row.wire);
    if (kGateway.contains(row.wire)) continue;
    size_t dot = row.wire.find('.');
    REQUIRE(dot != row.wire.npos);
    const std::set<std::string_view> families{"FailedOperation", "InvalidParameterValue",
                                              "OperationDenied"};
    CHECK(families.contains(row.wire.substr(0, dot)));
  }
}

TEST_CASE("every code belongs to an action or to all of them") {
  for (const CodeRow& row : all_codes()) {
    INFO(row.wire, " ", row.english);
    auto gives = [&](const Action* action) {
      return std::ranges::find(action->codes, row.code) != action->codes.end();
    };
    bool general = std::ranges::find(general_codes(), row.code) != general_codes().end();
    bool given = std::ranges::any_of(all_actions(), gives);
    CHECK((general || given || row.code == Code::invalid_action));
  }
}

TEST_CASE("what a stranger wrote is short and plain in a message") {
  CHECK(printable("Send\r\nEmail\x7f\xc3\xa9", 64) == "Send??Email???");
  CHECK(printable("abcdef", 3) == "abc");
}
