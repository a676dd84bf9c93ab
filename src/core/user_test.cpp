#include "core/user.h"

#include "core/core_fixture_test.h"

using namespace ph;
using namespace ph::core_test;

namespace {

struct Fixture : CoreFixture {
  Fixture() { acme = account("acme"); }
  store::UserRow make(std::string email, Role role = Role::viewer) {
    return now(users.create(
        boss, {.email = std::move(email), .password = kPassword, .role = role, .account = acme}));
  }
  AccountId acme;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a person signs in until signing out, or for twelve hours") {
  auto user = make("Ann@House.Example", Role::developer);
  CHECK(user.email == "ann@house.example");
  auto in = now(users.sign_in("ANN@house.example", kPassword));
  auto actor = now(users.by_session(in.token));
  CHECK(actor.account == acme);
  CHECK(actor.user == user.id);
  CHECK(actor.role == Role::developer);
  CHECK_FALSE(actor.is_operator());
  CHECK(now(users.me(actor)).email == "ann@house.example");
  CHECK(now(users.sign_in("ann@house.example", kPassword)).token != in.token);
  now(users.sign_out(in.token));
  now(users.sign_out(in.token));
  CHECK(refusal(run(users.by_session(in.token))) == "unauthenticated");

  auto again = now(users.sign_in("ann@house.example", kPassword));
  clock.advance(limits::kSessionKept - std::chrono::seconds(1));
  now(users.by_session(again.token));
  clock.advance(std::chrono::seconds(2));
  CHECK(refusal(run(users.by_session(again.token))) == "unauthenticated");
}

TEST_CASE_FIXTURE(Fixture, "unknown, disabled and wrong password get one and the same answer") {
  make("ann@house.example");
  auto gone = make("gone@house.example");
  now(users.remove(boss, acme, gone.id));
  auto wrong = run(users.sign_in("ann@house.example", "wrong horse battery"));
  REQUIRE(refusal(wrong) == "unauthenticated");
  for (auto& other : {run(users.sign_in("nobody@house.example", kPassword)),
                      run(users.sign_in("gone@house.example", kPassword)),
                      run(users.sign_in("ann@house.example", "")),
                      run(users.sign_in("", "")),
                      run(users.sign_in("ann@house.example", std::string(300, 'x'))),
                      run(users.sign_in(std::string(300, 'x'), kPassword))}) {
    REQUIRE(refusal(other) == "unauthenticated");
    CHECK(other.error().detail == wrong.error().detail);
  }
}

TEST_CASE_FIXTURE(Fixture, "a sign-out ends the session that was replaced as well, and no other") {
  make("ann@house.example");
  auto elsewhere = now(users.sign_in("ann@house.example", kPassword));
  auto old = now(users.sign_in("ann@house.example", kPassword));
  clock.advance(limits::kSessionRenewed);
  auto fresh = now(users.renew(old.token));
  REQUIRE(fresh.has_value());
  now(users.by_session(old.token));  // another tab may be asking with it
  now(users.sign_out(fresh->token));
  CHECK(refusal(run(users.by_session(old.token))) == "unauthenticated");
  CHECK(refusal(run(users.by_session(fresh->token))) == "unauthenticated");
  now(users.by_session(elsewhere.token));
}

TEST_CASE_FIXTURE(Fixture, "sessions end with the user and with the password") {
  auto user = make("ann@house.example");
  auto in = now(users.sign_in("ann@house.example", kPassword));
  CHECK(refusal(run(users.set_password(in.actor, {}, user.id, "another password"))) ==
        "conflict user");
  now(users.set_password(owner(acme), {}, user.id, "another password"));
  CHECK(refusal(run(users.by_session(in.token))) == "unauthenticated");
  CHECK(refusal(run(users.sign_in("ann@house.example", kPassword))) == "unauthenticated");
  in = now(users.sign_in("ann@house.example", "another password"));
  now(users.remove(owner(acme), {}, user.id));
  CHECK(refusal(run(users.by_session(in.token))) == "unauthenticated");
}

TEST_CASE_FIXTURE(Fixture, "who may make whom") {
  struct Row {
    Role maker, made;
    const char* answer;
  };
  const Row table[] = {
      {Role::owner, Role::owner, "granted"},
      {Role::owner, Role::administrator, "granted"},
      {Role::owner, Role::operator_, "forbidden role"},
      {Role::administrator, Role::administrator, "granted"},
      {Role::administrator, Role::owner, "forbidden role"},
      {Role::administrator, Role::operator_, "forbidden role"},
      {Role::developer, Role::viewer, "forbidden"},
      {Role::viewer, Role::viewer, "forbidden"},
  };
  int n = 0;
  for (const Row& row : table) {
    NewUser user{.email = fmt::format("u{}@house.example", ++n),
                 .password = kPassword,
                 .role = row.made,
                 .account = {}};
    INFO(user.email);
    CHECK(refusal(run(users.create(person(acme, row.maker), user))) == row.answer);
  }
  NewUser lone{.email = "x@house.example", .password = kPassword, .role = Role::owner};
  CHECK(refusal(run(users.create(boss, lone))) == "missing_field account");
  lone.account = AccountId(999);
  CHECK(refusal(run(users.create(boss, lone))) == "not_found account");
  CHECK(refusal(run(users.create(owner(acme), lone))) == "not_found account");
  lone.role = Role::operator_;
  CHECK(refusal(run(users.create(boss, lone))) == "invalid_field account");
  lone.account = {};
  CHECK(now(users.create(boss, lone)).role == Role::operator_);
}

TEST_CASE_FIXTURE(Fixture, "an administrator neither removes an owner nor takes its password") {
  auto top = make("top@house.example", Role::owner);
  Actor admin = person(acme, Role::administrator);
  CHECK(refusal(run(users.remove(admin, {}, top.id))) == "forbidden user");
  CHECK(refusal(run(users.set_password(admin, {}, top.id, kPassword))) == "forbidden user");
  Actor self = {.kind = Actor::Kind::user, .account = acme, .user = top.id, .role = Role::owner};
  CHECK(refusal(run(users.remove(self, {}, top.id))) == "conflict user");
  CHECK(now(users.sign_in("top@house.example", kPassword)).user.id == top.id);
}

TEST_CASE_FIXTURE(Fixture, "another account's user is as absent as none") {
  AccountId other = account("other");
  auto user = make("ann@house.example");
  for (UserId id : {user.id, UserId(999)}) {
    CHECK(refusal(run(users.remove(owner(other), {}, id))) == "not_found user");
    CHECK(refusal(run(users.remove(owner(other), acme, id))) == "not_found account");
    CHECK(refusal(run(users.set_password(owner(other), {}, id, kPassword))) == "not_found user");
  }
  CHECK(now(users.list(owner(other), {}, {}, 10)).empty());
  now(users.sign_in("ann@house.example", kPassword));
}

TEST_CASE_FIXTURE(Fixture, "addresses and passwords of users have rules") {
  auto made = [&](std::string email, std::string password) {
    return refusal(run(users.create(owner(acme), {.email = std::move(email),
                                                  .password = std::move(password),
                                                  .role = Role::viewer,
                                                  .account = {}})));
  };
  for (const char* bad : {"", "ann", "a@b@c", "Ann <a@b.example>", "ü@b.example", "a@[1.2.3",
                          "a@b.example\r\nBcc: x@y.example"})
    CHECK(made(bad, kPassword) == "invalid_field email");
  for (const std::string& bad :
       {std::string(), std::string("ninechars"), std::string("ten\0chars!", 10),
        std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), std::string(257, 'x')})
    CHECK(made("x@b.example", bad) == "invalid_field password");
  CHECK(made("x@b.example", "zehn\xc3\xbczeich") == "granted");
  CHECK(made("X@B.example", kPassword) == "conflict email");
}
