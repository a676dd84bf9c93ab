// Purpose: who asks for which action with what, judged before any action runs: the common
//   parameters, the signature, the version, the region, the rate. Private to tencent.
// Threads: any loop.
#pragma once

#include <string>

#include "api/tencent/action.h"

namespace ph::tencent {

// `language` becomes the one that the request asks for, where it asks for one of ours.
net::Task<Judged<Call>> judge_request(const TencentServices& services,
                                      const net::HttpRequest& request, Language& language);

}  // namespace ph::tencent
