// Purpose: the sandbox's receiving server: one SMTP session, and what the local part makes of it.
// Threads: the connection's loop.
#pragma once

#include "net/stream.h"
#include "net/tls.h"
#include "sandbox/sandbox.h"

namespace ph::sandbox {

struct ReceiverOptions {
  SandboxOptions sandbox;
  std::shared_ptr<net::TlsServerContext> tls;
  std::shared_ptr<smtpio::SessionGroup> group;
};

net::Task<> receive(std::unique_ptr<net::Stream> stream, ReceiverOptions options);

}  // namespace ph::sandbox
