// Purpose: where a page of a list begins and how long it is.
// Shapes: `after` is the id of the last row seen: lists that count up give larger ids, newest-first
//   lists (messages, events, inbox) give smaller ones. 0 begins. limit 1..kPageMost, clamped.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/limits.h"

namespace ph::store {

struct Page {
  int64_t after = 0;
  size_t limit = limits::kPageDefault;
  int64_t rows() const {
    return static_cast<int64_t>(std::clamp<size_t>(limit, 1, limits::kPageMost));
  }
  // For lists with the newest first: everything is smaller than the beginning.
  int64_t before() const { return after == 0 ? INT64_MAX : after; }
};

}  // namespace ph::store
