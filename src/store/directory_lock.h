// Purpose: one process to a data directory.
// Errors: conflict when another process has it.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace ph::store {

class DirectoryLock {
 public:
  static Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock() = default;
  DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~DirectoryLock();

 private:
  int fd_ = -1;
};

}  // namespace ph::store
