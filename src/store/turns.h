// Purpose: how the store works without threads of its own: the simulation runs its turns on one
//   loop, so that a seed gives the same run each time.
#pragma once

#include <functional>

namespace ph::store {

// Takes a turn to be run soon, once, never inside this call. Turns that have not run are dropped
// before the store is destroyed.
using PostTurn = std::function<void(std::move_only_function<void()>)>;

}  // namespace ph::store
