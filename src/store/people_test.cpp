#include <doctest/doctest.h>

#include "store/link.h"
#include "store/person.h"
#include "store/second_factor.h"
#include "store/store_fixture_test.h"
#include "store/user.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;
using ph::sql_test::each_engine;

namespace {

const AccountId kOne(1), kTwo(2);

struct People {
  explicit People(sql::Engine engine) : f(engine) {}

  template <class T>
  T change(std::function<Result<T>(sql::Connection&)> what) {
    return need(f.write<T>([&](Tx& tx) { return what(tx.sql()); }));
  }
  void change(std::function<Result<>(sql::Connection&)> what) {
    need(f.write([&](Tx& tx) -> Result<> { return what(tx.sql()); }));
  }
  UserId user(const char* email) {
    return change<UserId>([&](sql::Connection& c) {
      return insert_user(c, {.account_id = kOne,
                             .email = email,
                             .role = Role::owner,
                             .password_hash = "x",
                             .created_at = {1}});
    });
  }
  LinkRow link_row(const char* email, char token) {
    return {.account_id = kOne,
            .kind = LinkKind::invitation,
            .email = email,
            .token_hash = std::string(32, token),
            .token_sealed = "sealed",
            .role = Role::viewer,
            .created_at = {10},
            .expires_at = {100}};
  }
  LinkId link(const LinkRow& row) {
    return change<LinkId>([&](sql::Connection& c) { return insert_link(c, row); });
  }

  StoreFixture f;
};

}  // namespace

TEST_CASE("a session remembers where it came from, and the oldest make room") {
  each_engine([](sql::Engine engine) {
    People p(engine);
    UserId ann = p.user("ann@one.example"), bob = p.user("bob@one.example");
    for (char i = 'a'; i < 'f'; ++i)
      p.change([&](sql::Connection& c) {
        return insert_session_for_sign_in(c, {.token_hash = std::string(32, i),
                                              .user_id = ann,
                                              .created_at = {i},
                                              .expires_at = {1000 + i},
                                              .signed_in_at = {i},
                                              .seen_at = {i},
                                              .from = "192.0.2.1",
                                              .agent = "Firefox"});
      });
    p.change([&](sql::Connection& c) { return keep_newest_sessions(c, ann, 3); });
    auto sessions = [&](UserId of) {
      return need(p.f.read<std::vector<SessionRow>>(
          [&](sql::Connection& c) { return sessions_of_user(c, of, {1099}, 10); }));
    };
    auto of_ann = sessions(ann);
    REQUIRE_EQ(of_ann.size(), 2);  // the third expired at 1099
    CHECK_EQ(of_ann[0].token_hash, std::string(32, 'e'));
    CHECK_EQ(of_ann[0].from, "192.0.2.1");
    CHECK_EQ(of_ann[0].agent, "Firefox");
    CHECK(sessions(bob).empty());

    SessionRow as = of_ann[0];
    as.as_account = kTwo;
    as.as_reason = "a call";
    as.as_until = {600};
    p.change([&](sql::Connection& c) { return set_session_as_for_sign_in(c, as); });
    p.change([&](sql::Connection& c) { return touch_session_for_sign_in(c, as, {77}); });
    auto found = need(p.f.read<SessionUser>(
        [&](sql::Connection& c) { return session_for_sign_in(c, as.token_hash, {500}); }));
    CHECK_EQ(found.session.as_account, kTwo);
    CHECK_EQ(found.session.as_reason, "a call");
    CHECK_EQ(found.session.as_until.micros, 600);
    CHECK_EQ(found.session.seen_at.micros, 77);
    CHECK_EQ(found.user.last_seen_at.micros, 77);

    auto end = [&](UserId of) {
      return p.f.write([&](Tx& tx) -> Result<> {
        return end_session_of_user(tx.sql(), of, as.token_hash);
      });
    };
    CHECK_EQ(end(bob).error().code, Errc::not_found);
    need(end(ann));
    CHECK_EQ(sessions(ann).size(), 1);
  });
}

TEST_CASE("a step of a second factor and a recovery code are taken once") {
  each_engine([](sql::Engine engine) {
    People p(engine);
    UserId ann = p.user("ann@one.example"), bob = p.user("bob@one.example");
    p.change([&](sql::Connection& c) {
      return put_second_factor(c, {.user_id = ann, .secret_sealed = "s1", .created_at = {5}});
    });
    p.change([&](sql::Connection& c) {
      return put_second_factor(c, {.user_id = ann, .secret_sealed = "s2", .created_at = {6}});
    });
    p.change([&](sql::Connection& c) -> Result<> {
      CHECK_EQ(TRY(second_factor(c, ann)).secret_sealed, "s2");
      CHECK_FALSE(TRY(user(c, kOne, ann)).second_factor);
      TRY(confirm_second_factor(c, kOne, ann, {7}));
      CHECK(TRY(user(c, kOne, ann)).second_factor);
      CodeGuesses guess{.user_id = ann, .now = {8}, .since = {5}, .most = 2};
      CHECK(TRY(take_code_guess(c, guess)));
      CHECK(TRY(take_code_guess(c, guess)));
      CHECK_FALSE(TRY(take_code_guess(c, guess)));
      CHECK_EQ(TRY(second_factor(c, ann)).wrong_codes, 2);
      CHECK_EQ(TRY(second_factor(c, ann)).wrong_since.micros, 8);
      TRY(give_code_guess_back(c, ann));
      CHECK_EQ(TRY(second_factor(c, ann)).wrong_codes, 1);
      CHECK(TRY(take_code_guess(c, {.user_id = ann, .now = {20}, .since = {9}, .most = 1})));
      CHECK_EQ(TRY(second_factor(c, ann)).wrong_codes, 1);
      CHECK_EQ(TRY(second_factor(c, ann)).wrong_since.micros, 20);
      CHECK(TRY(take_second_factor_step(c, ann, 9)));
      CHECK_FALSE(TRY(take_second_factor_step(c, ann, 9)));
      CHECK_FALSE(TRY(take_second_factor_step(c, ann, 8)));
      CHECK(TRY(take_second_factor_step(c, ann, 10)));
      CHECK_FALSE(TRY(take_second_factor_step(c, bob, 10)));
      TRY(put_recovery_codes(c, ann, {std::string(32, 'x')}));
      TRY(put_recovery_codes(c, ann, {std::string(32, 'a'), std::string(32, 'b')}));
      CHECK_EQ(TRY(recovery_code_count(c, ann)), 2);
      CHECK_FALSE(TRY(take_recovery_code(c, bob, std::string(32, 'a'))));
      CHECK_FALSE(TRY(take_recovery_code(c, ann, std::string(32, 'x'))));
      CHECK(TRY(take_recovery_code(c, ann, std::string(32, 'a'))));
      CHECK_FALSE(TRY(take_recovery_code(c, ann, std::string(32, 'a'))));
      TRY(delete_second_factor(c, kOne, ann));
      CHECK_EQ(TRY(recovery_code_count(c, ann)), 0);
      CHECK_FALSE(TRY(user(c, kOne, ann)).second_factor);
      CHECK_EQ(second_factor(c, ann).error().code, Errc::not_found);
      return {};
    });
  });
}

TEST_CASE("a person is found by his number alone, and one who left frees his address") {
  each_engine([](sql::Engine engine) {
    People p(engine);
    UserId ann = p.user("ann@one.example");
    p.change([&](sql::Connection& c) -> Result<> {
      CHECK_EQ(TRY(person_for_sign_in(c, ann))->email, "ann@one.example");
      CHECK_FALSE(TRY(person_for_sign_in(c, UserId(999))));
      CHECK_FALSE(TRY(person_for_sign_in(c, UserId())));
      CHECK_EQ(free_user_email(c, kTwo, ann).error().code, Errc::not_found);
      TRY(free_user_email(c, kOne, ann));
      return {};
    });
    CHECK_NE(p.user("ann@one.example").value, ann.value);
  });
}

TEST_CASE("a link is found by its token, ends once, and belongs to one account") {
  each_engine([](sql::Engine engine) {
    People p(engine);
    LinkId id = p.link(p.link_row("ann@one.example", 'a'));
    p.link(p.link_row("ann@one.example", 'b'));
    p.change([&](sql::Connection& c) -> Result<> {
      TRY(set_link_sealed(c, kOne, id, "better"));
      LinkRow row = TRY(link_by_token_for_sign_in(c, std::string(32, 'a')));
      CHECK_EQ(row.id, id);
      CHECK_EQ(row.token_sealed, "better");
      CHECK_EQ(row.role, Role::viewer);
      CHECK(row.ended == LinkEnd::open);
      CHECK_EQ(link_by_token_for_sign_in(c, std::string(32, 'z')).error().code, Errc::not_found);
      CHECK_EQ(link(c, kTwo, LinkKind::invitation, id).error().code, Errc::not_found);
      CHECK_EQ(link(c, kOne, LinkKind::reset, id).error().code, Errc::not_found);
      CHECK_EQ(TRY(open_link_count(c, kOne, LinkKind::invitation, {50})), 2);
      CHECK_EQ(TRY(open_link_count(c, kOne, LinkKind::invitation, {100})), 0);
      CHECK_EQ(TRY(links_to_for_sign_in(c, "ann@one.example", LinkKind::invitation, {9})), 2);
      CHECK_EQ(TRY(links_to_for_sign_in(c, "ann@one.example", LinkKind::invitation, {10})), 0);
      CHECK_FALSE(TRY(end_link(c, kTwo, id, LinkEnd::used, {50})));
      CHECK(TRY(end_link(c, kOne, id, LinkEnd::used, {50})));
      CHECK_FALSE(TRY(end_link(c, kOne, id, LinkEnd::withdrawn, {51})));
      CHECK(TRY(link(c, kOne, LinkKind::invitation, id)).ended == LinkEnd::used);
      CHECK_EQ(TRY(open_links_for_operator(c, {50}, {})).size(), 1);
      TRY(end_links_to_for_sign_in(c, "ann@one.example", LinkKind::invitation, {52}));
      CHECK_EQ(TRY(open_links_for_operator(c, {50}, {})).size(), 0);
      CHECK_EQ(TRY(links(c, kOne, LinkKind::invitation, {})).size(), 2);
      CHECK_EQ(TRY(purge_links_for_operator(c, {100}, 1)), 1);
      CHECK_EQ(TRY(links(c, kOne, LinkKind::invitation, {})).size(), 1);
      return {};
    });
  });
}
