#include "httpauth/tc3.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "httpauth/tc3_signer_test.h"

using namespace ph;
using namespace ph::httpauth;

namespace {

constexpr std::string_view kSecretId = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
constexpr std::string_view kSecret = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

net::HttpRequest request_of(std::string method, std::string query, std::string body,
                            std::vector<net::HttpHeader> headers) {
  net::HttpRequest out;
  out.method = std::move(method);
  out.path = "/";
  out.query = std::move(query);
  out.target = out.query.empty() ? "/" : "/?" + out.query;
  out.headers = std::move(headers);
  out.body = std::move(body);
  return out;
}

std::string authorization(std::string_view scope, std::string_view names,
                          std::string_view signature) {
  return fmt::format("TC3-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}", kSecretId,
                     scope, names, signature);
}

// The examples of Tencent Cloud's API documents.
net::HttpRequest published_post() {
  return request_of(
      "POST", "",
      R"({"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]})",
      {{"Content-Type", "application/json; charset=utf-8"},
       {"Host", "cvm.tencentcloudapi.com"},
       {"X-TC-Action", "DescribeInstances"},
       {"X-TC-Timestamp", "1551113065"},
       {"Authorization",
        authorization("2019-02-25/cvm/tc3_request", "content-type;host",
                      "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168")}});
}

net::HttpRequest published_get() {
  return request_of(
      "GET", "Limit=10&Offset=0", "",
      {{"content-type", "application/x-www-form-urlencoded"},
       {"host", "cvm.tencentcloudapi.com"},
       {"x-tc-timestamp", "1539084154"},
       {"authorization",
        authorization("2018-10-09/cvm/tc3_request", "content-type;host",
                      "5da7a33f6993f0614b047e5df4582db9e9bf4672ba50567dba16c6ccf174c474")}});
}

net::HttpRequest send_email() {
  return request_of("POST", "", R"({"FromEmailAddress":"a@b.example","Subject":"s"})",
                    {{"X-TC-TraceId", "7e9cf1f6-49b0-4b7a-8ab5-1b1ba7f1a0d1"},
                     {"Host", "127.0.0.1:8080"},
                     {"X-TC-Action", "SendEmail"},
                     {"X-TC-Timestamp", "1790000000"},
                     {"X-TC-Version", "2020-10-02"},
                     {"Content-Type", "application/json"}});
}

std::string& value_of(net::HttpRequest& request, std::string_view name) {
  for (net::HttpHeader& header : request.headers)
    if (iequals(header.name, name)) return header.value;
  return request.headers.emplace_back(net::HttpHeader{std::string(name), ""}).value;
}

void remove(net::HttpRequest& request, std::string_view name) {
  std::erase_if(request.headers, [&](const auto& h) { return iequals(h.name, name); });
}

bool accepted(const net::HttpRequest& request, std::string_view secret = kSecret) {
  auto claim = read_tc3(request);
  return claim && matches(request, *claim, secret);
}

Tc3Fault fault_of(const net::HttpRequest& request) {
  auto claim = read_tc3(request);
  REQUIRE_FALSE(claim);
  return claim.error();
}

net::HttpRequest signed_request(Tc3Signer how = {}) {
  net::HttpRequest request = send_email();
  sign_tc3(request, kSecretId, kSecret, how);
  return request;
}

}  // namespace

TEST_CASE("the two examples of the API documents verify") {
  for (const net::HttpRequest& request : {published_post(), published_get()}) {
    auto claim = read_tc3(request);
    REQUIRE(claim);
    CHECK(claim->secret_id == kSecretId);
    CHECK(claim->service == "cvm");
    CHECK(claim->payload == Tc3Payload::body);
    CHECK(claim->signs("host"));
    CHECK_FALSE(claim->signs("x-tc-action"));
    CHECK(matches(request, *claim, kSecret));
    CHECK_FALSE(matches(request, *claim, "Gu5t9xGARNpq86cd98joQYCN3EXAMPLf"));
    CHECK_FALSE(matches(request, *claim, ""));
  }
}

TEST_CASE("what the SDKs do differently verifies") {
  SUBCASE("the client's own service string") {
    for (std::string_view service : {"ses", "127", "localhost:8080", "cvm"})
      CHECK(accepted(signed_request({.service = std::string(service)})));
  }
  SUBCASE("Host signed without its port, as Node does") {
    CHECK(accepted(signed_request({.host = "127.0.0.1"})));
    CHECK_FALSE(accepted(signed_request({.host = "127.0.0.2"})));
    CHECK_FALSE(accepted(signed_request({.host = "127.0.0.1:8081"})));
  }
  SUBCASE("an IPv6 Host keeps its address") {
    net::HttpRequest request = send_email();
    value_of(request, "host") = "[::1]:8080";
    sign_tc3(request, kSecretId, kSecret, {.host = "[::1]"});
    CHECK(accepted(request));
    value_of(request, "host") = "[::1]";
    CHECK(accepted(request));
    sign_tc3(request, kSecretId, kSecret, {.host = "[:"});
    CHECK_FALSE(accepted(request));
  }
  SUBCASE("values in lower case, all or X-TC-Action's alone") {
    net::HttpRequest request = send_email();
    value_of(request, "content-type") = "application/json; charset=UTF-8";
    std::vector<std::string> names{"content-type", "host", "x-tc-action"};
    for (Tc3Lower how : {Tc3Lower::none, Tc3Lower::action, Tc3Lower::all}) {
      sign_tc3(request, kSecretId, kSecret, {.names = names, .lowered = how});
      CHECK(accepted(request));
      CHECK(read_tc3(request)->signs("x-tc-action"));
    }
  }
  SUBCASE("values with blanks around them") {
    net::HttpRequest request = signed_request();
    value_of(request, "content-type") = " \tapplication/json ";
    CHECK(accepted(request));
    value_of(request, "content-type") = "application / json";
    CHECK_FALSE(accepted(request));
  }
  SUBCASE("the exact bytes of the body") {
    for (std::string body : {std::string("{\"a\":\"\\u672a\"}"), std::string("{\"a\":\"未\"}"),
                             std::string("{ \"a\" : 1 }\n"), std::string("\0\xff", 2)}) {
      net::HttpRequest request = send_email();
      request.body = body;
      sign_tc3(request, kSecretId, kSecret, {});
      CHECK(accepted(request));
      request.body += " ";
      CHECK_FALSE(accepted(request));
    }
  }
  SUBCASE("the query as received, not decoded and not sorted") {
    net::HttpRequest request = published_get();
    request.query = "b=%7e&a=1&&c";
    sign_tc3(request, kSecretId, kSecret, {});
    CHECK(accepted(request));
    for (const char* other : {"b=~&a=1&&c", "a=1&b=%7e&&c", "b=%7E&a=1&&c", "b=%7e&a=1&c", ""}) {
      request.query = other;
      CHECK_FALSE(accepted(request));
    }
  }
}

TEST_CASE("UNSIGNED-PAYLOAD leaves the body out only where it was signed so") {
  net::HttpRequest request = send_email();
  value_of(request, "X-TC-Content-SHA256") = "UNSIGNED-PAYLOAD";
  sign_tc3(request, kSecretId, kSecret, {.payload = "UNSIGNED-PAYLOAD"});
  CHECK(read_tc3(request)->payload == Tc3Payload::none);
  CHECK(accepted(request));
  remove(request, "X-TC-Content-SHA256");
  CHECK_FALSE(accepted(request));

  request = signed_request();
  value_of(request, "X-TC-Content-SHA256") = "UNSIGNED-PAYLOAD";
  CHECK_FALSE(accepted(request));
  value_of(request, "X-TC-Content-SHA256") = hex_encode(crypto::view(crypto::sha256(request.body)));
  CHECK(accepted(request));
  for (const char* other : {"unsigned-payload", "", "e3b0", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}) {
    value_of(request, "X-TC-Content-SHA256") = other;
    CHECK(fault_of(request) == Tc3Fault::payload);
  }
}

TEST_CASE("a broken Authorization says what is wrong with it") {
  struct Row {
    const char* from;
    const char* to;
    Tc3Fault fault;
  };
  const std::vector<Row> rows{
      {"TC3-HMAC-SHA256", "TC3-HMAC-SHA1", Tc3Fault::algorithm},
      {"TC3-HMAC-SHA256", "tc3-hmac-sha256", Tc3Fault::algorithm},
      {"TC3-HMAC-SHA256", "Bearer", Tc3Fault::algorithm},
      {"TC3-HMAC-SHA256 ", "TC3-HMAC-SHA256", Tc3Fault::algorithm},
      {"Credential=", "credential=", Tc3Fault::malformed},
      {"Credential=", "", Tc3Fault::malformed},
      {", SignedHeaders=content-type;host", "", Tc3Fault::malformed},
      {"SignedHeaders=content-type;host", "SignedHeaders=", Tc3Fault::malformed},
      {"Signature=", "Signature=0", Tc3Fault::malformed},
      {"Signature=", "Signature=\x01", Tc3Fault::malformed},
      {", Signature=", ", Credential=a, Signature=", Tc3Fault::malformed},
      {", Signature=", ", More=a, Signature=", Tc3Fault::malformed},
      {"/tc3_request", "/aws4_request", Tc3Fault::scope},
      {"/tc3_request", "", Tc3Fault::scope},
      {"/tc3_request", "/tc3_request/", Tc3Fault::scope},
      {"/ses/", "//", Tc3Fault::scope},
      {"=content-type;host", "=Content-Type;host", Tc3Fault::signed_headers},
      {"=content-type;host", "=host;content-type", Tc3Fault::signed_headers},
      {"=content-type;host", "=content-type;host;host", Tc3Fault::signed_headers},
      {"=content-type;host", "=content-type;;host", Tc3Fault::signed_headers},
      {"=content-type;host", "=content-type;host;", Tc3Fault::signed_headers},
      {"=content-type;host", "=content-type;host;x:y", Tc3Fault::signed_headers},
      {"=content-type;host", "=authorization;content-type;host", Tc3Fault::signed_headers},
      {"=content-type;host", "=host", Tc3Fault::not_signed},
      {"=content-type;host", "=content-type", Tc3Fault::not_signed},
      {"=content-type;host", "=content-type;host;x-none", Tc3Fault::header_missing},
      {"/2026-09-21/", "/2026-09-22/", Tc3Fault::date},
      {"/2026-09-21/", "/2026-9-21/", Tc3Fault::date},
      {"/2026-09-21/", "/20260921/", Tc3Fault::date},
  };
  for (const Row& row : rows) {
    net::HttpRequest request = signed_request();
    std::string& text = value_of(request, "authorization");
    size_t at = text.find(row.from);
    CAPTURE(row.from);
    CAPTURE(row.to);
    REQUIRE(at != std::string::npos);
    text.replace(at, std::string_view(row.from).size(), row.to);
    auto claim = read_tc3(request);
    REQUIRE_FALSE(claim);
    CHECK(tc3_fault_name(claim.error()) == std::string_view(tc3_fault_name(row.fault)));
  }
}

TEST_CASE("fields of Authorization may stand in another order, with or without blanks") {
  net::HttpRequest request = signed_request();
  std::string& text = value_of(request, "authorization");
  std::vector<std::string_view> pieces = split(std::string_view(text).substr(16), ',');
  REQUIRE(pieces.size() == 3);
  text = fmt::format("TC3-HMAC-SHA256 {},{}, {}", trim(pieces[2]), trim(pieces[0]), pieces[1]);
  CHECK(accepted(request));
}

TEST_CASE("more signed headers and longer parts than allowed are refused") {
  net::HttpRequest request = send_email();
  std::vector<std::string> names{"content-type", "host"};
  for (size_t i = 0; i + 2 <= limits::kSignedHeaders; ++i) {
    names.push_back(fmt::format("x-{:03}", i));
    request.headers.push_back({names.back(), "v"});
  }
  REQUIRE(names.size() == limits::kSignedHeaders + 1);
  sign_tc3(request, kSecretId, kSecret, {.names = names});
  CHECK(fault_of(request) == Tc3Fault::signed_headers);
  names.pop_back();
  sign_tc3(request, kSecretId, kSecret, {.names = names});
  CHECK(accepted(request));
  sign_tc3(request, kSecretId, kSecret, {.service = std::string(limits::kCredentialPart + 1, 's')});
  CHECK(fault_of(request) == Tc3Fault::scope);
}

TEST_CASE("requests that no secret can make right") {
  net::HttpRequest request = signed_request();
  SUBCASE("no Authorization") {
    remove(request, "authorization");
    CHECK(fault_of(request) == Tc3Fault::absent);
  }
  SUBCASE("a header twice, in whatever case") {
    for (const char* name : {"HOST", "content-TYPE", "Authorization", "x-tc-timestamp",
                             "X-Tc-Action", "X-TC-TraceId"}) {
      net::HttpRequest twice = request;
      twice.headers.push_back({name, value_of(twice, name)});
      CAPTURE(name);
      CHECK(fault_of(twice) == Tc3Fault::header_repeated);
    }
  }
  SUBCASE("a header twice that nobody signs is nobody's matter") {
    request.headers.push_back({"Accept", "a"});
    request.headers.push_back({"Accept", "b"});
    CHECK(accepted(request));
  }
  SUBCASE("folds and control characters in a signed header") {
    for (const char* value : {"application/json\n host:x", "application/json\x01", "a\x7f"}) {
      value_of(request, "content-type") = value;
      CHECK(fault_of(request) == Tc3Fault::header_value);
    }
  }
  SUBCASE("a timestamp that is none, or one spelled otherwise") {
    for (const char* value : {"", "x", "-1790000000", "+1790000000", "01790000000", "1790000000.0",
                              "1.79e9", "17900000000000000000", "0"}) {
      value_of(request, "x-tc-timestamp") = value;
      CAPTURE(value);
      CHECK(fault_of(request) == Tc3Fault::timestamp);
    }
    remove(request, "x-tc-timestamp");
    CHECK(fault_of(request) == Tc3Fault::timestamp);
  }
  SUBCASE("another path") {
    request.path = "/x";
    CHECK(fault_of(request) == Tc3Fault::path);
  }
}

TEST_CASE("a signature is fresh for five minutes in both directions") {
  auto claim = read_tc3(signed_request());
  REQUIRE(claim);
  auto at = [&](int64_t offset) {
    return fresh(*claim, WallTime::from_seconds(claim->timestamp + offset));
  };
  CHECK(at(0));
  CHECK(at(300));
  CHECK(at(-300));
  CHECK_FALSE(at(301));
  CHECK_FALSE(at(-301));
}

namespace {

// A visible character other than `old`, also when both are in lower case.
char another(char old, FakeRandom& random) {
  for (;;) {
    char c = static_cast<char>('!' + random.below(94));
    if (to_lower(c) != to_lower(old)) return c;
  }
}

void change_a_character(std::string& text, size_t from, FakeRandom& random) {
  size_t at = from + random.below(text.size() - from);
  switch (random.below(4)) {
    case 0:
      text.insert(text.begin() + static_cast<ptrdiff_t>(at), another(' ', random));
      return;
    case 1:
      if (text.size() - from > 1) {
        text.erase(at, 1);
        return;
      }
      [[fallthrough]];
    default:
      text[at] = another(text[at], random);
  }
}

// One element of the signature changed.
struct Element {
  const char* name;
  void (*change)(net::HttpRequest&, FakeRandom&);
};

template <const char* const* name>
void change_header(net::HttpRequest& request, FakeRandom& random) {
  change_a_character(value_of(request, *name), 0, random);
}

void change_field(net::HttpRequest& request, std::string_view field, std::string_view end,
                  FakeRandom& random) {
  std::string& text = value_of(request, "authorization");
  size_t from = text.find(field) + field.size();
  size_t to = end.empty() ? text.size() : text.find(end, from);
  std::string value = text.substr(from, to - from);
  change_a_character(value, 0, random);
  text.replace(from, to - from, value);
}

constexpr const char* kContentType = "content-type";
constexpr const char* kHost = "host";
constexpr const char* kAction = "x-tc-action";
constexpr const char* kTimestamp = "x-tc-timestamp";

const std::vector<Element> kElements{
    {"method", [](auto& r, auto& random) { change_a_character(r.method, 0, random); }},
    {"content-type", change_header<&kContentType>},
    {"host", change_header<&kHost>},
    {"x-tc-action", change_header<&kAction>},
    {"timestamp", change_header<&kTimestamp>},
    {"body",
     [](auto& r, auto& random) {
       r.body[random.below(r.body.size())] ^= static_cast<char>(1 + random.below(255));
     }},
    {"query", [](auto& r, auto& random) { change_a_character(r.query, 0, random); }},
    {"date", [](auto& r, auto& random) { change_field(r, "EXAMPLE/", "/", random); }},
    {"service", [](auto& r, auto& random) { change_field(r, "-21/", "/", random); }},
    {"terminator", [](auto& r, auto& random) { change_field(r, "ses/", ",", random); }},
    {"signed headers",
     [](auto& r, auto& random) { change_field(r, "SignedHeaders=", ",", random); }},
    {"signature", [](auto& r, auto& random) { change_field(r, "Signature=", "", random); }},
    {"scheme", [](auto& r, auto& random) { change_field(r, "", " ", random); }},
};

}  // namespace

TEST_CASE("of 2,000 mutants of each signed element none is accepted") {
  constexpr int kMutants = 2000;
  FakeRandom random(20201002);
  for (const Element& element : kElements) {
    net::HttpRequest original = send_email();
    original.query = "a=1&b=2";
    sign_tc3(original, kSecretId, kSecret, {.names = {"content-type", "host", "x-tc-action"}});
    REQUIRE(accepted(original));
    int taken = 0;
    for (int i = 0; i < kMutants; ++i) {
      net::HttpRequest mutant = original;
      element.change(mutant, random);
      if (!accepted(mutant)) continue;
      ++taken;
      CAPTURE(value_of(mutant, "authorization"));
      CAPTURE(value_of(mutant, "host"));
      CHECK_MESSAGE(false, element.name << " mutant accepted");
    }
    CHECK_MESSAGE(taken == 0, element.name);
  }
}

TEST_CASE("of 2,000 SecretIds of others none brings a key that matches") {
  FakeRandom random(7);
  net::HttpRequest request = signed_request();
  auto claim = read_tc3(request);
  REQUIRE(claim);
  for (int i = 0; i < 2000; ++i) {
    std::string secret(kSecret);
    change_a_character(secret, 0, random);
    CHECK_FALSE(matches(request, *claim, secret));
  }
}
