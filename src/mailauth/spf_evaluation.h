// Purpose: the state of one SPF evaluation, and check_host() itself.
// Threads: any.
// Spec: RFC 7208 §4.
// Not here: what callers use (spf_check.h, spf_judge.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mailauth/spf_check.h"
#include "mailauth/spf_macro.h"

namespace ph::mailauth {

// Answers seen so far: the same question is asked once.
using SpfMemo = std::map<dns::Question, dns::Answer>;

struct SpfEvaluation {
  SpfEvaluation(SpfInput given, SpfMemo& answers);

  SpfInput input;
  SpfMemo& memo;
  std::string local_part;
  std::string sender_domain;
  SpfResult out;
  std::optional<std::vector<std::string>> validated;  // the client's names, RFC 7208 §5.5
  bool stopped = false;                               // by a limit: the result is permerror
};

enum class SpfExplain : uint8_t { no, yes };

// RFC 7208 §4.6: the result for `domain`. Explanations are for the outermost record only.
dns::Inquiry<SpfResultCode> spf_check_host(SpfEvaluation& e, std::string domain,
                                           SpfExplain explain);

// Asks, or remembers.
dns::Inquiry<dns::Answer> spf_ask(SpfMemo& memo, dns::Question question);

}  // namespace ph::mailauth
