// Purpose: names as DNS messages carry them: any octets, 1 to 63 a label, 255 on the wire.
// Shapes: a name is held as text in lower case without a final dot; the root is "."; a dot or
//   backslash inside a label, and octets outside 0x21-0x7e, are escaped (RFC 1035 §5.1: \. \DDD).
// Threads: any.
// Errors: Errc::invalid: empty or long label, long name, bad escape.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ph::dns {

// Raw text, where a dot always separates and a backslash is a plain octet.
Result<std::string> name_from_text(std::string_view text);

// The raw labels of a name in the held form. The root has none.
Result<std::vector<std::string>> name_labels(std::string_view name);

// The held form of raw labels; case is kept.
std::string name_from_labels(std::span<const std::string> labels);

// Equal or below. Both in the held form.
bool name_within(std::string_view name, std::string_view ancestor);

}  // namespace ph::dns
