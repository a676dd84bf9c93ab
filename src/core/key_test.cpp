#include "core/key.h"

#include "core/core_fixture_test.h"
#include "store/api_key.h"

using namespace ph;
using namespace ph::core_test;

namespace {

struct Fixture : CoreFixture {
  Fixture() { acme = account("acme"); }
  // Somebody who is there, and signs in.
  Actor hired(std::string email, Role role) {
    now(users.create(boss, {.email = email, .password = kPassword, .role = role, .account = acme}));
    return now(users.sign_in(email, kPassword)).actor;
  }
  AccountId acme;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a bearer key works until it is revoked, and is stored as a hash only") {
  auto made = now(keys.create(owner(acme), {.name = "ci"}));
  auto actor = now(keys.by_token(made.token));
  CHECK(actor.account == acme);
  CHECK(actor.key == made.row.id);
  auto row = need(read<store::ApiKeyRow>(
      [&](sql::Connection& c) { return store::api_key(c, acme, made.row.id); }));
  CHECK(row.token_hash.size() == 32);
  CHECK_FALSE(row.token_hash.contains(made.token));
  CHECK(row.last_used_at == clock.wall());
  CHECK(row.secret_sealed.empty());

  now(keys.revoke(owner(acme), {}, made.row.id));
  auto revoked = run(keys.by_token(made.token));
  CHECK(refusal(revoked) == "unauthenticated");
  std::string other = made.token;
  other.back() = other.back() == 'A' ? 'Q' : 'A';
  for (const std::string& unknown : {other, std::string(), std::string("ph_"), made.token + "A"}) {
    auto answer = run(keys.by_token(unknown));
    REQUIRE(refusal(answer) == "unauthenticated");
    CHECK(answer.error().detail == revoked.error().detail);
  }
  CHECK(refusal(run(keys.revoke(owner(acme), {}, made.row.id))) == "not_found key");
}

TEST_CASE_FIXTURE(Fixture, "what another node revokes is refused a second later, ours at once") {
  auto theirs = now(keys.create(owner(acme), {.name = "theirs"}));
  auto ours = now(keys.create(owner(acme), {.name = "ours"}));
  now(keys.by_token(theirs.token));
  now(keys.by_token(ours.token));
  auto elsewhere = [&](store::Tx& tx) {
    return store::revoke_api_key(tx.sql(), acme, theirs.row.id, tx.now());
  };
  need(context.store.write_now<void>(elsewhere));
  CHECK(now(keys.by_token(theirs.token)).key == theirs.row.id);
  SUBCASE("by time") {
    clock.advance(limits::kFactsKept);
    CHECK(refusal(run(keys.by_token(theirs.token))) == "unauthenticated");
    CHECK(now(keys.by_token(ours.token)).key == ours.row.id);
  }
  SUBCASE("by a change of ours") {
    now(keys.revoke(owner(acme), {}, ours.row.id));
    CHECK(refusal(run(keys.by_token(ours.token))) == "unauthenticated");
    CHECK(refusal(run(keys.by_token(theirs.token))) == "unauthenticated");
  }
}

TEST_CASE_FIXTURE(Fixture, "the use of a key is noted once a minute, also of one in memory") {
  auto made = now(keys.create(owner(acme), {.name = "ci"}));
  auto noted = [&] {
    return need(read<store::ApiKeyRow>([&](sql::Connection& c) {
      return store::api_key(c, acme, made.row.id);
    })).last_used_at;
  };
  now(keys.by_token(made.token));
  WallTime first = clock.wall();
  CHECK(noted() == first);
  now(keys.by_token(made.token));
  clock.advance(std::chrono::seconds(59));
  now(keys.by_token(made.token));
  CHECK(noted() == first);
  clock.advance(std::chrono::seconds(1));
  now(keys.by_token(made.token));
  CHECK(noted() == clock.wall());
}

TEST_CASE_FIXTURE(Fixture, "a SecretKey is sealed to its row") {
  auto made = now(keys.create(owner(acme), {.kind = KeyKind::tencent}));
  CHECK(made.token.empty());
  auto row = need(read<store::ApiKeyRow>(
      [&](sql::Connection& c) { return store::api_key(c, acme, made.row.id); }));
  CHECK(row.public_id == made.secret_id);
  CHECK_FALSE(row.secret_sealed.contains(made.secret_key));
  CHECK(need(master.open(row.secret_sealed, key_seal_place(row.id))) == made.secret_key);
  CHECK_FALSE(master.open(row.secret_sealed, key_seal_place(KeyId(77))));
}

TEST_CASE_FIXTURE(Fixture, "a scope is a list of what a key may do") {
  struct Row {
    Scope scope;
    std::vector<Action> may;
  };
  const Row table[] = {{Scope::send, {Action::send, Action::read_message}},
                       {Scope::read, {Action::view, Action::read_message}}};
  for (const Row& row : table) {
    Actor actor = key_actor(acme, {.scope = row.scope});
    for (int i = 0; i <= static_cast<int>(Action::operate); ++i) {
      auto action = static_cast<Action>(i);
      INFO("action ", i);
      CHECK(allowed(actor, action) == (std::ranges::find(row.may, action) != row.may.end()));
    }
  }
  CHECK_FALSE(allowed(key_actor(acme, {}), Action::operate));
}

TEST_CASE_FIXTURE(Fixture, "keys have a bound, and a revoked one frees its place") {
  std::vector<KeyId> made;
  for (unsigned i = 0; i < limits::kKeysPerAccount; ++i)
    made.push_back(now(keys.create(owner(acme), {})).row.id);
  CHECK(refusal(run(keys.create(owner(acme), {}))) == "key_limit");
  now(keys.revoke(owner(acme), {}, made[3]));
  now(keys.create(owner(acme), {}));
}

TEST_CASE_FIXTURE(Fixture, "a key of one domain needs that domain; names have rules") {
  AccountId other = account("other");
  now(domains.create(owner(other), {}, "mail.other.example"));
  auto with_domain = [&](const char* domain) {
    return refusal(run(keys.create(owner(acme), {.only_domain = domain})));
  };
  CHECK(with_domain("mail.other.example") == "not_found domain");
  CHECK(with_domain("nothing.example") == "not_found domain");
  CHECK(with_domain("a b") == "invalid_field domain");
  CHECK(refusal(run(keys.create(owner(acme), {.name = "a\nb"}))) == "invalid_field name");
  CHECK(refusal(run(keys.create(owner(acme), {.name = std::string(65, 'x')}))) ==
        "invalid_field name");
  CHECK(refusal(run(keys.create(owner(acme), {.account = other}))) == "not_found account");
  CHECK(refusal(run(keys.create(boss, {.account = AccountId(999)}))) == "not_found account");
  CHECK(refusal(run(keys.create(boss, {}))) == "missing_field account");
}

TEST_CASE_FIXTURE(Fixture, "a key never does more than its maker may do at that moment") {
  Actor ann = hired("ann@acme.example", Role::administrator);
  MadeKey bearer = now(keys.create(ann, {.name = "ci"}));
  MadeKey pair = now(keys.create(ann, {.kind = KeyKind::tencent}));
  auto both_may = [&](Action action) {
    bool one = allowed(now(keys.by_token(bearer.token)), action);
    CHECK(allowed(now(keys.by_secret_id(pair.secret_id)).actor, action) == one);
    return one;
  };
  CHECK(both_may(Action::manage_domains));
  SUBCASE("of a lesser role") {
    now(users.change(owner(acme), {}, ann.user, {.role = Role::viewer}));
    CHECK_FALSE(both_may(Action::manage_domains));
    CHECK_FALSE(both_may(Action::send));
    CHECK(both_may(Action::view));
  }
  SUBCASE("narrowed by a policy") {
    Policy policy{.domains = {"m.acme.example"}, .actions = 1u << static_cast<int>(Action::view)};
    now(users.change(owner(acme), {}, ann.user, {.policy = policy}));
    CHECK_FALSE(both_may(Action::manage_domains));
    CHECK_FALSE(sees_domain(now(keys.by_token(bearer.token)), "other.acme.example"));
    CHECK_FALSE(sees_domain(now(keys.by_secret_id(pair.secret_id)).actor, "other.acme.example"));
  }
  SUBCASE("gone, and back again") {
    now(users.change(owner(acme), {}, ann.user, {.disabled = true}));
    CHECK(refusal(run(keys.by_token(bearer.token))) == "unauthenticated");
    CHECK(refusal(run(keys.by_secret_id(pair.secret_id))) == "unauthenticated");
    now(users.change(owner(acme), {}, ann.user, {.disabled = false}));
    CHECK(both_may(Action::manage_domains));
  }
}

TEST_CASE_FIXTURE(Fixture, "a key of a domain that its maker lost is nobody's") {
  Actor ann = hired("ann@acme.example", Role::administrator);
  now(domains.create(owner(acme), {}, "m.acme.example"));
  MadeKey made = now(keys.create(ann, {.only_domain = "m.acme.example"}));
  now(keys.by_token(made.token));
  now(users.change(owner(acme), {}, ann.user, {.policy = Policy{.domains = {"x.acme.example"}}}));
  CHECK(refusal(run(keys.by_token(made.token))) == "unauthenticated");
}
