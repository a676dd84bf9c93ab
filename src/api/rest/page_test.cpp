#include <set>

#include "api/rest/rest_house_test.h"

using namespace ph;
using namespace ph::rest_test;

namespace {

// Lists that a house without bills and offers has none of: src/billing walks them.
const std::set<std::string_view> kOfMoney = {"billing_offers", "usage_list", "bill_list",
                                             "ledger_list",    "offer_list", "price_list"};

struct Fixture : RestFixture {
  Fixture() : house(*this, "acme") {
    for (int i = 0; i < 4; ++i) {
      account(fmt::format("more{}", i));
      key_token(house.id);
      person_token(house.id, core::Role::viewer, fmt::format("u{}@acme.example", i));
      granted(run(domains.create(owner(house.id), {}, fmt::format("d{}.acme.example", i))));
      granted(run(addresses.create(owner(house.id),
                                   {.email = fmt::format("b{}@{}", i, house.domain)})));
      granted(run(sender.send(fields(owner(house.id), house.address, {"x@there.example"}))));
      house.receive(*this);
      house.begin_bulk(*this);
      invite(house.id, fmt::format("i{}@acme.example", i));
    }
    for (int i = 0; i < 5; ++i) invite({}, fmt::format("r{}@acme.example", i));
    for (const auto& row : granted(run(accounts.list(boss, {}, 200))))
      granted(run(identities.submit(
          owner(row.id),
          {.name = "Anna Li", .document_number = "E" + std::to_string(row.app_id)})));
  }
  // To the account, or by the operator to one of their own.
  void invite(AccountId to, std::string email) {
    core::Actor by = to ? owner(to) : boss;
    people::InvitationWish wish{.account = to, .email = std::move(email)};
    granted(run(people.invitations.create(std::move(by), std::move(wish))));
  }
  Got page(const Route& route, const std::string& query) {
    std::string account = route.operation == "account_list"
                              ? ""
                              : "&account=" + std::to_string(house.id.value);
    std::string path = filled(route.path, {{"account", std::to_string(house.id.value)}});
    return ask({.target = path + "?" + query + account, .bearer = boss_token});
  }
  House house;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "walking any list meets each item once, in the order of the whole") {
  int walked = 0;
  for (const Route* route : all_routes()) {
    if (route->takes != Takes::page || kOfMoney.contains(route->operation)) continue;
    INFO(route->operation);
    const Got all = page(*route, "limit=200");
    REQUIRE(all.items().size() >= 5);
    CHECK(all.body.find("next_cursor")->is_null());
    for (size_t limit : {1u, 2u, 3u}) {
      std::vector<Value> met;
      std::string cursor;
      for (size_t turns = 0; turns <= all.items().size() + 1; ++turns) {
        Got got = page(*route, fmt::format("limit={}{}", limit, cursor));
        REQUIRE(got.items().size() <= limit);
        met.insert(met.end(), got.items().begin(), got.items().end());
        if (got.text("next_cursor").empty()) break;
        cursor = "&cursor=" + got.text("next_cursor");
      }
      CHECK(met == all.items());
    }
    ++walked;
  }
  CHECK(walked >= 8);
}

TEST_CASE_FIXTURE(Fixture, "a cursor that is none of ours is refused, a far one harmless") {
  for (const Route* route : all_routes()) {
    if (route->takes != Takes::page) continue;
    INFO(route->operation);
    for (const char* bad : {"", "0", "1", "x", "aaaaaaaaaaaaa", "7777777777777", "AAAAAAAAAAAAE",
                            "aaaaaaaaaaaae%00", "aaaaaaaaaaaaee"})
      CHECK(page(*route, std::string("cursor=") + bad).words() == "422 invalid_field cursor");
    CHECK(page(*route, "cursor=" + cursor_text(INT64_MAX)).status == 200);
  }
}

TEST_CASE_FIXTURE(Fixture, "a page without a limit has the usual size") {
  for (size_t i = 0; i < limits::kPageDefault; ++i) house.receive(*this);
  Got got = ask({.target = "/api/v1/sandbox/inbox", .bearer = house.owner});
  CHECK(got.items().size() == limits::kPageDefault);
  CHECK_FALSE(got.text("next_cursor").empty());
}

// An account's messages have no index by domain: what is read for one answer is bounded, not what
// fits.
TEST_CASE_FIXTURE(Fixture, "a domain behind many messages of another one is found by the cursor") {
  need(write<int64_t>([&](store::Tx& tx) {
    return tx.sql().exec(
        "INSERT INTO message (id, account_id, domain_id, address_id, door, mail_from, header_from,"
        " subject, header_message_id, content_segment, content_offset, content_length, size,"
        " recipient_count, flags, created_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
        " SELECT i + 1 FROM n WHERE i < 1100) SELECT id + i, account_id, 999, address_id, door,"
        " mail_from, header_from, subject, header_message_id, content_segment, content_offset,"
        " content_length, size, recipient_count, flags, created_at FROM n,"
        " (SELECT * FROM message WHERE account_id = $1 ORDER BY id DESC LIMIT 1)",
        {house.id});
  }));
  auto of = [&](const std::string& more) {
    return ask({.target = "/api/v1/messages?limit=10&domain=" + house.domain + more,
                .bearer = house.owner});
  };
  Got first = of("");
  CHECK(first.items().empty());
  REQUIRE_FALSE(first.text("next_cursor").empty());
  CHECK(of("&cursor=" + first.text("next_cursor")).items().size() >= 4);
}

TEST_CASE_FIXTURE(Fixture, "messages are narrowed by domain, state and time, page by page") {
  auto of = [&](const std::string& query) {
    return ask({.target = "/api/v1/messages?" + query, .bearer = house.owner});
  };
  size_t all = of("limit=200").items().size();
  REQUIRE(all >= 4);
  CHECK(of("limit=200&domain=" + house.domain).items().size() == all);
  CHECK(of("limit=200&domain=d0.acme.example").items().empty());
  CHECK(of("limit=200&domain=none.example").items().empty());
  CHECK(of("limit=200&state=queued").items().size() == all);
  CHECK(of("limit=200&state=failed").items().empty());
  CHECK(of("limit=200&before=2020-01-02T00:00:00Z").items().empty());
  CHECK(of("limit=200&before=2099-01-02T00:00:00Z").items().size() == all);
  Got first = of("limit=1&state=queued");
  REQUIRE(first.items().size() == 1);
  Got second = of("limit=1&state=queued&cursor=" + first.text("next_cursor"));
  CHECK(second.items().size() == 1);
  CHECK(second.items()[0] != first.items()[0]);
  CHECK(of("state=lost").words() == "422 invalid_field state");
  CHECK(of("before=yesterday").words() == "422 invalid_field before");
  CHECK(of("subject=x").words() == "422 unknown_field subject");
}
