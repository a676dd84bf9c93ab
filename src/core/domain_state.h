// Purpose: the states of a sender domain and the one table of their changes.
// Shapes: pending → verified → failing → suspended and back; conflicting when another account
//   verified the name first; lapsed when a claim stayed pending for 30 days. verified and failing
//   may send.
//   failing → suspended needs two authoritative absences at least 24 h apart and 72 h in all;
//   unknown (DNS that does not answer) stops the clock. A forced domain keeps its state.
// Threads: pure.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "store/domain.h"

namespace ph::core {

using store::domain_state_name;
using store::DomainState;
bool may_send(DomainState state);

enum class DnsVerdict : uint8_t { good, absent, unknown };

struct DomainStanding {
  DomainState state = DomainState::pending;
  bool forced = false;
  int64_t absences = 0;    // counted while failing, each 24 h after the last counted
  WallTime failing_since;  // 0: not failing; moved on by the time that DNS was unknown
  WallTime last_absence;   // the last one counted
  WallTime unknown_since;  // 0: the last check knew
};

inline constexpr Duration kAbsencesApart = std::chrono::hours(24);
inline constexpr Duration kGrace = std::chrono::hours(72);

// What a check at `now` makes of a domain. `asked` : somebody submitted it for verification
// (pending and lapsed change only then).
enum class CheckKind : uint8_t { watch, submitted };
DomainStanding after_check(DomainStanding before, DnsVerdict verdict, CheckKind kind, WallTime now);

}  // namespace ph::core
