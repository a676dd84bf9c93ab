#include "httpauth/sigv4.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "httpauth/sigv4_canonical.h"

using namespace ph;
using namespace ph::httpauth;

namespace {

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kStamp = "20150830T123600Z";
constexpr std::string_view kScope = "20150830/us-east-1/ses/aws4_request";
constexpr std::string_view kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

net::HttpRequest get(std::string path, std::string query = "") {
  net::HttpRequest out;
  out.method = "GET";
  out.path = std::move(path);
  out.query = std::move(query);
  out.headers = {{"Host", "email.us-east-1.amazonaws.com"}};
  return out;
}

std::string& value_of(net::HttpRequest& request, std::string_view name) {
  for (net::HttpHeader& header : request.headers)
    if (iequals(header.name, name)) return header.value;
  return request.headers.emplace_back(net::HttpHeader{std::string(name), ""}).value;
}

std::string hash(std::string_view bytes) {
  return hex_encode(crypto::view(crypto::sha256(bytes)));
}

// The signature of a canonical request that the test wrote by hand.
std::string signature_of(std::string_view canonical) {
  std::string key = "AWS4" + std::string(kSecret);
  std::string text = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", kStamp, kScope, hash(canonical));
  for (std::string_view part :
       {std::string_view("20150830"), std::string_view("us-east-1"), std::string_view("ses"),
        std::string_view("aws4_request"), std::string_view(text)})
    key = crypto::view(crypto::hmac_sha256(key, part));
  return hex_encode(key);
}

void authorize(net::HttpRequest& request, std::string_view names, std::string_view canonical) {
  value_of(request, "X-Amz-Date") = kStamp;
  value_of(request, "Authorization") =
      fmt::format("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{}, SignedHeaders={}, Signature={}",
                  kScope, names, signature_of(canonical));
}

// A GET of that path, query and extra headers, whose canonical forms are those.
struct Canonical {
  std::string path = "/";
  std::string query = "";
  std::string headers = "";  // between host and x-amz-date, with line ends
  std::string names = "host;x-amz-date";
};

void sign(net::HttpRequest& request, const Canonical& wanted) {
  std::string text = fmt::format("{}\n{}\n{}\nhost:{}\n{}x-amz-date:{}\n\n{}\n{}", request.method,
                                 wanted.path, wanted.query, value_of(request, "host"),
                                 wanted.headers, kStamp, wanted.names, hash(request.body));
  authorize(request, wanted.names, text);
}

bool accepted(const net::HttpRequest& request) {
  auto claim = read_sigv4(request);
  return claim && matches(request, *claim, kSecret);
}

const char* fault_of(const net::HttpRequest& request) {
  auto claim = read_sigv4(request);
  REQUIRE_FALSE(claim);
  return sigv4_fault_name(claim.error());
}

net::HttpRequest signed_post() {
  net::HttpRequest request = get("/v2/email/outbound-emails");
  request.method = "POST";
  request.body = R"({"FromEmailAddress":"a@b.example"})";
  sign(request, {.path = "/v2/email/outbound-emails"});
  return request;
}

std::string presigned_query(std::string_view token = "") {
  std::string query = fmt::format(
      "Action=Send&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2F"
      "us-east-1%2Fses%2Faws4_request&X-Amz-Date={}&X-Amz-Expires=3600{}&X-Amz-SignedHeaders=host",
      kStamp, token);
  return query;
}

net::HttpRequest presigned(std::string_view signed_token = "", std::string_view added = "") {
  std::string query = presigned_query(signed_token);
  std::string text =
      fmt::format("GET\n/\n{}\nhost:email.us-east-1.amazonaws.com\n\nhost\n{}", query, kEmptyHash);
  return get("/", fmt::format("{}{}&X-Amz-Signature={}", query, added, signature_of(text)));
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a request signed in its header verifies, with that secret only") {
  net::HttpRequest request = signed_post();
  auto claim = read_sigv4(request);
  REQUIRE(claim);
  CHECK(claim->form == Sigv4Form::header);
  CHECK(claim->access_key == "AKIDEXAMPLE");
  CHECK(claim->region == "us-east-1");
  CHECK(claim->service == "ses");
  CHECK(claim->timestamp == 1440938160);
  CHECK(matches(request, *claim, kSecret));
  CHECK_FALSE(matches(request, *claim, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEz"));
}

TEST_CASE("paths are normalised or not, escaped once or twice, as their signer likes") {
  struct Row {
    const char* path;
    std::vector<const char*> canonical;
    const char* other;  // never signed for this path
  };
  const std::vector<Row> rows{
      {"/", {"/"}, ""},
      {"//", {"/", "//"}, "///"},
      {"/./", {"/", "/./"}, "/."},
      {"/a/../b", {"/b", "/a/../b"}, "/a/b"},
      {"/a/b/../..", {"/", "/a/b/../.."}, "/a"},
      {"/../x", {"/x", "/../x"}, "/"},
      {"//a//b/", {"/a/b/", "//a//b/"}, "/a/b"},
      {"/./a", {"/a", "/./a"}, "/./a/"},
      {"/a b/", {"/a%20b/"}, "/a+b/"},
      {"/a%20b", {"/a%2520b", "/a%20b"}, "/a b"},
      {"/\xe1\x88\xb4", {"/%E1%88%B4"}, "/%e1%88%b4"},
      {"/-._~09AZaz", {"/-._~09AZaz"}, "/-._%7E09AZaz"},
      {"/a%zz", {"/a%25zz"}, "/a%zz"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    net::HttpRequest request = get(row.path);
    for (const char* canonical : row.canonical) {
      sign(request, {.path = canonical});
      CHECK_MESSAGE(accepted(request), canonical);
    }
    sign(request, {.path = row.other});
    CHECK_FALSE(accepted(request));
  }
}

TEST_CASE("queries are decoded, escaped and put in order") {
  struct Row {
    const char* query;
    const char* canonical;
  };
  for (const Row& row : std::vector<Row>{{"Param2=b&Param1=a", "Param1=a&Param2=b"},
                                         {"Param-3=c&Param=b", "Param=b&Param-3=c"},
                                         {"b=2&b=1", "b=1&b=2"},
                                         {"a", "a="},
                                         {"a=b=c", "a=b%3Dc"},
                                         {"a=%7e+%20", "a=~%2B%20"},
                                         {"\xe1\x88\xb4=bar", "%E1%88%B4=bar"},
                                         {"B=1&a=2", "B=1&a=2"}}) {
    CAPTURE(row.query);
    net::HttpRequest request = get("/", row.query);
    sign(request, {.query = row.canonical});
    CHECK(accepted(request));
    request.query += "x";
    CHECK_FALSE(accepted(request));
  }
  CHECK(fault_of(get("/", "a=%zz")) == sigv4_fault_name(Sigv4Fault::query));
  std::string many = "a";
  for (size_t i = 0; i < limits::kHttpQueryFields; ++i) many += "&a";
  CHECK(fault_of(get("/", many)) == sigv4_fault_name(Sigv4Fault::query));
}

TEST_CASE(
    "headers: blanks fall together, repeated ones are a list, folded ones a value or a list") {
  const std::string names = "host;my-header;x-amz-date";
  net::HttpRequest request = get("/");
  request.headers.push_back({"My-Header", "  a   \"b \t c\"  "});
  sign(request, {.headers = "my-header:a \"b c\"\n", .names = names});
  CHECK(accepted(request));

  value_of(request, "My-Header") = "text/html,  */*, a,b";
  sign(request, {.headers = "my-header:text/html, */*, a,b\n", .names = names});
  CHECK(accepted(request));

  request = get("/");
  for (const char* value : {"value2", "value2", "value1"})
    request.headers.push_back({"my-HEADER", value});
  sign(request, {.headers = "my-header:value2,value2,value1\n", .names = names});
  CHECK(accepted(request));
  std::swap(request.headers[1].value, request.headers[3].value);
  CHECK_FALSE(accepted(request));

  request = get("/");
  request.headers.push_back({"My-Header", "value1\n  value2\n     value3"});
  for (const char* canonical : {"value1 value2 value3", "value1,value2,value3"}) {
    sign(request, {.headers = fmt::format("my-header:{}\n", canonical), .names = names});
    CHECK_MESSAGE(accepted(request), canonical);
  }
}

TEST_CASE("the body counts, by itself and by X-Amz-Content-SHA256") {
  net::HttpRequest request = signed_post();
  CHECK(accepted(request));
  request.body += " ";
  CHECK_FALSE(accepted(request));

  request = get("/");
  request.body = "secret";
  value_of(request, "X-Amz-Content-Sha256") = hash(request.body);
  auto canonical = [&](std::string_view payload) {
    return fmt::format("GET\n/\n\nhost:{}\nx-amz-content-sha256:{}\nx-amz-date:{}\n\n{}\n{}",
                       value_of(request, "host"), payload, kStamp,
                       "host;x-amz-content-sha256;x-amz-date", payload);
  };
  std::string list = "host;x-amz-content-sha256;x-amz-date";
  authorize(request, list, canonical(hash("secret")));
  CHECK(accepted(request));
  std::erase_if(request.headers, [](const auto& h) { return h.name == "X-Amz-Content-Sha256"; });
  CHECK(accepted(request));  // listed, and what it would say is known
  request.body = "other";
  CHECK_FALSE(accepted(request));
  value_of(request, "X-Amz-Content-Sha256") = hash("secret");
  CHECK(fault_of(request) == sigv4_fault_name(Sigv4Fault::payload));

  value_of(request, "X-Amz-Content-Sha256") = "UNSIGNED-PAYLOAD";
  CHECK_FALSE(accepted(request));
  authorize(request, list, canonical("UNSIGNED-PAYLOAD"));
  CHECK(accepted(request));
}

TEST_CASE("a presigned query verifies, its token signed or added after") {
  net::HttpRequest request = presigned();
  auto claim = read_sigv4(request);
  REQUIRE(claim);
  CHECK(claim->form == Sigv4Form::query);
  CHECK(claim->expires == 3600);
  CHECK(accepted(request));
  CHECK(accepted(presigned("&X-Amz-Security-Token=abc")));
  CHECK(accepted(presigned("", "&X-Amz-Security-Token=abc")));
  request = presigned("&X-Amz-Security-Token=abc");
  replace(request.query, "Token=abc", "Token=abd");
  CHECK_FALSE(accepted(request));
  request = presigned("&X-Amz-Security-Token=abc");
  replace(request.query, "&X-Amz-Security-Token=abc", "");
  CHECK_FALSE(accepted(request));
}

TEST_CASE("a presigned query is fresh until it expires, a header for five minutes") {
  auto at = [](const net::HttpRequest& request, int64_t offset) {
    auto claim = read_sigv4(request);
    REQUIRE(claim);
    return fresh(*claim, WallTime::from_seconds(claim->timestamp + offset));
  };
  CHECK(at(presigned(), 3600));
  CHECK_FALSE(at(presigned(), 3601));
  CHECK_FALSE(at(presigned(), -301));
  CHECK(at(signed_post(), 300));
  CHECK_FALSE(at(signed_post(), 301));
  CHECK(at(signed_post(), -300));
  CHECK_FALSE(at(signed_post(), -301));
}

TEST_CASE("a header form that no secret can make right says why") {
  struct Row {
    const char* header;
    const char* from;
    const char* to;
    Sigv4Fault fault;
  };
  const std::vector<Row> rows{
      {"authorization", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", Sigv4Fault::algorithm},
      {"authorization", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256", Sigv4Fault::algorithm},
      {"authorization", "Credential=", "credential=", Sigv4Fault::malformed},
      {"authorization", "Signature=", "Signature=A", Sigv4Fault::malformed},
      {"authorization", "/ses/", "/", Sigv4Fault::scope},
      {"authorization", "aws4_request", "tc3_request", Sigv4Fault::scope},
      {"authorization", "=host;x-amz-date", "=Host;x-amz-date", Sigv4Fault::signed_headers},
      {"authorization", "=host;x-amz-date", "=x-amz-date;host", Sigv4Fault::signed_headers},
      {"authorization", "=host;x-amz-date", "=host;host;x-amz-date", Sigv4Fault::signed_headers},
      {"authorization", "=host;x-amz-date", "=x-amz-date", Sigv4Fault::not_signed},
      {"authorization", "=host;x-amz-date", "=host;x-amz-dat", Sigv4Fault::header_missing},
      {"authorization", "/20150830/", "/20150831/", Sigv4Fault::date},
      {"x-amz-date", "20150830T123600Z", "2015-08-30T12:36:00Z", Sigv4Fault::time},
      {"x-amz-date", "20150830T123600Z", "20151330T123600Z", Sigv4Fault::time},
      {"x-amz-date", "20150830T123600Z", "20150830T123600z", Sigv4Fault::time},
      {"x-amz-date", "20150830T123600Z", "", Sigv4Fault::time},
      {"host", "email", "email\x01", Sigv4Fault::header_value},
  };
  for (const Row& row : rows) {
    net::HttpRequest request = signed_post();
    replace(value_of(request, row.header), row.from, row.to);
    CAPTURE(row.to);
    CHECK(fault_of(request) == std::string_view(sigv4_fault_name(row.fault)));
  }
  CHECK(fault_of(get("/")) == sigv4_fault_name(Sigv4Fault::absent));
  net::HttpRequest request = signed_post();
  request.headers.push_back({"X-Amz-Target", "Delete"});
  CHECK(fault_of(request) == sigv4_fault_name(Sigv4Fault::not_signed));
  for (const char* name : {"HOST", "authorization", "x-amz-DATE"}) {
    request = signed_post();
    request.headers.push_back({name, value_of(request, name)});
    CHECK(fault_of(request) == sigv4_fault_name(Sigv4Fault::header_repeated));
  }
}

TEST_CASE("a presigned form that no secret can make right says why") {
  struct Row {
    const char* from;
    const char* to;
    Sigv4Fault fault;
  };
  const std::vector<Row> rows{
      {"=AWS4-HMAC-SHA256", "=AWS4-ECDSA-P256-SHA256", Sigv4Fault::algorithm},
      {"X-Amz-Algorithm", "x-amz-algorithm", Sigv4Fault::algorithm},
      {"X-Amz-Credential", "X-Credential", Sigv4Fault::malformed},
      {"&X-Amz-Signature=", "&X-Amz-Signature=0", Sigv4Fault::malformed},
      {"&X-Amz-Signature=", "&X-Amz-Date=20150830T123600Z&X-Amz-Signature=",
       Sigv4Fault::parameter_repeated},
      {"&X-Amz-Signature=", "&x-amz-expires=9&X-Amz-Signature=", Sigv4Fault::parameter_repeated},
      {"Expires=3600", "Expires=0", Sigv4Fault::expires},
      {"Expires=3600", "Expires=-3600", Sigv4Fault::expires},
      {"Expires=3600", "Expires=604801", Sigv4Fault::expires},
      {"Expires=3600", "Expires=", Sigv4Fault::expires},
      {"Date=20150830T", "Date=20150831T", Sigv4Fault::date},
      {"SignedHeaders=host", "SignedHeaders=date", Sigv4Fault::header_missing},
  };
  for (const Row& row : rows) {
    net::HttpRequest request = presigned();
    replace(request.query, row.from, row.to);
    CAPTURE(row.to);
    CHECK(fault_of(request) == std::string_view(sigv4_fault_name(row.fault)));
  }
  net::HttpRequest request = presigned();
  request.headers.push_back({"Authorization", "AWS4-HMAC-SHA256 x"});
  CHECK(fault_of(request) == sigv4_fault_name(Sigv4Fault::ambiguous));
}

TEST_CASE("of 2,000 mutants of each signed element none is accepted") {
  FakeRandom random(4);
  auto mutate = [&](std::string& text) {
    size_t at = random.below(text.size());
    char old = text[at];
    while (text[at] == old) text[at] = static_cast<char>('0' + random.below(75));
  };
  using Change = void (*)(net::HttpRequest&, const decltype(mutate)&);
  const std::vector<std::pair<const char*, Change>> elements{
      {"method", [](auto& r, auto& m) { m(r.method); }},
      {"path", [](auto& r, auto& m) { m(r.path); }},
      {"host", [](auto& r, auto& m) { m(value_of(r, "host")); }},
      {"time", [](auto& r, auto& m) { m(value_of(r, "x-amz-date")); }},
      {"body", [](auto& r, auto& m) { m(r.body); }},
      {"authorization",
       [](auto& r, auto& m) {
         std::string& text = value_of(r, "authorization");
         size_t from = text.find("/2015");
         std::string rest = text.substr(from);
         m(rest);
         text.replace(from, rest.size(), rest);
       }},
  };
  for (const auto& [name, change] : elements) {
    int taken = 0;
    for (int i = 0; i < 2000; ++i) {
      net::HttpRequest mutant = signed_post();
      change(mutant, mutate);
      taken += accepted(mutant);
    }
    CHECK_MESSAGE(taken == 0, name);
  }
  int taken = 0;
  for (int i = 0; i < 2000; ++i) {
    net::HttpRequest mutant = presigned();
    mutate(mutant.query);
    taken += accepted(mutant);
  }
  CHECK(taken == 0);
}
