#include "mailauth/dkim_key_record.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "mailauth/dkim_testing.h"

using namespace ph;
using namespace ph::mailauth;
using namespace ph::mailauth::testing;

namespace {

std::string p() { return "p=" + rsa_key().public_base64(); }

}  // namespace

TEST_CASE("a printed record parses to the same key") {
  for (const auto& key : {rsa_key(), ed25519_key()}) {
    std::string text = print_dkim_key_record(key.public_key());
    auto record = parse_dkim_key_record(text);
    REQUIRE(record.has_value());
    CHECK(same_dkim_key(*record, key.public_key()));
    CHECK_EQ(record->bits(), key.bits());
    CHECK_FALSE(record->revoked());
    CHECK_FALSE(record->testing);
    CHECK_FALSE(record->strict);
  }
  CHECK(print_dkim_key_record(rsa_key().public_key()).starts_with("v=DKIM1; k=rsa; p=MIGf"));
  CHECK(print_dkim_key_record(ed25519_key().public_key()).starts_with("v=DKIM1; k=ed25519; p="));
}

TEST_CASE("records as they are found in the world are understood") {
  std::string key = rsa_key().public_base64();
  std::string spaced = key.substr(0, 60) + " \t" + key.substr(60);
  for (const std::string& text :
       {p(), "v=DKIM1;" + p(), "v=DKIM1; " + p() + ";", "k=rsa; " + p(), "v=DKIM1; g=*; " + p(),
        "v=DKIM1; n=a note; " + p(), "v=DKIM1; x9=unknown; " + p(), "v=DKIM1; k=RSA; " + p(),
        "v=DKIM1; p=" + spaced, "v = DKIM1 ; p = " + key, "v=DKIM1; h=sha1:sha256; " + p(),
        "v=DKIM1; s=*; " + p(), "v=DKIM1; s=email:other; " + p()}) {
    CAPTURE(text);
    auto record = parse_dkim_key_record(text);
    REQUIRE(record.has_value());
    CHECK(same_dkim_key(*record, rsa_key().public_key()));
    CHECK(record->for_sha256);
    CHECK(record->for_email);
  }
}

TEST_CASE("flags, hashes and services are read") {
  auto record = parse_dkim_key_record("v=DKIM1; t=y : s:other; " + p()).value();
  CHECK(record.testing);
  CHECK(record.strict);
  CHECK_FALSE(parse_dkim_key_record("h=sha1; " + p()).value().for_sha256);
  CHECK_FALSE(parse_dkim_key_record("s=tlsrpt; " + p()).value().for_email);
}

TEST_CASE("an empty p= is a revoked key") {
  for (const char* text : {"v=DKIM1; p=", "p=;", "k=ed25519; p= "}) {
    auto record = parse_dkim_key_record(text);
    REQUIRE(record.has_value());
    CHECK(record->revoked());
    CHECK_EQ(record->bits(), 0);
    CHECK_FALSE(same_dkim_key(*record, rsa_key().public_key()));
  }
}

TEST_CASE("a bad record names the tag that is bad") {
  struct Row {
    std::string text;
    const char* field;
  };
  std::string ed = ed25519_key().public_base64();
  const Row rows[] = {{"", ""},
                      {"v=spf1 -all", "v"},
                      {"v=DKIM2; " + p(), "v"},
                      {"v=dkim1; " + p(), "v"},
                      {"v=DKIM1: g=*; k=rsa; " + p(), "v"},
                      {p() + "; v=DKIM1", "v"},
                      {"v=DKIM1; k=rsa", "p"},
                      {"v=DKIM1; k=dsa; " + p(), "k"},
                      {"v=DKIM1; k=ed25519-sha256; " + p(), "k"},
                      {"v=DKIM1; p=!", "p"},
                      {"v=DKIM1; p=AAAA", "p"},
                      {"v=DKIM1; " + p().substr(0, 80), "p"},
                      {"v=DKIM1; k=ed25519; " + p(), "p"},
                      {"v=DKIM1; k=rsa; p=" + ed, "p"},
                      {"v=DKIM1; " + p() + "; " + p(), "p"},
                      {"v=DKIM1; p=" + std::string(9000, 'A'), ""}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    auto record = parse_dkim_key_record(row.text);
    REQUIRE_FALSE(record.has_value());
    CHECK_EQ(record.error().field, row.field);
  }
}

TEST_CASE("the owner name of a record") {
  CHECK_EQ(dkim_record_name("ph1", "example.org"), "ph1._domainkey.example.org");
}
