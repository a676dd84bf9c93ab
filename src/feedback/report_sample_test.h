// Purpose: delivery reports as other servers write them, for tests.
#pragma once

#include <fmt/format.h>

#include <string>

namespace ph::feedback_test {

struct ReportSample {
  std::string action = "failed";
  std::string status = "5.1.1";
  std::string diagnostic = "smtp; 550 5.1.1 no such user";
  std::string more_recipients;  // further groups
};

inline std::string delivery_report(const ReportSample& sample) {
  return fmt::format(
      "From: MAILER-DAEMON@mx.dest.example\r\n"
      "Subject: Undelivered Mail\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n"
      "\r\n--b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n"
      "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
      "Reporting-MTA: dns; mx.dest.example\r\n\r\n"
      "Final-Recipient: rfc822; u@dest.example\r\n"
      "Action: {}\r\nStatus: {}\r\nDiagnostic-Code: {}\r\n{}"
      "\r\n--b--\r\n",
      sample.action, sample.status, sample.diagnostic, sample.more_recipients);
}

}  // namespace ph::feedback_test
