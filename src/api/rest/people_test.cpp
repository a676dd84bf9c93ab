#include "api/rest/rest_house_test.h"
#include "base/encoding.h"
#include "crypto/totp.h"
#include "store/link.h"

using namespace ph;
using namespace ph::rest_test;

namespace {

constexpr const char* kNew = "another horse battery";

struct Fixture : RestFixture {
  Got post(const std::string& path, const Value& body, const std::string& bearer = "",
           const char* peer = "192.0.2.77") {
    return ask({.method = "POST",
                .target = "/api/v1" + path,
                .body = json::serialize(body),
                .bearer = bearer,
                .peer = peer});
  }
  Got get(const std::string& path, const std::string& bearer) {
    return ask({.target = "/api/v1" + path, .bearer = bearer});
  }
  Got remove(const std::string& path, const std::string& bearer) {
    return ask({.method = "DELETE", .target = "/api/v1" + path, .bearer = bearer});
  }
  void set_mode(const std::string& mode) {
    granted(run(settings.put(boss, {}, {{"registration.mode", mode}})));
  }
  Got enter(const std::string& email, const std::string& password = kPassword,
            const std::string& code = "", const char* peer = "192.0.2.77") {
    Value body = Value::object({{"email", email}, {"password", password}});
    if (!code.empty()) body.set("code", code);
    return post("/session", body, "", peer);
  }
  Value wish(const std::string& email, const std::string& account = "Shop") {
    return Value::object({{"email", email},
                          {"password", kPassword},
                          {"account", account},
                          {"language", "en"}});
  }
  Got register_as(const std::string& email, const std::string& account = "Shop") {
    return post("/registration", wish(email, account));
  }
  // What the operator hands out.
  std::string token_for(const std::string& email, const std::string& kind) {
    for (const Value& item : get("/registration/links", boss_token).items())
      if (item.find("email")->as_string() == email && item.find("kind")->as_string() == kind) {
        std::string link = item.find("link")->as_string();
        return link.substr(link.find("#token=") + 7);
      }
    return "";
  }
  Got token(const std::string& path, const std::string& given) {
    return post(path, Value::object({{"token", given}}));
  }
  Got confirm(const std::string& given, const std::string& password = kPassword) {
    return post("/registration/confirm",
                Value::object({{"token", given}, {"password", password}}));
  }
  // Registered, confirmed and signed in.
  std::string customer(const std::string& email, const std::string& account = "Shop") {
    CHECK(register_as(email, account).status == 202);
    CHECK(confirm(token_for(email, "confirm")).status == 200);
    return enter(email).text("token");
  }
  std::string code_of(const std::string& secret, int64_t later = 0) {
    return crypto::totp_code(need(base32_decode(secret)),
                             crypto::totp_step(clock.wall()) + later);
  }
  // With a second factor; gives its secret.
  std::string secure(const std::string& bearer) {
    Got made = post("/me/second-factor", Value::object({{"password", kPassword}}), bearer);
    CHECK(made.text("uri").starts_with("otpauth://totp/Posthouse:"));
    std::string secret = made.text("secret");
    Got codes = post("/me/second-factor/confirm", Value::object({{"code", code_of(secret)}}),
                     bearer);
    REQUIRE(codes.status == 200);
    for (const Value& one : codes.body.find("recovery_codes")->as_array())
      recovery.push_back(one.as_string());
    return secret;
  }
  std::vector<std::string> audited(const std::string& bearer, const std::string& query = "") {
    std::vector<std::string> out;
    for (const Value& item : get("/audit" + query, bearer).items())
      out.push_back(item.find("action")->as_string());
    return out;
  }
  std::vector<std::string> recovery;
};

bool has(const std::vector<std::string>& list, const std::string& one) {
  return std::ranges::find(list, one) != list.end();
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "who registers has an account once he followed the link") {
  set_mode("open");
  CHECK(get("/registration", "").text("mode") == "open");
  Got asked = register_as("Ann@Shop.example");
  CHECK(asked.status == 202);
  CHECK(asked.raw == "{}");
  CHECK(enter("ann@shop.example").words() == "401 unauthenticated");
  std::string link = token_for("ann@shop.example", "confirm");
  CHECK(confirm(link).text("email") == "ann@shop.example");
  CHECK(confirm(link).words() == "404 not_found token");
  Got in = enter("ann@shop.example");
  CHECK(in.status == 200);
  CHECK(in.text("role") == "owner");
  CHECK(in.text("account_name") == "Shop");
  CHECK(in.text("account_state") == "created");
  std::string session = in.text("token");
  CHECK(get("/me", session).text("email") == "ann@shop.example");
  CHECK(get("/account", session).text("name") == "Shop");
  CHECK(has(audited(session), "user.register"));
  // The next of the same name has another.
  std::string second = customer("bob@shop.example");
  CHECK(get("/account", second).text("name") == "Shop 2");
}

TEST_CASE_FIXTURE(Fixture, "registration says nothing of who is there already") {
  set_mode("open");
  customer("ann@shop.example");
  Got known = register_as("ann@shop.example"), unknown = register_as("eve@shop.example");
  CHECK(known.status == unknown.status);
  CHECK(known.raw == unknown.raw);
  CHECK(token_for("ann@shop.example", "confirm").empty());
  CHECK_FALSE(token_for("eve@shop.example", "confirm").empty());
}

TEST_CASE_FIXTURE(Fixture, "registration is closed at first, and by invitation where it is so") {
  CHECK(get("/registration", "").text("mode") == "closed");
  CHECK(register_as("ann@shop.example").words() == "403 forbidden");
  set_mode("invitation");
  CHECK(register_as("ann@shop.example").words() == "403 forbidden");
  Got made = post("/registration/invitations",
                  Value::object({{"email", "ann@shop.example"}, {"account", "Ann's"}}), boss_token);
  CHECK(made.status == 201);
  std::string link = made.text("link");
  std::string invitation = link.substr(link.find('=') + 1);
  Got looked = token("/invitation/look", invitation);
  CHECK(looked.text("account") == "Ann's");
  CHECK(looked.text("role") == "owner");
  Value other = wish("eve@shop.example");
  other.set("invitation", invitation);
  CHECK(post("/registration", other).words() == "422 invalid_field email");
  other.set("invitation", invitation + "x");
  CHECK(post("/registration", other).words() == "404 not_found invitation");
  Value mine = wish("ann@shop.example");
  mine.set("invitation", invitation);
  CHECK(post("/registration", mine).status == 202);
  CHECK(confirm(token_for("ann@shop.example", "confirm")).status == 200);
  CHECK(token("/invitation/look", invitation).words() == "404 not_found token");
  CHECK(enter("ann@shop.example").status == 200);
}

TEST_CASE_FIXTURE(Fixture, "whom the operator invites has an account by the link alone") {
  Got made = post("/registration/invitations", Value::object({{"email", "ann@shop.example"}}),
                  boss_token);
  std::string link = made.text("link");
  Value answer = Value::object({{"token", link.substr(link.find('=') + 1)}, {"password", kNew}});
  CHECK(post("/invitation/accept", answer).text("email") == "ann@shop.example");
  CHECK(post("/invitation/accept", answer).words() == "404 not_found token");
  CHECK(enter("ann@shop.example", kNew).text("account_name") == "shop.example");
  CHECK(get("/registration/invitations", boss_token).items().at(0).find("state")->as_string() ==
        "used");
}

TEST_CASE_FIXTURE(Fixture, "links end with their time, and a wrong token is as one that ended") {
  set_mode("open");
  register_as("ann@shop.example");
  std::string link = token_for("ann@shop.example", "confirm");
  clock.advance(limits::kConfirmLinkKept);
  for (const std::string& bad : {link, std::string("x"), std::string(), link + "x",
                                 "ph_" + std::string(43, 'A')})
    CHECK(confirm(bad).words() == "404 not_found token");
  CHECK(enter("ann@shop.example").words() == "401 unauthenticated");
}

TEST_CASE_FIXTURE(Fixture, "one address is not flooded, and one client asks so often only") {
  set_mode("open");
  for (unsigned i = 0; i < limits::kLoginFailures; ++i)
    CHECK(register_as("ann@shop.example").status == 202);
  CHECK(register_as("ann@shop.example").words() == "429 request_rate_limit");
  CHECK(post("/registration", wish("bob@shop.example"), "", "203.0.113.9").status == 202);
  auto open = need(read<int64_t>([&](sql::Connection& c) {
    return store::open_link_count(c, {}, store::LinkKind::confirm, clock.wall());
  }));
  CHECK(open == 2);  // of each address the newest alone
}

TEST_CASE_FIXTURE(Fixture, "a forgotten password is set anew by a link, once, and sessions end") {
  set_mode("open");
  std::string session = customer("ann@shop.example");
  Got known = post("/password-reset", Value::object({{"email", "ann@shop.example"}}));
  Got unknown = post("/password-reset", Value::object({{"email", "eve@shop.example"}}));
  CHECK(known.status == 202);
  CHECK(known.raw == unknown.raw);
  CHECK(token_for("eve@shop.example", "reset").empty());
  std::string link = token_for("ann@shop.example", "reset");
  auto set = [&](const std::string& password) {
    return post("/password-reset/confirm",
                Value::object({{"token", link}, {"password", password}}));
  };
  CHECK(set("short").words() == "422 invalid_field password");
  CHECK(set(kNew).status == 200);
  CHECK(set(kPassword).words() == "404 not_found token");
  CHECK(get("/me", session).words() == "401 unauthenticated");
  CHECK(enter("ann@shop.example").words() == "401 unauthenticated");
  CHECK(enter("ann@shop.example", kNew).status == 200);
}

TEST_CASE_FIXTURE(Fixture, "a second factor is asked for, its codes and recovery codes once each") {
  set_mode("open");
  std::string session = customer("ann@shop.example");
  CHECK(post("/me/second-factor", Value::object({{"password", "wrong"}}), session).words() ==
        "422 invalid_field password");
  std::string secret = secure(session);
  CHECK(recovery.size() == limits::kRecoveryCodes);
  CHECK(get("/me", session).number("recovery_codes_left") == limits::kRecoveryCodes);
  CHECK(enter("ann@shop.example").words() == "401 second_factor_required code");
  CHECK(enter("ann@shop.example", "wrong horse battery").words() == "401 unauthenticated");
  // The code that confirmed it was taken.
  CHECK(enter("ann@shop.example", kPassword, code_of(secret)).words() ==
        "401 unauthenticated code");
  clock.advance(std::chrono::seconds(30));
  std::string code = code_of(secret);
  CHECK(enter("ann@shop.example", kPassword, code).status == 200);
  CHECK(enter("ann@shop.example", kPassword, code).words() == "401 unauthenticated code");
  std::string shouted = recovery[0];
  for (char& c : shouted) c = to_upper(c);
  CHECK(enter("ann@shop.example", kPassword, shouted).status == 200);
  CHECK(enter("ann@shop.example", kPassword, recovery[0]).words() == "401 unauthenticated code");
  CHECK(get("/me", session).number("recovery_codes_left") == limits::kRecoveryCodes - 1);

  auto proof = [&](const std::string& with) {
    return Value::object({{"password", kPassword}, {"code", with}});
  };
  Got renewed = post("/me/recovery-codes", proof(recovery[1]), session);
  CHECK(renewed.status == 200);
  CHECK(post("/me/second-factor/remove", proof(recovery[2]), session).words() ==
        "422 invalid_field code");
  std::string fresh = renewed.body.find("recovery_codes")->as_array()[0].as_string();
  CHECK(post("/me/second-factor/remove", proof(fresh), session).status == 204);
  CHECK(enter("ann@shop.example").status == 200);
}

TEST_CASE_FIXTURE(Fixture, "codes are guessed a few times only, and the owner comes in meanwhile") {
  set_mode("open");
  std::string session = customer("ann@shop.example");  // from 192.0.2.77
  std::string secret = secure(session);
  // Somebody has the password, and many addresses.
  std::string last;
  for (unsigned i = 0; i <= limits::kSecondFactorGuesses; ++i) {
    std::string peer = "198.51." + std::to_string(i) + ".1";
    last = enter("ann@shop.example", kPassword, "000000", peer.c_str()).words();
  }
  CHECK(last == "429 request_rate_limit code");
  clock.advance(std::chrono::seconds(60));
  // Also with the right code, for who is unknown; the owner is known, or has a recovery code.
  CHECK(enter("ann@shop.example", kPassword, code_of(secret), "203.0.113.9").words() ==
        "429 request_rate_limit code");
  CHECK(enter("ann@shop.example", kPassword, code_of(secret)).status == 200);
  CHECK(enter("ann@shop.example", kPassword, recovery[0], "203.0.113.10").status == 200);
  clock.advance(limits::kLoginFailureWindow + std::chrono::seconds(30));
  CHECK(enter("ann@shop.example", kPassword, code_of(secret), "203.0.113.99").status == 200);
}

TEST_CASE_FIXTURE(Fixture, "sessions are listed with where they are, and ended") {
  set_mode("open");
  std::string first = customer("ann@shop.example");
  std::string second = enter("ann@shop.example", kPassword, "", "198.51.100.7").text("token");
  std::string third = enter("ann@shop.example").text("token");
  auto items = get("/me/sessions", first).items();
  REQUIRE(items.size() == 3);
  std::string away;
  int current = 0;
  for (const Value& item : items) {
    current += item.find("current")->as_bool();
    if (item.find("from")->as_string() == "198.51.100.7") away = item.find("id")->as_string();
  }
  CHECK(current == 1);
  std::string stranger = customer("bob@shop.example");
  CHECK(remove("/me/sessions/" + away, stranger).words() == "404 not_found session");
  CHECK(remove("/me/sessions/" + away, first).status == 204);
  CHECK(get("/me", second).words() == "401 unauthenticated");
  CHECK(remove("/me/sessions", first).number("ended") == 1);
  CHECK(get("/me", third).words() == "401 unauthenticated");
  CHECK(get("/me", first).status == 200);
}

TEST_CASE_FIXTURE(Fixture, "one's own password needs the present one, and ends other sessions") {
  set_mode("open");
  std::string first = customer("ann@shop.example");
  std::string second = enter("ann@shop.example").text("token");
  auto change = [&](const std::string& current) {
    return ask({.method = "PUT",
                .target = "/api/v1/me/password",
                .body = json::serialize(
                    Value::object({{"current", current}, {"password", kNew}})),
                .bearer = first});
  };
  CHECK(change("wrong horse battery").words() == "422 invalid_field current");
  CHECK(change(kPassword).status == 204);
  CHECK(get("/me", first).status == 200);
  CHECK(get("/me", second).words() == "401 unauthenticated");
  CHECK(enter("ann@shop.example", kNew).status == 200);
  Value me = get("/me", first).body;
  std::string path = "/users/" + std::to_string(me.find("id")->as_int()) + "/password";
  CHECK(ask({.method = "PUT",
             .target = "/api/v1" + path,
             .body = R"({"password":"correct horse battery"})",
             .bearer = first})
            .words() == "409 conflict user");
}

TEST_CASE_FIXTURE(Fixture, "who is invited has the role and the policy of his invitation") {
  set_mode("open");
  std::string owner = customer("ann@shop.example");
  Value wish = need(json::parse(R"({"email":"dev@shop.example","role":"developer",
    "policy":{"domains":["m.shop.example"],"actions":["view","send"]}})", 1000));
  Got made = post("/users/invitations", wish, owner);
  CHECK(made.status == 201);
  std::string link = made.text("link");
  CHECK(link.contains("/invitation#token="));
  std::string invitation = link.substr(link.find('=') + 1);
  CHECK(token("/invitation/look", invitation).text("account") == "Shop");
  std::string other = customer("bob@other.example", "Other");
  std::string path = "/users/invitations/" + std::to_string(made.number("id"));
  CHECK(remove(path, other).words() == "404 not_found invitation");
  CHECK(get("/users/invitations", other).items().empty());
  Value answer = Value::object({{"token", invitation}, {"password", kNew}, {"language", "zh"}});
  CHECK(post("/invitation/accept", answer).status == 200);
  Got in = enter("dev@shop.example", kNew);
  CHECK(in.text("role") == "developer");
  CHECK(in.text("language") == "zh");
  Got me = get("/me", in.text("token"));
  CHECK(me.body.find("policy")->find("domains")->as_array()[0].as_string() == "m.shop.example");
  CHECK(get("/keys", in.text("token")).words() == "403 forbidden");
  CHECK(remove(path, owner).words() == "409 conflict invitation");
  wish.set("role", "owner");
  CHECK(post("/users/invitations", wish, owner).words() == "422 invalid_field policy");
  Got second = post("/users/invitations", need(json::parse(
                        R"({"email":"eve@shop.example","role":"viewer"})", 100)), owner);
  CHECK(remove("/users/invitations/" + std::to_string(second.number("id")), owner).status == 204);
  std::string gone = second.text("link");
  CHECK(token("/invitation/look", gone.substr(gone.find('=') + 1)).words() ==
        "404 not_found token");
}

TEST_CASE_FIXTURE(Fixture, "a policy narrows at once, and nobody makes who may do more") {
  House house(*this, "acme");
  std::string admin = person_token(house.id, core::Role::administrator, "admin@acme.example");
  auto patch = [&](const std::string& by, const std::string& id, const std::string& body) {
    return ask({.method = "PATCH", .target = "/api/v1/users/" + id, .body = body, .bearer = by});
  };
  std::string admin_id = std::to_string(get("/me", admin).number("id"));
  Got narrowed = patch(house.owner, admin_id,
                       R"({"policy":{"actions":["view","manage_users"]}})");
  CHECK(narrowed.status == 200);
  CHECK(get("/domains", admin).status == 200);
  CHECK(get("/keys", admin).words() == "403 forbidden");
  CHECK(patch(admin, house.user, R"({"role":"developer"})").words() == "403 forbidden user");
  CHECK(patch(admin, house.user, R"({"role":"viewer"})").words() == "403 forbidden user");
  CHECK(patch(house.owner, house.user, R"({"policy":{"actions":["view"]}})").status == 200);
  CHECK(patch(admin, house.user, R"({"disabled":true})").status == 200);
  CHECK(patch(admin, house.user, R"({"disabled":false})").status == 200);
  CHECK(patch(admin, house.user, R"({"policy":{}})").words() == "403 forbidden user");
  CHECK(patch(admin, admin_id, R"({"policy":{}})").words() == "409 conflict user");
  CHECK(patch(house.owner, house.user, R"({"policy":{"actions":["fly"]}})").words() ==
        "422 invalid_field policy.actions[0]");
  CHECK(patch(house.owner, house.user, R"({"policy":{"domains":["a b"]}})").words() ==
        "422 invalid_field policy.domains[0]");
  House other(*this, "other");
  CHECK(patch(other.owner, house.user, R"({"role":"viewer"})").words() == "404 not_found user");
  Got nobody = patch(other.owner, "999999", R"({"role":"viewer"})");
  CHECK(nobody.words() == "404 not_found user");
}

TEST_CASE_FIXTURE(Fixture, "a sub-user of one domain sees and does what is of that domain") {
  House house(*this, "acme");
  granted(run(domains.create(owner(house.id), {}, "second.acme.example")));
  std::string sub = person_token(house.id, core::Role::administrator, "sub@acme.example");
  std::string id = std::to_string(get("/me", sub).number("id"));
  CHECK(ask({.method = "PATCH",
             .target = "/api/v1/users/" + id,
             .body = R"({"policy":{"domains":["second.acme.example"]}})",
             .bearer = house.owner})
            .status == 200);
  CHECK(get("/domains", sub).items().size() == 1);
  CHECK(get("/domains/" + house.domain, sub).words() == "404 not_found domain");
  CHECK(remove("/domains/" + house.domain, sub).words() == "404 not_found domain");
  CHECK(get("/messages", sub).items().empty());
  CHECK(get("/messages/" + house.message, sub).words() == "404 not_found");
  CHECK(get("/messages/bulk", sub).items().empty());
  CHECK(get("/addresses", sub).items().empty());
  CHECK(get("/addresses/" + house.address, sub).words() == "404 not_found address");
  CHECK(remove("/addresses/" + house.address, sub).words() == "404 not_found address");
  CHECK(get("/events", sub).words() == "403 forbidden");
  CHECK(get("/users", sub).words() == "403 forbidden");
  CHECK(post("/addresses", Value::object({{"address", "b@" + house.domain}}), sub).words() ==
        "403 domain_not_verified address");
  CHECK(post("/domains", Value::object({{"name", "third.acme.example"}}), sub).words() ==
        "403 forbidden name");
  CHECK(get("/keys", sub).items().empty());
  CHECK(remove("/keys/" + house.key, sub).words() == "404 not_found key");
  CHECK(post("/keys", Value::object({{"name", "x"}}), sub).words() == "403 forbidden domain");
  Got key = post("/keys", Value::object({{"domain", "second.acme.example"}}), sub);
  CHECK(key.status == 201);
  CHECK(get("/keys", sub).items().size() == 1);
  Got sent = ask({.method = "POST",
                  .target = "/api/v1/messages",
                  .body = valid_body(schemas::kNewMessage),
                  .bearer = sub});
  CHECK(sent.words() == "403 forbidden from");
}

TEST_CASE_FIXTURE(Fixture, "a user has two pairs of SecretId and SecretKey at most") {
  House house(*this, "acme");
  Value pair = Value::object({{"kind", "tencent"}});
  Got first = post("/keys", pair, house.owner);
  CHECK(first.status == 201);
  CHECK(first.number("user_id") == get("/me", house.owner).number("id"));
  CHECK(post("/keys", pair, house.owner).status == 201);
  CHECK(post("/keys", pair, house.owner).words() == "409 key_limit kind");
  CHECK(post("/keys", Value::object({{"kind", "bearer"}}), house.owner).status == 201);
  CHECK(remove("/keys/" + std::to_string(first.number("id")), house.owner).status == 204);
  CHECK(post("/keys", pair, house.owner).status == 201);
  std::string other = person_token(house.id, core::Role::developer, "dev@acme.example");
  pair.set("scope", "send");
  CHECK(post("/keys", pair, other).status == 201);
}

TEST_CASE_FIXTURE(Fixture, "the operator acts for an account, which sees it, and ends it") {
  House house(*this, "acme");
  auto begin = [&](const std::string& by, int64_t account, const std::string& reason) {
    return post("/impersonation", Value::object({{"account", account}, {"reason", reason}}), by);
  };
  CHECK(begin(house.owner, house.id.value, "why").words() == "403 forbidden");
  CHECK(begin(boss_token, 999999, "why").words() == "404 not_found account");
  CHECK(begin(boss_token, house.id.value, "").words() == "422 missing_field reason");
  Got acting = begin(boss_token, house.id.value, "a call of theirs");
  CHECK(acting.text("role") == "owner");
  CHECK(acting.text("email") == "boss@house.example");
  const Value* as = acting.body.find("impersonating");
  REQUIRE(as->is_object());
  CHECK(as->find("account_name")->as_string() == "acme");
  CHECK(as->find("reason")->as_string() == "a call of theirs");
  CHECK(get("/domains", boss_token).items().size() == 1);
  CHECK(get("/accounts", boss_token).words() == "403 forbidden");
  CHECK(begin(boss_token, house.id.value, "again").status == 403);
  CHECK(post("/domains", Value::object({{"name", "made.acme.example"}}), boss_token).status ==
        201);
  CHECK(get("/me", boss_token).text("email") == "boss@house.example");
  Got seen = get("/audit?action=domain", house.owner);
  const Value& row = seen.items().at(0);
  CHECK(row.find("object")->as_string() == "domain:made.acme.example");
  // That it was the operator, not by which name and from where he signs in.
  CHECK(row.find("behind")->as_string() == "operator");
  CHECK(row.find("from")->as_string().empty());
  CHECK_FALSE(seen.raw.contains("boss@house.example"));
  Got ended = remove("/impersonation", boss_token);
  CHECK(ended.text("role") == "operator");
  CHECK(ended.body.find("impersonating") == nullptr);
  auto all = audited(house.owner);
  CHECK(has(all, "impersonation.begin"));
  CHECK(has(all, "impersonation.end"));
  // Who forgets to end it is himself again after an hour.
  begin(boss_token, house.id.value, "once more");
  clock.advance(limits::kImpersonationKept);
  CHECK(get("/accounts", boss_token).status == 200);
}

TEST_CASE_FIXTURE(Fixture, "the audit log tells who, from where, what, before and after") {
  House house(*this, "acme"), other(*this, "other");
  Got made = post("/keys", Value::object({{"name", "ci"}}), house.owner);
  std::string key = std::to_string(made.number("id"));
  remove("/keys/" + key, house.owner);
  std::string owner_id = std::to_string(get("/me", house.owner).number("id"));
  Got rows = get("/audit?action=key.revoke&actor=user:" + owner_id, house.owner);
  REQUIRE(rows.items().size() == 1);
  const Value& row = rows.items()[0];
  CHECK(row.find("object")->as_string() == "key:" + key);
  CHECK(row.find("actor")->find("name")->as_string() == house.owner_email);
  CHECK(row.find("from")->as_string() == "192.0.2.77");
  CHECK(row.find("before")->find("name")->as_string() == "ci");
  CHECK(row.find("after")->is_null());
  CHECK_FALSE(rows.raw.contains(made.text("token")));
  for (const Value& one : get("/audit?limit=200", other.owner).items())
    CHECK(one.find("account_id")->as_int() == other.id.value);
  CHECK(get("/audit?account=" + std::to_string(house.id.value), other.owner).words() ==
        "404 not_found account");
  CHECK(get("/audit?actor=nobody:x", house.owner).words() == "422 invalid_field actor");
  CHECK(get("/audit?since=yesterday", house.owner).words() == "422 invalid_field since");
  CHECK(get("/audit?since=2999-01-01T00:00:00Z", house.owner).items().empty());
  std::string viewer = person_token(house.id, core::Role::viewer, "viewer@acme.example");
  CHECK(get("/audit", viewer).words() == "403 forbidden");
  set_mode("open");
  CHECK(has(audited(boss_token), "setting.set"));
}

TEST_CASE_FIXTURE(Fixture, "who lost his second factor is helped by who may manage him") {
  set_mode("open");
  std::string owner = customer("ann@shop.example");
  AccountId account(get("/account", owner).number("id"));
  std::string dev = person_token(account, core::Role::developer, "dev@shop.example");
  secure(dev);
  std::string path = "/users/" + std::to_string(get("/me", dev).number("id")) +
                     "/second-factor/reset";
  auto reset = [&](const std::string& by) {
    return ask({.method = "POST", .target = "/api/v1" + path, .bearer = by});
  };
  CHECK(reset(dev).words() == "403 forbidden");
  CHECK(reset(customer("bob@other.example", "Other")).words() == "404 not_found user");
  CHECK(reset(owner).status == 204);
  CHECK(enter("dev@shop.example").status == 200);
}
