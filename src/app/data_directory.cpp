#include "app/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/files.h"

namespace ph::app {

Result<DataDirectory> DataDirectory::open(const std::string& given) {
  std::error_code ec;
  std::string path = std::filesystem::absolute(given, ec).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ec);
  TRY(system_files().make_directory(path));
  std::string lock_path = path + "/lock";
  int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return fail_errno("open " + lock_path, errno);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return fail(Errc::conflict, path + " is in use by another posthouse");
  }
  return DataDirectory(std::move(path), lock);
}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataDirectory::~DataDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace ph::app
