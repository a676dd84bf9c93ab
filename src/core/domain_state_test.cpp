#include "core/domain_state.h"

#include <doctest/doctest.h>

using namespace ph;
using namespace ph::core;
using namespace std::chrono_literals;

namespace {

const WallTime kNow = WallTime::from_seconds(1'800'000'000);

DomainStanding standing(DomainState state) {
  DomainStanding s{.state = state};
  if (state == DomainState::failing) {
    s.absences = 1;
    s.failing_since = kNow;
    s.last_absence = kNow;
  }
  return s;
}

}  // namespace

TEST_CASE("the table of domain states") {
  using S = DomainState;
  using V = DnsVerdict;
  using K = CheckKind;
  struct Row {
    S before;
    V verdict;
    K kind;
    S after;
  } rows[] = {
      {S::pending, V::good, K::submitted, S::verified},
      {S::pending, V::good, K::watch, S::pending},
      {S::pending, V::absent, K::submitted, S::pending},
      {S::pending, V::unknown, K::submitted, S::pending},
      {S::lapsed, V::good, K::submitted, S::verified},
      {S::lapsed, V::good, K::watch, S::lapsed},
      {S::conflicting, V::good, K::submitted, S::verified},
      {S::conflicting, V::absent, K::submitted, S::conflicting},
      {S::verified, V::good, K::watch, S::verified},
      {S::verified, V::unknown, K::watch, S::verified},
      {S::verified, V::absent, K::watch, S::failing},
      {S::verified, V::absent, K::submitted, S::failing},
      {S::failing, V::good, K::watch, S::verified},
      {S::failing, V::unknown, K::watch, S::failing},
      {S::failing, V::absent, K::watch, S::failing},
      {S::suspended, V::good, K::watch, S::verified},
      {S::suspended, V::absent, K::watch, S::suspended},
      {S::suspended, V::unknown, K::watch, S::suspended},
  };
  for (const Row& row : rows) {
    CAPTURE(domain_state_name(row.before));
    CHECK(after_check(standing(row.before), row.verdict, row.kind, kNow + 1h).state == row.after);
  }
}

TEST_CASE("a failing domain is suspended after two absences a day apart and three days in all") {
  auto s = after_check(standing(DomainState::verified), DnsVerdict::absent, CheckKind::watch, kNow);
  s = after_check(s, DnsVerdict::absent, CheckKind::watch, kNow + 23h);
  CHECK_EQ(s.absences, 1);
  s = after_check(s, DnsVerdict::absent, CheckKind::watch, kNow + 71h);
  CHECK_EQ(s.absences, 2);
  CHECK(s.state == DomainState::failing);
  s = after_check(s, DnsVerdict::absent, CheckKind::watch, kNow + 72h);
  CHECK(s.state == DomainState::suspended);
}

TEST_CASE("time in which DNS did not answer does not count") {
  auto s = after_check(standing(DomainState::verified), DnsVerdict::absent, CheckKind::watch, kNow);
  s = after_check(s, DnsVerdict::unknown, CheckKind::watch, kNow + 24h);
  s = after_check(s, DnsVerdict::unknown, CheckKind::watch, kNow + 60h);
  s = after_check(s, DnsVerdict::absent, CheckKind::watch, kNow + 96h);  // 24 h of it count
  CHECK(s.state == DomainState::failing);
  s = after_check(s, DnsVerdict::absent, CheckKind::watch, kNow + 143h);
  CHECK(s.state == DomainState::failing);
  s = after_check(s, DnsVerdict::absent, CheckKind::watch, kNow + 144h);
  CHECK(s.state == DomainState::suspended);
}

TEST_CASE("a forced domain stays as it is whatever DNS says") {
  DomainStanding forced{.state = DomainState::verified, .forced = true};
  CHECK(after_check(forced, DnsVerdict::absent, CheckKind::watch, kNow).state ==
        DomainState::verified);
}
