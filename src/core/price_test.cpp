#include "core/price.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace ph;
using namespace ph::core;

namespace {

const Tiers kThree = {{0, 1900}, {100, 1500}, {1000, 7}};

std::string wrong(const char* text) {
  auto value = json::parse(text, 4096);
  REQUIRE(value.has_value());
  auto tiers = read_tiers(*value);
  if (tiers) return "good";
  return std::string(reason_code(tiers.error().reason)) + " " + tiers.error().field;
}

}  // namespace

TEST_CASE("the mails of a day cost what their tier says, each") {
  struct Row {
    int64_t mails, amount;
  };
  for (Row row : {Row{0, 0}, Row{1, 1900}, Row{99, 188'100}, Row{100, 190'000}, Row{101, 191'500},
                  Row{1000, 1'540'000}, Row{1001, 1'540'007}, Row{2000, 1'547'000}}) {
    CAPTURE(row.mails);
    CHECK(price_of(kThree, row.mails) == row.amount);
  }
}

TEST_CASE("lines of a day sum to its price, and are of the tiers that had mails") {
  auto lines = price_lines(kThree, 150);
  REQUIRE(lines.size() == 2);
  CHECK((lines[0].mails == 100 && lines[0].amount == 190'000));
  CHECK((lines[1].mails == 50 && lines[1].price == 1500 && lines[1].amount == 75'000));
  CHECK(price_lines(kThree, 0).empty());
}

TEST_CASE("money pays for as many mails as cost no more") {
  for (int64_t already : {0, 1, 99, 100, 500, 999, 1000, 5000})
    for (int64_t money : {-1, 0, 1, 6, 7, 1499, 1500, 1899, 1900, 1901, 190'000, 2'000'000}) {
      CAPTURE(already);
      CAPTURE(money);
      int64_t n = mails_for(kThree, already, money);
      int64_t spent = price_of(kThree, already + n) - price_of(kThree, already);
      CHECK(spent <= std::max<int64_t>(0, money));
      int64_t one_more = price_of(kThree, already + n + 1) - price_of(kThree, already);
      CHECK(one_more > money);
    }
  CHECK(mails_for({{0, 0}}, 0, 0) == limits::kMailsMost);
}

TEST_CASE("sums stop at the bound and never overflow") {
  CHECK(price_of({{0, limits::kPriceMost}}, limits::kMailsMost) == limits::kMoneyMost);
}

TEST_CASE("a day has the newest version that began on it or before") {
  std::vector<store::PriceRow> prices = {
      {.from_day = 0, .tiers = R"([{"from":0,"price":5}])", .created_at = {}},
      {.from_day = 10, .tiers = R"([{"from":0,"price":7}])", .created_at = {}}};
  CHECK(tiers_of_day(prices, 9)[0].price == 5);
  CHECK(tiers_of_day(prices, 10)[0].price == 7);
  CHECK(tiers_of_day(prices, 11)[0].price == 7);
  CHECK(tiers_of_day({}, 11)[0].price == 0);
}

TEST_CASE("tiers that make no sense are refused and named") {
  struct Row {
    const char* text;
    const char* wants;
  };
  for (Row row : {Row{R"([{"from":0,"price":1}])", "good"},
                  Row{R"([{"from":0,"price":0},{"from":1,"price":0}])", "good"},
                  Row{"[]", "missing_field tiers"}, Row{"{}", "invalid_field tiers"},
                  Row{R"([{"from":1,"price":1}])", "invalid_field tiers[0].from"},
                  Row{R"([{"from":0,"price":1},{"from":0,"price":1}])",
                      "invalid_field tiers[1].from"},
                  Row{R"([{"from":0,"price":1},{"from":5,"price":1},{"from":4,"price":1}])",
                      "invalid_field tiers[2].from"},
                  Row{R"([{"from":0,"price":-1}])", "invalid_field tiers[0].price"},
                  Row{R"([{"from":0,"price":1.5}])", "invalid_field tiers[0].price"},
                  Row{R"([{"from":0,"price":99999999999}])", "invalid_field tiers[0].price"}}) {
    CAPTURE(row.text);
    CHECK(wrong(row.text) == row.wants);
  }
}
