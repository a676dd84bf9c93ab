// Purpose: the tag=value lists of DKIM-Signature fields and of key records.
// Shapes: views into the text that was parsed; values without white space around them, but with the
//   folding inside. Tag names are compared as they are (RFC 6376 §3.2: case-sensitive).
// Errors: Errc::invalid; a tag that stands twice makes the whole list invalid.
// Spec: RFC 6376 §3.2; bytes above 127 pass when they are UTF-8 (RFC 8616 §3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ph::mailauth {

struct DkimTag {
  std::string_view name;
  std::string_view value;
};

class DkimTags {
 public:
  static Result<DkimTags> parse(std::string_view text);
  std::optional<std::string_view> find(std::string_view name) const;
  const std::vector<DkimTag>& all() const { return tags_; }

 private:
  std::vector<DkimTag> tags_;
};

// The value without any white space or folding: for base64.
std::string without_white_space(std::string_view value);

// The pieces of a colon-separated value, each without white space around it.
std::vector<std::string_view> split_colons(std::string_view value);

}  // namespace ph::mailauth
