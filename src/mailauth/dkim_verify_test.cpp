#include "mailauth/dkim_verify.h"

#include <doctest/doctest.h>

#include <span>

#include "base/encoding.h"
#include "mailauth/dkim_testing.h"

using namespace ph;
using namespace ph::mailauth;
using namespace ph::mailauth::testing;

namespace {

const std::string kMessage = "From: joe@example.org\r\nTo: sue@example.net\r\n\r\nHello\r\n";

// A signature field with tags of the test's choice, signed rightly over `message`.
std::string sign_by_hand(const std::string& tags, const crypto::PrivateKey& key,
                         const std::string& message = kMessage) {
  std::string raw = "DKIM-Signature: " + tags + "; b=";
  std::string filled = raw + "AAAA";
  DkimSignature parsed = parse_dkim_signature({"DKIM-Signature", filled});
  std::string text;
  RawMessage split = split_message(message).value();
  for (std::string_view name : parsed.names)
    for (const RawField& field : split.fields)
      if (iequals(field.name, name)) {
        append_canonical_field(text, parsed.header, field.raw);
        text += "\r\n";
      }
  append_signature_field(text, parsed.header, raw);
  return raw + base64_encode(key.sign(crypto::sha256(text)).value()) + "\r\n" + message;
}

std::string body_hash(std::string_view body = "Hello\r\n") {
  return base64_encode(crypto::view(crypto::sha256(body)));
}

// Good tags; each test changes one.
std::string tags() {
  return "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=ph1; h=From:To; bh=" +
         body_hash();
}

DkimVerdict only(const std::string& message, const Records& records,
                 DkimOptions options = {.now = kNow}) {
  auto verdicts = verify(message, records, options).value();
  REQUIRE_EQ(verdicts.size(), 1);
  return verdicts[0];
}

struct TagRow {
  const char *from, *to;
  DkimResult result;
  const char* reason;
};

void check_rows(std::span<const TagRow> rows) {
  for (const TagRow& row : rows) {
    CAPTURE(row.to);
    std::string changed = replaced(tags(), row.from, row.to);
    auto verdict = only(sign_by_hand(changed, ed25519_key()), records_of(ed25519_key()));
    CHECK_EQ(dkim_result_name(verdict.result), dkim_result_name(row.result));
    CHECK(verdict.reason.find(row.reason) != std::string::npos);
    CAPTURE(verdict.reason);
    CHECK_EQ(verdict.reason.empty(), std::string_view(row.reason).empty());
  }
}

// RFC 6376 appendix A.2, with errata 3192 and 4926: one space in the body, six in the folds.
const char* const kRfc6376 =
    "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\n"
    "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\n"
    "      h=Received : From : To : Subject : Date : Message-ID;\n"
    "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
    "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\n"
    "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\n"
    "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\n"
    "      4bmp/YzhwvcubU4=;\n"
    "Received: from client1.football.example.com  [192.0.2.1]\n"
    "      by submitserver.example.com with SUBMISSION;\n"
    "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\n"
    "From: Joe SixPack <joe@football.example.com>\n"
    "To: Suzie Q <suzie@shopping.example.net>\n"
    "Subject: Is dinner ready?\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\n"
    "\n"
    "Hi.\n"
    "\n"
    "We lost the game. Are you hungry yet?\n"
    "\n"
    "Joe.\n";

const Records kRfc6376Records = {
    {"brisbane._domainkey.example.com",
     {"v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkM"
      "oGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/R"
      "tdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToI"
      "MmPSPDdQPNUYckcQ2QIDAQAB"}}};

// RFC 8463 appendix A.3.
const char* const kRfc8463 =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"
    " d=football.example.com; i=@football.example.com;\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n"
    " subject : date : message-id : from : subject : date;\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n"
    " d=football.example.com; i=@football.example.com;\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n"
    " date : message-id : from : subject : date;\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n"
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n"
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\n"
    "From: Joe SixPack <joe@football.example.com>\n"
    "To: Suzie Q <suzie@shopping.example.net>\n"
    "Subject: Is dinner ready?\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\n"
    "\n"
    "Hi.\n"
    "\n"
    "We lost the game.  Are you hungry yet?\n"
    "\n"
    "Joe.\n";

const Records kRfc8463Records = {
    {"brisbane._domainkey.football.example.com",
     {"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}},
    {"test._domainkey.football.example.com",
     {"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6"
      "Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6l"
      "HvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"}}};

}  // namespace

TEST_CASE("the signed message of RFC 6376 appendix A verifies, and with more text does not") {
  auto verdict = only(crlf(kRfc6376), kRfc6376Records);
  CHECK(verdict.result == DkimResult::pass);
  CHECK_EQ(verdict.domain, "example.com");
  CHECK_EQ(verdict.identity, "joe@football.example.com");
  CHECK(only(crlf(kRfc6376) + "more\r\n", kRfc6376Records).result == DkimResult::fail);
  CHECK(only(crlf(replaced(kRfc6376, "dinner", "lunch")), kRfc6376Records).result ==
        DkimResult::fail);
}

TEST_CASE("both signatures of RFC 8463 appendix A verify") {
  auto verdicts = verify(crlf(kRfc8463), kRfc8463Records).value();
  REQUIRE_EQ(verdicts.size(), 2);
  for (const DkimVerdict& verdict : verdicts) CHECK(verdict.result == DkimResult::pass);
  CHECK_EQ(verdicts[0].algorithm, "ed25519-sha256");
  CHECK_EQ(verdicts[1].algorithm, "rsa-sha256");
  CHECK_EQ(verdicts[1].bits, 1024);
}

TEST_CASE("a message without signature has no verdicts and wants no records") {
  auto verifier = DkimVerifier::parse(kMessage, {.now = kNow}).value();
  CHECK(verifier.names().empty());
  CHECK(verifier.judge({}).empty());
}

TEST_CASE("each record is wanted once") {
  std::string twice = sign_by_hand(tags(), ed25519_key());
  twice = sign_by_hand(tags(), ed25519_key(), twice);
  auto verifier = DkimVerifier::parse(twice, {.now = kNow}).value();
  CHECK_EQ(verifier.found(), 2);
  REQUIRE_EQ(verifier.names().size(), 1);
  CHECK_EQ(verifier.names()[0], "ph1._domainkey.example.org");
}

TEST_CASE("tags of the signature are held to RFC 6376 section 6.1.1") {
  constexpr auto kPass = DkimResult::pass;
  constexpr auto kBad = DkimResult::permerror;
  constexpr auto kIgnored = DkimResult::neutral;
  const TagRow rows[] = {
      {"v=1", "v=1", kPass, ""},
      {"v=1; ", "", kBad, "v= is missing"},
      {"v=1", "v=2", kBad, "v= is not 1"},
      {"v=1", "v=1; v=1", kBad, "twice"},
      {"a=ed25519-sha256", "A=ed25519-sha256", kBad, "a= is missing"},
      {"a=ed25519-sha256", "a=rsa-sha1", kBad, "rsa-sha1"},
      {"a=ed25519-sha256", "a=rsa-sha256", kBad, "another type"},
      {"a=ed25519-sha256", "a=ecdsa-sha256", kIgnored, "algorithm"},
      {"c=relaxed/relaxed", "c=simple/simple", kPass, ""},
      {"c=relaxed/relaxed", "c=relaxed", kPass, ""},
      {"c=relaxed/relaxed; ", "", kPass, ""},
      {"c=relaxed/relaxed", "c=nowsp", kIgnored, "canonical"},
      {"c=relaxed/relaxed", "c=relaxed/x", kIgnored, "canonical"},
      {"d=example.org", "d=EXAMPLE.org", kPass, ""},
      {"d=example.org; ", "", kBad, "d= is missing"},
      {"d=example.org", "d=org", kBad, "single label"},
      {"d=example.org", "d=example..org", kBad, "d= is not a name"},
      {"d=example.org", "d=example.org(.evil.example", kBad, "d= is not a name"},
      {"d=example.org", "d=example.org\xc3\xa9.org", kIgnored, "internationalised"},
      {"s=ph1", "s=", kBad, "s= is not a name"},
      {"s=ph1; ", "", kBad, "s= is missing"},
      {"s=ph1", "s=PH1", kPass, ""},
      {"h=From:To", "h=From : To", kPass, ""},
      {"h=From:To", "h=fROM", kPass, ""},
      {"h=From:To", "h=To", kBad, "does not sign From"},
      {"h=From:To", "h=From::To", kBad, "list of field names"},
      {"h=From:To", "h=From To", kBad, "list of field names"},
      {"h=From:To", "h=", kBad, "list of field names"},
      {"bh=", "bh=!", kBad, "bh= is not base64"},
      {"; bh=", "; bx=", kBad, "bh= is missing"},
      {"s=ph1", "s=ph1; q=dns/txt", kPass, ""},
      {"s=ph1", "s=ph1; q=other:dns/txt", kPass, ""},
      {"s=ph1", "s=ph1; q=http", kIgnored, "query"},
      {"s=ph1", "s=ph1; i=joe@example.org", kPass, ""},
      {"s=ph1", "s=ph1; i=joe@a.b.EXAMPLE.org", kPass, ""},
      {"s=ph1", "s=ph1; i=@example.com", kBad, "domain of d="},
      {"s=ph1", "s=ph1; i=@evilexample.org", kBad, "domain of d="},
      {"s=ph1", "s=ph1; i=example.org", kBad, "no \"@\""},
      {"s=ph1", "s=ph1; i=a=40b@example.org", kPass, ""},
      {"s=ph1", "s=ph1; i=a=4@example.org", kBad, "sequence"},
      {"s=ph1", "s=ph1; i=a=0A@example.org", kBad, "control"},
      {"s=ph1", "s=ph1; t=1600000000; x=1800000000", kPass, ""},
      {"s=ph1", "s=ph1; x=1700000000", kPass, ""},
      {"s=ph1", "s=ph1; x=1699999999", kBad, "expired"},
      {"s=ph1", "s=ph1; t=1600000000; x=1600000000", kBad, "x= is not after"},
      {"s=ph1", "s=ph1; t=-5", kBad, "t= is not a time"},
      {"s=ph1", "s=ph1; t=", kBad, "t= is not a time"},
      {"s=ph1", "s=ph1; x=1234567890123", kBad, "x= is not a time"},
      {"s=ph1", "s=ph1; z=From:x|To:y; unknown=1", kPass, ""},
      {"s=ph1", "s=ph1; l=7", kPass, ""},
      {"s=ph1", "s=ph1; l=8", kBad, "longer than the body"},
      {"s=ph1", "s=ph1; l=99999999999999999999999", kBad, "longer than the body"},
      {"s=ph1", "s=ph1; l=x", kBad, "l= is not a length"},
      {"s=ph1", "s=ph1; l=-1", kBad, "l= is not a length"},
      {"s=ph1", "s=ph1; l=6", DkimResult::fail, "body was changed"},
  };
  check_rows(rows);
}

TEST_CASE("a refusal still says whose signature it was") {
  auto verdict = only(sign_by_hand(replaced(tags(), "v=1", "v=8"), ed25519_key()), {});
  CHECK_EQ(verdict.domain, "example.org");
  CHECK_EQ(verdict.selector, "ph1");
  CHECK_EQ(verdict.algorithm, "ed25519-sha256");
}

TEST_CASE("an unknown algorithm is repeated only when it is plain and short") {
  for (const char* strange : {"a=\xc3\xa9", "a=x\"y", "a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    CHECK_EQ(only(sign_by_hand(replaced(tags(), "a=ed25519-sha256", strange), ed25519_key()), {})
                 .algorithm,
             "");
}

TEST_CASE("l= passes where it is right, and what it leaves open is said") {
  std::string part = replaced(tags(), "s=ph1", "s=ph1; l=7");
  std::string message = sign_by_hand(part, ed25519_key()) + "Added text\r\n";
  auto verdict = only(message, records_of(ed25519_key()));
  CHECK(verdict.result == DkimResult::pass);
  CHECK(verdict.body_partial);
  CHECK_EQ(verdict.reason, "l= signs only 7 of 19 octets of the body");
}

TEST_CASE("what the key record says is held to RFC 6376 section 6.1.2") {
  std::string p = "p=" + ed25519_key().public_base64();
  struct Row {
    std::vector<std::string> texts;
    DkimResult result;
    const char* reason;
  };
  const Row rows[] = {
      {{"v=DKIM1; k=ed25519; " + p}, DkimResult::pass, ""},
      {{"k=ed25519; " + p}, DkimResult::pass, ""},
      {{"v=DKIM1; k=ed25519; h=sha256; s=email; " + p}, DkimResult::pass, ""},
      {{"v=DKIM1; k=ed25519; t=y; " + p}, DkimResult::pass, "test mode"},
      {{"v=DKIM1; k=ed25519; t=s; " + p}, DkimResult::permerror, "t=s"},
      {{"v=DKIM1; k=ed25519; h=sha1; " + p}, DkimResult::permerror, "h="},
      {{"v=DKIM1; k=ed25519; s=other; " + p}, DkimResult::permerror, "s="},
      {{"v=DKIM1; k=ed25519; p="}, DkimResult::permerror, "revoked"},
      {{print_dkim_key_record(rsa_key().public_key())}, DkimResult::permerror, "another type"},
      {{"v=spf1 -all"}, DkimResult::permerror, "key record"},
      {{}, DkimResult::permerror, "no key record"},
      {{"v=spf1 -all", "k=ed25519; " + p}, DkimResult::pass, ""},
      {{"k=ed25519; p=", "k=ed25519; " + p}, DkimResult::pass, ""},
      {{"k=ed25519; p=" + base64_encode(std::string(32, 'x')), "v=spf1"}, DkimResult::fail,
       "does not verify"},
      {{"v=spf1", "k=ed25519; p=" + base64_encode(std::string(32, 'x'))}, DkimResult::fail,
       "does not verify"},
      {{"t=y; k=ed25519; p=" + base64_encode(std::string(32, 'x'))}, DkimResult::neutral,
       "test mode"},
      {{"TEMPERROR"}, DkimResult::temperror, "looked up"},
  };
  std::string message =
      sign_by_hand(replaced(tags(), "s=ph1", "s=ph1; i=joe@a.example.org"), ed25519_key());
  for (const Row& row : rows) {
    CAPTURE(row.reason);
    auto verdict = only(message, {{"ph1._domainkey.example.org", row.texts}});
    CHECK_EQ(dkim_result_name(verdict.result), dkim_result_name(row.result));
    CHECK(verdict.reason.find(row.reason) != std::string::npos);
  }
  CHECK(only(message, {}).result == DkimResult::permerror);
}

TEST_CASE("t=s allows an i= with exactly the domain of d=") {
  std::string record = "k=ed25519; t=s; p=" + ed25519_key().public_base64();
  for (const char* with : {"s=ph1; i=joe@example.org", "s=ph1"}) {
    std::string message = sign_by_hand(replaced(tags(), "s=ph1", with), ed25519_key());
    CHECK(only(message, {{"ph1._domainkey.example.org", {record}}}).result == DkimResult::pass);
  }
}

TEST_CASE("an RSA key below the wanted size is a matter of policy") {
  std::string message = signed_with(request(rsa_key()), kMessage);
  Records records = records_of(rsa_key());
  CHECK(only(message, records, {.now = kNow}).result == DkimResult::pass);
  auto verdict = only(message, records, {.now = kNow, .min_rsa_bits = 2048});
  CHECK(verdict.result == DkimResult::policy);
  CHECK_EQ(verdict.reason, "the RSA key has 1024 bits; 2048 are wanted");
}

TEST_CASE("more signatures than the cap are counted and not judged") {
  std::string message = kMessage;
  for (int i = 0; i < 12; ++i) message = sign_by_hand(tags(), ed25519_key(), message);
  auto verifier = DkimVerifier::parse(message, {.now = kNow}).value();
  CHECK_EQ(verifier.found(), 12);
  CHECK_EQ(verify(message, records_of(ed25519_key())).value().size(), 10);
}

TEST_CASE("of fields with one name the last are taken first") {
  std::string original = "From: joe@example.org\r\nX: 1\r\nX: 2\r\nX: 3\r\n\r\nHello\r\n";
  std::string lines = "x:3\r\nx:2\r\nfrom:joe@example.org\r\n";
  std::string raw = "DKIM-Signature: " + replaced(tags(), "h=From:To", "h=X:X:From") + "; b=";
  append_signature_field(lines, Canonical::relaxed, raw);
  std::string signature =
      base64_encode(ed25519_key().sign(crypto::sha256(lines)).value());
  std::string field = raw + signature + "\r\n";
  Records records = records_of(ed25519_key());
  CHECK(only(field + original, records).result == DkimResult::pass);
  CHECK(only(field + replaced(original, "X: 1", "X: 9"), records).result == DkimResult::pass);
  CHECK(only(field + replaced(original, "X: 2", "X: 9"), records).result == DkimResult::fail);
}

TEST_CASE("b= is emptied wherever it stands, and bh= stays") {
  struct Row {
    const char *raw, *hashed;
  };
  const Row rows[] = {
      {"DKIM-Signature: a=1; b=xyz; bh=q", "dkim-signature:a=1; b=; bh=q"},
      {"DKIM-Signature: b=xyz=;bh=b=2", "dkim-signature:b=;bh=b=2"},
      {"DKIM-Signature: bh=q; b = x\r\n y", "dkim-signature:bh=q; b ="},
      {"DKIM-Signature: b=\r\n x\r\n y;\r\n bh=q", "dkim-signature:b=; bh=q"}};
  for (const Row& row : rows) {
    std::string out;
    append_signature_field(out, Canonical::relaxed, row.raw);
    CHECK_EQ(out, row.hashed);
  }
}

TEST_CASE("a message whose header section is none is refused") {
  CHECK_FALSE(verify("  This is not a valid message.\r\n", {}).has_value());
}
