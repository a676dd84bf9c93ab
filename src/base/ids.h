// Purpose: strong ids. Two kinds of id never mix; an id is never arithmetic.
// Shapes: a 64-bit value, positive when valid, 0 when absent. Rows of account tables count up from
//   1; MessageId and EventId are time-ordered (id_source.h).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace ph {

template <class Tag>
struct StrongId {
  int64_t value = 0;
  constexpr StrongId() = default;
  constexpr explicit StrongId(int64_t v) : value(v) {}
  constexpr explicit operator bool() const { return value != 0; }
  constexpr auto operator<=>(const StrongId&) const = default;
};

using AccountId = StrongId<struct AccountTag>;
using UserId = StrongId<struct UserTag>;
using KeyId = StrongId<struct KeyTag>;
using DomainId = StrongId<struct DomainTag>;
using AddressId = StrongId<struct AddressTag>;
using MessageId = StrongId<struct MessageTag>;
using EventId = StrongId<struct EventTag>;

}  // namespace ph

template <class Tag>
struct std::hash<ph::StrongId<Tag>> {
  size_t operator()(ph::StrongId<Tag> id) const noexcept {
    return std::hash<int64_t>()(id.value);
  }
};
