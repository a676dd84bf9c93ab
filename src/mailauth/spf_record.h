// Purpose: an SPF record as a value.
// Shapes: mechanisms in their order; redirect and exp at most once. A domain-spec is kept as
//   written, with its macros, and is known to be well-formed.
// Threads: any.
// Errors: Errc::invalid; Error.field is the term that is wrong. Any error makes the whole record
//   a permerror (RFC 7208 §4.6).
// Spec: RFC 7208 §4.5, §4.6, §5, §6, §12.
// Not here: evaluation (spf_check.h), the judgement of a sender domain's record (spf_judge.h).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "dns/answer.h"

namespace ph::mailauth {

enum class SpfResultCode : uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };
const char* spf_result_name(SpfResultCode code);

enum class SpfMechanismKind : uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

struct SpfMechanism {
  SpfMechanismKind kind = SpfMechanismKind::all;
  SpfResultCode result = SpfResultCode::pass;  // what a match gives: pass, fail, softfail, neutral
  std::string domain_spec;                     // empty: the current domain
  unsigned v4_prefix = 32;
  unsigned v6_prefix = 128;
  std::array<uint8_t, 16> network{};           // ip4: the first four octets
  std::string text;                            // as written
};

// RFC 7208 §4.6.4: this kind of mechanism counts against the limit of ten.
bool spf_counts_as_lookup(SpfMechanismKind kind);

struct SpfRecord {
  std::vector<SpfMechanism> mechanisms;
  std::optional<std::string> redirect;
  std::optional<std::string> explanation;
};

// RFC 7208 §4.5: the text begins with v=spf1 and a space or its end.
bool is_spf_record(std::string_view text);
// Of all TXT records of a name, those that are SPF.
std::vector<std::string> spf_records_of(const dns::Answer& answer);

Result<SpfRecord> parse_spf_record(std::string_view text);

// Whether `ip` lies in the network of `bits` bits; families must agree.
bool spf_network_contains(const std::array<uint8_t, 16>& network, unsigned bits,
                          const IpAddress& ip);

}  // namespace ph::mailauth
