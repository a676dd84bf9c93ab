// Purpose: a notice beside an answer: who asks does not wait for it, so that how long it takes says
//   nothing of what was found.
// Threads: a loop; it belongs to that loop until it is sent.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "people/notice.h"

namespace ph::people {

// `notices` outlives the loop.
void mail_aside(Notices& notices, Notice notice);

templates::Values notice_values(
    std::initializer_list<std::pair<std::string_view, std::string>> values);
std::string hours_text(Duration kept);
std::string days_text(Duration kept);

}  // namespace ph::people
