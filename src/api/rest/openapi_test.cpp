#include <set>

#include "api/rest/rest_house_test.h"
#include "base/encoding.h"
#include "billing/webhook.h"
#include "crypto/totp.h"

using namespace ph;
using namespace ph::rest_test;

namespace {

struct Fixture : RestFixture {
  Fixture() : house(*this, "acme") {}
  Got call(const char* method, std::string target, std::string body = "",
           std::vector<net::HttpHeader> headers = {}) {
    Got got = ask({.method = method,
                   .target = "/api/v1" + target,
                   .body = std::move(body),
                   .bearer = boss_token,
                   .headers = std::move(headers)});
    CHECK_MESSAGE(got.status < 300, method << " " << target << ": " << got.raw);
    return got;
  }
  void look_after_customers();
  void look_after_money();
  void look_after_levels();
  void invite_and_register();
  void look_after_oneself();
  // What the operator hands out to the address.
  std::string link_token(const std::string& email) {
    for (const Value& item : call("GET", "/registration/links?limit=200").items())
      if (item.find("email")->as_string() == email) {
        const std::string& link = item.find("link")->as_string();
        return link.substr(link.find('=') + 1);
      }
    return "";
  }
  std::string query() const { return "?account=" + std::to_string(house.id.value); }
  House house;
};

// What the operator does with settings, the agreement, identities and accounts.
void Fixture::look_after_customers() {
  std::string account = "/accounts/" + std::to_string(house.id.value);
  std::string review = "/identity-reviews/" + std::to_string(house.id.value);
  for (std::string settings : {std::string("/settings"), account + "/settings"}) {
    call("PUT", settings, valid_body(schemas::kSettingValues));
    CHECK(call("GET", settings + "?limit=200").raw.contains(R"("value":"2","own":true)"));
  }
  call("PUT", "/agreement", valid_body(schemas::kNewAgreement));
  CHECK(call("GET", "/agreement?language=zh").text("text") == "同意");
  Got file = call("POST", "/identity/evidence" + query() + "&filename=front.png",
                  people_test::png(), {{"Content-Type", "image/png"}});
  CHECK(file.text("filename") == "front.png");
  call("DELETE", "/identity/evidence/" + house.evidence + query());
  CHECK(call("PUT", "/identity" + query(), valid_body(schemas::kIdentityWish)).text("state") ==
        "submitted");
  CHECK(call("GET", "/identity" + query()).text("document_number") == "E*******8");
  CHECK(call("GET", "/identity-reviews?state=submitted").items().size() == 1);
  CHECK(call("GET", review).text("document_number") == "E12345678");
  Got opened = call("GET", review + "/evidence/" + file.text("id"));
  CHECK(opened.raw == people_test::png());
  CHECK(opened.header("Content-Type") == "image/png");
  CHECK(opened.header("Content-Disposition") == "attachment; filename*=UTF-8''front.png");
  CHECK(opened.header("Content-Security-Policy").starts_with("sandbox; default-src 'none';"));
  CHECK(call("POST", review + "/approve").text("state") == "approved");
  CHECK(call("POST", review + "/reject", valid_body(schemas::kRejection)).text("reason") ==
        "not readable");
  CHECK(call("POST", account + "/suspend", valid_body(schemas::kSuspend)).text("state") ==
        "suspended");
  Got customer = call("GET", "/customers/" + std::to_string(house.id.value));
  CHECK(customer.text("suspended_reason") == "too many complaints");
  CHECK(call("GET", "/customers?state=suspended&search=acme").items().size() == 1);
  CHECK(call("POST", account + "/resume").text("state") == "active");
}

// Users, invitations, registrations, resets; strangers and the operator.
void Fixture::invite_and_register() {
  auto with_token = [](const std::string& token) {
    return R"({"token":")" + token + R"(","password":"correct horse battery"})";
  };
  auto token_alone = [](const std::string& token) { return R"({"token":")" + token + R"("})"; };
  std::string user = "/users/" + house.user;
  CHECK(call("PATCH", user + query(), valid_body(schemas::kUserChange)).text("role") == "viewer");
  call("POST", user + "/second-factor/reset" + query());
  call("POST", "/users/invitations" + query(), valid_body(schemas::kNewInvitation));
  CHECK(call("GET", "/users/invitations" + query()).items().size() == 2);
  std::string invited = link_token("friend@house.example");
  CHECK(call("POST", "/invitation/look", token_alone(invited)).text("account") == "acme");
  call("POST", "/invitation/accept", with_token(invited));
  call("DELETE", "/users/invitations/" + house.invitation + query());
  call("PUT", "/settings", R"({"values":{"registration.mode":"open"}})");
  CHECK(call("GET", "/registration").text("mode") == "open");
  call("POST", "/registration", valid_body(schemas::kNewRegistration));
  call("POST", "/registration/confirm", with_token(link_token("new@shop.example")));
  call("POST", "/password-reset", valid_body(schemas::kResetWish));
  call("POST", "/password-reset/confirm", with_token(link_token("owner@acme.example")));
  Got own = call("POST", "/registration/invitations",
                 valid_body(schemas::kNewRegistrationInvitation));
  call("GET", "/registration/invitations");
  call("DELETE", "/registration/invitations/" + std::to_string(own.number("id")));
  CHECK_FALSE(call("GET", "/audit" + query()).items().empty());
}

void Fixture::look_after_oneself() {
  CHECK(call("GET", "/me").text("role") == "operator");
  sign_in("boss@house.example");
  auto sessions = call("GET", "/me/sessions").body.find("items")->as_array();
  std::string other = sessions[0].find("current")->as_bool() ? sessions[1].find("id")->as_string()
                                                             : sessions[0].find("id")->as_string();
  call("DELETE", "/me/sessions/" + other);
  call("DELETE", "/me/sessions");
  call("PUT", "/me/password", valid_body(schemas::kOwnPassword));
  std::string secret = need(base32_decode(
      call("POST", "/me/second-factor", valid_body(schemas::kPasswordProof)).text("secret")));
  auto code = [&] { return crypto::totp_code(secret, crypto::totp_step(clock.wall())); };
  auto proof = [&] {
    clock.advance(std::chrono::seconds(30));
    return R"({"password":"correct horse battery","code":")" + code() + R"("})";
  };
  call("POST", "/me/second-factor/confirm", R"({"code":")" + code() + R"("})");
  call("POST", "/me/recovery-codes", proof());
  call("POST", "/me/second-factor/remove", proof());
  CHECK(call("POST", "/impersonation", R"({"account":)" + std::to_string(house.id.value) +
                                           R"(,"reason":"they called"})")
            .text("role") == "owner");
  CHECK(call("DELETE", "/impersonation").text("role") == "operator");
}

void Fixture::look_after_money() {
  std::string account = "/accounts/" + std::to_string(house.id.value);
  CHECK(call("GET", "/activation" + query()).text("agreement_version") == "2026-11");
  call("POST", "/activation" + query(), valid_body(schemas::kAccept));
  CHECK(call("PUT", account + "/plan", valid_body(schemas::kPlanChange)).number("credit_limit") ==
        5);
  call("PUT", "/billing/post-paid" + query(), valid_body(schemas::kPostPaid));
  call("POST", account + "/grants", valid_body(schemas::kNewGrant));
  CHECK(call("POST", account + "/payments", valid_body(schemas::kNewPayment))
            .number("balance_after") == 1'000'000);
  std::string offer = std::to_string(
      call("POST", "/offers", valid_body(schemas::kNewOffer)).number("id"));
  CHECK(call("GET", "/offers").items().size() == 1);
  CHECK(call("GET", "/billing/offers" + query()).items().size() == 1);
  CHECK(call("POST", "/billing/packages" + query(), R"({"offer":)" + offer + "}").number("left") ==
        100);
  call("PATCH", "/offers/" + offer, R"({"on_sale":false})");
  CHECK(call("GET", "/billing/offers" + query()).items().empty());
  call("POST", "/prices", valid_body(schemas::kNewPrice));
  CHECK(call("GET", "/prices").items().size() == 2);
  Got seen = call("GET", "/billing" + query());
  CHECK(seen.number("balance") == 900'000);
  CHECK(seen.text("next_source") == "free");
  CHECK(call("GET", "/billing/usage" + query()).items().size() == 1);
  CHECK(call("GET", "/billing/bills" + query()).items().size() == 1);
  call("GET", "/billing/bills/" + house.bill + query());
  CHECK(call("GET", "/billing/ledger" + query()).items().size() == 3);
  for (const char* csv : {"usage", "ledger"}) {
    Ask what{.target = "/api/v1/billing/" + std::string(csv) + query() + "&format=csv",
             .bearer = boss_token};
    auto table = run(api->handle(request_of(what)));
    CHECK(table.status == 200);
    CHECK(table.body.contains("amount_millionths"));
    CHECK(net::find_header(table.headers, "Content-Type") == "text/csv; charset=utf-8");
  }
  call("PUT", "/settings", R"({"values":{"billing.webhook_secret":"a secret of the provider"}})");
  std::string body = valid_body(schemas::kPaymentEvent);
  std::string signature =
      billing::sign_webhook("a secret of the provider", clock.wall().seconds(), body);
  call("POST", "/payments/webhook", body, {{"Posthouse-Signature", signature}});
  CHECK(call("GET", "/billing" + query()).number("balance") == 900'005);
}

void Fixture::look_after_levels() {
  std::string account = "/accounts/" + std::to_string(house.id.value);
  CHECK(call("GET", "/quota" + query()).body.find("domains")->as_array().size() == 1);
  call("PUT", account + "/levels", valid_body(schemas::kNewLevel));
  CHECK(call("POST", "/quota/unblock" + query(), valid_body(schemas::kUnblockWish))
            .number("left") == 2);
  Got lifted = call("POST", account + "/levels/unblock", valid_body(schemas::kUnblock));
  CHECK(lifted.body.find("domains")->as_array()[0].find("level")->as_int() == 1);
}

Value document() {
  return need(json::parse(openapi_document(), 4u << 20));
}

void collect_references(const Value& value, std::set<std::string>& out) {
  if (value.is_array())
    for (const Value& item : value.as_array()) collect_references(item, out);
  if (!value.is_object()) return;
  for (const json::Member& member : value.as_object()) {
    if (member.name == "$ref") out.insert(member.value.as_string());
    collect_references(member.value, out);
  }
}

}  // namespace

TEST_CASE("the document has every route and nothing else") {
  Value doc = document();
  CHECK(doc.find("openapi")->as_string() == "3.1.0");
  std::set<std::string> operations;
  size_t described = 0;
  for (const Route* route : all_routes()) {
    INFO(route->operation);
    const Value* path = doc.find("paths")->find(route->path);
    REQUIRE(path != nullptr);
    const Value* operation = path->find(lower(route->method));
    REQUIRE(operation != nullptr);
    CHECK(operation->find("operationId")->as_string() == route->operation);
    CHECK(operations.insert(std::string(route->operation)).second);
    CHECK_FALSE(route->summary.empty());
    CHECK((operation->find("requestBody") != nullptr) ==
          (route->request != nullptr || !route->files.empty()));
    size_t in_path = 0;
    if (const Value* parameters = operation->find("parameters"))
      for (const Value& parameter : parameters->as_array()) {
        if (parameter.find("in")->as_string() != "path") continue;
        ++in_path;
        CHECK(route->path.contains("{" + parameter.find("name")->as_string() + "}"));
      }
    CHECK(in_path == static_cast<size_t>(std::ranges::count(route->path, '{')));
    for (core::Reason reason : reasons_of(*route)) {
      const Value* answer = operation->find("responses")->find(std::to_string(status_of(reason)));
      REQUIRE(answer != nullptr);
      CHECK(answer->find("description")->as_string().contains(core::reason_code(reason)));
    }
  }
  for (const json::Member& path : doc.find("paths")->as_object())
    described += path.value.as_object().size();
  CHECK(described == all_routes().size());
}

TEST_CASE("every reference resolves, and every schema is used") {
  Value doc = document();
  std::set<std::string> used, known;
  collect_references(doc, used);
  for (const json::Member& schema : doc.find("components")->find("schemas")->as_object()) {
    known.insert("#/components/schemas/" + schema.name);
    CHECK(schema.value.find("type")->as_string() == "object");
  }
  CHECK(used == known);
  for (const json::Member& path : doc.find("paths")->as_object())
    for (const json::Member& operation : path.value.as_object())
      for (const Value& way : operation.value.find("security")->as_array())
        for (const json::Member& scheme : way.as_object())
          CHECK(doc.find("components")->find("securitySchemes")->find(scheme.name) != nullptr);
}

TEST_CASE("routes are whole: a handler, a known method, one route for a path and method") {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Route* route : all_routes()) {
    INFO(route->operation);
    CHECK((route->run != nullptr));
    CHECK(std::set<std::string_view>{"GET", "POST", "PUT", "PATCH", "DELETE"}.contains(
        route->method));
    CHECK(route->path.starts_with("/api/v1/"));
    CHECK(seen.emplace(route->path, route->method).second);
    CHECK((route->status != 204 || route->response == nullptr));
    CHECK((route->guard == Guard::actor) != kOpenOperations.contains(route->operation));
    Match match = find_route(route->method, route->path);
    CHECK(match.route == route);
  }
}

TEST_CASE_FIXTURE(Fixture, "the document is for anybody") {
  Got got = ask({.target = "/api/v1/openapi.json"});
  CHECK(got.status == 200);
  CHECK(got.raw == openapi_document());
  CHECK(ask({.method = "DELETE", .target = "/api/v1/openapi.json"}).status == 405);
}

TEST_CASE_FIXTURE(Fixture, "every operation has a happy answer, and it is as its schema says") {
  std::string account = "/accounts/" + std::to_string(house.id.value);
  Got in = call("POST", "/session", valid_body(schemas::kSignIn));
  for (const char* path : {"/session", "/accounts"}) call("GET", path);
  call("POST", "/accounts", valid_body(schemas::kNewAccount));
  call("GET", account);
  call("GET", "/account" + query());
  call("POST", account + "/activate");
  call("PATCH", account + "/limits", valid_body(schemas::kLimits));
  call("GET", "/users" + query());
  Got user = call("POST", "/users" + query(), valid_body(schemas::kNewUser));
  std::string user_path = "/users/" + std::to_string(user.number("id"));
  call("PUT", user_path + "/password" + query(), valid_body(schemas::kPassword));
  call("DELETE", user_path + query());
  Got key = call("POST", "/keys" + query(), R"({"kind":"tencent","domain":"m.acme.example"})");
  CHECK(call("POST", "/keys" + query(), "{}").text("token").starts_with("ph_"));
  call("DELETE", "/keys/" + std::to_string(key.number("id")) + query());
  call("GET", "/keys" + query());
  Got domain = call("POST", "/domains" + query(), valid_body(schemas::kNewDomain));
  CHECK(domain.text("state") == "pending");
  std::string domain_path = "/domains/fresh.house.example";
  CHECK(call("POST", domain_path + "/publish" + query()).text("state") == "pending");
  call("POST", domain_path + "/check" + query());
  CHECK(call("POST", domain_path + "/verify" + query()).text("state") == "verified");
  call("POST", domain_path + "/force" + query(), valid_body(schemas::kForce));
  call("PUT", domain_path + "/tags" + query(), valid_body(schemas::kTags));
  for (const char* path : {domain_path.c_str(), "/domains"}) call("GET", path + query());
  call("POST", "/addresses" + query(), valid_body(schemas::kNewAddress));
  for (const char* rest : {"", "/b%40m.acme.example"}) call("GET", "/addresses" + (rest + query()));
  call("PUT", "/addresses/b@m.acme.example/smtp-password" + query(),
       valid_body(schemas::kSmtpPassword));
  call("DELETE", "/addresses/b@m.acme.example" + query());
  call("DELETE", domain_path + query());
  call("POST", "/messages" + query(), valid_body(schemas::kNewMessage));
  call("GET", "/messages" + query());
  call("POST", "/messages/bulk" + query(), valid_body(schemas::kNewBulk));
  call("GET", "/messages/bulk" + query());
  for (const char* verb : {"/pause", "/resume", "/cancel"})
    call("POST", "/messages/bulk/" + house.bulk + verb + query());
  call("GET", "/messages/bulk/" + house.bulk + query());
  call("GET", "/messages/" + house.message + query());
  call("GET", "/messages/" + house.message + "/content" + query());
  for (const char* events : {"/events", "/events/stream"}) call("GET", events + query());
  call("GET", "/sandbox/inbox" + query());
  Got mail = call("GET", "/sandbox/inbox/" + house.mail + query());
  CHECK(mail.text("content").contains("hello"));
  CHECK(call("GET", "/sandbox/inbox/" + house.mail + "/content" + query()).raw.contains('\xff'));
  Got reading = call("GET", "/sandbox/inbox/" + house.mail + "/reading" + query());
  CHECK(reading.text("subject") == "x");
  CHECK(reading.text("text").starts_with("hello"));
  std::string shown = format_id(house.receive(
      *this, "Subject: y\r\nContent-Type: text/html\r\n\r\n<b>bold</b><script>1</script>\r\n"));
  CHECK(call("GET", "/sandbox/inbox/" + shown + "/page" + query()).raw.starts_with("<b>bold</b>"));
  CHECK_FALSE(call("GET", "/installation").text("mail_host").empty());
  call("GET", "/statistics" + query());
  call("PUT", "/language", valid_body(schemas::kLanguage));
  CHECK(call("GET", "/session").text("language") == "zh");
  for (std::string rest : {"-sites", "-late", ""}) call("GET", "/queue" + rest);
  call("GET", "/queue/" + house.message);
  for (const char* verb : {"hold", "release", "retry"})
    call("POST", std::string("/queue-") + verb, R"({"domain":"There.Example"})");
  call("POST", "/queue/" + house.message + "/hold");
  CHECK(call("GET", "/messages/" + house.message + query()).text("state") == "held");
  for (const char* verb : {"/release", "/retry"}) call("POST", "/queue/" + house.message + verb);
  for (const char* verb : {"/messages/retry", "/messages/cancel"})
    call("POST", verb + query(), R"({"messages":[")" + house.message + R"("]})");
  look_after_customers();
  look_after_money();
  look_after_levels();
  invite_and_register();
  look_after_oneself();
  call("DELETE", "/session");
  // The setup is for a house without an operator (session_test.cpp).
  succeeded.insert("setup");
  for (const Route* route : all_routes())
    CHECK_MESSAGE(succeeded.contains(std::string(route->operation)), route->operation);
}

TEST_CASE_FIXTURE(Fixture, "the sums are of 30 days and of 25 hours, this one the last") {
  clock.advance(std::chrono::hours(20));
  granted(run(sender.send(
      fields(owner(house.id), house.address, {"ann@x.example", "bob@x.example"}))));
  std::string boss_now = sign_in("boss@house.example");  // the session of before has ended
  Got sums = ask({.target = "/api/v1/statistics" + query(), .bearer = boss_now});
  const auto& days = sums.body.find("days")->as_array();
  const auto& hours = sums.body.find("hours")->as_array();
  auto accepted = [](const Value& of) { return of.find("accepted")->as_int(); };
  CHECK(days.size() == 30);
  CHECK(days[29].find("day")->as_string() == "2027-01-16");
  CHECK(accepted(days[29]) == 2);
  CHECK(accepted(days[28]) == 1);
  CHECK(hours.size() == 25);
  CHECK(hours[24].find("hour")->as_string() == "2027-01-16T04:00:00.000Z");
  CHECK(accepted(hours[24]) == 2);
  CHECK(accepted(hours[4]) == 1);
  CHECK(accepted(hours[5]) == 0);
}

TEST_CASE_FIXTURE(Fixture, "without a sandbox and without a queue the answer says so") {
  RestServices bare = services();
  bare.publish = nullptr;
  bare.queue = nullptr;
  api = std::make_unique<RestApi>(bare);
  Ask publish{.method = "POST",
              .target = "/api/v1/domains/" + house.domain + "/publish",
              .bearer = house.owner};
  CHECK(ask(publish).words() == "409 conflict");
  CHECK(ask({.target = "/api/v1/queue", .bearer = boss_token}).words() == "503 temporary");
  CHECK(ask({.target = "/api/v1/queue/" + house.message, .bearer = boss_token}).status == 503);
}
