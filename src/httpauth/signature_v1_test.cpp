#include "httpauth/signature_v1.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/text.h"
#include "crypto/hash.h"

using namespace ph;
using namespace ph::httpauth;

namespace {

constexpr std::string_view kSecret = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (is_alnum(c) || c == '.' || c == '-')
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return out;
}

// The example of Tencent Cloud's API documents.
constexpr std::string_view kPublished =
    "Action=DescribeInstances&InstanceIds.0=ins-09dx96dg&Limit=20&Nonce=11886&Offset=0&"
    "Region=ap-guangzhou&SecretId=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE&Timestamp=1465185768&"
    "Version=2017-03-12&Signature=EliP9YW3pW28FpsEdkXt%2F%2BWcGeI%3D";

net::HttpRequest get(std::string query, std::string host = "cvm.tencentcloudapi.com") {
  net::HttpRequest out;
  out.method = "GET";
  out.path = "/";
  out.query = std::move(query);
  out.headers = {{"Host", std::move(host)}};
  return out;
}

// What is signed, by hand: the parameters in order, with what the signer says of host and method.
std::string signature_of(std::string_view text, V1Hash hash = V1Hash::sha256) {
  if (hash == V1Hash::sha1) return base64_encode(crypto::view(crypto::hmac_sha1(kSecret, text)));
  return base64_encode(crypto::view(crypto::hmac_sha256(kSecret, text)));
}

constexpr std::string_view kSigned =
    "Action=SendEmail&Destination.0=a@b.example&FromEmailAddress=News <n@c.example>&Nonce=7&"
    "SecretId=AKID&SignatureMethod=HmacSHA256&Subject=50% + 未&Timestamp=1790000000";
// The same as it is sent, in another order.
const std::string kSent =
    "Subject=" + escaped("50% + 未") +
    "&FromEmailAddress=News+%3cn%40c.example%3E&Nonce=7&Action=SendEmail&"
    "Destination.0=a%40b.example&SecretId=AKID&SignatureMethod=HmacSHA256&Timestamp=1790000000";

net::HttpRequest form(std::string_view signed_host = "localhost:8080",
                      std::string_view text = kSigned) {
  net::HttpRequest out = get("", "localhost:8080");
  out.method = "POST";
  out.headers.push_back({"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"});
  std::string signature = signature_of(fmt::format("POST{}/?{}", signed_host, text));
  out.body = kSent + "&Signature=" + escaped(signature);
  return out;
}

bool accepted(const net::HttpRequest& request, std::string_view secret = kSecret) {
  auto claim = read_v1(request);
  return claim && matches(request, *claim, secret);
}

std::string_view fault_of(const net::HttpRequest& request) {
  auto claim = read_v1(request);
  return claim ? "none" : v1_fault_name(claim.error());
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("the example of the API documents verifies, HmacSHA1 being the default") {
  net::HttpRequest request = get(std::string(kPublished));
  auto claim = read_v1(request);
  REQUIRE(claim);
  CHECK(claim->hash == V1Hash::sha1);
  CHECK(claim->secret_id == "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE");
  CHECK(claim->timestamp == 1465185768);
  CHECK(claim->parameter("InstanceIds.0") == "ins-09dx96dg");
  CHECK_FALSE(claim->parameter("Signature"));
  CHECK(matches(request, *claim, kSecret));
  CHECK_FALSE(matches(request, *claim, "another"));
  CHECK(fresh(*claim, WallTime::from_seconds(1465185768 + 300)));
  CHECK_FALSE(fresh(*claim, WallTime::from_seconds(1465185768 + 301)));
  CHECK_FALSE(fresh(*claim, WallTime::from_seconds(1465185768 - 301)));
}

TEST_CASE("a form verifies by its decoded values, in whatever order and escapes they are sent") {
  CHECK(accepted(form()));
  CHECK(accepted(form("localhost")));
  CHECK_FALSE(accepted(form("localhost:8081")));
  CHECK_FALSE(accepted(form(), "another"));
  net::HttpRequest request = form();
  replace(request.body, "Nonce=7&", "");
  request.body += "&Nonce=7";
  CHECK(accepted(request));
}

TEST_CASE("parameters that are empty may be signed or left out, as Go does") {
  std::string with = std::string(kSigned);
  replace(with, "&SecretId", "&Region=&SecretId");
  for (std::string_view text : {std::string_view(with), kSigned}) {
    net::HttpRequest request = form("localhost:8080", text);
    request.body += "&Region=";
    CHECK(accepted(request));
    replace(request.body, "&Region=", "&Region=x");
    CHECK_FALSE(accepted(request));
  }
}

TEST_CASE("a request that no secret can make right says why") {
  struct Row {
    const char* from;
    const char* to;
    V1Fault fault;
  };
  for (const Row& row :
       std::vector<Row>{{"&Signature=", "&Signatur=", V1Fault::absent},
                        {"&Nonce=7", "", V1Fault::missing},
                        {"SecretId=AKID", "SecretId=", V1Fault::missing},
                        {"&Timestamp=1790000000", "", V1Fault::missing},
                        {"=1790000000", "=01790000000", V1Fault::timestamp},
                        {"=1790000000", "=-1", V1Fault::timestamp},
                        {"=HmacSHA256", "=TC3-HMAC-SHA256", V1Fault::algorithm},
                        {"=HmacSHA256", "=", V1Fault::algorithm},
                        {"&Nonce=7", "&Nonce=7&Nonce=7", V1Fault::repeated},
                        {"&Nonce=7", "&Nonce=%7", V1Fault::form},
                        {"&Signature=", "&Signature=a&Signature=", V1Fault::repeated}}) {
    net::HttpRequest request = form();
    replace(request.body, row.from, row.to);
    CAPTURE(row.to);
    CHECK(fault_of(request) == v1_fault_name(row.fault));
  }
  net::HttpRequest request = form();
  for (size_t i = 0; i < limits::kHttpQueryFields; ++i) request.body += "&a=1";
  CHECK(fault_of(request) == v1_fault_name(V1Fault::form));
  request = form();
  request.query = "Action=SendEmail";
  CHECK(fault_of(request) == v1_fault_name(V1Fault::form));
  request = get(std::string(kPublished));
  request.body = "Action=SendEmail";
  CHECK(fault_of(request) == v1_fault_name(V1Fault::form));
  request = form();
  request.headers[1].value = "application/json";
  CHECK(fault_of(request) == v1_fault_name(V1Fault::absent));
  request = form();
  request.method = "PUT";
  CHECK(fault_of(request) == v1_fault_name(V1Fault::absent));
  request = form();
  request.path = "/x";
  CHECK(fault_of(request) == v1_fault_name(V1Fault::path));
  request = form();
  request.headers.push_back({"host", "localhost:8080"});
  CHECK(fault_of(request) == v1_fault_name(V1Fault::repeated));
}

TEST_CASE("of 2,000 mutants of each part none is accepted") {
  FakeRandom random(1);
  auto mutate = [&](std::string& text) {
    size_t at = random.below(text.size());
    // An escape's case means nothing.
    if (text[at] == '%' || (at > 0 && text[at - 1] == '%') || (at > 1 && text[at - 2] == '%'))
      at = text.rfind("Nonce") + random.below(7);
    char old = text[at];
    while (text[at] == old) text[at] = static_cast<char>('0' + random.below(75));
  };
  int taken = 0;
  for (int i = 0; i < 2000; ++i) {
    net::HttpRequest mutant = form();
    mutate(mutant.body);
    taken += accepted(mutant);
    mutant = get(std::string(kPublished));
    mutate(mutant.query);
    taken += accepted(mutant);
    mutant = form();
    std::string& host = mutant.headers[0].value;
    host[random.below(host.size())] ^= 1;
    taken += accepted(mutant);
  }
  CHECK(taken == 0);
  net::HttpRequest mutant = form();
  mutant.method = "GET";
  std::swap(mutant.query, mutant.body);
  CHECK_FALSE(accepted(mutant));
}
