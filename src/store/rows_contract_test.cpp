// Tables over SQLite and PostgreSQL: what their rows and queries promise.
#include <doctest/doctest.h>

#include "store/address.h"
#include "store/api_key.h"
#include "store/inbox.h"
#include "store/rows.h"
#include "store/setting.h"
#include "store/store_fixture_test.h"
#include "store/user.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;
using ph::sql_test::each_engine;

namespace {

template <class T>
Errc error_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().code;
}

}  // namespace

TEST_CASE("accounts are numbered, named once, and change") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId one = f.make_account("one");
    AccountId two = f.make_account("two");
    auto get = [&](AccountId id) {
      return f.read<AccountRow>([&](sql::Connection& c) { return account(c, id); });
    };
    CHECK_EQ(need(get(one)).app_id, kFirstAppId);
    CHECK_EQ(need(get(two)).app_id, kFirstAppId + 1);
    auto again = f.write<AccountRow>(
        [](Tx& tx) { return insert_account(tx.sql(), {.name = "one"}); });
    CHECK(error_of(again) == Errc::conflict);
    CHECK_EQ(again.error().field, "name");
    need(f.write([&](Tx& tx) -> Result<> {
      TRY(set_account_state(tx.sql(), one, AccountState::active, tx.now()));
      TRY(rename_account(tx.sql(), one, "uno"));
      return set_account_limits(tx.sql(), one, {1, 2, 3, 4, 5});
    }));
    AccountRow row = need(get(one));
    CHECK(row.state == AccountState::active);
    CHECK(row.activated_at == f.clock.wall());
    CHECK(row.limits == AccountLimits{1, 2, 3, 4, 5});
    CHECK_EQ(row.name, "uno");
    CHECK(error_of(get(AccountId(99))) == Errc::not_found);
    CHECK(error_of(f.write([&](Tx& tx) {
            return rename_account(tx.sql(), AccountId(99), "x");
          })) == Errc::not_found);
  });
}

TEST_CASE("pages join without gap or repetition") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId account = f.make_account("one");
    AccountId other = f.make_account("two");
    for (int i = 0; i < 7; ++i) {
      f.accept(account, {"a@x.example"});
      f.accept(other, {"a@x.example"});
    }
    std::vector<int64_t> seen;
    Page page{.after = 0, .limit = 3};
    for (;;) {
      auto list = need(f.read<std::vector<MessageRow>>(
          [&](sql::Connection& c) { return messages(c, account, {}, page); }));
      if (list.empty()) break;
      CHECK(list.size() <= 3);
      for (const MessageRow& row : list) seen.push_back(row.id.value);
      page.after = seen.back();
    }
    CHECK_EQ(seen.size(), 7);
    CHECK(std::ranges::is_sorted(seen, std::greater<>()));
    CHECK_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 7);
    page = {.after = 0, .limit = 1'000'000};
    CHECK_EQ(page.rows(), static_cast<int64_t>(limits::kPageMost));
    auto accounts = need(f.read<std::vector<AccountRow>>([&](sql::Connection& c) {
      return accounts_for_operator(c, {.after = account.value, .limit = 10});
    }));
    REQUIRE_EQ(accounts.size(), 1);
    CHECK(accounts[0].id == other);
  });
}

TEST_CASE("users sign in by lower-cased email, and a session ends with password or block") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId account = f.make_account("one");
    UserRow row{.account_id = account, .email = "Ann@Example.COM", .role = Role::owner,
                .password_hash = "h"};
    auto anybody = [](sql::Connection& c) { return any_user_for_sign_in(c); };
    CHECK_FALSE(need(f.read<bool>(anybody)));
    UserId id = need(f.write<UserId>([&](Tx& tx) { return insert_user(tx.sql(), row); }));
    CHECK(need(f.read<bool>(anybody)));
    row.email = "ANN@example.com";
    CHECK(error_of(f.write<UserId>([&](Tx& tx) { return insert_user(tx.sql(), row); })) ==
          Errc::conflict);
    auto found = need(f.read<UserRow>([](sql::Connection& c) {
      return user_by_email_for_sign_in(c, "aNN@example.com");
    }));
    CHECK(found.id == id);
    CHECK(found.role == Role::owner);
    std::string token(32, '\xee');
    auto sign_in = [&] {
      need(f.write([&](Tx& tx) {
        return insert_session_for_sign_in(tx.sql(), {.token_hash = token,
                                                     .user_id = id,
                                                     .created_at = {1},
                                                     .expires_at = {100}});
      }));
    };
    auto session_at = [&](int64_t t) {
      return f.read<SessionUser>(
          [&](sql::Connection& c) { return session_for_sign_in(c, token, {t}); });
    };
    sign_in();
    CHECK_EQ(need(session_at(99)).user.email, "ann@example.com");
    CHECK(error_of(session_at(100)) == Errc::not_found);
    need(f.write([&](Tx& tx) { return set_user_password(tx.sql(), account, id, "h2"); }));
    CHECK(error_of(session_at(99)) == Errc::not_found);
    need(f.write([&](Tx& tx) { return disable_user(tx.sql(), account, id); }));
    sign_in();
    CHECK(error_of(session_at(99)) == Errc::not_found);
    need(f.write([&](Tx& tx) { return enable_user(tx.sql(), account, id); }));
    CHECK(session_at(99).has_value());
    CHECK(error_of(f.read<UserRow>([&](sql::Connection& c) {
            return user(c, AccountId(account.value + 1), id);
          })) == Errc::not_found);
  });
}

TEST_CASE("keys are found by token and public id, and are revoked once") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId account = f.make_account("one");
    std::string hash("\0\1\2 binary", 10);
    KeyId bearer = need(f.write<KeyId>([&](Tx& tx) {
      return insert_api_key(tx.sql(), {.account_id = account, .public_id = "p1",
                                       .token_hash = hash, .scope = KeyScope::send});
    }));
    for (const char* public_id : {"AKID1", "AKID2"})
      need(f.write<KeyId>([&](Tx& tx) {
        return insert_api_key(tx.sql(), {.account_id = account, .kind = KeyKind::tencent,
                                         .public_id = public_id, .secret_sealed = hash});
      }));
    auto by_token = need(f.read<ApiKeyRow>(
        [&](sql::Connection& c) { return api_key_by_token_for_sign_in(c, hash); }));
    CHECK(by_token.id == bearer);
    CHECK(by_token.scope == KeyScope::send);
    auto by_id = need(f.read<ApiKeyRow>(
        [](sql::Connection& c) { return api_key_by_public_id_for_sign_in(c, "AKID2"); }));
    CHECK_EQ(by_id.secret_sealed, hash);
    CHECK_EQ(by_id.token_hash, "");
    CHECK(error_of(f.read<ApiKeyRow>([](sql::Connection& c) {
            return api_key_by_token_for_sign_in(c, "");
          })) == Errc::not_found);
    auto revoke = [&] {
      return f.write([&](Tx& tx) { return revoke_api_key(tx.sql(), account, bearer, tx.now()); });
    };
    CHECK(revoke().has_value());
    CHECK(error_of(revoke()) == Errc::not_found);
    CHECK_EQ(need(f.read<int64_t>([&](sql::Connection& c) {
               return live_api_key_count(c, account);
             })),
             2);
  });
}

TEST_CASE("a verified name has one owner, pending claims may coexist") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId one = f.make_account("one");
    AccountId two = f.make_account("two");
    DomainId first = f.make_domain(one, "d.example", DomainState::pending);
    DomainId second = f.make_domain(two, "d.example", DomainState::pending);
    CHECK(error_of(f.write<DomainId>([&](Tx& tx) {
            return insert_domain(tx.sql(), {.account_id = one, .name = "d.example"});
          })) == Errc::conflict);
    auto move = [&](AccountId account, DomainId id, DomainState state) {
      return f.write([&](Tx& tx) -> Result<> {
        DomainRow row = TRY(domain(tx.sql(), account, id));
        row.state = state;
        row.check_json = "{\"x\":1}";
        return update_domain(tx.sql(), account, row);
      });
    };
    need(move(one, first, DomainState::verified));
    for (DomainState state : {DomainState::verified, DomainState::failing, DomainState::suspended})
      CHECK(error_of(move(two, second, state)) == Errc::conflict);
    CHECK(move(two, second, DomainState::conflicting).has_value());
    CHECK(error_of(move(two, first, DomainState::lapsed)) == Errc::not_found);
    auto owner = need(f.read<DomainRow>(
        [](sql::Connection& c) { return domain_owner_for_operator(c, "d.example"); }));
    CHECK(owner.account_id == one);
    CHECK_EQ(owner.check_json, "{\"x\":1}");
    CHECK_EQ(need(f.read<std::vector<DomainRow>>([](sql::Connection& c) {
               return domain_claims_for_operator(c, "d.example");
             })).size(),
             2);
    auto by_host = [&](std::string host) {
      return f.read<DomainRow>(
          [&](sql::Connection& c) { return domain_by_return_path_for_queue(c, host); });
    };
    CHECK(need(by_host("d.example")).id == first);
    CHECK(error_of(by_host("")) == Errc::not_found);
    need(move(one, first, DomainState::lapsed));
    CHECK(move(two, second, DomainState::verified).has_value());
  });
}

TEST_CASE("a domain with addresses stays, and sign-in needs an owned domain") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId one = f.make_account("one");
    AccountId two = f.make_account("two");
    DomainId owned = f.make_domain(one, "d.example", DomainState::verified);
    DomainId claimed = f.make_domain(two, "d.example", DomainState::pending);
    auto add = [&](AccountId account, DomainId domain) {
      return f.write<AddressId>([&](Tx& tx) {
        return insert_address(tx.sql(), {.account_id = account, .domain_id = domain,
                                         .local = "a", .email = "a@d.example"});
      });
    };
    AddressId address = need(add(one, owned));
    CHECK(error_of(add(one, owned)) == Errc::conflict);
    need(add(two, claimed));
    auto remove = [&] {
      return f.write([&](Tx& tx) { return delete_domain(tx.sql(), one, owned); });
    };
    CHECK(error_of(remove()) == Errc::conflict);
    need(f.write([&](Tx& tx) { return set_address_smtp_hash(tx.sql(), one, address, "h"); }));
    auto found = need(f.read<AddressRow>(
        [](sql::Connection& c) { return address_for_sign_in(c, "a@d.example"); }));
    CHECK(found.account_id == one);
    CHECK_EQ(found.smtp_hash, "h");
    CHECK_EQ(found.version, 2);
    need(f.write([&](Tx& tx) { return delete_address(tx.sql(), one, address); }));
    CHECK(remove().has_value());
    CHECK(error_of(f.read<AddressRow>([](sql::Connection& c) {
            return address_for_sign_in(c, "a@d.example");
          })) == Errc::not_found);
  });
}

TEST_CASE("text of strangers is stored whatever its bytes, everything else must be UTF-8") {
  CHECK_EQ(storable("plain 驿站"), "plain 驿站");
  CHECK_EQ(storable(std::string_view("a\0b\xff", 4)), "a\xEF\xBF\xBD" "b\xEF\xBF\xBD");
  CHECK_EQ(storable("\xE9\xA9"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK_EQ(storable("\xE9\xA9\xBFx\x80"), "驿x\xEF\xBF\xBD");
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    int64_t id = f.store->new_id();
    need(f.write([&](Tx& tx) {
      return insert_inbox(tx.sql(), {}, {.id = id, .mail_from = "\xff@x", .rcpt_to = "b@y",
                                         .helo = std::string("h\0i", 3)});
    }));
    auto mail = need(f.read<InboxRow>(
        [&](sql::Connection& c) { return inbox_mail_for_operator(c, id); }));
    CHECK_EQ(mail.mail_from, "\xEF\xBF\xBD@x");
    CHECK_EQ(mail.helo, "h\xEF\xBF\xBDi");
    CHECK(error_of(f.write([&](Tx& tx) { return set_setting(tx.sql(), "k", "\xff"); })) ==
          Errc::invalid);
  });
}

TEST_CASE("zone records and settings replace themselves") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    need(f.write([](Tx& tx) -> Result<> {
      for (int64_t ttl : {60, 30})
        TRY(put_zone_record(tx.sql(), {"d.example", "TXT", "v=spf1 -all", ttl}));
      TRY(put_zone_record(tx.sql(), {"d.example", "MX", "10 mx.example", 60}));
      TRY(set_setting(tx.sql(), "a", "1"));
      return set_setting(tx.sql(), "a", "2");
    }));
    auto records = need(f.read<std::vector<ZoneRecordRow>>(
        [](sql::Connection& c) { return zone_records_of(c, "d.example"); }));
    REQUIRE_EQ(records.size(), 2);
    CHECK_EQ(records[1].ttl, 30);
    CHECK_EQ(need(f.read<std::optional<std::string>>([](sql::Connection& c) {
               return setting(c, "a");
             })).value_or(""),
             "2");
    CHECK_EQ(need(f.write<int64_t>([](Tx& tx) {
               return delete_zone_records(tx.sql(), "d.example", "TXT");
             })),
             1);
  });
}
