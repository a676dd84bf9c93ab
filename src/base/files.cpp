#include "base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace ph {
namespace {

class SystemFile : public File {
 public:
  SystemFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~SystemFile() override { ::close(fd_); }

  Result<> write_at(uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno("write " + path_, errno);
      bytes.remove_prefix(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
    return {};
  }

  Result<std::string> read_at(uint64_t offset, size_t size) override {
    std::string out(size, '\0');
    size_t have = 0;
    while (have < size) {
      ssize_t n =
          ::pread(fd_, out.data() + have, size - have, static_cast<off_t>(offset + have));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno("read " + path_, errno);
      if (n == 0) break;
      have += static_cast<size_t>(n);
    }
    out.resize(have);
    return out;
  }

  Result<uint64_t> size() override {
    struct stat st{};
    if (::fstat(fd_, &st) != 0) return fail_errno("stat " + path_, errno);
    return static_cast<uint64_t>(st.st_size);
  }

  Result<> preallocate(uint64_t size) override {
    int error = 0;
    do {
      error = ::posix_fallocate(fd_, 0, static_cast<off_t>(size));
    } while (error == EINTR);
    if (error != 0) return fail_errno("allocate " + path_, error);
    return {};
  }

  Result<> truncate(uint64_t size) override {
    while (::ftruncate(fd_, static_cast<off_t>(size)) != 0)
      if (errno != EINTR) return fail_errno("truncate " + path_, errno);
    return {};
  }

  Result<> sync() override {
    if (::fdatasync(fd_) != 0) return fail_errno("fdatasync " + path_, errno);
    return {};
  }

 private:
  int fd_;
  std::string path_;
};

class SystemFiles : public Files {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    int flags = O_CLOEXEC | (mode == OpenMode::read ? O_RDONLY : O_RDWR);
    if (mode == OpenMode::create_new) flags |= O_CREAT | O_EXCL;
    int fd = -1;
    do {
      fd = ::open(path.c_str(), flags, 0600);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0 && errno == ENOENT) return fail(Errc::not_found, path + ": no such file");
    if (fd < 0) return fail_errno("open " + path, errno);
    return std::make_unique<SystemFile>(fd, path);
  }

  Result<> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + path, errno);
    return {};
  }

  Result<> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return fail_errno("rename " + from, errno);
    return {};
  }

  Result<> make_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
      return fail_errno("mkdir " + path, errno);
    return {};
  }

  Result<> sync_directory(const std::string& path) override {
    int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno("open " + path, errno);
    int error = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    if (error != 0) return fail_errno("fsync " + path, error);
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    DIR* dir = ::opendir(path.c_str());
    if (dir == nullptr) return fail_errno("open " + path, errno);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(dir)) {
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(dir);
    std::ranges::sort(names);
    return names;
  }

  Result<uint64_t> free_bytes(const std::string& path) override {
    struct statvfs st{};
    if (::statvfs(path.c_str(), &st) != 0) return fail_errno("statvfs " + path, errno);
    return uint64_t{st.f_bavail} * st.f_frsize;
  }
};

}  // namespace

Files& system_files() {
  static SystemFiles files;
  return files;
}

Result<std::string> read_file(const std::string& path, size_t most) {
  auto file = TRY(system_files().open(path, OpenMode::read));
  std::string bytes = TRY(file->read_at(0, most + 1));
  if (bytes.size() > most)
    return fail(Errc::limit, fmt::format("{} is larger than {} bytes", path, most));
  return bytes;
}

Result<> write_file_durably(const std::string& path, std::string_view bytes) {
  Files& files = system_files();
  std::string beside = path + ".new";
  TRY(files.remove(beside));
  {
    auto file = TRY(files.open(beside, OpenMode::create_new));
    TRY(file->write_at(0, bytes));
    TRY(file->sync());
  }
  TRY(files.rename(beside, path));
  size_t slash = path.rfind('/');
  return files.sync_directory(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

}  // namespace ph
