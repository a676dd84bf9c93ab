// Purpose: the sandbox's receiving server: one SMTP session, and what the local part makes of it.
// Threads: the connection's loop.
#pragma once

#include "net/stream.h"
#include "net/tls.h"
#include "sandbox/sandbox.h"

namespace ph::sandbox {

net::Task<> receive(std::unique_ptr<net::Stream> stream, SandboxOptions options,
                    std::shared_ptr<net::TlsServerContext> tls);

}  // namespace ph::sandbox
