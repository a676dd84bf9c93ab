// Purpose: the records a sender domain needs, what DNS says of each now, and what to do.
// Shapes: DomainCheck has mx, spf, dkim, dmarc in this order, and after them the optional Ed25519
//   DKIM record. host is the absolute owner name, without final dot; expected the whole text.
// Errors: none: a failing DNS is RecordState::unknown, never wrong.
// Spec: RFC 5321 §5.1, RFC 7208, RFC 6376 §3.6.1, RFC 9989; design section 5.
// Threads: check_domain() on a loop; judge functions are pure.
#pragma once

#include <string>
#include <vector>

#include "core/context.h"
#include "core/domain_state.h"
#include "json/json.h"

namespace ph::core {

enum class RecordState : uint8_t { ok, missing, wrong, conflicting, unknown };
std::string_view record_state_name(RecordState state);

struct RecordFinding {
  std::string check;  // mx spf dkim dmarc
  std::string host;
  std::string type;  // MX TXT
  std::string expected;
  std::vector<std::string> found;
  RecordState state = RecordState::unknown;
  std::string advice;
  bool optional = false;
  int64_t ttl = 0;  // seconds until a cached answer expires; 0: nothing was found
  bool secure = false;  // the answer at host is proven by DNSSEC
};

// What a check needs to know of a domain: a stored one, or what a command line says.
struct DomainWants {
  std::string name;         // A-labels
  std::string selector;     // of the RSA key
  std::string dkim_public;  // base64 DER SubjectPublicKeyInfo; empty: any valid key at the selector
  std::string ed_selector;
  std::string ed_public;  // empty: none offered
};

struct DomainCheck {
  std::vector<RecordFinding> records;
  DnsVerdict verdict() const;  // over the four required
  bool ed25519_found() const;
  std::string return_path_host;  // D, or bounce.D where the customer keeps its own MX
};

// The records without asking DNS: state unknown, found empty.
DomainCheck wanted_records(const DomainWants& wants, const Installation& installation);
net::Task<DomainCheck> check_domain(dns::Resolver& resolver, Clock& clock, DomainWants wants,
                                    Installation installation, Deadline deadline);

json::Value domain_check_json(const std::string& name, DomainState state, const DomainCheck& check);
Result<DomainCheck> parse_domain_check(std::string_view text);

}  // namespace ph::core
