#include "api/tencent/tencent_fixture_test.h"
#include "core/message_id.h"

using namespace ph;
using namespace ph::tencent_test;

TEST_CASE_FIXTURE(TencentFixture, "domain, address and mail by a client that knows nothing else") {
  AccountId acme = account("acme");
  core::MadeKey key = key_of(acme);
  std::string domain = texts({{"EmailIdentity", "m.acme.example"}});
  Got made = ask(key, "CreateEmailIdentity", domain);
  CHECK(made.text("IdentityType") == "DOMAIN");
  CHECK(made.at("VerifiedForSendingStatus").as_bool() == false);
  CHECK(made.at("DKIMOption").as_int() == 1);
  REQUIRE(made.at("Attributes").as_array().size() == 4);
  for (const Value& record : made.at("Attributes").as_array()) {
    CHECK_FALSE(record.find("Status")->as_bool());
    const std::string& host = record.find("SendDomain")->as_string();
    const std::string& value = record.find("ExpectedValue")->as_string();
    if (record.find("Type")->as_string() == "MX") {
      zone.add_mx(host, 10, core_test::kMailHost);
    } else {
      zone.add_txt(host, value);
    }
  }
  CHECK(ask(key, "CreateEmailAddress", texts({{"EmailAddress", "a@m.acme.example"}})).code() ==
        "OperationDenied.DomainNotVerified");
  Got verified = ask(key, "UpdateEmailIdentity", domain);
  CHECK(verified.at("VerifiedForSendingStatus").as_bool());
  for (const Value& record : verified.at("Attributes").as_array()) {
    CHECK(record.find("Status")->as_bool());
    CHECK(record.find("CurrentValue")->as_string() == record.find("ExpectedValue")->as_string());
  }
  CHECK(ask(key, "GetEmailIdentity", domain).at("VerifiedForSendingStatus").as_bool());
  CHECK(ask(key, "CreateEmailAddress",
            texts({{"EmailAddress", "a@m.acme.example"}, {"EmailSenderName", "Acme"}}))
            .code() == "ok");
  Got list = ask(key, "ListEmailAddress", "{}");
  REQUIRE(list.at("EmailSenders").as_array().size() == 1);
  const Value& sender_row = list.at("EmailSenders").as_array()[0];
  CHECK(sender_row.find("EmailAddress")->as_string() == "a@m.acme.example");
  CHECK(sender_row.find("EmailSenderName")->as_string() == "Acme");
  CHECK(sender_row.find("CreatedTimestamp")->as_int() == clock.wall().seconds());
  CHECK(sender_row.find("SmtpPwdType")->as_int() == 0);
  Got mail = ask(key, "SendEmail",
                 R"({"FromEmailAddress":"Acme, Inc. <a@m.acme.example>","Subject":"您好",
    "Destination":["ann@there.example"],"Simple":{"Text":"aGVsbG8="}})");
  CHECK(mail.text("MessageId").starts_with("qcloudses-30-1250000001-date-2027"));
  REQUIRE(handed_over.size() == 1);
  auto id = need(core::parse_tencent_message_id(mail.text("MessageId")));
  CHECK(id.id == handed_over[0].message.id);
  CHECK(handed_over[0].message.door == store::Door::tencent);
  CHECK(handed_over[0].content->contains("From: \"Acme, Inc.\" <a@m.acme.example>\r\n"));
}
