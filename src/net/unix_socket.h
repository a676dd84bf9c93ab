// Purpose: byte streams over a unix socket: the control door.
// Shapes: the file has mode 0600 from its first moment, and only processes of the same user (or
//   root) are let in. A file left by a dead server is replaced; peer() of a Stream is 0.0.0.0:0.
// Errors: invalid for a path longer than the kernel takes (107 bytes), conflict when another server
//   listens there, io else; connect gives not_found when there is no file.
// Threads: as listener.h.
#pragma once

#include <memory>
#include <string>

#include "net/listener.h"

namespace ph::net {

struct UnixListenOptions {
  std::string path;
  unsigned connections = 64;
};

class UnixListener {
 public:
  static Result<std::unique_ptr<UnixListener>> start(Loop& loop, UnixListenOptions options,
                                                     ConnectionHandler handler);
  virtual ~UnixListener() = default;  // stop()
  // No new connections, and the file is gone; those that are open go on.
  virtual void stop() = 0;
  virtual unsigned open() const = 0;
};

Task<Result<std::unique_ptr<Stream>>> connect_unix(std::string path, Deadline deadline);

}  // namespace ph::net
