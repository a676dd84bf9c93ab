#include "api/tencent/tencent_fixture_test.h"

using namespace ph;
using namespace ph::tencent_test;
using namespace std::chrono_literals;

namespace {

struct Fixture : TencentFixture {
  Got in_english(Ask what) {
    what.headers.push_back({"X-TC-Language", "en-US"});
    return ask(key, what);
  }
  // The same code in both languages.
  std::string code(const Ask& what) {
    std::string chinese = ask(key, what).code();
    CHECK(in_english(what).code() == chinese);
    return chinese;
  }
  std::string with(const char* header, std::string value) {
    return code({.action = "ListEmailAddress", .headers = {{header, std::move(value)}}});
  }
  net::HttpRequest list() { return request_of({.action = "ListEmailAddress"}, key); }

  AccountId acme = account("acme");
  core::MadeKey key = key_of(acme);
};

void replace_header(net::HttpRequest& request, std::string_view name, std::string value) {
  std::erase_if(request.headers, [&](const auto& header) { return iequals(header.name, name); });
  if (!value.empty()) request.headers.push_back({std::string(name), std::move(value)});
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the gateway's errors, in both languages") {
  CHECK(with("X-TC-Action", "ListEmailAddress") == "ok");
  CHECK(with("X-TC-Action", "listEmailAddress") == "InvalidAction");
  CHECK(with("X-TC-Action", "BatchSend\"Email") == "InvalidAction");
  CHECK(with("X-TC-Action", "") == "MissingParameter");
  CHECK(with("X-TC-Version", "") == "MissingParameter");
  CHECK(with("X-TC-Version", "2017-03-12") == "NoSuchVersion");
  CHECK(with("X-TC-Region", "ap-mars") == "UnsupportedRegion");
  CHECK(with("X-TC-Region", "") == "ok");
  for (const char* region : {"ap-guangzhou", "ap-hongkong", "ap-singapore"})
    CHECK(with("X-TC-Region", region) == "ok");
  CHECK(with("X-TC-Token", "temporary") == "AuthFailure.TokenFailure");
  CHECK(with("Content-Type", "text/plain") == "InvalidRequest");
  CHECK(with("Content-Type", "application/json; charset=utf-8") == "ok");
  CHECK(code({.action = "ListEmailAddress", .method = "PUT"}) == "UnsupportedProtocol");
}

TEST_CASE_FIXTURE(Fixture, "a signature is good for five minutes before and after") {
  auto at = [&](Duration off) {
    return with("X-TC-Timestamp", std::to_string((clock.wall() + off).seconds()));
  };
  CHECK(at(0s) == "ok");
  CHECK(at(300s) == "ok");
  CHECK(at(-300s) == "ok");
  CHECK(at(301s) == "AuthFailure.SignatureExpire");
  CHECK(at(-301s) == "AuthFailure.SignatureExpire");
  CHECK(with("X-TC-Timestamp", "now") == "MissingParameter");
}

TEST_CASE_FIXTURE(Fixture, "who is unknown, revoked or of another kind is not found") {
  core::MadeKey stranger = key;
  stranger.secret_id = "AKID00000000000000000000000000000000";
  CHECK(ask(stranger, "ListEmailAddress", "{}").code() == "AuthFailure.SecretIdNotFound");
  for (const std::string& id : {std::string(1, '%'), std::string(65, 'A'), std::string("AKID\\")}) {
    stranger.secret_id = id;
    CHECK(ask(stranger, "ListEmailAddress", "{}").code() == "AuthFailure.SecretIdNotFound");
  }
  // The public name of a bearer key is no SecretId, whatever signs.
  auto bearer = granted(run(keys.create(boss, {.account = acme})));
  stranger.secret_id = bearer.row.public_id;
  for (const std::string& secret : {std::string(), bearer.token}) {
    stranger.secret_key = secret;
    CHECK(ask(stranger, "ListEmailAddress", "{}").code() == "AuthFailure.SecretIdNotFound");
  }
  granted(run(keys.revoke(boss, acme, key.row.id)));
  CHECK(ask(key, "ListEmailAddress", "{}").code() == "AuthFailure.SecretIdNotFound");
}

TEST_CASE_FIXTURE(Fixture, "what was changed after signing fails") {
  core::MadeKey wrong = key;
  wrong.secret_key += "x";
  CHECK(ask(wrong, "ListEmailAddress", "{}").code() == "AuthFailure.SignatureFailure");
  net::HttpRequest request = list();
  request.body = "{ }";
  CHECK(sent(request).code() == "AuthFailure.SignatureFailure");
  request = list();
  replace_header(request, "Host", "elsewhere.example");
  CHECK(sent(request).code() == "AuthFailure.SignatureFailure");
  request = list();
  replace_header(request, "Authorization", "");
  CHECK(sent(request).code() == "MissingParameter");
  for (const char* value : {"TC3-HMAC-SHA256", "Bearer x", "TC3-HMAC-SHA256 Credential=a/b/c"}) {
    request = list();
    replace_header(request, "Authorization", value);
    CHECK(sent(request).code() == "AuthFailure.InvalidAuthorization");
  }
  // Wrong guesses never keep the owner out.
  for (int i = 0; i < 200; ++i)
    CHECK(ask(wrong, "ListEmailAddress", "{}").code() == "AuthFailure.SignatureFailure");
  CHECK(ask(key, "ListEmailAddress", "{}").code() == "ok");
}

TEST_CASE_FIXTURE(Fixture, "a body that is no JSON object is refused") {
  std::string deep(5000, '[');
  for (const std::string& body :
       {std::string("["), std::string("[]"), std::string("1"), std::string("null"), deep,
        std::string("{\"a\":1,\"a\":2}"), std::string("{\"a\":\"\xff\"}"), std::string("{}{}"),
        std::string("{\"a\":\"\\ud800\"}"), std::string("\0", 1), std::string("{'a':1}")})
    CHECK(ask(key, "ListEmailAddress", body).code() == "InvalidParameter");
  CHECK(ask(key, "ListEmailAddress", "").code() == "ok");
  CHECK(ask(key, "ListEmailAddress", " {} ").code() == "ok");
  std::string large = "{\"a\":\"" + std::string(limits::kTencentBody, 'x') + "\"}";
  CHECK(ask(key, "ListEmailAddress", large).code() == "RequestSizeLimitExceeded");
}

TEST_CASE_FIXTURE(Fixture, "an account has so many requests a second, whatever they ask") {
  granted(run(accounts.set_limits(boss, acme, {{"requests_per_second", 3}})));
  for (int i = 0; i < 3; ++i) CHECK(ask(key, "ListEmailAddress", "{}").code() == "ok");
  Got limited = in_english({.action = "ListEmailIdentities"});
  CHECK(limited.code() == "RequestLimitExceeded");
  clock.advance(1s);
  CHECK(ask(key, "ListEmailIdentities", "{}").code() == "ok");
}

TEST_CASE_FIXTURE(Fixture, "a key does what its scope and its domain allow") {
  core::MadeKey sends = key_of(acme, {.scope = core::Scope::send});
  core::MadeKey reads = key_of(acme, {.scope = core::Scope::read});
  for (const Action* action : all_actions()) {
    INFO(action->name);
    std::string body = "{}";
    bool of_sending = action->access == core::Action::send;
    bool of_reading = action->access == core::Action::view;
    auto refused = [&](const core::MadeKey& k) {
      std::string code = ask(k, std::string(action->name), body).code();
      return code == "AuthFailure.UnauthorizedOperation";
    };
    // An action with parameters says first what is missing.
    bool empty = std::ranges::none_of(
        action->parameters, [](const auto& p) { return p.presence == Presence::required; });
    if (!empty) continue;
    CHECK(refused(sends) == !of_sending);
    CHECK(refused(reads) == !of_reading);
  }
  std::string domain = texts({{"EmailIdentity", "m.acme.example"}});
  CHECK(ask(sends, "CreateEmailIdentity", domain).code() == "AuthFailure.UnauthorizedOperation");
  CHECK(ask(reads, "CreateEmailIdentity", domain).code() == "AuthFailure.UnauthorizedOperation");
  CHECK(ask(key, "CreateEmailIdentity", domain).code() == "ok");
}

TEST_CASE_FIXTURE(Fixture, "the use of a key is noted once its signature was right") {
  auto used = [&] {
    auto rows = granted(run(keys.list(boss, acme, {}, 10)));
    return rows[0].last_used_at;
  };
  core::MadeKey wrong = key;
  wrong.secret_key += "x";
  ask(wrong, "ListEmailAddress", "{}");
  CHECK(used() == WallTime{});
  ask(key, "ListEmailAddress", "{}");
  CHECK(used() == clock.wall());
}

TEST_CASE("which requests of a shared listener are for this door") {
  auto takes = [](std::string method, std::string path, std::string query,
                  std::vector<net::HttpHeader> headers) {
    net::HttpRequest head;
    head.method = std::move(method);
    head.path = std::move(path);
    head.query = std::move(query);
    head.headers = std::move(headers);
    return TencentApi::takes(head);
  };
  CHECK(takes("POST", "/", "", {{"x-tc-action", "SendEmail"}}));
  CHECK(takes("POST", "/", "", {}));
  CHECK(takes("GET", "/", "Action=SendEmail", {}));
  CHECK(takes("GET", "/", "a=b&Action=SendEmail", {}));
  CHECK(takes("PUT", "/", "", {{"X-TC-Action", "SendEmail"}}));
  CHECK_FALSE(takes("GET", "/", "", {}));
  CHECK_FALSE(takes("GET", "/", "Reaction=x", {}));
  CHECK_FALSE(takes("POST", "/api/v1/messages", "", {{"X-TC-Action", "SendEmail"}}));
}
