// Purpose: a DMARC policy record as a value.
// Shapes: absent tags have their defaults; p, sp and np are none where the tag is absent or wrong,
//   and `invalid` names the wrong ones.
// Threads: any.
// Errors: Errc::invalid when the text is no DMARC record at all, or has a tag twice.
// Spec: RFC 9989 §4.7, §4.8; RFC 6376 §3.2 (tag lists).
// Not here: which record applies (dmarc_check.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dns/answer.h"

namespace ph::mailauth {

enum class DmarcPolicy : uint8_t { none, quarantine, reject };
const char* dmarc_policy_name(DmarcPolicy policy);

enum class DmarcAlignment : uint8_t { relaxed, strict };
enum class DmarcPsd : uint8_t { yes, no, unknown };

struct DmarcRecord {
  std::optional<DmarcPolicy> p;
  std::optional<DmarcPolicy> sp;
  std::optional<DmarcPolicy> np;
  DmarcPsd psd = DmarcPsd::unknown;
  DmarcAlignment adkim = DmarcAlignment::relaxed;
  DmarcAlignment aspf = DmarcAlignment::relaxed;
  bool testing = false;            // t=y
  std::vector<std::string> rua;    // valid URIs only
  std::vector<std::string> ruf;
  std::string fo = "0";
  std::vector<std::string> invalid;  // "p", "sp", "np": present with a value that is none
  std::vector<std::string> ignored;  // other known tags with a wrong value, for people
  std::string text;

  // RFC 9989 §4.10.1: a wrong p, sp or np voids the policy; with a usable rua it acts as p=none.
  bool usable() const { return invalid.empty() || !rua.empty(); }
};

// RFC 9989 §4.7: begins with the tag v whose value is DMARC1, exactly.
bool is_dmarc_record(std::string_view text);
std::vector<std::string> dmarc_records_of(const dns::Answer& answer);

Result<DmarcRecord> parse_dmarc_record(std::string_view text);

}  // namespace ph::mailauth
