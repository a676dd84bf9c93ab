#include "core/user.h"

#include "core/core_fixture_test.h"
#include "store/audit.h"
#include "store/link.h"

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

// Something happens between the hash of a password and the session that it makes.
struct Meanwhile : Random {
  void fill(void* out, size_t size) override {
    if (auto act = std::exchange(then, nullptr)) act();
    system_random().fill(out, size);
  }
  std::function<void()> then;
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

TEST_CASE("a password that was changed during the sign-in makes no session") {
  for (bool disables : {false, true}) {
    Fixture f;
    auto user = f.make("ann@house.example");
    Meanwhile random;
    random.then = [&] {
      auto change = [&](store::Tx& tx) -> Result<> {
        if (disables) return store::disable_user(tx.sql(), f.acme, user.id);
        return store::set_user_password(tx.sql(), f.acme, user.id, "another hash");
      };
      need(f.context.store.write_now<void>(change));
    };
    Context context{.store = f.context.store,
                    .direct = f.zone,
                    .clock = f.clock,
                    .random = random,
                    .master = f.master,
                    .passwords = f.passwords,
                    .crypto_pool = f.crypto_pool,
                    .request_rate = f.request_rate,
                    .installation = {},
                    .on_accepted = {}};
    Users users(context);
    CHECK(refusal(f.run(users.sign_in("ann@house.example", kPassword))) == "unauthenticated");
    CHECK(random.then == nullptr);
  }
}

TEST_CASE_FIXTURE(Fixture, "however often it is renewed a session ends: after 30 days, or 12 h") {
  make("ann@house.example");
  now(users.create(boss, {.email = "op@house.example",
                          .password = kPassword,
                          .role = Role::operator_,
                          .account = {}}));
  struct Row {
    const char* email;
    Duration most;
  };
  for (const Row& row : {Row{"ann@house.example", std::chrono::days(30)},
                         Row{"op@house.example", std::chrono::hours(12)}}) {
    INFO(row.email);
    auto in = now(users.sign_in(row.email, kPassword));
    WallTime end = clock.wall() + row.most;
    while (clock.wall() + std::chrono::hours(6) < end) {
      clock.advance(std::chrono::hours(6));
      auto renewed = now(users.renew(in.token));
      if (!renewed) continue;
      CHECK(renewed->expires_at <= end);
      in = *renewed;
    }
    now(users.by_session(in.token));
    clock.advance(std::chrono::hours(6));
    CHECK(refusal(run(users.by_session(in.token))) == "unauthenticated");
  }
}

TEST_CASE_FIXTURE(Fixture, "a key manages no people") {
  auto ann = make("ann@house.example");
  Actor key = key_actor(acme, {});
  CHECK(refusal(run(users.create(key, {.email = "x@house.example",
                                       .password = kPassword,
                                       .role = Role::viewer,
                                       .account = {}}))) == "forbidden");
  CHECK(refusal(run(users.change(key, {}, ann.id, {.disabled = true}))) == "forbidden");
  CHECK(refusal(run(users.remove(key, {}, ann.id))) == "forbidden");
  CHECK(refusal(run(users.set_password(key, {}, ann.id, kPassword))) == "forbidden");
  CHECK(now(users.list(key, {}, {}, 10)).size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "an administrator does not take over another administrator") {
  auto equal = make("equal@house.example", Role::administrator);
  auto lesser = make("lesser@house.example", Role::developer);
  Actor admin = person(acme, Role::administrator);
  CHECK(refusal(run(users.set_password(admin, {}, equal.id, kPassword))) == "forbidden user");
  now(users.set_password(admin, {}, lesser.id, kPassword));
  now(users.set_password(owner(acme), {}, equal.id, kPassword));
}

TEST_CASE_FIXTURE(Fixture, "a reset that is open ends with a new password, and with the user") {
  auto ann = make("ann@house.example");
  auto ask = [&](char token) {
    need(context.store.write_now<void>([&](store::Tx& tx) -> Result<> {
      TRY(store::insert_link(tx.sql(), {.account_id = acme,
                                        .kind = store::LinkKind::reset,
                                        .email = "ann@house.example",
                                        .token_hash = std::string(32, token),
                                        .token_sealed = "x",
                                        .user_id = ann.id,
                                        .created_at = tx.now(),
                                        .expires_at = tx.now() + std::chrono::hours(1)}));
      return {};
    }));
  };
  auto open = [&] {
    return need(read<int64_t>([&](sql::Connection& c) {
      return store::open_link_count(c, acme, store::LinkKind::reset, clock.wall());
    }));
  };
  ask('a');
  CHECK(open() == 1);
  now(users.set_password(owner(acme), {}, ann.id, kPassword));
  CHECK(open() == 0);
  ask('b');
  auto in = now(users.sign_in("ann@house.example", kPassword));
  now(users.change_own_password(in.actor, in.token, "another password"));
  CHECK(open() == 0);
  ask('c');
  now(users.remove(owner(acme), {}, ann.id));
  CHECK(open() == 0);
}

TEST_CASE_FIXTURE(Fixture, "users of a customer prove their address; who leaves frees his") {
  need(context.store.write_now<void>([&](store::Tx& tx) {
    return store::set_account_plan(tx.sql(), acme, store::Plan::customer);
  }));
  NewUser wish{.email = "x@house.example", .password = kPassword, .role = Role::viewer};
  CHECK(refusal(run(users.create(owner(acme), wish))) == "forbidden email");
  auto user = make("x@house.example");  // the operator's word is enough
  now(users.remove(owner(acme), {}, user.id));
  CHECK(refusal(run(users.sign_in("x@house.example", kPassword))) == "unauthenticated");
  CHECK(make("x@house.example").id != user.id);
}

TEST_CASE_FIXTURE(Fixture, "whom an operator acted for reads when it ended, also at a sign-out") {
  now(users.create(boss, {.email = "op@house.example",
                          .password = kPassword,
                          .role = Role::operator_,
                          .account = {}}));
  auto written = [&](const char* action) {
    using Rows = std::vector<store::AuditRow>;
    return need(read<Rows>([&](sql::Connection& c) {
             return store::audit(c, acme, {.action = action}, {.limit = 100});
           })).size();
  };
  auto in = now(users.sign_in("op@house.example", kPassword));
  now(users.act_for(in.actor, in.token, acme, "they called"));
  // A second begin that was judged before the first was there.
  CHECK(refusal(run(users.act_for(in.actor, in.token, acme, "again"))) == "conflict account");
  CHECK(written("impersonation.begin") == 1);
  clock.advance(limits::kImpersonationKept);
  CHECK(written("impersonation.end") == 0);
  now(users.act_for(in.actor, in.token, acme, "they called again"));
  CHECK(written("impersonation.end") == 1);
  now(users.sign_out(in.token));
  CHECK(written("impersonation.end") == 2);
}
