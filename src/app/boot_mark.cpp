#include "app/boot_mark.h"

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"

namespace ph::app {
namespace {

constexpr size_t kBootId = 64;  // octets; it has 36

std::string path_of(const std::string& data_dir) { return data_dir + "/boot"; }

}  // namespace

std::string kernel_boot_id() {
  auto read = read_file("/proc/sys/kernel/random/boot_id", kBootId);
  return read ? std::string(trim(*read)) : std::string();
}

Result<LastEnd> mark_boot(const std::string& data_dir, const std::string& boot_id) {
  auto before = read_file(path_of(data_dir), kBootId);
  if (!before && before.error().code == Errc::io) return std::unexpected(before.error());
  if (before && trim(*before) == boot_id) return LastEnd::of_process;
  TRY(write_file_durably(path_of(data_dir), boot_id + "\n"));
  return before ? LastEnd::of_machine : LastEnd::of_process;
}

// A removal that does not last only makes the next start careful.
void unmark_boot(const std::string& data_dir) {
  auto removed = system_files().remove(path_of(data_dir));
  if (!removed) log::warn("cannot remove the boot mark", {{"why", removed.error().message}});
}

}  // namespace ph::app
