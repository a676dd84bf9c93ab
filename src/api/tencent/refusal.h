// Purpose: core's reasons in this door's codes: one for each Reason, complete by -Werror=switch,
//   with the action and the field as context.
// Threads: pure.
#pragma once

#include "api/tencent/action.h"
#include "core/reason.h"

namespace ph::tencent {

Fault fault_of(const Action& action, const core::Refusal& refusal);

template <class T>
Judged<T> judged(const Call& call, core::Outcome<T> outcome) {
  if (!outcome) return std::unexpected(fault_of(call.action, outcome.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*outcome);
  }
}

}  // namespace ph::tencent
