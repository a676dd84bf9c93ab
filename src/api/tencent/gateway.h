// Purpose: who asks for which action with what, judged before any action runs: the common
//   parameters, the signature, the version, the region, the rate. Private to tencent.
// Shapes: an Asking holds the common parameters from wherever this form of request has them.
// Threads: any loop.
#pragma once

#include <string>

#include "api/tencent/action.h"

namespace ph::tencent {

struct Asking {
  std::string action;
  std::string version;
  std::string region;
  std::string language;
  std::string token;
  json::Value parameters;  // not checked against the action yet
};

// The language that the request asks for, or `otherwise`.
Language language_of(const net::HttpRequest& request, Language otherwise);

net::Task<Judged<Call>> judge_request(const TencentServices& services,
                                      const net::HttpRequest& request);

}  // namespace ph::tencent
