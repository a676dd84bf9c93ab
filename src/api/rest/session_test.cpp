#include "api/rest/rest_house_test.h"

using namespace ph;
using namespace ph::rest_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSession = "/api/v1/session";

struct Fixture : RestFixture {
  Got sign(const std::string& email, const std::string& password,
           const char* peer = "192.0.2.77") {
    Value body = Value::object({{"email", email}, {"password", password}});
    return ask({.method = "POST",
                .target = kSession,
                .body = json::serialize(body),
                .peer = peer});
  }
  Got right() { return sign("boss@house.example", kPassword); }
  static net::HttpHeader cookie(const std::string& token) {
    return {"Cookie", "theme=dark; posthouse_session=" + token + "; lang=zh"};
  }
  static net::HttpHeader csrf(const std::string& proof) { return {"X-Posthouse-Csrf", proof}; }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "sign-in gives a token, a cookie that scripts do not see, and a proof") {
  Got in = right();
  REQUIRE(in.status == 200);
  CHECK(in.header("Set-Cookie") ==
        "posthouse_session=" + in.text("token") +
            "; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict");
  CHECK(in.text("csrf").size() == 64);
  CHECK_FALSE(in.text("csrf").contains(in.text("token")));
  CHECK(in.text("role") == "operator");

  net::HttpRequest over_tls = request_of({.method = "POST",
                                          .target = kSession,
                                          .body = valid_body(schemas::kSignIn)});
  over_tls.tls = true;
  auto response = run(api->handle(over_tls));
  CHECK(net::find_header(response.headers, "Set-Cookie")->ends_with("SameSite=Strict; Secure"));
}

TEST_CASE_FIXTURE(Fixture, "the probe answers 200 whoever asks, and tells the proof again") {
  Got in = right();
  for (Ask what : {Ask{.target = kSession}, Ask{.target = kSession, .bearer = "nonsense"},
                   Ask{.target = kSession, .headers = {cookie("nonsense")}},
                   Ask{.target = kSession, .headers = {{"Authorization", "Basic YTpi"}}}}) {
    Got out = ask(what);
    CHECK(out.status == 200);
    CHECK(out.raw == R"({"signed_in":false})");
  }
  for (Ask what : {Ask{.target = kSession, .bearer = in.text("token")},
                   Ask{.target = kSession, .headers = {cookie(in.text("token"))}}}) {
    Got out = ask(what);
    CHECK(out.text("email") == "boss@house.example");
    CHECK(out.text("csrf") == in.text("csrf"));
    CHECK(out.text("token").empty());
  }
}

TEST_CASE_FIXTURE(Fixture, "a change by cookie needs the session's own proof; reading does not") {
  Got in = right(), other = right();
  Ask create{.method = "POST",
             .target = "/api/v1/accounts",
             .body = R"({"name":"by cookie"})",
             .headers = {cookie(in.text("token"))}};
  CHECK(ask(create).words() == "403 forbidden");
  for (const std::string& wrong :
       {std::string(), std::string("x"), in.text("token"), other.text("csrf")}) {
    Ask tried = create;
    tried.headers.push_back(csrf(wrong));
    CHECK(ask(tried).words() == "403 forbidden");
  }
  CHECK(ask({.target = "/api/v1/accounts", .headers = create.headers}).items().empty());
  create.headers.push_back(csrf(in.text("csrf")));
  CHECK(ask(create).status == 201);
  // A page of another site cannot make a browser send this header, so it needs no proof.
  Ask bearer{.method = "POST",
             .target = "/api/v1/accounts",
             .body = R"({"name":"by token"})",
             .bearer = in.text("token")};
  CHECK(ask(bearer).status == 201);
}

TEST_CASE_FIXTURE(Fixture, "every operation that changes something asks for the proof") {
  House house(*this, "acme");
  Got in = right();
  for (const Route* route : all_routes()) {
    if (route->method == "GET" || route->guard == Guard::open) continue;
    INFO(route->operation);
    Ask what{.method = std::string(route->method),
             .target = filled(route->path, {{"account", "1"},
                                            {"user", "1"},
                                            {"key", "1"},
                                            {"domain", house.domain},
                                            {"address", house.address},
                                            {"bulk", house.bulk},
                                            {"invitation", house.invitation},
                                            {"session", house.session},
                                            {"evidence", house.evidence},
                                            {"offer", "1"},
                                            {"queued", house.message}}),
             .body = route->request != nullptr ? valid_body(*route->request) : "",
             .headers = {cookie(in.text("token"))}};
    CHECK(ask(what).words() == "403 forbidden");
  }
}

TEST_CASE_FIXTURE(Fixture, "a key is no cookie") {
  House house(*this, "acme");
  std::string key = key_token(house.id);
  CHECK(ask({.target = "/api/v1/account", .headers = {cookie(key)}}).status == 401);
  CHECK(ask({.target = "/api/v1/account", .bearer = key}).status == 200);
}

TEST_CASE_FIXTURE(Fixture, "an old cookie stands neither in the way of sign-in nor of sign-out") {
  Got in = right();
  Ask again{.method = "POST",
            .target = kSession,
            .body = valid_body(schemas::kSignIn),
            .headers = {cookie(in.text("token"))}};
  CHECK(ask(again).status == 200);
  granted(run(users.sign_out(in.text("token"))));
  CHECK(ask(again).status == 200);
  Got out = ask({.method = "DELETE", .target = kSession, .headers = {cookie(in.text("token"))}});
  CHECK(out.status == 204);
  CHECK(out.header("Set-Cookie").starts_with("posthouse_session=; Max-Age=0"));
}

TEST_CASE_FIXTURE(Fixture, "sign-out ends the session, with the proof when by cookie") {
  Got in = right();
  Ask out{.method = "DELETE", .target = kSession, .headers = {cookie(in.text("token"))}};
  CHECK(ask(out).words() == "403 forbidden");
  CHECK(ask({.target = kSession, .bearer = in.text("token")}).text("role") == "operator");
  out.headers.push_back(csrf(in.text("csrf")));
  CHECK(ask(out).status == 204);
  CHECK(ask({.target = "/api/v1/accounts", .bearer = in.text("token")}).status == 401);
  CHECK(ask({.method = "DELETE", .target = kSession}).status == 204);
}

TEST_CASE_FIXTURE(Fixture, "wrong passwords tell nothing and are throttled by client") {
  Got wrong = sign("boss@house.example", "wrong horse battery");
  CHECK(wrong.words() == "401 unauthenticated");
  CHECK(wrong.header("Set-Cookie").empty());
  CHECK(sign("nobody@house.example", "wrong horse battery").raw == wrong.raw);
  for (unsigned i = 2; i < limits::kLoginFailures; ++i)
    CHECK(sign("boss@house.example", "wrong horse battery").status == 401);
  clock.advance(90s);
  CHECK(right().words() == "429 request_rate_limit");
  CHECK(right().header("Retry-After") == "510");  // what is left of ten minutes
  CHECK(right().text("detail") == "Too many wrong passwords. Try again in 9 minutes.");
  CHECK(sign("nobody@house.example", "wrong").words() == "429 request_rate_limit");
  CHECK(sign("boss@house.example", kPassword, "192.0.2.78").status == 200);
  clock.advance(limits::kLoginFailureWindow + 1s);
  CHECK(right().status == 200);
}

TEST_CASE_FIXTURE(Fixture, "guesses made at once are counted before they are judged") {
  std::vector<net::Task<net::HttpResponse>> guesses;
  for (unsigned i = 0; i < 3 * limits::kLoginFailures; ++i) {
    std::string body = R"({"email":"boss@house.example","password":"wrong horse battery"})";
    guesses.push_back(
        api->handle(request_of({.method = "POST", .target = kSession, .body = body})));
  }
  unsigned judged = 0;
  for (const auto& answer : run(net::gather(std::move(guesses)))) {
    CHECK((answer.status == 401 || answer.status == 429));
    judged += answer.status == 401 ? 1 : 0;
  }
  CHECK(judged == limits::kLoginFailures);
}

TEST_CASE_FIXTURE(Fixture, "right passwords use up no guesses") {
  for (unsigned i = 0; i < 2 * limits::kLoginFailures; ++i) REQUIRE(right().status == 200);
}

TEST_CASE_FIXTURE(Fixture, "guesses at one name from many clients are throttled, however spelt") {
  REQUIRE(right().status == 200);
  unsigned client = 0;
  auto guess = [&](const char* email) {
    ++client;
    std::string peer = fmt::format("198.51.100.{}", client);
    return sign(email, "wrong horse battery", peer.c_str()).status;
  };
  for (unsigned i = 0; i < limits::kLoginFailuresOfName; ++i)
    REQUIRE(guess(i % 2 == 0 ? "boss@house.example" : "BOSS@House.Example") == 401);
  CHECK(guess("Boss@house.example") == 429);
  CHECK(guess("nobody@house.example") == 401);
  // Its owner is not locked out: neither where he signed in before, nor at a new place.
  CHECK(right().status == 200);
  CHECK(sign("boss@house.example", kPassword, "203.0.113.9").status == 200);
}

TEST_CASE_FIXTURE(Fixture, "HEAD is answered as GET is") {
  House house(*this, "acme");
  for (const Route* route : all_routes()) {
    if (route->method != "GET") continue;
    INFO(route->operation);
    std::string target = filled(route->path, {{"account", "1"},
                                              {"user", "1"},
                                              {"key", "1"},
                                              {"domain", house.domain},
                                              {"address", house.address},
                                              {"message", house.message},
                                              {"mail", house.mail},
                                              {"bulk", house.bulk},
                                              {"bill", house.bill},
                                              {"evidence", house.evidence},
                                              {"queued", house.message}});
    Got get = ask({.target = target, .bearer = house.owner});
    Got head = ask({.method = "HEAD", .target = target, .bearer = house.owner});
    CHECK(head.status == get.status);
    CHECK(head.raw == get.raw);  // the server leaves it out, and tells its length
  }
  CHECK(ask({.method = "HEAD", .target = "/api/v1/account"}).status == 401);
  CHECK(ask({.method = "PUT", .target = "/api/v1/domains", .bearer = house.owner})
            .header("Allow")
            .contains("GET, HEAD"));
  CHECK(ask({.method = "HEAD", .target = "/api/v1/domains/x.example/verify"}).status == 405);
}

TEST_CASE_FIXTURE(Fixture, "a form of another site cannot sign anybody in") {
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded",
                           "multipart/form-data; boundary=x", ""}) {
    Got got = ask({.method = "POST",
                   .target = kSession,
                   .body = valid_body(schemas::kSignIn),
                   .headers = {{"Content-Type", type}}});
    CHECK(got.status == 415);
    CHECK(got.header("Set-Cookie").empty());
  }
}

TEST_CASE_FIXTURE(Fixture, "health is for anybody, metrics for this machine and the operator") {
  CHECK(ask({.target = "/healthz"}).raw == "ok\n");
  CHECK(ask({.target = "/readyz"}).status == 200);
  CHECK(ask({.method = "POST", .target = "/healthz"}).header("Allow") == "GET, HEAD");
  CHECK(ask({.target = "/metrics"}).status == 401);
  CHECK(ask({.target = "/metrics", .peer = "127.0.0.1"}).status == 200);
  CHECK(ask({.target = "/metrics", .peer = "::1"}).status == 200);
  CHECK(ask({.target = "/metrics", .bearer = boss_token}).status == 200);
  House house(*this, "acme");
  CHECK(ask({.target = "/metrics", .bearer = house.owner}).status == 403);
  CHECK(ask({.target = "/metrics", .bearer = key_token(house.id)}).status == 403);
}

TEST_CASE_FIXTURE(Fixture, "the probe gives an old session of a cookie another token") {
  House house(*this, "acme");
  Got in = sign("owner@acme.example", kPassword);
  Ask probe{.target = kSession, .headers = {cookie(in.text("token"))}};
  CHECK(ask(probe).header("Set-Cookie").empty());
  clock.advance(limits::kSessionRenewed);
  Got renewed = ask(probe);
  std::string set = renewed.header("Set-Cookie");
  REQUIRE(set.starts_with("posthouse_session="));
  CHECK(set.contains("HttpOnly; SameSite=Strict"));
  std::string token = set.substr(18, set.find(';') - 18);
  CHECK(token != in.text("token"));
  CHECK(renewed.text("csrf") != in.text("csrf"));
  CHECK(renewed.text("token").empty());
  // Another tab asks with the old one at the same moment; then it has ended. The new one lives as
  // long as a new sign-in.
  Got again = ask(probe);
  CHECK(again.text("email") == "owner@acme.example");
  // One session has one successor: a sign-out ends it.
  CHECK(again.header("Set-Cookie").empty());
  clock.advance(limits::kSessionGrace);
  CHECK(ask(probe).raw == R"({"signed_in":false})");
  clock.advance(limits::kSessionKept - limits::kSessionGrace - std::chrono::seconds(1));
  CHECK(ask({.target = kSession, .headers = {cookie(token)}}).text("email") ==
        "owner@acme.example");
}

TEST_CASE_FIXTURE(Fixture, "a probe that fails has replaced no token") {
  House house(*this, "acme");  // an operator's session is not renewed
  Got in = sign("owner@acme.example", kPassword);
  Ask probe{.target = kSession, .headers = {cookie(in.text("token"))}};
  clock.advance(limits::kSessionRenewed);
  auto rename = [&](const char* statement) {
    need(write([&](store::Tx& tx) { return tx.sql().script(statement); }));
  };
  rename("ALTER TABLE setting RENAME TO elsewhere");  // where the language stands
  CHECK(ask(probe).status >= 500);
  rename("ALTER TABLE elsewhere RENAME TO setting");
  clock.advance(limits::kSessionGrace + 1s);
  CHECK(ask(probe).text("email") == "owner@acme.example");
}

TEST_CASE_FIXTURE(Fixture, "a session that a program carries keeps its token") {
  House house(*this, "acme");  // an operator's session is not renewed
  Got in = sign("owner@acme.example", kPassword);
  clock.advance(limits::kSessionRenewed * 2);
  Got out = ask({.target = kSession, .bearer = in.text("token")});
  CHECK(out.text("email") == "owner@acme.example");
  CHECK(out.header("Set-Cookie").empty());
}

TEST_CASE_FIXTURE(Fixture, "the language follows the person, and a key has none") {
  Got in = right();
  CHECK(in.text("language").empty());
  Ask choose{.method = "PUT",
             .target = "/api/v1/language",
             .body = R"({"language":"zh"})",
             .bearer = in.text("token")};
  CHECK(ask(choose).status == 204);
  CHECK(right().text("language") == "zh");
  choose.body = R"({"language":"fr"})";
  CHECK(ask(choose).words() == "422 invalid_field language");
}

TEST_CASE("a house that nobody can sign in to is set up once, by the token in its log") {
  struct : core_test::CoreFixture {
  } house;
  core::Bulks bulks{house.context};
  core::Settings settings{house.context};
  core::Agreements agreements{house.context};
  people::Notices notices{house.context, house.sender};
  people::Identities identities{house.context, notices};
  people::Suspensions suspensions{house.context, notices};
  billing::Customers customers{house.context};
  core::Setup setup{house.context, house.users, house.accounts};
  RestApi api({.context = house.context,
               .accounts = house.accounts,
               .users = house.users,
               .keys = house.keys,
               .domains = house.domains,
               .addresses = house.addresses,
               .sender = house.sender,
               .messages = house.messages,
               .bulks = bulks,
               .settings = settings,
               .agreements = agreements,
               .identities = identities,
               .suspensions = suspensions,
               .customers = customers,
               .setup = &setup});
  auto ask = [&](Ask what) { return house.run(api.handle(RestFixture::request_of(what))); };
  auto token = granted(house.run(setup.begin()));
  REQUIRE(token.has_value());
  CHECK(ask({.target = kSession}).body == R"({"signed_in":false,"setup":true})");
  auto finish = [&](const std::string& with) {
    return ask({.method = "POST",
                .target = "/api/v1/setup",
                .body = R"({"token":")" + with + R"(","email":"boss@house.example",)" +
                        R"("password":"correct horse battery","account":"acme"})"})
        .status;
  };
  CHECK(finish("ph_wrong") == 401);
  CHECK(finish(*token) == 204);
  CHECK(finish(*token) == 401);
  CHECK(ask({.target = kSession}).body == R"({"signed_in":false})");
  CHECK(ask({.method = "POST", .target = kSession, .body = valid_body(schemas::kSignIn)}).status ==
        200);
}
