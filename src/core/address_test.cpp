#include "core/address.h"

#include "core/core_fixture_test.h"

using namespace ph;
using namespace ph::core_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSmtp = "Abcdefg123";

struct Fixture : CoreFixture {
  Fixture() {
    acme = account("acme");
    verified(acme, "m.acme.example");
  }
  std::string create(std::string email, std::string name = "") {
    return refusal(run(addresses.create(
        owner(acme), {.email = std::move(email), .display_name = std::move(name)})));
  }
  std::string login(std::string email, std::string password, const char* client = "192.0.2.9") {
    return refusal(run(addresses.smtp_login(std::move(email), std::move(password),
                                            need(IpAddress::parse(client)))));
  }
  AccountId acme;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a sender address stands only under a verified domain of the account") {
  AccountId other = account("other");
  verified(other, "m.other.example");
  now(domains.create(owner(acme), {}, "pending.acme.example"));
  CHECK(create("news@m.acme.example") == "granted");
  CHECK(create("news@M.ACME.example") == "conflict email");
  CHECK(create("news@pending.acme.example") == "domain_not_verified email");
  CHECK(create("news@m.other.example") == "domain_not_verified email");
  CHECK(create("news@nothing.example") == "domain_not_verified email");
  CHECK(create("news@sub.m.acme.example") == "domain_not_verified email");
  CHECK(create("news@[192.0.2.1]") == "invalid_field email");
}

TEST_CASE_FIXTURE(Fixture, "prefix and sender name have rules") {
  for (const std::string& bad :
       {std::string(), std::string("news"), std::string("@m.acme.example"),
        std::string("a..b@m.acme.example"), std::string("\"a b\"@m.acme.example"),
        std::string("ü@m.acme.example"), std::string("A <a@m.acme.example>"),
        std::string("a@m.acme.example, b@m.acme.example"),
        std::string("a@m.acme.example\r\nBcc: x@y.example"), std::string("a\0@m.acme.example", 17),
        std::string(65, 'a') + "@m.acme.example"})
    CHECK(create(bad) == "invalid_field email");
  CHECK(create(std::string(64, 'a') + "@m.acme.example") == "granted");
  for (const std::string& bad : {std::string("a\r\nb"), std::string("a\tb"), std::string("\x7f"),
                                 std::string("\xff"), std::string(65, 'x'),
                                 std::string("a\xc2\x85z"), std::string("a\0z", 3)})
    CHECK(create("b@m.acme.example", bad) == "invalid_field name");
  CHECK(create("b@m.acme.example", "驿站 \"Post\"") == "granted");
}

TEST_CASE_FIXTURE(Fixture, "a domain has as many addresses as the limit") {
  now(accounts.set_limits(boss, acme, {{"addresses", 2}}));
  CHECK(create("a@m.acme.example") == "granted");
  CHECK(create("b@m.acme.example") == "granted");
  CHECK(create("c@m.acme.example") == "address_limit");
  now(addresses.remove(owner(acme), {}, "a@m.acme.example"));
  CHECK(create("c@m.acme.example") == "granted");
}

TEST_CASE_FIXTURE(Fixture, "another account's address is as absent as none") {
  AccountId other = account("other");
  CHECK(create("a@m.acme.example") == "granted");
  for (const char* email : {"a@m.acme.example", "none@m.acme.example"}) {
    CHECK(refusal(run(addresses.get(owner(other), {}, email))) == "not_found email");
    CHECK(refusal(run(addresses.remove(owner(other), {}, email))) == "not_found email");
    CHECK(refusal(run(addresses.set_smtp_password(owner(other), {}, email, kSmtp))) ==
          "not_found email");
    CHECK(refusal(run(addresses.get(owner(other), acme, email))) == "not_found account");
  }
  for (Role role : {Role::developer, Role::viewer}) {
    CHECK(refusal(run(addresses.remove(person(acme, role), {}, "a@m.acme.example"))) ==
          "forbidden");
    CHECK(refusal(run(addresses.get(person(acme, role), {}, "a@m.acme.example"))) == "granted");
  }
}

TEST_CASE("an SMTP password has 10 to 20 characters, two digits, a lower and an upper case") {
  struct Row {
    const char* password;
    bool good;
  };
  const Row table[] = {
      {"Abcdefg123", true},           {"Abcdefg12345678901Zz", true}, {"aB12!#$%&'", true},
      {"Abcdef123", false},           {"Abcdefg12345678901Zzz", false},
      {"abcdefg123", false},          {"ABCDEFG123", false},
      {"Abcdefghi1", false},          {"1234567890", false},
      {"Abcdefg 123", false},         {"Abcdefg\t123", false},
      {"Abcdefg\xc3\xbc""123", false}, {"", false},
  };
  for (const Row& row : table) {
    INFO(row.password);
    CHECK(check_smtp_password(row.password).has_value() == row.good);
  }
}

TEST_CASE_FIXTURE(Fixture, "an SMTP login is its address and nothing else") {
  now(addresses.create(owner(acme), {.email = "a@m.acme.example", .smtp_password = kSmtp}));
  CHECK(create("plain@m.acme.example") == "granted");
  auto actor = now(addresses.smtp_login("a@M.acme.example", kSmtp, {}));
  CHECK(actor.kind == Actor::Kind::smtp_login);
  CHECK(actor.account == acme);
  CHECK(actor.only_address == "a@m.acme.example");
  CHECK(allowed(actor, Action::send));
  CHECK_FALSE(allowed(actor, Action::view));
  CHECK_FALSE(allowed(actor, Action::manage_keys));
  for (const char* email : {"b@m.acme.example", "plain@m.acme.example", "nonsense", ""})
    CHECK(login(email, kSmtp) == "unauthenticated");
  CHECK(login("a@m.acme.example", "Wrongpw123") == "unauthenticated");
  CHECK(login("a@m.acme.example", "") == "unauthenticated");
}

TEST_CASE_FIXTURE(Fixture, "a remembered SMTP login ends with the password and with the address") {
  now(addresses.create(owner(acme), {.email = "a@m.acme.example", .smtp_password = kSmtp}));
  CHECK(login("a@m.acme.example", kSmtp) == "granted");
  CHECK(login("a@m.acme.example", kSmtp) == "granted");
  now(addresses.set_smtp_password(owner(acme), {}, "a@m.acme.example", "Newword1234"));
  CHECK(login("a@m.acme.example", kSmtp) == "unauthenticated");
  CHECK(login("a@m.acme.example", "Newword1234") == "granted");
  now(addresses.remove(owner(acme), {}, "a@m.acme.example"));
  CHECK(login("a@m.acme.example", "Newword1234") == "unauthenticated");
}

TEST_CASE_FIXTURE(Fixture, "guesses of one client are throttled before they are hashed") {
  now(addresses.create(owner(acme), {.email = "a@m.acme.example", .smtp_password = kSmtp}));
  CHECK(login("a@m.acme.example", kSmtp, "192.0.2.8") == "granted");  // remembered
  for (unsigned i = 0; i < limits::kLoginFailures; ++i)
    CHECK(login("a@m.acme.example", fmt::format("Wrongpw{:03}", i)) == "unauthenticated");
  CHECK(login("a@m.acme.example", "Wrongpw999") == "temporary");
  CHECK(login("b@m.acme.example", "Wrongpw999") == "temporary");
  // Its owner is never locked out where he signs in, and the guesser learns nothing.
  CHECK(login("a@m.acme.example", kSmtp, "192.0.2.8") == "granted");
  CHECK(login("a@m.acme.example", kSmtp) == "temporary");
  CHECK(login("a@m.acme.example", "Wrongpw999", "192.0.2.10") == "unauthenticated");
  clock.advance(limits::kLoginFailureWindow + 1s);
  CHECK(login("a@m.acme.example", "Wrongpw999") == "unauthenticated");
  CHECK(login("a@m.acme.example", kSmtp) == "granted");
}

TEST_CASE_FIXTURE(Fixture, "a key of one domain walks its addresses whatever stands before them") {
  verified(acme, "n.acme.example");
  now(addresses.create(owner(acme), {.email = "a@m.acme.example"}));
  now(addresses.create(owner(acme), {.email = "b@m.acme.example"}));
  auto first = now(addresses.create(owner(acme), {.email = "a@n.acme.example"}));
  now(addresses.create(owner(acme), {.email = "c@m.acme.example"}));
  now(addresses.create(owner(acme), {.email = "b@n.acme.example"}));
  Actor key = key_actor(acme, {.only_domain = "n.acme.example"});
  auto page = [&](AddressId after) { return now(addresses.list(key, {}, after, 1)); };
  REQUIRE(page({}).size() == 1);
  CHECK(page({})[0].email == "a@n.acme.example");
  REQUIRE(page(first.id).size() == 1);
  CHECK(page(first.id)[0].email == "b@n.acme.example");
  CHECK(page(page(first.id)[0].id).empty());
  CHECK(now(domains.list(key, {}, {}, 1)).size() == 1);
  CHECK(now(domains.list(key, {}, {}, 1))[0].row.name == "n.acme.example");
  CHECK(now(domains.list(key, {}, now(domains.list(key, {}, {}, 1))[0].row.id, 1)).empty());
}

TEST_CASE_FIXTURE(Fixture, "who may not send sets no SMTP password") {
  CHECK(create("news@m.acme.example") == "granted");
  Actor sub = person(acme, Role::administrator);
  sub.policy = std::make_shared<const Policy>(
      Policy{.domains = {}, .actions = 1u << static_cast<int>(Action::manage_addresses)});
  CHECK(refusal(run(addresses.create(
            sub, {.email = "more@m.acme.example", .smtp_password = kSmtp}))) ==
        "forbidden smtp_password");
  CHECK(refusal(run(addresses.set_smtp_password(sub, {}, "news@m.acme.example", kSmtp))) ==
        "forbidden smtp_password");
  CHECK(login("news@m.acme.example", kSmtp) == "unauthenticated");
  now(addresses.create(sub, {.email = "more@m.acme.example"}));
  now(addresses.set_smtp_password(owner(acme), {}, "news@m.acme.example", kSmtp));
}
