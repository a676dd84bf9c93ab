// Purpose: the file system as a seam: what durability rests on, and what fault tests replace.
// Errors: limit (no space left, of octets or of inodes), io (every other errno). sync() failing is
//   final for the caller: the kernel may have dropped the pages (never sync again and acknowledge).
// Threads: Files any; a File one at a time, but read_at() any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ph {

class File {
 public:
  virtual ~File() = default;
  virtual Result<> write_at(uint64_t offset, std::string_view bytes) = 0;  // all of it
  virtual Result<std::string> read_at(uint64_t offset, size_t size) = 0;   // shorter at the end
  virtual Result<uint64_t> size() = 0;
  virtual Result<> preallocate(uint64_t size) = 0;
  virtual Result<> truncate(uint64_t size) = 0;
  virtual Result<> sync() = 0;  // fdatasync
};

enum class OpenMode : uint8_t { read, read_write, create_new };

class Files {
 public:
  virtual ~Files() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<> remove(const std::string& path) = 0;
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<> make_directory(const std::string& path) = 0;  // 0700; existing is fine
  virtual Result<> sync_directory(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;  // names, sorted
  virtual Result<uint64_t> free_bytes(const std::string& path) = 0;
};

Files& system_files();

// A whole small file.
Result<std::string> read_file(const std::string& path, size_t most);
// Written beside, synced, renamed over, directory synced. Mode 0600.
Result<> write_file_durably(const std::string& path, std::string_view bytes);

}  // namespace ph
