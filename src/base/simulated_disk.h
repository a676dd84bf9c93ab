// Purpose: a disk in memory that loses what was not synced: what fault tests and the simulation
//   put under segments and SQLite alike.
// Shapes: a file has what is read (the page cache) and what a power cut leaves. Writes since the
//   last sync are kept one by one: after a cut each sector of kDiskSector octets is as it was after
//   any number of the writes to it, the size as after any number of the changes to it. Names obey
//   the same rule for each directory: only sync_directory() makes them sure. A sync that failed
//   marks its pages clean: a later one does not write them, as Linux does it.
// Errors: as Files. A disk that is off refuses every change with io, and still reads.
// Threads: any, one call at a time (a lock); the settings one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/random.h"

namespace ph {

inline constexpr uint64_t kDiskSector = 512;
inline constexpr uint64_t kDiskPage = 4096;  // what the kernel writes back at once

// Which operation fails, counted from the moment it is set; kNever: none.
struct DiskFaults {
  static constexpr uint64_t kNever = UINT64_MAX;
  uint64_t sync_in = kNever;   // EIO
  uint64_t write_in = kNever;  // EIO, a part may be written
  uint64_t read_in = kNever;   // EIO
  uint64_t room = kNever;      // octets that files may grow by; then ENOSPC
  bool room_told = true;       // by free_bytes(); false: it is a quota's, or somebody else's too
};

class SimulatedDisk : public Files {
 public:
  using Image = std::map<std::string, std::string>;  // path to content

  explicit SimulatedDisk(uint64_t seed) : random_(seed) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<> remove(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> make_directory(const std::string& path) override;
  Result<> sync_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<uint64_t> free_bytes(const std::string& path) override;

  void set_faults(const DiskFaults& faults) { faults_ = faults; }
  // Called before and after every change, with its name: where a test ends a process.
  std::function<void(const char* what)> on_change;
  // Called when a sync failed that had something to write: it is lost unless it is written again.
  std::function<void(const std::string& path)> on_lost;
  // From now on nothing changes any more: the process or the machine has ended.
  void switch_off() { off_ = true; }
  // The next process: all that was written is there.
  void switch_on() { off_ = false, faults_ = {}; }
  // The machine lost power: what was not synced is there or not, by the seed.
  void cut_power();

  // Everything, as it is read now; and a disk on which all of it is synced.
  Image image() const;
  void load(const Image& image);

 private:
  friend class SimulatedFile;
  struct Change {
    uint64_t offset = 0;
    std::string bytes;
    bool resize = false;  // to `offset`, instead of a write
  };
  struct Node {
    std::string now;
    std::string synced;
    std::vector<Change> changes;      // since the last sync
    std::map<uint64_t, bool> given_up;  // pages of a sync that failed
    bool directory = false;
  };
  using NodePtr = std::shared_ptr<Node>;
  using Names = std::map<std::string, NodePtr>;
  struct NameChange {
    std::string directory;
    std::string from;  // goes; empty: none
    std::string to;    // comes; empty: none
    NodePtr node;
  };

  Result<> may_change(const char* what, const std::string& path);
  Result<> write(Node& node, const std::string& path, uint64_t offset, std::string_view bytes);
  Result<> resize(Node& node, const std::string& path, uint64_t size, const char* what);
  Result<> sync(Node& node, const std::string& path);
  Result<std::string> read(const Node& node, const std::string& path, uint64_t offset,
                           size_t size);
  void rename_now(NameChange change);
  void done(const char* what) const {
    if (on_change && !off_) on_change(what);
  }
  Result<> take_room(const Node& node, const std::string& path, uint64_t size);
  std::string after_cut(const Node& node);
  static void apply(Names& names, const NameChange& change);

  mutable std::recursive_mutex mutex_;
  FakeRandom random_;
  DiskFaults faults_;
  bool off_ = false;
  Names now_;
  Names synced_;
  std::vector<NameChange> renames_;  // since their directory's last sync
};

}  // namespace ph
