#include "api/tencent/tencent_fixture_test.h"

using namespace ph;
using namespace ph::tencent_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kMail =
    R"({"FromEmailAddress":"a@m.acme.example","Subject":"Hi","Destination":["ann@there.example"],)"
    R"("Simple":{"Text":"aGVsbG8="}})";

struct Fixture : TencentFixture {
  // The mail with some parameters replaced; a null one is left out.
  std::string mail(std::initializer_list<std::pair<std::string_view, Value>> changes) {
    Value out = need(json::parse(kMail, 4096));
    for (const auto& [name, value] : changes) out.set(name, value);
    return json::serialize(out);
  }
  std::string mail_with(std::string_view name, std::string_view value_json) {
    return mail({{name, need(json::parse(value_json, 64u << 20))}});
  }
  std::string code(const std::string& body) {
    std::string chinese = ask(key, "SendEmail", body).code();
    Got english = ask(key, {.action = "SendEmail",
                            .body = body,
                            .headers = {{"X-TC-Language", "en-US"}, {"X-TC-TraceId", "other"}}});
    CHECK(english.code() == chinese);
    return chinese;
  }
  std::string code(std::string_view name, std::string_view value_json) {
    return code(mail_with(name, value_json));
  }
  std::string content() {
    REQUIRE_FALSE(handed_over.empty());
    return *handed_over.back().content;
  }
  static std::string list_of(size_t count) {
    Value out = Value::array();
    for (size_t i = 0; i < count; ++i) out.push(std::to_string(i) + "@there.example");
    return json::serialize(out);
  }
  static std::string attachment(std::string_view name, std::string_view bytes) {
    Value one = Value::object({{"FileName", name}, {"Content", base64_encode(bytes)}});
    return json::serialize(Value::array({one}));
  }

  AccountId acme = sending_account("acme", "m.acme.example");
  core::MadeKey key = key_of(acme);
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "every error of SendEmail that can happen, in both languages") {
  struct Case {
    const char* parameter;
    const char* value;
    const char* code;
  };
  const Case cases[] = {
      {"FromEmailAddress", R"("")", "InvalidParameterValue.EmailAddressIsNULL"},
      {"FromEmailAddress", R"("nobody")", "FailedOperation.IncorrectSender"},
      {"FromEmailAddress", R"("A<a@m.acme.example>")", "FailedOperation.IncorrectSender"},
      {"FromEmailAddress", R"("A  <a@m.acme.example>")", "FailedOperation.IncorrectSender"},
      {"FromEmailAddress", R"("A: B <a@m.acme.example>")", "FailedOperation.IncorrectSender"},
      {"FromEmailAddress", R"("<a@m.acme.example>")", "FailedOperation.IncorrectSender"},
      {"FromEmailAddress", R"("A <a@m.acme.example> x")", "FailedOperation.IncorrectSender"},
      {"FromEmailAddress", R"("A <a@m.acme.example>, B <b@c>")", "FailedOperation.IncorrectSender"},
      {"FromEmailAddress", R"("b@m.acme.example")", "FailedOperation.NotAuthenticatedSender"},
      {"FromEmailAddress", R"("a@other.example")", "FailedOperation.NotAuthenticatedSender"},
      {"FromEmailAddress", "null", "MissingParameter"},
      {"FromEmailAddress", "7", "InvalidParameter"},
      {"Subject", "null", "MissingParameter"},
      {"Subject", R"("")", "MissingParameter"},
      {"Subject", R"("a\r\nBcc: x@y.example")", "InvalidParameterValue"},
      {"Destination", "null", "InvalidParameterValue.EmailAddressIsNULL"},
      {"Destination", "[]", "InvalidParameterValue.EmailAddressIsNULL"},
      {"Destination", R"([" "])", "InvalidParameterValue.EmailAddressIsNULL"},
      {"Destination", R"(["ann"])", "FailedOperation.IncorrectEmail"},
      {"Destination", R"(["a@b.example,c@d.example"])", "FailedOperation.IncorrectEmail"},
      {"Destination", R"("ann@there.example")", "InvalidParameter"},
      {"Destination", "[7]", "InvalidParameter"},
      {"Cc", R"(["x y@there.example"])", "FailedOperation.IncorrectEmail"},
      {"Bcc", R"(["ANN@there.example"])", "InvalidParameterValue"},
      {"ReplyToAddresses", R"("nobody")", "FailedOperation.IncorrectEmail"},
      {"Simple", "null", "FailedOperation.MissingEmailContent"},
      {"Simple", "{}", "FailedOperation.MissingEmailContent"},
      {"Simple", R"({"Html":"","Text":""})", "FailedOperation.MissingEmailContent"},
      {"Simple", R"({"Text":"a"})", "InvalidParameterValue.EmailContentIsWrong"},
      {"Simple", R"({"Html":"/w=="})", "InvalidParameterValue.EmailContentIsWrong"},
      {"Simple", R"({"Text":"AA=="})", "InvalidParameterValue.EmailContentIsWrong"},
      {"Simple", R"({"Body":"aGVsbG8="})", "UnknownParameter"},
      {"Template", R"({"TemplateID":1,"TemplateData":"{}"})", "FailedOperation.InvalidTemplateID"},
      {"Template", R"({"TemplateID":1,"TemplateData":"x"})", "FailedOperation.WrongContentJson"},
      {"Template", R"({"TemplateID":1,"TemplateData":"[]"})", "FailedOperation.WrongContentJson"},
      {"Template", R"({"TemplateID":"1","TemplateData":"{}"})", "InvalidParameter"},
      {"Template", R"({"TemplateID":-1,"TemplateData":"{}"})", "InvalidParameter"},
      {"Template", R"({"TemplateID":1.5,"TemplateData":"{}"})", "InvalidParameter"},
      {"Template", R"({"TemplateData":"{}"})", "MissingParameter"},
      {"Unsubscribe", R"("1")", "UnsupportedOperation"},
      {"Unsubscribe", R"("13")", "InvalidParameterValue"},
      {"Unsubscribe", R"("x")", "InvalidParameterValue"},
      {"Unsubscribe", "0", "InvalidParameter"},
      {"TriggerType", "2", "InvalidParameterValue"},
      {"TriggerType", R"("1")", "InvalidParameter"},
      {"SmtpMessageId", R"("no at sign")", "InvalidParameterValue"},
      {"SmtpMessageId", R"("a@b>\r\nX: y")", "InvalidParameterValue"},
      {"SmtpHeaders", R"("x")", "InvalidParameterValue"},
      {"SmtpHeaders", R"("[]")", "InvalidParameterValue"},
      {"SmtpHeaders", R"("{\"X-A\":1}")", "InvalidParameterValue"},
      {"SmtpHeaders", R"("{\"From\":\"x@y.example\"}")", "InvalidParameterValue"},
      {"SmtpHeaders", R"("{\"X-A\":\"b\\r\\nBcc: x@y.example\"}")", "InvalidParameterValue"},
      {"SmtpHeaders", R"("{\"X A\":\"b\"}")", "InvalidParameterValue"},
      {"HeaderFrom", R"("A <b@m.acme.example>")", "FailedOperation.IncorrectSender"},
      {"HeaderFrom", R"("A<a@m.acme.example>")", "FailedOperation.IncorrectSender"},
      {"HeaderFrom", R"("")", "InvalidParameterValue.EmailAddressIsNULL"},
      {"Colour", R"("red")", "UnknownParameter"},
  };
  for (const Case& c : cases) {
    INFO(std::string(c.parameter), " = ", std::string(c.value));
    CHECK(code(c.parameter, c.value) == c.code);
  }
  CHECK(handed_over.empty());
  CHECK(code(kMail) == "ok");
}

TEST_CASE_FIXTURE(Fixture, "an error names the parameter, with an index where it is a list") {
  auto says = [&](std::string_view name, std::string_view value_json) {
    return ask(key, "SendEmail", mail_with(name, value_json)).message();
  };
  CHECK(says("ReplyToAddresses", R"("nobody")").contains(" ReplyToAddresses "));
  CHECK(says("SmtpHeaders", R"("{\"From\":\"x@y.example\"}")").contains(" SmtpHeaders "));
  CHECK(says("Cc", R"(["c@there.example","nobody"])").contains(" Cc.1 "));
}

TEST_CASE_FIXTURE(Fixture, "limits of recipients, content and attachments") {
  CHECK(code("Destination", list_of(51)) == "FailedOperation.TooManyRecipients");
  CHECK(code("Destination", list_of(50)) == "ok");
  CHECK(code("Cc", list_of(21)) == "FailedOperation.TooManyRecipients");
  CHECK(code("Bcc", list_of(21)) == "FailedOperation.TooManyRecipients");
  CHECK(code("Cc", list_of(20)) == "ok");
  CHECK(code(mail({{"Subject", std::string(999, 's')}})) == "InvalidParameterValue");
  CHECK(code(mail({{"Subject", std::string(998, 's')}})) == "ok");
  std::string chinese;  // characters are counted, not octets
  for (int i = 0; i < 998; ++i) chinese += "您";
  CHECK(code(mail({{"Subject", chinese}})) == "ok");
  CHECK(code(mail({{"Subject", chinese + "好"}})) == "InvalidParameterValue");
  auto text = [&](size_t bytes) {
    return code(
        mail({{"Simple", Value::object({{"Text", base64_encode(std::string(bytes, 'x'))}})}}));
  };
  CHECK(text(limits::kTencentContentBytes) == "ok");
  CHECK(text(limits::kTencentContentBytes + 1) == "FailedOperation.EmailContentToolarge");
  CHECK(code("Attachments",
             attachment("a.txt", std::string(limits::kTencentAttachmentBytes, 'x'))) == "ok");
  CHECK(code("Attachments",
             attachment("a.txt", std::string(limits::kTencentAttachmentBytes + 1, 'x'))) ==
        "FailedOperation.AttachContentToolarge");
  Value many = Value::array();
  for (size_t i = 0; i < limits::kTencentAttachments; ++i)
    many.push(Value::object({{"FileName", "a.pdf"}, {"Content", "AAEC"}}));
  CHECK(code(mail({{"Attachments", many}})) == "ok");
  many.push(Value::object({{"FileName", "a.pdf"}, {"Content", "AAEC"}}));
  CHECK(code(mail({{"Attachments", many}})) == "FailedOperation.TooManyAttachments");
}

TEST_CASE_FIXTURE(Fixture, "attachments have names and types that the original lets through") {
  for (const char* name : {"a.txt", "Report.PDF", "报告.docx", "a.b.c.zip"})
    CHECK(code("Attachments", attachment(name, "x")) == "ok");
  for (const char* name :
       {"", ".txt", "txt", "a.exe", "a.txt.exe", "a b.txt", "a/b.txt", "a\\b.txt", "a:b.txt",
        "a?.txt", "a*.txt", "a\".txt", "a<.txt", "a>.txt", "a|.txt", "a.", "a.txt\r\n", "a.mp4"})
    CHECK(code("Attachments", attachment(name, "x")) == "FailedOperation.InvalidAttachName");
  CHECK(code("Attachments", attachment(std::string(252, 'a') + ".txt", "x")) ==
        "FailedOperation.InvalidAttachName");
  CHECK(code("Attachments", R"([{"FileName":"a.txt","Content":"%"}])") ==
        "InvalidParameterValue.AttachContentIsWrong");
  CHECK(code("Attachments", R"([{"FileName":"a.txt"}])") ==
        "InvalidParameterValue.AttachContentIsWrong");
  CHECK(code("Attachments", R"([{"FileName":"a.txt","FileURL":"http://127.0.0.1/"}])") ==
        "FailedOperation.FileURLNotExist");
  CHECK(code("Attachments", R"([{"Content":"AAEC"}])") == "MissingParameter");
  CHECK(code("Attachments", R"([7])") == "InvalidParameter");
}

TEST_CASE_FIXTURE(Fixture, "a mail with everything is built as asked") {
  Got got = ask(key, "SendEmail", R"({"FromEmailAddress":"a@m.acme.example","Subject":"您好",
    "Destination":["ann@there.example"],"Cc":["cc@there.example"],"Bcc":["bcc@there.example"],
    "ReplyToAddresses":"Help <help@acme.example>","TriggerType":1,"Unsubscribe":"0",
    "SmtpMessageId":"<mine@m.acme.example>","HeaderFrom":"小明 <a@m.acme.example>",
    "SmtpHeaders":"{\"X-Tag\":\"one\",\n \"X-Tencentcloudses-Cb-Custom\":\"c\"}",
    "Simple":{"Html":"PGI+aGk8\r\nL2I+","Text":"aGk="},
    "Attachments":[{"FileName":"a.pdf","Content":"AAEC"}]})");
  REQUIRE(got.code() == "ok");
  const core::Accepted& accepted = handed_over[0];
  CHECK(accepted.recipients.size() == 3);
  CHECK(accepted.message.header_message_id == "mine@m.acme.example");
  CHECK(content().contains("Message-ID: <mine@m.acme.example>\r\n"));
  CHECK(content().contains("Reply-To: Help <help@acme.example>\r\n"));
  CHECK(content().contains("X-Tag: one\r\n"));
  CHECK(content().contains("X-Tencentcloudses-Cb-Custom: c\r\n"));
  CHECK(content().contains("Cc: cc@there.example\r\n"));
  CHECK(content().contains("application/pdf"));
  CHECK(content().contains("<a@m.acme.example>\r\n"));
  CHECK(content().contains("From: =?"));
  CHECK_FALSE(content().contains("bcc@there"));
  // The sender name of the address, where the request has none.
  CHECK(ask(key, "SendEmail", kMail).code() == "ok");
  CHECK(content().contains("From: A <a@m.acme.example>\r\n"));
}

TEST_CASE_FIXTURE(Fixture, "one signed request is one mail, however often it comes") {
  auto request = request_of({.action = "SendEmail", .body = kMail}, key);
  std::string first = sent(request).text("MessageId");
  clock.advance(200s);
  CHECK(sent(request).text("MessageId") == first);
  CHECK(handed_over.size() == 1);
  CHECK(message_count(acme) == 1);
  // Anew after the service has started again: what is durable says so.
  TencentApi other{{.context = context,
                    .accounts = accounts,
                    .keys = keys,
                    .domains = domains,
                    .addresses = addresses,
                    .sender = sender,
                    .options = {}}};
  CHECK(checked(run(other.handle(request)), request).text("MessageId") == first);
  clock.advance(101s);
  CHECK(sent(request).code() == "AuthFailure.SignatureExpire");
  CHECK(handed_over.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "another trace, second or key is another mail") {
  auto trace = [&](const char* id) {
    return ask(key, {.action = "SendEmail", .body = kMail, .headers = {{"X-TC-TraceId", id}}})
        .text("MessageId");
  };
  std::string first = trace("one");
  CHECK(trace("one") == first);
  CHECK(trace("two") != first);
  std::string plain = ask(key, "SendEmail", kMail).text("MessageId");
  clock.advance(1s);
  CHECK(ask(key, "SendEmail", kMail).text("MessageId") != plain);
  core::MadeKey second = key_of(acme);
  CHECK(ask(second, "SendEmail", kMail).text("MessageId") != plain);
  CHECK(handed_over.size() == 5);
}

TEST_CASE_FIXTURE(Fixture, "a signature without the body does not join two mails") {
  auto unsigned_body = [&](const std::string& body) {
    auto request = request_of({.action = "SendEmail",
                               .body = body,
                               .headers = {{"X-TC-Content-SHA256", "UNSIGNED-PAYLOAD"}}},
                              key);
    httpauth::sign_tc3(request, key.secret_id, key.secret_key, {.payload = "UNSIGNED-PAYLOAD"});
    return sent(request).text("MessageId");
  };
  std::string first = unsigned_body(kMail);
  CHECK(unsigned_body(kMail) == first);
  CHECK(unsigned_body(mail({{"Subject", "Other"}})) != first);
  CHECK(handed_over.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "a request that was refused may be sent again") {
  granted(run(accounts.set_limits(boss, acme, {{"daily_per_domain", 1}})));
  CHECK(ask(key, "SendEmail", kMail).code() == "ok");
  auto again = request_of({.action = "SendEmail", .body = mail({{"Subject", "2"}})}, key);
  CHECK(sent(again).code() == "FailedOperation.ExceedSendLimit");
  granted(run(accounts.set_limits(boss, acme, {{"daily_per_domain", 0}})));
  CHECK(sent(again).code() == "ok");
}

TEST_CASE_FIXTURE(Fixture, "what the account may not do has a code") {
  granted(run(accounts.set_limits(boss, acme, {{"per_mailbox_hour", 1}})));
  CHECK(ask(key, "SendEmail", kMail).code() == "ok");
  CHECK(code(mail({{"Subject", "2"}})) == "FailedOperation.FrequencyLimit");
  granted(run(accounts.set_limits(boss, acme, {{"requests_per_second", 1}})));
  clock.advance(1s);
  CHECK(ask(key, "SendEmail", mail({{"Subject", "3"}})).code() == "FailedOperation.FrequencyLimit");
  CHECK(ask(key, "SendEmail", mail({{"Subject", "4"}})).code() == "RequestLimitExceeded");

  AccountId idle = granted(run(accounts.create(boss, "idle"))).id;
  CHECK(ask(key_of(idle), "SendEmail", kMail).code() == "OperationDenied");
}

TEST_CASE_FIXTURE(Fixture, "a key of one domain sends for that one") {
  verified(acme, "two.acme.example");
  granted(run(addresses.create(owner(acme), {.email = "b@two.acme.example"})));
  core::MadeKey one = key_of(acme, {.only_domain = "two.acme.example"});
  CHECK(ask(one, "SendEmail", kMail).code() == "AuthFailure.UnauthorizedOperation");
  CHECK(ask(one, "SendEmail", mail({{"FromEmailAddress", "b@two.acme.example"}})).code() == "ok");
}
