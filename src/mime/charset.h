// Purpose: text in the charsets that mail names, as UTF-8: display names, subjects, filenames.
// Shapes: a closed list by their names in lower or upper case; a name that stands for a smaller set
//   than its writers use is read as the larger one (gb2312 as GB18030), as browsers do. UTF-7 and
//   UTF-16 are not among them: their octets hide ASCII from whoever looks for it.
// Threads: any.
// Spec: RFC 2978 §2.3 (names); the labels of the WHATWG's Encoding Standard.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ph::mime {

bool known_charset(std::string_view charset);

// Bytes of a charset as UTF-8; nothing when the charset is not known or the bytes are not in it.
std::optional<std::string> to_utf8(std::string_view charset, std::string_view bytes);

// The same, and what fails becomes U+FFFD: of a known charset each wrong octet; of an unknown one
// the bytes as they are where they are UTF-8, and otherwise every octet above 0x7f.
std::string to_utf8_or_replace(std::string_view charset, std::string_view bytes);

}  // namespace ph::mime
