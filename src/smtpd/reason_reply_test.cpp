#include "smtpd/reason_reply.h"

#include <doctest/doctest.h>

using namespace ph;
using core::Reason;

TEST_CASE("every reason has a reply whose code and status agree") {
  for (int i = 0; i <= static_cast<int>(Reason::internal); ++i) {
    auto reason = static_cast<Reason>(i);
    smtp::Reply reply = smtpd::reason_reply({.reason = reason, .field = "", .detail = "why"});
    CAPTURE(core::reason_code(reason));
    CHECK((reply.temporary() || reply.permanent()));
    CHECK(reply.code < 600);
    CHECK(reply.status.klass == reply.code / 100);
    CHECK(reply.text() == "why");
  }
}

TEST_CASE("what may pass by itself is temporary") {
  for (Reason reason : {Reason::temporary, Reason::storage_full, Reason::shutting_down,
                        Reason::internal, Reason::daily_limit, Reason::mailbox_rate_limit,
                        Reason::request_rate_limit, Reason::allowance_exhausted, Reason::arrears,
                        Reason::domain_blocked, Reason::provider_blocked})
    CHECK(smtpd::reason_reply({.reason = reason, .field = "", .detail = "x"}).temporary());
  for (Reason reason : {Reason::bad_message, Reason::sender_mismatch, Reason::too_large,
                        Reason::bad_recipient, Reason::domain_not_verified, Reason::forbidden})
    CHECK(smtpd::reason_reply({.reason = reason, .field = "", .detail = "x"}).permanent());
}

TEST_CASE("what a refusal says cannot begin a second reply") {
  auto reply = smtpd::reason_reply(
      {.reason = Reason::bad_message, .field = "", .detail = "a\r\n250 Ok\r\n\xff"});
  std::string wire = reply.wire();
  CHECK(wire.find("\r\n") == wire.size() - 2);
}
