// Purpose: operations over the 0600 unix socket in the data directory.
// Shapes: a request is one line {"operation","arguments"}, an answer one line {"ok":true,"result"}
//   or {"ok":false,"error":{"reason","field","detail"}}. Several a connection, one at a time.
// Threads: the server side runs on its loop; call() on any loop.
// Errors: of call(): not_found when no server took the request; any other error leaves open
//   whether it was done.
#pragma once

#include <memory>
#include <string>

#include "control/operations.h"
#include "net/unix_socket.h"

namespace ph::control {

std::string socket_path(const std::string& data_dir);

class ControlDoor {
 public:
  static Result<std::unique_ptr<ControlDoor>> start(net::Loop& loop, const std::string& data_dir,
                                                    std::shared_ptr<Operations> operations);
  void stop() { listener_->stop(); }

 private:
  explicit ControlDoor(std::unique_ptr<net::UnixListener> listener)
      : listener_(std::move(listener)) {}
  std::unique_ptr<net::UnixListener> listener_;
};

// The whole answer line as JSON.
net::Task<Result<json::Value>> call(std::string data_dir, std::string operation,
                                    json::Value arguments, Deadline deadline);

// {"ok":…} of an answer, also for a caller that runs operations itself.
json::Value answer_json(const Answer& answer);

}  // namespace ph::control
