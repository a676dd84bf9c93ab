#include "base/simulated_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

namespace ph {
namespace {

std::string directory_of(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string without_end_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// Counts down to the operation that fails.
bool now_fails(uint64_t& left) {
  if (left == DiskFaults::kNever) return false;
  return left-- == 0;
}

void put(std::string& into, uint64_t offset, std::string_view bytes) {
  if (into.size() < offset + bytes.size()) into.resize(offset + bytes.size());
  std::memcpy(into.data() + offset, bytes.data(), bytes.size());
}

// One sector's part of a change, applied to `into`, which is long enough.
void put_sector(std::string& into, uint64_t sector, uint64_t offset, std::string_view bytes) {
  uint64_t from = std::max(sector * kDiskSector, offset);
  uint64_t to = std::min((sector + 1) * kDiskSector, offset + bytes.size());
  std::memcpy(into.data() + from, bytes.data() + (from - offset), to - from);
}

}  // namespace

class SimulatedFile : public File {
 public:
  SimulatedFile(SimulatedDisk& disk, SimulatedDisk::NodePtr node, std::string path)
      : disk_(disk), node_(std::move(node)), path_(std::move(path)) {}
  Result<> write_at(uint64_t offset, std::string_view bytes) override {
    return disk_.write(*node_, path_, offset, bytes);
  }
  Result<std::string> read_at(uint64_t offset, size_t size) override {
    return disk_.read(*node_, path_, offset, size);
  }
  Result<uint64_t> size() override {
    std::lock_guard lock(disk_.mutex_);
    return node_->now.size();
  }
  Result<> preallocate(uint64_t size) override {
    {
      std::lock_guard lock(disk_.mutex_);
      if (size <= node_->now.size()) return {};
    }
    return disk_.resize(*node_, path_, size, "allocate");
  }
  Result<> truncate(uint64_t size) override {
    return disk_.resize(*node_, path_, size, "truncate");
  }
  Result<> sync() override { return disk_.sync(*node_, path_); }

 private:
  SimulatedDisk& disk_;
  SimulatedDisk::NodePtr node_;
  std::string path_;
};

Result<> SimulatedDisk::may_change(const char* what, const std::string& path) {
  if (on_change && !off_) on_change(what);
  if (off_) return fail_errno(fmt::format("{} {}", what, path), EIO);
  return {};
}

Result<> SimulatedDisk::take_room(const Node& node, const std::string& path, uint64_t size) {
  if (faults_.room == DiskFaults::kNever || size <= node.now.size()) return {};
  uint64_t more = size - node.now.size();
  if (more > faults_.room) return fail_errno("write " + path, ENOSPC);
  faults_.room -= more;
  return {};
}

Result<> SimulatedDisk::write(Node& node, const std::string& path, uint64_t offset,
                              std::string_view bytes) {
  std::lock_guard lock(mutex_);
  TRY(may_change("write", path));
  TRY(take_room(node, path, offset + bytes.size()));
  bool fails = now_fails(faults_.write_in);
  if (fails) bytes = bytes.substr(0, random_.below(bytes.size() + 1));
  uint64_t from = offset;
  uint64_t to = offset + bytes.size();
  put(node.now, offset, bytes);
  // A page that the kernel believes clean is dirty again as a whole.
  for (uint64_t page = offset / kDiskPage; page * kDiskPage < to; ++page) {
    if (node.given_up.erase(page) == 0) continue;
    from = std::min(from, page * kDiskPage);
    to = std::min(std::max(to, (page + 1) * kDiskPage), node.now.size());
  }
  node.changes.push_back({from, node.now.substr(from, to - from)});
  if (fails) return fail_errno("write " + path, EIO);
  done("write");
  return {};
}

Result<> SimulatedDisk::resize(Node& node, const std::string& path, uint64_t size,
                               const char* what) {
  std::lock_guard lock(mutex_);
  TRY(may_change(what, path));
  TRY(take_room(node, path, size));
  node.now.resize(size);
  node.changes.push_back({size, {}, true});
  done(what);
  return {};
}

Result<> SimulatedDisk::sync(Node& node, const std::string& path) {
  std::lock_guard lock(mutex_);
  TRY(may_change("sync", path));
  if (now_fails(faults_.sync_in)) {
    for (const Change& change : node.changes) {
      uint64_t end = change.offset + change.bytes.size();
      for (uint64_t page = change.offset / kDiskPage; page * kDiskPage < end; ++page)
        node.given_up[page] = true;
    }
    // What is there afterwards is what a cut at this moment would have left.
    std::string left = after_cut(node);
    node.synced = std::move(left);
    bool lost = !node.changes.empty();
    node.changes.clear();
    if (lost && on_lost) on_lost(path);
    return fail_errno("fdatasync " + path, EIO);
  }
  for (const Change& change : node.changes) {
    if (change.resize) node.synced.resize(change.offset);
    else put(node.synced, change.offset, change.bytes);
  }
  node.changes.clear();
  done("sync");
  return {};
}

Result<std::string> SimulatedDisk::read(const Node& node, const std::string& path, uint64_t offset,
                                        size_t size) {
  std::lock_guard lock(mutex_);
  if (now_fails(faults_.read_in)) return fail_errno("read " + path, EIO);
  if (offset >= node.now.size()) return std::string();
  return node.now.substr(offset, size);
}

Result<std::unique_ptr<File>> SimulatedDisk::open(const std::string& path, OpenMode mode) {
  std::lock_guard lock(mutex_);
  auto found = now_.find(path);
  if (mode == OpenMode::create_new) {
    if (found != now_.end()) return fail_errno("open " + path, EEXIST);
    TRY(may_change("create", path));
    rename_now({directory_of(path), "", path, std::make_shared<Node>()});
    done("create");
    found = now_.find(path);
  }
  if (found == now_.end() || found->second->directory)
    return fail(Errc::not_found, path + ": no such file");
  return std::make_unique<SimulatedFile>(*this, found->second, path);
}

void SimulatedDisk::apply(Names& names, const NameChange& change) {
  if (!change.from.empty()) names.erase(change.from);
  if (!change.to.empty()) names[change.to] = change.node;
}

void SimulatedDisk::rename_now(NameChange change) {
  apply(now_, change);
  renames_.push_back(std::move(change));
}

Result<> SimulatedDisk::remove(const std::string& path) {
  std::lock_guard lock(mutex_);
  TRY(may_change("remove", path));
  if (!now_.contains(path)) return {};
  rename_now({directory_of(path), path, "", nullptr});
  done("remove");
  return {};
}

Result<> SimulatedDisk::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  TRY(may_change("rename", from));
  auto found = now_.find(from);
  if (found == now_.end()) return fail_errno("rename " + from, ENOENT);
  rename_now({directory_of(from), from, to, found->second});
  done("rename");
  return {};
}

Result<> SimulatedDisk::make_directory(const std::string& given) {
  std::lock_guard lock(mutex_);
  std::string path = without_end_slash(given);
  if (now_.contains(path)) return {};
  TRY(may_change("mkdir", path));
  auto node = std::make_shared<Node>();
  node->directory = true;
  rename_now({directory_of(path), "", path, std::move(node)});
  done("mkdir");
  return {};
}

Result<> SimulatedDisk::sync_directory(const std::string& given) {
  std::lock_guard lock(mutex_);
  std::string path = without_end_slash(given);
  TRY(may_change("sync directory", path));
  if (now_fails(faults_.sync_in)) {
    bool lost = std::ranges::any_of(
        renames_, [&](const NameChange& change) { return change.directory == path; });
    if (lost && on_lost) on_lost(path);
    return fail_errno("fsync " + path, EIO);
  }
  std::erase_if(renames_, [&](const NameChange& change) {
    if (change.directory != path) return false;
    apply(synced_, change);
    return true;
  });
  done("sync directory");
  return {};
}

Result<std::vector<std::string>> SimulatedDisk::list(const std::string& given) {
  std::lock_guard lock(mutex_);
  std::string path = without_end_slash(given);
  std::vector<std::string> out;
  for (const auto& [name, node] : now_)
    if (directory_of(name) == path) out.push_back(name.substr(path.size() + 1));
  return out;
}

Result<uint64_t> SimulatedDisk::free_bytes(const std::string&) {
  std::lock_guard lock(mutex_);
  bool known = faults_.room != DiskFaults::kNever && faults_.room_told;
  return known ? faults_.room : uint64_t{1} << 40;
}

// Each sector as after some number of the changes to it, the size as after some number of its own.
std::string SimulatedDisk::after_cut(const Node& node) {
  uint64_t most = node.synced.size();
  uint64_t resizes = 0;
  std::map<uint64_t, uint64_t> touched;  // sector: how many changes
  auto each_sector = [](const Change& change, auto what) {
    if (change.resize || change.bytes.empty()) return;
    uint64_t last = (change.offset + change.bytes.size() - 1) / kDiskSector;
    for (uint64_t sector = change.offset / kDiskSector; sector <= last; ++sector) what(sector);
  };
  uint64_t size = node.synced.size();
  std::vector<uint64_t> sizes{size};
  for (const Change& change : node.changes) {
    each_sector(change, [&](uint64_t sector) { ++touched[sector]; });
    size = change.resize ? change.offset : std::max(size, change.offset + change.bytes.size());
    if (size != sizes.back()) sizes.push_back(size), ++resizes;
    most = std::max(most, size);
  }
  enum class Kept : uint8_t { all, none, some };
  uint64_t drawn = random_.below(6);
  Kept kept = drawn == 0 ? Kept::all : drawn == 1 ? Kept::none : Kept::some;
  auto draw = [&](uint64_t count) {
    return kept == Kept::all ? count : kept == Kept::none ? 0 : random_.below(count + 1);
  };
  for (auto& [sector, count] : touched) count = draw(count);
  uint64_t reached = draw(resizes);
  std::string out = node.synced;
  out.resize(most);
  size = node.synced.size();
  uint64_t passed = 0;
  for (const Change& change : node.changes) {
    each_sector(change, [&](uint64_t sector) {
      uint64_t& left = touched[sector];
      if (left > 0) --left, put_sector(out, sector, change.offset, change.bytes);
    });
    uint64_t before = size;
    size = change.resize ? change.offset : std::max(size, change.offset + change.bytes.size());
    if (size != before) ++passed;
    // What a cut file loses is zero when it grows again.
    if (size < before && passed <= reached)
      std::fill(out.begin() + static_cast<std::ptrdiff_t>(size), out.end(), '\0');
  }
  out.resize(sizes[reached]);
  return out;
}

void SimulatedDisk::cut_power() {
  std::lock_guard lock(mutex_);
  // Of each directory's changes the first few were on their way already.
  std::map<std::string, uint64_t> left;
  for (const NameChange& change : renames_) ++left[change.directory];
  for (auto& [directory, count] : left) count = random_.below(count + 1);
  for (const NameChange& change : renames_) {
    uint64_t& here = left[change.directory];
    if (here > 0) --here, apply(synced_, change);
  }
  renames_.clear();
  // What is in a directory that is gone is gone with it.
  std::set<std::string> directories;
  for (const auto& [path, node] : synced_)
    if (node->directory) directories.insert(path);
  std::set<std::string> made;
  for (const auto& [path, node] : now_)
    if (node->directory) made.insert(path);
  std::erase_if(synced_, [&](const auto& entry) {
    std::string parent = directory_of(entry.first);
    return made.contains(parent) && !directories.contains(parent);
  });
  for (auto& [path, node] : synced_) {
    node->synced = node->now = after_cut(*node);
    node->changes.clear();
    node->given_up.clear();
  }
  now_ = synced_;
}

SimulatedDisk::Image SimulatedDisk::image() const {
  std::lock_guard lock(mutex_);
  Image out;
  for (const auto& [path, node] : now_) out[node->directory ? path + "/" : path] = node->now;
  return out;
}

void SimulatedDisk::load(const Image& image) {
  std::lock_guard lock(mutex_);
  now_.clear();
  renames_.clear();
  for (const auto& [path, content] : image) {
    auto node = std::make_shared<Node>();
    node->now = node->synced = content;
    node->directory = path.ends_with('/');
    now_[without_end_slash(path)] = std::move(node);
  }
  synced_ = now_;
}

}  // namespace ph
