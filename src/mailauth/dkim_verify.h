// Purpose: verifies a message's DKIM signatures: says which TXT records it wants, then judges.
// Shapes: the message has CRLF line ends and outlives the verifier. Answers stand in the order of
//   names(). Results stand in the order of the signatures, from the top, kDkimSignatures at most.
// Threads: one at a time.
// Errors: parse() fails where the message's header section is none; all else is in the results.
// Spec: RFC 6376 §6, RFC 8301, RFC 8463; names of results RFC 8601 §2.7.1.
// Not here: DNS, the Authentication-Results field, DMARC alignment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/result.h"
#include "mailauth/dkim_key_record.h"
#include "mailauth/dkim_message.h"
#include "mailauth/dkim_signature.h"

namespace ph::mailauth {

enum class DkimResult : uint8_t { pass, fail, neutral, policy, temperror, permerror };

const char* dkim_result_name(DkimResult result);

struct DkimOptions {
  WallTime now;
  unsigned min_rsa_bits = limits::kDkimKeyBitsLeast;
  unsigned signatures = limits::kDkimSignatures;
};

struct TxtAnswer {
  enum class State : uint8_t { found, none, temporary };
  State state = State::none;
  std::vector<std::string> texts;  // one a record, its strings joined
};

struct DkimVerdict {
  std::string domain;
  std::string selector;
  std::string algorithm;
  std::string identity;
  DkimResult result = DkimResult::neutral;
  std::string reason;          // one phrase; on pass what weakens it, or empty
  bool testing = false;        // t=y in the key record
  bool body_partial = false;   // l= leaves octets of the body unsigned
  unsigned bits = 0;           // of the key
};

class DkimVerifier {
 public:
  static Result<DkimVerifier> parse(std::string_view message, const DkimOptions& options);

  // The TXT records wanted, each once.
  const std::vector<std::string>& names() const { return names_; }
  // Signatures in the message, also those beyond the cap.
  size_t found() const { return found_; }
  std::vector<DkimVerdict> judge(const std::vector<TxtAnswer>& answers) const;

 private:
  struct Work;
  DkimVerifier() = default;
  DkimVerdict judge_one(const DkimSignature& signature, const TxtAnswer* answer, Work& work) const;
  DkimVerdict judge_key(const DkimSignature& signature, const DkimKeyRecord& record,
                        Work& work) const;

  DkimOptions options_;
  RawMessage message_;
  size_t found_ = 0;
  std::vector<DkimSignature> signatures_;
  std::vector<std::string> names_;
  std::vector<size_t> name_of_;  // index into names_ for each signature; npos for none
};

}  // namespace ph::mailauth
