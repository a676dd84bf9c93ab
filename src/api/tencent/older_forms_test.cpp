#include "api/tencent/form.h"
#include "api/tencent/tencent_fixture_test.h"

using namespace ph;
using namespace ph::tencent_test;

namespace {

std::string encoded(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (is_alnum(c) || c == '.' || c == '-' || c == '_') {
      out += c;
    } else {
      out += "%" + upper(hex_encode(std::string_view(&c, 1)));
    }
  }
  return out;
}

std::string form_of(const FormPairs& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs)
    out += (out.empty() ? "" : "&") + encoded(name) + "=" + encoded(value);
  return out;
}

const FormPairs kMail = {{"FromEmailAddress", "Acme <a@m.acme.example>"},
                         {"Subject", "您好 & more"},
                         {"Destination.0", "ann@there.example"},
                         {"Destination.1", "bob@there.example"},
                         {"Simple.Text", "aGk="},
                         {"Attachments.0.FileName", "a.txt"},
                         {"Attachments.0.Content", "AAEC"},
                         {"TriggerType", "1"}};

struct Fixture : TencentFixture {
  Got get(const std::string& action, const FormPairs& pairs) {
    return ask(key, {.action = action,
                     .body = "",
                     .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                     .method = "GET",
                     .query = form_of(pairs)});
  }
  // Signatures of version 1: all in the form of a POST, or in the query of a GET.
  net::HttpRequest v1(const std::string& action, const FormPairs& pairs, const char* method) {
    FormPairs all = pairs;
    all.insert(all.end(), {{"Action", action},
                           {"Version", "2020-10-02"},
                           {"Nonce", "11886"},
                           {"Timestamp", std::to_string(clock.wall().seconds())},
                           {"SecretId", key.secret_id},
                           {"SignatureMethod", "HmacSHA256"},
                           {"Language", "en-US"}});
    std::ranges::sort(all);
    std::string text = std::string(method) + "ses.house.example/?";
    for (size_t i = 0; i < all.size(); ++i)
      text += (i > 0 ? "&" : "") + all[i].first + "=" + all[i].second;
    std::string signature = base64_encode(crypto::view(crypto::hmac_sha256(key.secret_key, text)));
    all.emplace_back("Signature", signature);
    net::HttpRequest request;
    request.method = method;
    request.path = "/";
    request.headers = {{"Host", "ses.house.example"},
                       {"Content-Type", "application/x-www-form-urlencoded"}};
    (std::string(method) == "GET" ? request.query : request.body) = form_of(all);
    request.target = request.query.empty() ? "/" : "/?" + request.query;
    return request;
  }
  std::string v1_code(net::HttpRequest request) {
    auto response = run(api.handle(std::move(request)));
    CHECK(response.status == 200);
    Got got{*need(json::parse(response.body, 1u << 20)).find("Response")};
    CHECK_FALSE(has_chinese(got.message()));
    return got.code();
  }

  AccountId acme = sending_account("acme", "m.acme.example");
  core::MadeKey key = key_of(acme);
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "GET with flattened parameters") {
  CHECK(get("ListEmailIdentities", {{"Limit", "10"}}).at("Total").as_int() == 1);
  CHECK(get("GetEmailIdentity", {{"EmailIdentity", "m.acme.example"}}).code() == "ok");
  Got sent_mail = get("SendEmail", kMail);
  CHECK(sent_mail.code() == "ok");
  REQUIRE(handed_over.size() == 1);
  CHECK(handed_over[0].recipients.size() == 2);
  CHECK(handed_over[0].message.subject == "您好 & more");
  CHECK(get("SendEmail", kMail).text("MessageId") == sent_mail.text("MessageId"));
  CHECK(handed_over.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "signatures of version 1, by GET and by POST") {
  for (const char* method : {"GET", "POST"}) {
    INFO(method);
    size_t before = handed_over.size();
    auto request = v1("SendEmail", kMail, method);
    CHECK(v1_code(request) == "ok");
    CHECK(v1_code(request) == "ok");
    CHECK(handed_over.size() == before + 1);
    auto changed = request;
    std::string& form = changed.query.empty() ? changed.body : changed.query;
    form.replace(form.find("ann%40"), 6, "eve%40");
    CHECK(v1_code(changed) == "AuthFailure.SignatureFailure");
    CHECK(v1_code(v1("Nothing", {}, method)) == "InvalidAction");
    CHECK(v1_code(v1("ListEmailAddress", {}, method)) == "ok");
    CHECK(v1_code(v1("ListEmailAddress", {{"Region", "ap-mars"}}, method)) == "UnsupportedRegion");
    CHECK(v1_code(v1("ListEmailAddress", {{"Token", "t"}}, method)) == "AuthFailure.TokenFailure");
    clock.advance(std::chrono::seconds(301));
    CHECK(v1_code(request) == "AuthFailure.SignatureExpire");
  }
  CHECK(handed_over.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "one signature is one mail, in whatever escapes and order its form is") {
  for (const char* method : {"GET", "POST"}) {
    INFO(method);
    size_t before = handed_over.size();
    auto request = v1("SendEmail", kMail, method);
    CHECK(v1_code(request) == "ok");
    for (int form = 0; form < 4; ++form) {
      auto again = request;
      std::string& text = again.query.empty() ? again.body : again.query;
      if (form == 0) text.replace(text.find("Subject="), 1, "%53");
      if (form == 1) text.replace(text.find("%20"), 3, "+");
      if (form == 2) text = text.substr(text.find('&') + 1) + "&" + text.substr(0, text.find('&'));
      if (form == 3) text += "&SmtpHeaders=";
      CHECK(v1_code(again) == "ok");
    }
    CHECK(handed_over.size() == before + 1);
    clock.advance(std::chrono::seconds(1));
  }
  CHECK(handed_over.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "flattened parameters that fit no parameter") {
  auto code = [&](const FormPairs& pairs) { return get("SendEmail", pairs).code(); };
  auto with = [](std::pair<std::string, std::string> more) {
    FormPairs out = kMail;
    out.push_back(std::move(more));
    return out;
  };
  CHECK(code(with({"Colour", "red"})) == "UnknownParameter");
  CHECK(code(with({"Simple.Body", "x"})) == "UnknownParameter");
  CHECK(code(with({"Attachments.0.A.B", "x"})) == "UnknownParameter");
  CHECK(code(with({"Subject", "twice"})) == "InvalidParameter");
  CHECK(code(with({"Subject.0", "x"})) == "InvalidParameter");
  CHECK(code(with({"Destination.3", "x@y.example"})) == "InvalidParameter");
  CHECK(code(with({"Destination.01", "x@y.example"})) == "InvalidParameter");
  CHECK(code(with({"Destination.x", "x@y.example"})) == "InvalidParameter");
  CHECK(code(with({"Cc", "x@y.example"})) == "InvalidParameter");
  CHECK(code(with({"Attachments.1", "x"})) == "InvalidParameter");
  CHECK(code(with({"Template", "x"})) == "InvalidParameter");
  CHECK(code(with({"", "x"})) == "UnknownParameter");
  CHECK(code(with({"Unsubscribe", "\xff"})) == "InvalidParameter");
  FormPairs number = kMail;
  number.back().second = "one";
  CHECK(code(number) == "InvalidParameter");
  FormPairs many = kMail;
  for (int i = 2; i < 51; ++i) many.emplace_back("Destination." + std::to_string(i), "x@y.example");
  CHECK(code(many) == "FailedOperation.TooManyRecipients");
  CHECK(handed_over.empty());
}
