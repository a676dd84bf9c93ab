// Purpose: base64, base32 and hex.
// Spec: RFC 4648 §4 (base64), §5 (base64url), §6 (base32, here lower case without padding).
// Errors: a character, length or padding outside the alphabet is Errc::invalid.
// Not here: MIME's folded base64 and quoted-printable (mime/transfer_encoding.h).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ph {

std::string base64_encode(std::string_view bytes);
Result<std::string> base64_decode(std::string_view text);  // strict: padded, no white space
std::string base64url_encode(std::string_view bytes);      // no padding
Result<std::string> base64url_decode(std::string_view text);
std::string base32_encode(std::string_view bytes);         // lower case, no padding
Result<std::string> base32_decode(std::string_view text);  // lower or upper case, no padding
std::string hex_encode(std::string_view bytes);            // lower case
Result<std::string> hex_decode(std::string_view text);

}  // namespace ph
