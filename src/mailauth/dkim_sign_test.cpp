#include "mailauth/dkim_sign.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/limits.h"
#include "base/random.h"
#include "base/text.h"
#include "mailauth/dkim_testing.h"

using namespace ph;
using namespace ph::mailauth;
using namespace ph::mailauth::testing;

namespace {

const std::string kMessage =
    "Received: from a by b\r\nFrom: Joe <joe@example.org>\r\nTo: sue@example.net\r\n"
    "Subject: =?utf-8?q?caf=C3=A9?=\r\n\tfolded\r\nDate: Sat, 21 Nov 2026 22:00:00 +0000\r\n"
    "Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
    "Hello,\r\n\r\nworld.\r\n";

DkimResult result_of(const std::string& message, const crypto::PrivateKey& key) {
  return verify(message, records_of(key)).value().at(0).result;
}

}  // namespace

TEST_CASE("what is signed verifies, with both kinds of key and all canonical forms") {
  for (const auto& key : {rsa_key(), ed25519_key()})
    for (Canonical header : {Canonical::simple, Canonical::relaxed})
      for (Canonical body : {Canonical::simple, Canonical::relaxed}) {
        DkimSignRequest how = request(key);
        how.header = header;
        how.body = body;
        auto verdict = verify(signed_with(how, kMessage), records_of(key)).value().at(0);
        CHECK(verdict.result == DkimResult::pass);
        CHECK_EQ(verdict.reason, "");
        CHECK_EQ(verdict.domain, "example.org");
        CHECK_EQ(verdict.selector, "ph1");
        CHECK_EQ(verdict.bits, key.bits());
      }
}

TEST_CASE("two keys share one body hash and one message carries both signatures") {
  RawMessage split = split_message(kMessage).value();
  BodyHash hash = hash_body(Canonical::relaxed, split.body);
  DkimSignRequest second = request(ed25519_key());
  second.selector = "ph2";
  std::string message = dkim_sign(split.fields, hash, request(rsa_key())).value() +
                        dkim_sign(split.fields, hash, second).value() + kMessage;
  Records records = records_of(rsa_key());
  records["ph2._domainkey.example.org"] = {print_dkim_key_record(ed25519_key().public_key())};
  auto verdicts = verify(message, records).value();
  REQUIRE_EQ(verdicts.size(), 2);
  CHECK(verdicts[0].result == DkimResult::pass);
  CHECK(verdicts[1].result == DkimResult::pass);
  CHECK_EQ(verdicts[1].algorithm, "ed25519-sha256");
}

TEST_CASE("fields that people see are listed once more than they occur, trace fields never") {
  auto names = default_signed_names(split_message(kMessage).value().fields);
  auto count = [&](std::string_view name) { return std::ranges::count(names, name); };
  for (const char* twice : {"From", "To", "Subject", "Date", "MIME-Version", "Content-Type"})
    CHECK_EQ(count(twice), 2);
  for (const char* once : {"Cc", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post",
                           "Message-ID"})
    CHECK_EQ(count(once), 1);
  for (const char* none : {"Received", "Return-Path", "Bcc", "Sender", "References"})
    CHECK_EQ(count(none), 0);
}

TEST_CASE("the field never has l= and folds at 78 columns") {
  for (const auto& key : {rsa_key(), ed25519_key()}) {
    DkimSignRequest how = request(key);
    how.expires = kNow + std::chrono::hours(24);
    std::string field = dkim_sign(kMessage, how).value();
    CHECK(field.starts_with("DKIM-Signature: v=1; a="));
    CHECK(field.ends_with("\r\n"));
    CHECK(field.find("l=") == std::string::npos);
    CHECK(field.find("x=1700086400;") != std::string::npos);
    std::string_view rest = field;
    rest.remove_suffix(2);
    for (std::string_view line : split(rest, '\n')) {
      if (line.ends_with('\r')) line.remove_suffix(1);
      CHECK_LE(line.size(), limits::kHeaderLineWished);
      CHECK_GT(line.size(), 1);
    }
  }
}

TEST_CASE("a long domain and selector still make a field that verifies") {
  DkimSignRequest how = request(ed25519_key());
  how.domain = std::string(63, 'a') + "." + std::string(63, 'b') + ".example.org";
  how.selector = std::string(60, 's');
  Records records;
  records[dkim_record_name(how.selector, how.domain)] = {
      print_dkim_key_record(ed25519_key().public_key())};
  CHECK(verify(signed_with(how, kMessage), records).value()[0].result == DkimResult::pass);
}

TEST_CASE("any change to what is signed breaks the signature") {
  struct Row {
    const char *from, *to;
  };
  const Row rows[] = {
      {"From: Joe", "From: evil@example.com\r\nFrom: Joe"},
      {"\r\n\r\nHello", "\r\nFrom: evil@example.com\r\n\r\nHello"},
      {"\r\n\r\nHello", "\r\nSubject: other\r\n\r\nHello"},
      {"From: Joe", "Subject: other\r\nFrom: Joe"},
      {"From: Joe", "To: other@example.net\r\nFrom: Joe"},
      {"\r\n\r\nHello", "\r\nCc: other@example.net\r\n\r\nHello"},
      {"From: Joe", "Date: Sat, 21 Nov 2026 23:00:00 +0000\r\nFrom: Joe"},
      {"From: Joe", "Reply-To: evil@example.com\r\nFrom: Joe"},
      {"From: Joe", "MIME-Version: 1.0\r\nFrom: Joe"},
      {"From: Joe", "Content-Type: text/html\r\nFrom: Joe"},
      {"\r\n\r\nHello", "\r\nContent-Type: text/html\r\n\r\nHello"},
      {"From: Joe", "List-Unsubscribe: <https://evil.example/>\r\nFrom: Joe"},
      {"From: Joe", "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFrom: Joe"},
      {"To: sue@example.net\r\n", ""},
      {"To: sue@example.net", "To: sue@example.ne"},
      {"Message-ID: <1@", "Message-ID: <2@"},
      {"caf=C3", "caf=C4"},
      {"world.", "World."},
      {"world.\r\n", "world.\r\nmore\r\n"},
      {"Hello,\r\n\r\n", "Hello,\r\n"},
      {"t=1700000000", "t=1700000001"},
      {"d=example.org", "d=example.org; i=@a.example.org"},
  };
  for (const auto& key : {rsa_key(), ed25519_key()}) {
    std::string message = signed_with(request(key), kMessage);
    for (const Row& row : rows) {
      CAPTURE(row.to);
      CHECK(result_of(replaced(message, row.from, row.to), key) == DkimResult::fail);
    }
  }
}

TEST_CASE("changes that relaxed forms allow do not break the signature") {
  struct Row {
    const char *from, *to;
  };
  const Row rows[] = {{"From: Joe", "FROM:  Joe"},
                      {"Subject: ", "Subject:\r\n "},
                      {"\r\n\tfolded", " folded  "},
                      {"Hello,\r\n", "Hello, \t\r\n"},
                      {"world.\r\n", "world.\r\n\r\n \r\n"},
                      {"world.\r\n", "world."},
                      {"Received: from a", "Received: from c\r\nReceived: from a"},
                      {"From: Joe", "X-Spam: no\r\nFrom: Joe"},
                      {"; a=", ";\r\n a="}};
  std::string message = signed_with(request(rsa_key()), kMessage);
  for (const Row& row : rows) {
    CAPTURE(row.to);
    CHECK(result_of(replaced(message, row.from, row.to), rsa_key()) == DkimResult::pass);
  }
}

TEST_CASE("generated messages of any shape verify after signing, and fail when a letter changes") {
  FakeRandom random(21);
  const char* pieces[] = {"x", "word ", "\r\n", "\r\n\r\n", " ", "\t", "\xc3\xa9", ".\r\n", "\r",
                          "\n", "=20", "\r\n \r\n"};
  const char* fields[] = {"Subject: a  b\r\n", "To: x,\r\n y\r\n", "to:z\r\n", "X-A: b\r\n",
                          "Sender: q@example.org\r\n", "SUBJECT:\r\n", "Cc :\r\n\tk\r\n"};
  for (int round = 0; round < 300; ++round) {
    std::string message;
    for (size_t i = random.below(6); i > 0; --i) message += fields[random.below(7)];
    message += "From: joe@example.org\r\n";
    for (size_t i = random.below(3); i > 0; --i) message += fields[random.below(7)];
    if (random.below(8) != 0) message += "\r\n";
    bool has_body = message.ends_with("\r\n\r\n");
    size_t from = message.size();
    if (has_body)
      for (size_t i = random.below(30); i > 0; --i) message += pieces[random.below(12)];
    DkimSignRequest how = request(ed25519_key());
    how.header = random.below(2) == 0 ? Canonical::simple : Canonical::relaxed;
    how.body = random.below(2) == 0 ? Canonical::simple : Canonical::relaxed;
    std::string sent = signed_with(how, message);
    CAPTURE(message);
    CHECK(result_of(sent, ed25519_key()) == DkimResult::pass);
    size_t letter = message.find('x', from);
    if (letter == std::string::npos) continue;
    sent[sent.size() - message.size() + letter] = 'y';
    CHECK(result_of(sent, ed25519_key()) == DkimResult::fail);
  }
}

TEST_CASE("a list of one's own is used as it stands") {
  DkimSignRequest how = request(ed25519_key());
  how.names = {"From", "X-Missing", "received"};
  std::string message = signed_with(request(ed25519_key()), kMessage);
  CHECK_FALSE(dkim_sign(kMessage, how).has_value());
  how.names = {"From", "X-Missing", "subject"};
  std::string field = dkim_sign(kMessage, how).value();
  CHECK(field.find("h=From:X-Missing:subject;") != std::string::npos);
  CHECK(result_of(field + kMessage, ed25519_key()) == DkimResult::pass);
  CHECK(result_of(field + "X-Missing: x\r\n" + kMessage, ed25519_key()) == DkimResult::fail);
}

TEST_CASE("what must not be signed is refused, with the field named") {
  struct Row {
    const char* field;
    void (*spoil)(DkimSignRequest&);
  };
  const Row rows[] = {
      {"domain", [](DkimSignRequest& r) { r.domain = "example"; }},
      {"domain", [](DkimSignRequest& r) { r.domain = "exa mple.org"; }},
      {"domain", [](DkimSignRequest& r) { r.domain = "a.org; i=@b.org"; }},
      {"domain", [](DkimSignRequest& r) { r.domain = ""; }},
      {"selector", [](DkimSignRequest& r) { r.selector = ""; }},
      {"selector", [](DkimSignRequest& r) { r.selector = "a;b"; }},
      {"selector", [](DkimSignRequest& r) { r.selector = "a\r\nb"; }},
      {"time", [](DkimSignRequest& r) { r.time = WallTime::from_seconds(-1); }},
      {"expires", [](DkimSignRequest& r) { r.expires = r.time; }},
      {"headers", [](DkimSignRequest& r) { r.names = {"To"}; }},
      {"headers", [](DkimSignRequest& r) { r.names = {"From", "Bcc"}; }},
      {"headers", [](DkimSignRequest& r) { r.names = {"From", "return-path"}; }},
      {"headers", [](DkimSignRequest& r) { r.names = {"From", "a:b"}; }},
      {"headers", [](DkimSignRequest& r) { r.names = {"From", ""}; }},
  };
  for (const Row& row : rows) {
    DkimSignRequest how = request(ed25519_key());
    row.spoil(how);
    auto field = dkim_sign(kMessage, how);
    REQUIRE_FALSE(field.has_value());
    CHECK_EQ(field.error().field, row.field);
  }
  CHECK_FALSE(dkim_sign("To: x@example.org\r\n\r\nx", request(ed25519_key())).has_value());
  CHECK_FALSE(dkim_sign("no header\r\n\r\nx", request(ed25519_key())).has_value());
  BodyHash other = hash_body(Canonical::simple, "x");
  CHECK_FALSE(dkim_sign(split_message(kMessage).value().fields, other, request(ed25519_key()))
                  .has_value());
}
