// Purpose: who asks when proxies of ours stand between.
// Shapes: X-Forwarded-For is read from its end, hop by hop, and only while the one who wrote the
//   hop is trusted: the first hop that is no trusted proxy is the client. What stands before it is
//   the client's own word and is not read. A hop that is no address ends the reading at the last
//   good one. X-Forwarded-Proto counts only with one value, https or http.
// Threads: any.
// Not here: the field Forwarded, which nginx and haproxy do not write by themselves.
#pragma once

#include <span>

#include "base/ip.h"
#include "net/http.h"

namespace ph::net {

// Sets peer and tls of the request where its peer is in `trusted`; else leaves them.
void take_forwarded(HttpRequest& request, std::span<const ph::Network> trusted);

}  // namespace ph::net
