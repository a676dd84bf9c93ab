// Purpose: the data directory: made with mode 0700, and locked so that one process has it.
// Errors: conflict when another process holds the lock.
// Threads: one.
#pragma once

#include <string>

#include "base/result.h"

namespace ph::app {

class DataDirectory {
 public:
  static Result<DataDirectory> open(const std::string& path);
  DataDirectory(DataDirectory&& other) noexcept;
  DataDirectory& operator=(DataDirectory&&) = delete;
  ~DataDirectory();  // unlocks
  const std::string& path() const { return path_; }

 private:
  DataDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
};

}  // namespace ph::app
