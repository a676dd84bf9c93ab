// Purpose: days as people write them.
// Shapes: since 1970, "2026-11-22".
// Errors: invalid_field, naming the field.
// Threads: pure.
#pragma once

#include <string>

#include "core/reason.h"

namespace ph::billing {

std::string day_text(int64_t day);
core::Outcome<int64_t> read_day(const std::string& text, const std::string& field);

}  // namespace ph::billing
