// Purpose: SPF's macro language: the check of its syntax and its expansion.
// Threads: any.
// Spec: RFC 7208 §7.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ip.h"

namespace ph::mailauth {

// Where a macro-string stands: c, r and t, and spaces, are for explanations only.
enum class SpfMacroPlace : uint8_t { domain, explanation };

bool valid_spf_macro_string(std::string_view text, SpfMacroPlace place);
// RFC 7208 §7.1: a macro-string that ends in a top-level label or a macro.
bool valid_spf_domain_spec(std::string_view text);
// Whether %{p} stands in it, which costs look-ups.
bool spf_macro_wants_validated_name(std::string_view text);

struct SpfMacroValues {
  IpAddress ip;
  std::string local_part;
  std::string sender_domain;
  std::string domain;          // the current one
  std::string helo;
  std::string validated_name;  // %{p}: "unknown" where there is none
  std::string receiver;        // %{r}
  int64_t now_seconds = 0;     // %{t}
};

// `text` must be valid for its place. Empty when it grows over kSpfExpansion.
std::string expand_spf_macros(std::string_view text, const SpfMacroValues& values);

// RFC 7208 §7.3: a name of more than 253 octets loses labels on its left; no final dot.
std::string fit_spf_domain(std::string expanded);

}  // namespace ph::mailauth
