// Purpose: SQLite over the Files seam, so that tests can put it on a disk that fails
//   (base/simulated_disk.h).
// Shapes: while one lives, it is the process's default VFS: whatever opens a database meanwhile
//   uses its files. One process's connections share locks and the WAL index in memory; both are
//   gone when the last connection to a file is closed, as after a crash. Time is the clock's,
//   randomness the seed's, so that the same calls give the same bytes.
// Threads: made and destroyed by one while no connection is open; connections on any.
// Errors: ENOSPC is SQLITE_FULL, what else a file refuses is SQLITE_IOERR.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"

namespace ph::sql {

struct FilesVfsState;

class FilesVfs {
 public:
  FilesVfs(Files& files, Clock& clock, Random& random);
  ~FilesVfs();
  FilesVfs(const FilesVfs&) = delete;
  FilesVfs& operator=(const FilesVfs&) = delete;

 private:
  std::unique_ptr<FilesVfsState> state_;
};

}  // namespace ph::sql
