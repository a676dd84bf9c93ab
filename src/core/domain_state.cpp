#include "core/domain_state.h"

namespace ph::core {
namespace {

DomainStanding verified() {
  return {.state = DomainState::verified};
}

// The grace of a verified domain whose records are gone.
DomainStanding failing_after(DomainStanding now_is, DnsVerdict verdict, WallTime now) {
  if (verdict == DnsVerdict::good) return verified();
  if (verdict == DnsVerdict::unknown) {
    if (now_is.unknown_since == WallTime{}) now_is.unknown_since = now;
    return now_is;
  }
  if (now_is.unknown_since != WallTime{}) {
    now_is.failing_since = now_is.failing_since + (now - now_is.unknown_since);
    now_is.unknown_since = {};
  }
  if (now - now_is.last_absence >= kAbsencesApart) {
    now_is.absences += 1;
    now_is.last_absence = now;
  }
  if (now_is.absences >= 2 && now - now_is.failing_since >= kGrace)
    now_is.state = DomainState::suspended;
  return now_is;
}

}  // namespace

bool may_send(DomainState state) {
  return state == DomainState::verified || state == DomainState::failing;
}

DomainStanding after_check(DomainStanding before, DnsVerdict verdict, CheckKind kind,
                           WallTime now) {
  if (before.forced) return before;
  switch (before.state) {
    case DomainState::pending:
    case DomainState::lapsed:
    case DomainState::conflicting:
      return kind == CheckKind::submitted && verdict == DnsVerdict::good ? verified() : before;
    case DomainState::verified:
      if (verdict != DnsVerdict::absent) return verified();
      return {
          .state = DomainState::failing, .absences = 1, .failing_since = now, .last_absence = now};
    case DomainState::failing:
      return failing_after(before, verdict, now);
    case DomainState::suspended:
      return verdict == DnsVerdict::good ? verified() : before;
  }
  return before;
}

}  // namespace ph::core
