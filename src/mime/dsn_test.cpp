#include "mime/dsn.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace ph;
using namespace ph::mime;

namespace {

std::string report(const std::string& status, const std::string& label = "message/delivery-status",
                   const std::string& extra = "") {
  return "Content-Type: multipart/report; report-type=delivery-status; boundary=\"r\"\r\n\r\n"
         "--r\r\n\r\nIt did not arrive.\r\n--r\r\nContent-Type: " +
         label + "\r\n\r\n" + status + "\r\n" + extra + "--r--\r\n";
}

}  // namespace

TEST_CASE("a Postfix bounce gives its recipient, status and the remote's words") {
  auto read = parse_delivery_report(report(
      "Reporting-MTA: dns; mx.example.net\r\nOriginal-Envelope-Id: env1\r\nX-Postfix-Queue-ID: "
      "1\r\n"
      "\r\n"
      "Final-Recipient: rfc822; z@example.net\r\nOriginal-Recipient: rfc822;Z@example.net\r\n"
      "Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx2.example.net\r\n"
      "Diagnostic-Code: smtp; 550 5.1.1 <z@example.net>: Recipient address rejected:\r\n"
      "    User unknown\r\n",
      "message/delivery-status",
      "--r\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <m1@us>\r\nSubject: "
      "x\r\n\r\nbody\r\n"));
  REQUIRE(read.has_value());
  CHECK_EQ(read->reporting_mta, "mx.example.net");
  CHECK_EQ(read->envelope_id, "env1");
  CHECK_EQ(read->original_message_id, "m1@us");
  REQUIRE_EQ(read->recipients.size(), 1);
  const DsnRecipient& recipient = read->recipients[0];
  CHECK_EQ(recipient.final, "z@example.net");
  CHECK_EQ(recipient.original, "Z@example.net");
  CHECK_EQ(recipient.action, DsnAction::failed);
  CHECK_EQ(recipient.status, "5.1.1");
  CHECK_EQ(recipient.remote_mta, "mx2.example.net");
  CHECK_EQ(recipient.diagnostic,
           "550 5.1.1 <z@example.net>: Recipient address rejected:    User unknown");
  CHECK_FALSE(read->truncated);
}

TEST_CASE("actions and statuses are read, nonsense in them is not") {
  struct Row {
    const char* fields;
    DsnAction action;
    const char* status;
  };
  const Row rows[] = {
      {"Action: FAILED (really)\r\nStatus: 5.0.0 (no)\r\n", DsnAction::failed, "5.0.0"},
      {"Action: delayed\r\nStatus: 4.4.7\r\n", DsnAction::delayed, "4.4.7"},
      {"Action: relayed\r\nStatus: 2.0.0\r\n", DsnAction::relayed, "2.0.0"},
      {"Action: expanded\r\nStatus: 2\r\n", DsnAction::expanded, ""},
      {"Action: delivered\r\nStatus: 9.1.1\r\n", DsnAction::delivered, ""},
      {"Action: \r\nStatus: \r\n", DsnAction::unknown, ""},
      {"Status: 5.1.1.1\r\n", DsnAction::unknown, ""},
      {"Status: 5.1111.1\r\n", DsnAction::unknown, ""},
      {"Status: 5..1\r\n", DsnAction::unknown, ""},
      {"Status: 55.1.1\r\n", DsnAction::unknown, ""}};
  for (const Row& row : rows) {
    auto read = parse_delivery_report(report(
        "Reporting-MTA: dns;x\r\n\r\nFinal-Recipient: <a@b.c>\r\n" + std::string(row.fields)));
    REQUIRE(read.has_value());
    REQUIRE_EQ(read->recipients.size(), 1);
    CHECK_EQ(read->recipients[0].final, "a@b.c");
    CHECK_EQ(read->recipients[0].action, row.action);
    CHECK_EQ(read->recipients[0].status, row.status);
  }
}

TEST_CASE("reports come encoded, in UTF-8 form, in one group, or with only returned headers") {
  auto encoded = parse_delivery_report(
      "Content-Type: multipart/report; boundary=r\r\n\r\n--r\r\n"
      "Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      "Reporting-MTA: dns;=20x\r\n\r\nFinal-Recipient: rfc822;=20a@b.c\r\nAction: "
      "failed\r\n--r--\r\n");
  CHECK_EQ(encoded->recipients.at(0).final, "a@b.c");
  auto global =
      parse_delivery_report(report("Reporting-MTA: dns;x\r\n\r\n"
                                   "Final-Recipient: utf-8; 用户@b.c\r\n",
                                   "message/global-delivery-status"));
  CHECK_EQ(global->recipients.at(0).final, "用户@b.c");
  auto merged =
      parse_delivery_report(report("Final-Recipient: rfc822;a@b.c\r\nAction: failed\r\n"));
  CHECK_EQ(merged->recipients.size(), 1);
  auto headers = parse_delivery_report(
      report("X: y\r\n", "message/delivery-status",
             "--r\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <m2@us>\r\n"));
  CHECK_EQ(headers->original_message_id, "m2@us");
  CHECK(headers->recipients.empty());
}

TEST_CASE("what is no delivery report is said to be none") {
  const std::string rows[] = {
      "", "Subject: x\r\n\r\nFinal-Recipient: rfc822;a@b.c\r\nAction: failed\r\n",
      "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822;a@b.c\r\n",
      "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: "
      "message/rfc822\r\n\r\n" +
          report("Final-Recipient: rfc822;a@b.c\r\n") + "--o--\r\n",
      "Content-Type: multipart/report; boundary=r\r\n\r\n--r\r\n\r\nx\r\n--r--\r\n"};
  for (const std::string& message : rows)
    CHECK_EQ(parse_delivery_report(message).error().code, Errc::not_found);
}

TEST_CASE("recipients and texts have bounds") {
  std::string status = "Reporting-MTA: dns;x\r\n\r\n";
  for (int i = 0; i < 100'000; ++i) status += "Final-Recipient: rfc822;a@b.c\r\n\r\n";
  auto many = parse_delivery_report(report(status));
  CHECK(many->truncated);
  CHECK_EQ(many->recipients.size(), limits::kDsnRecipients);
  auto wide =
      parse_delivery_report(report("Final-Recipient: rfc822;a@b.c\r\nDiagnostic-Code: smtp;" +
                                   std::string(1023, 'x') + "\u00e9\r\n"));
  CHECK_EQ(wide->recipients.at(0).diagnostic, std::string(1023, 'x'));
  auto huge = parse_delivery_report(report("X: " + std::string(1u << 20, 'x') + "\r\n"));
  CHECK(huge->truncated);
  CHECK_EQ(parse_delivery_report(report(std::string(1u << 20, '\n')))->recipients.size(), 0);
}
