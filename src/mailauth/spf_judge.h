// Purpose: is a sender domain's SPF record right for us? It must let our sending addresses pass,
//   be the only one, and stay within ten look-ups.
// Shapes: an Inquiry, like spf_check.h.
// Threads: any.
// Spec: RFC 7208 §3.2, §4.6.4.
#pragma once

#include <string>
#include <vector>

#include "dns/inquiry.h"
#include "mailauth/spf_record.h"

namespace ph::mailauth {

struct SpfJudgeInput {
  std::string domain;
  std::string include;                // the SPF name of the installation
  std::vector<IpAddress> addresses;   // from which we send; may be empty
};

enum class SpfVerdict : uint8_t {
  ok,         // one record, our addresses pass, and our name is included where none are known
  missing,    // no SPF record
  several,    // more than one: every receiver takes that for an error
  invalid,    // the record or one that it includes is wrong: `problem`
  too_many,   // more than ten look-ups, or two void ones
  not_ours,   // valid, but our mail would not pass
  unknown,    // the DNS does not tell now
};

struct SpfJudgement {
  SpfVerdict verdict = SpfVerdict::unknown;
  std::vector<std::string> records;       // SPF texts found at the domain
  bool includes = false;                  // include:S stands in it, or in what it leads to
  unsigned lookups = 0;                   // of the whole record, when nothing matches early
  std::vector<IpAddress> not_authorised;  // of ours
  uint32_t ttl = 0;                       // seconds until a cached answer of the record ends
  bool secure = false;                    // the domain's own answer is proven by DNSSEC
  std::string problem;                    // one sentence
};

dns::Inquiry<SpfJudgement> spf_judge_inquiry(SpfJudgeInput input);

}  // namespace ph::mailauth
