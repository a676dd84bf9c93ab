// Purpose: DMARC: which policy applies to a From domain, and do the authenticated domains align?
// Shapes: an Inquiry (dns/inquiry.h), no I/O. At most kDmarcTreeQueries look-ups a tree walk.
// Threads: any.
// Errors: in the result: temperror (the DNS does not tell), permerror (an unusable record).
// Spec: RFC 9989 §4.10 (tree walk), §5.3; RFC 7489 §3.2, §6.6.3 beside it, where it differs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dns/domain_name.h"
#include "dns/inquiry.h"
#include "dns/public_suffix.h"
#include "mailauth/dmarc_record.h"

namespace ph::mailauth {

enum class DmarcResultCode : uint8_t { none, pass, fail, temperror, permerror };
const char* dmarc_result_name(DmarcResultCode code);

struct DmarcInput {
  std::string from_domain;                // of the one From address
  std::vector<std::string> dkim_domains;  // d= of signatures that passed
  std::string spf_domain;                 // whose SPF check passed; empty: none did
};

struct DmarcAligned {
  bool dkim = false;
  bool spf = false;
  bool operator==(const DmarcAligned&) const = default;
};

// What RFC 7489 with the public suffix list makes of the same.
struct DmarcOldResult {
  DmarcResultCode result = DmarcResultCode::none;
  std::string org_domain;
  std::string record_domain;
  std::optional<DmarcPolicy> policy;
  DmarcAligned aligned;
};

struct DmarcResult {
  DmarcResultCode result = DmarcResultCode::none;
  std::string org_domain;             // by tree walk
  std::string record_domain;          // where the applied record stands, without _dmarc
  std::optional<DmarcRecord> record;
  std::optional<DmarcPolicy> policy;  // p, sp or np as it applies to the From domain
  bool inherited = false;             // the record stands above the From domain
  bool testing = false;               // t=y: receivers are to apply one level less
  DmarcAligned aligned;
  std::string problem;                // why temperror or permerror, one sentence
  uint32_t ttl = 0;                   // of the applied record, seconds
  std::optional<DmarcOldResult> rfc7489;  // set where it differs in result, policy or org_domain
};

dns::Inquiry<DmarcResult> dmarc_inquiry(DmarcInput input, const dns::PublicSuffix& suffixes);

// Over a Resolver, with one deadline for all.
net::Task<DmarcResult> check_dmarc(dns::Resolver& resolver, DmarcInput input, Deadline deadline);

}  // namespace ph::mailauth
