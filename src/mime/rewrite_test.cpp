#include "mime/rewrite.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "base/text.h"

using namespace ph;
using namespace ph::mime;

namespace {

const SubmissionFields kFields{.date = WallTime::from_seconds(1'795'299'105),
                               .message_id = "new@example.org"};
const std::string kAdded =
    "Date: Sat, 21 Nov 2026 22:11:45 +0000\r\nMessage-ID: <new@example.org>\r\n";

}  // namespace

TEST_CASE("fields that a client may not set go, with their folds, and nothing else does") {
  std::string message =
      "Return-Path: <x@y.z>\r\nFrom: a@b.c\r\nbcc: secret@b.c,\r\n other@b.c\r\nTo: d@e.f\r\n"
      "Authentication-Results: us; dkim=pass\r\nX-Posthouse-Id: 1\r\nReceived: from c\r\n"
      "Date: 1 Jan 26 10:00 GMT\r\nMessage-ID: <1@b.c>\r\nResent-Bcc: g@h.i\r\n"
      "Resent-To: k@l.m\r\n\r\n"
      "Bcc: in the body\r\n";
  auto out = rewrite_submission(message, kFields).value();
  CHECK_EQ(out.bytes,
           "From: a@b.c\r\nTo: d@e.f\r\nReceived: from c\r\nDate: 1 Jan 26 10:00 GMT\r\n"
           "Message-ID: <1@b.c>\r\nResent-To: k@l.m\r\n\r\nBcc: in the body\r\n");
  CHECK_EQ(out.removed, std::vector<std::string>{"Return-Path", "bcc", "Authentication-Results",
                                                 "X-Posthouse-Id", "Resent-Bcc"});
  CHECK_FALSE(out.added_date);
  CHECK_FALSE(out.added_message_id);
}

TEST_CASE("a missing date and message id are added at the header's end") {
  const std::pair<std::string, std::string> rows[] = {
      {"From: a@b.c\r\n\r\nbody\r\n", "From: a@b.c\r\n" + kAdded + "\r\nbody\r\n"},
      {"From: a@b.c\r\n", "From: a@b.c\r\n" + kAdded + "\r\n"},
      {"From: a@b.c", "From: a@b.c\r\n" + kAdded + "\r\n"},
      {"\r\nbody", kAdded + "\r\nbody"},
      {"", kAdded + "\r\n"},
      {"Bcc: a@b.c\r\n\r\nx", kAdded + "\r\nx"},
      {"date: x\r\nmessage-id: y\r\n\r\n", kAdded + "\r\n"},
      {"Date:\r\nMessage-ID:\r\nA: b\r\n\r\n", "A: b\r\n" + kAdded + "\r\n"},
      {"Date: Sat, 21 Nov 2026 22:11:45 +0000 (UTC)\r\nMessage-ID: <>\r\n\r\n",
       "Date: Sat, 21 Nov 2026 22:11:45 +0000 (UTC)\r\nMessage-ID: <new@example.org>\r\n\r\n"},
      {"Message-ID: <a@b>\r\nDate: Sat, 21 Foo 2026 22:11:45 +0000\r\n\r\n",
       "Message-ID: <a@b>\r\nDate: Sat, 21 Nov 2026 22:11:45 +0000\r\n\r\n"}};
  for (auto& [message, wanted] : rows) {
    auto out = rewrite_submission(message, kFields).value();
    CHECK_EQ(out.bytes, wanted);
    CHECK_EQ(rewrite_submission(out.bytes, kFields)->bytes, out.bytes);
  }
}

TEST_CASE("every From and Sender is counted and read, whatever form it takes") {
  auto facts = inspect_submission(
                   "From: A <a@b.c>, \"x\" <d@e.f>\r\nfrom: =?utf-8?q?N?= <g@h.i>\r\n"
                   "Sender: s@t.u\r\nSubject: =?utf-8?b?5byg?=\r\nReceived: 1\r\nReceived: 2\r\n"
                   "Message-ID: <m@n.o>\r\n\r\nFrom: body@b.c\r\n")
                   .value();
  CHECK_EQ(facts.from_fields, 2);
  REQUIRE_EQ(facts.from.size(), 3);
  CHECK_EQ(facts.from[1].address(), "d@e.f");
  CHECK_EQ(facts.from[2].name, "N");
  CHECK_EQ(facts.sender.at(0).address(), "s@t.u");
  CHECK_EQ(facts.received_fields, 2);
  CHECK_EQ(facts.message_id, "m@n.o");
  CHECK_EQ(facts.message_id_fields, 1);
  CHECK_EQ(facts.date_fields, 0);
  CHECK_EQ(facts.subject, "张");
  CHECK_EQ(facts.repeated, "From");
  CHECK_EQ(facts.problem, "");
  CHECK_FALSE(facts.wrong_line.has_value());
}

TEST_CASE("tricks with From are facts that a policy can refuse") {
  CHECK_EQ(inspect_submission("Subject: x\r\n\r\n")->from_fields, 0);
  CHECK_EQ(inspect_submission("From : a@b.c\r\n\r\n")->from_fields, 1);
  CHECK_FALSE(inspect_submission("From: a@b.c> <d@e.f>\r\n\r\n")->problem.empty());
  CHECK_FALSE(inspect_submission("From: =?utf-8?q?a=40b?=@c.d\r\n\r\n")->problem.empty());
  CHECK_FALSE(inspect_submission("From:\r\n\r\n")->problem.empty());
  CHECK(inspect_submission("From: G: a@b.c;\r\n\r\n")->from_has_group);
  CHECK(inspect_submission("From: <@x.y,@z.y:a@b.c>\r\n\r\n")->has_route);
  CHECK(inspect_submission("From: <a@b.c>\r\nSender: <@x.y:a@b.c>\r\n\r\n")->has_route);
  CHECK_FALSE(inspect_submission("From: <a@b.c>\r\nTo: <@x.y:a@b.c>\r\n\r\n")->has_route);
  CHECK_EQ(inspect_submission("From: a@b.c (d@e.f)\r\n\r\n")->from.size(), 1);
  CHECK_EQ(inspect_submission("A: b\r\nnonsense\r\n\r\n")->wrong_line->line, 2);
  CHECK_EQ(inspect_submission("To: a\r\nTO: b\r\n\r\n")->repeated, "To");
  CHECK_EQ(inspect_submission("Message-ID: nonsense\r\n\r\n")->message_id, "");
  CHECK_EQ(inspect_submission("Message-ID: <a b@c>\r\n\r\n")->message_id, "");
}

TEST_CASE("a header over its bound is refused by both") {
  std::string message;
  for (int i = 0; i < 100'000; ++i) message += "Received: x\r\n";
  CHECK_EQ(inspect_submission(message).error().code, Errc::limit);
  CHECK_EQ(rewrite_submission(message, kFields).error().code, Errc::limit);
}

TEST_CASE("a field of MIME or of a list that stands twice is a fact") {
  for (const char* name : {"MIME-Version", "Content-Type", "Content-Transfer-Encoding",
                           "Content-Disposition", "Content-ID", "List-Unsubscribe",
                           "List-Unsubscribe-Post"}) {
    std::string field = std::string(name) + ": x\r\n";
    CHECK_EQ(inspect_submission(field + "\r\n" + field)->repeated, "");
    CHECK_EQ(inspect_submission(field + field + "\r\n")->repeated, name);
  }
}

TEST_CASE("a client's traces go or are renamed, a relay's stay, and the loop limit counts all") {
  std::string kept = "Date: 1 Jan 26 10:00 GMT\r\nMessage-ID: <1@b.c>\r\n";
  std::string traces =
      "Delivered-To: a@b.c\r\nReceived-SPF: pass\r\nARC-Seal: i=1\r\n"
      "ARC-Message-Signature: i=1\r\narc-authentication-results: i=1\r\n";
  std::string message = traces + "received: from a\r\n by b\r\n" + kept + "\r\nx";
  SubmissionFields fields = kFields;
  CHECK_EQ(rewrite_submission(message, fields)->bytes, message);
  fields.trace = Trace::rename;
  auto out = rewrite_submission(message, fields).value();
  CHECK_EQ(out.bytes, "X-received: from a\r\n by b\r\n" + kept + "\r\nx");
  CHECK_EQ(out.removed.size(), 5);
  CHECK_EQ(inspect_submission("Received: a\r\n" + out.bytes)->received_fields, 2);
}

TEST_CASE("raw UTF-8 in a header becomes encoded-words unless SMTPUTF8 keeps it") {
  SubmissionFields fields = kFields;
  std::string end = kAdded + "\r\nx";
  std::string message = "Subject: =?utf-8?q?=C3=A4?=\r\n caf\u00e9\r\nX-Y: \u00fc\r\n\r\nx";
  CHECK_EQ(rewrite_submission(message, fields)->bytes,
           message.substr(0, message.size() - 3) + end);
  fields.raw_utf8 = RawUtf8::encode;
  std::string bytes = rewrite_submission(message, fields)->bytes;
  CHECK(is_ascii(bytes));
  CHECK_EQ(inspect_submission(bytes)->subject, "\u00e4 caf\u00e9");
  bytes = rewrite_submission("From: J\u00fcrg <a@b.c>\r\nto: d@e.f, \u00e4 <g@h.i>\r\n\r\n", fields)
              ->bytes;
  CHECK(is_ascii(bytes));
  CHECK_EQ(inspect_submission(bytes)->from.at(0).name, "J\u00fcrg");
  CHECK(bytes.contains("<g@h.i>"));
  auto address = rewrite_submission("To: A <j\u00fcrg@b.c>\r\n\r\nx", fields);
  REQUIRE_FALSE(address.has_value());
  CHECK_EQ(address.error().code, Errc::unsupported);
  CHECK(address.error().message.contains("To"));
}

namespace {

// Stands for IDNA: fullwidth n is n, and there is one name more.
std::optional<DomainForms> two_domains(std::string_view domain) {
  if (domain == "\uff4eews.example")
    return DomainForms{.a_labels = "news.example", .u_labels = "news.example"};
  if (domain == "b\u00fccher.example")
    return DomainForms{.a_labels = "xn--bcher-kva.example", .u_labels = "b\u00fccher.example"};
  return std::nullopt;
}

}  // namespace

TEST_CASE("a U-label domain in an address field is written in A-labels without SMTPUTF8") {
  SubmissionFields fields = kFields;
  fields.raw_utf8 = RawUtf8::encode;
  fields.domains = two_domains;
  std::string end = kAdded + "\r\nx";
  const std::pair<std::string, std::string> rows[] = {
      {"To: a@b\u00fccher.example", "To: a@xn--bcher-kva.example"},
      {"Cc: d@e.f, A <a@b\u00fccher.example>", "Cc: d@e.f, A <a@xn--bcher-kva.example>"},
      {"Reply-To: a@b\u00fccher.example", "Reply-To: a@xn--bcher-kva.example"},
      {"From: a@\uff4eews.example", "From: a@news.example"}};
  for (auto& [field, wanted] : rows)
    CHECK_EQ(rewrite_submission(field + "\r\n\r\nx", fields)->bytes, wanted + "\r\n" + end);
  auto code = [&](std::string field) {
    return rewrite_submission(field + "\r\n\r\nx", fields).error().code;
  };
  CHECK_EQ(code("To: j\u00fcrg@b\u00fccher.example"), Errc::unsupported);
  CHECK_EQ(code("To: a@\u2603.net"), Errc::invalid);
}

TEST_CASE("with SMTPUTF8 only a domain that is not in its proper form is written anew") {
  SubmissionFields fields = kFields;
  fields.domains = two_domains;
  std::string end = "\r\n" + kAdded + "\r\nx";
  const std::pair<std::string, std::string> rows[] = {
      {"From: a@\uff4eews.example", "From: a@news.example"},
      {"From: a@b\u00fccher.example", "From: a@b\u00fccher.example"},
      {"To: \u00fc@b\u00fccher.example, <\u00fc@\uff4eews.example>",
       "To: \u00fc@b\u00fccher.example, \u00fc@news.example"},
      {"Subject: a@\uff4eews.example", "Subject: a@\uff4eews.example"},
      {"To: a@\u2603.net", "To: a@\u2603.net"}};
  for (auto& [field, wanted] : rows)
    CHECK_EQ(rewrite_submission(field + "\r\n\r\nx", fields)->bytes, wanted + end);
}

TEST_CASE("blanks before the colon go, in every field that stays") {
  SubmissionFields fields = kFields;
  std::string message =
      "From : a@b.c\r\nSubject \t :  s\r\n t : u\r\nBcc : x@y.z\r\nX:y : z\r\n"
      "Received : q\r\nDate : 1 Jan 26 10:00 GMT\r\nMessage-ID : <1@b.c>\r\n\r\nA : b";
  std::string front = "From: a@b.c\r\nSubject:  s\r\n t : u\r\nX:y : z\r\n";
  std::string back =
      "Received: q\r\nDate: 1 Jan 26 10:00 GMT\r\nMessage-ID: <1@b.c>\r\n\r\nA : b";
  CHECK_EQ(rewrite_submission(message, fields)->bytes, front + back);
  fields.trace = Trace::rename;
  CHECK_EQ(rewrite_submission(message, fields)->bytes, front + "X-" + back);
}

TEST_CASE("the parameters of a MIME field are written as RFC 2231 has it") {
  SubmissionFields fields = kFields;
  fields.raw_utf8 = RawUtf8::encode;
  CHECK_EQ(rewrite_submission("Content-Type: text/plain; name=\"\u00fc.txt\"; charset=utf-8\r\n"
                              "Content-Disposition: inline; filename=\u00fc.txt\r\n\r\nx",
                              fields)
               ->bytes,
           "Content-Type: text/plain; name*=utf-8''%C3%BC.txt; charset=utf-8\r\n"
           "Content-Disposition: inline; filename*=utf-8''%C3%BC.txt\r\n" +
               kAdded + "\r\nx");
}

TEST_CASE("8-bit octets where no encoded-word may stand are refused, and the field is named") {
  SubmissionFields fields = kFields;
  fields.raw_utf8 = RawUtf8::encode;
  for (const char* field :
       {"Subject: \xff", "From: \xfc <a@b.c>", "Content-Type: a/b; boundary=\u00fc",
        "Content-ID: <\u00fc>", "Message-ID: <\u00fc@b.c>",
        "List-Unsubscribe: <https://b.c/\u00fc>", "To: \u00fc: a@b.c;",
        "References: <\u00fc@b.c>", "Date: \u00fc", "Resent-Date: \u00fc", "X-Y: \xc3"}) {
    auto out = rewrite_submission(std::string(field) + "\r\n\r\nx", fields);
    REQUIRE_FALSE(out.has_value());
    CHECK_EQ(out.error().code, Errc::invalid);
    std::string_view text = field;
    CHECK(out.error().message.contains(text.substr(0, text.find(':'))));
  }
}
