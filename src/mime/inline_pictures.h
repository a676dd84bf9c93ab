// Purpose: HTML of a mail with the pictures that it carries itself put into it: `cid:` addresses
//   become `data:` ones, so that it can be shown where nothing may be fetched.
// Shapes: PNG, JPEG, GIF and WebP only: nothing that can hold script. Of two parts with one id the
//   first counts. What does not fit into `most` octets stays as it was.
// Threads: any.
// Errors: none: a mail that cannot be parsed has no pictures.
// Spec: RFC 2392 §2.
#pragma once

#include <string>
#include <string_view>

namespace ph::mime {

std::string with_inline_pictures(std::string_view message, std::string_view html, size_t most);

}  // namespace ph::mime
