#include "billing/levels.h"

#include <doctest/doctest.h>

using namespace ph;
using namespace ph::billing;

namespace {

// Of 1,000 sent.
Figures day(int64_t delivered, int64_t invalid) {
  return {.accepted = 1000,
          .delivered = delivered,
          .bounced = 1000 - delivered,
          .expired = 0,
          .invalid = invalid};
}

}  // namespace

TEST_CASE("a domain rises by volume, few invalid addresses and much that was delivered") {
  struct Row {
    int64_t delivered, invalid, quota;
    bool up;
  };
  LevelRules rules;
  for (Row row : {Row{1000, 0, 1000, true}, Row{921, 49, 1000, true},
                  Row{920, 49, 1000, false},  // above 92 %, not at it
                  Row{921, 50, 1000, false},  // below 5 %, not at it
                  Row{1000, 0, 1428, true},   // 70.03 % of the quota
                  Row{1000, 0, 1429, false}, Row{1000, 0, 0, false}}) {
    CAPTURE(row.delivered);
    CAPTURE(row.invalid);
    CAPTURE(row.quota);
    CHECK(rises(rules, day(row.delivered, row.invalid), row.quota) == row.up);
  }
  CHECK_FALSE(rises(rules, Figures{}, 500));
}

TEST_CASE("a domain falls for invalid addresses or little that was delivered, with enough sent") {
  struct Row {
    Figures figures;
    bool down;
  };
  LevelRules rules;
  Figures few{.accepted = 300, .delivered = 0, .bounced = 300, .expired = 0, .invalid = 300};
  Figures enough{.accepted = 301, .delivered = 0, .bounced = 301, .expired = 0, .invalid = 301};
  for (const Row& row :
       {Row{day(1000, 0), false}, Row{day(900, 90), false}, Row{day(900, 91), true},
        Row{day(650, 0), false}, Row{day(649, 0), true}, Row{few, false}, Row{enough, true}})
    CHECK(falls(rules, row.figures).empty() != row.down);
}

TEST_CASE("a domain is blocked for more invalid addresses than that") {
  LevelRules rules;
  CHECK(is_blocked(rules, day(880, 110)).empty());
  CHECK(is_blocked(rules, day(880, 111)) == "invalid addresses 11.10 %");
  Figures few{.accepted = 300, .delivered = 0, .bounced = 300, .expired = 0, .invalid = 300};
  CHECK(is_blocked(rules, few).empty());
}

TEST_CASE("rates are hundredths of a per cent, and none of nothing") {
  CHECK(rate(925, 1000) == 9250);
  CHECK(rate(1, 3) == 3333);
  CHECK_FALSE(rate(0, 0).has_value());
}
