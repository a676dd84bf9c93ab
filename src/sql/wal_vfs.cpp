#include "sql/wal_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace ph::sql {
namespace {

constexpr const char* kName = "posthouse-wal";
// Room for the default VFS's own file, whichever that is when a file is opened.
constexpr int kFileBytes = 1024;
// SQLite's own VFS keeps 17 bits of a write's length (os_unix.c): one of 128 KiB or more ends as
// "disk is full".
constexpr size_t kPieceMost = 124u << 10;

// What waits for a file: bytes without a gap.
struct Waiting {
  sqlite3_int64 offset = 0;
  std::string bytes;
  sqlite3_int64 end() const { return offset + static_cast<sqlite3_int64>(bytes.size()); }
};

// What SQLite sees begins with its own part.
struct WalFile {
  sqlite3_file base;
  sqlite3_file* inner;
  Waiting* waiting;
};

WalFile& of(sqlite3_file* file) { return *reinterpret_cast<WalFile*>(file); }
const sqlite3_io_methods& methods_of(const WalFile& file) { return *file.inner->pMethods; }

// The bytes are forgotten whether or not they were taken: SQLite writes anew after an error.
int hand_on(WalFile& file) {
  Waiting& waiting = *file.waiting;
  int code = SQLITE_OK;
  for (size_t at = 0; at < waiting.bytes.size() && code == SQLITE_OK; at += kPieceMost) {
    size_t size = std::min(kPieceMost, waiting.bytes.size() - at);
    code = methods_of(file).xWrite(file.inner, waiting.bytes.data() + at, static_cast<int>(size),
                                   waiting.offset + static_cast<sqlite3_int64>(at));
  }
  waiting.bytes.clear();
  return code;
}

int x_write(sqlite3_file* handle, const void* from, int count, sqlite3_int64 offset) {
  WalFile& file = of(handle);
  Waiting& waiting = *file.waiting;
  bool full = waiting.bytes.size() + static_cast<size_t>(count) > limits::kWalWriteBytes;
  if (full || waiting.end() != offset) {
    if (int code = hand_on(file); code != SQLITE_OK) return code;
  }
  if (waiting.bytes.empty()) waiting.offset = offset;
  waiting.bytes.append(static_cast<const char*>(from), static_cast<size_t>(count));
  return SQLITE_OK;
}

// Everything else is the inner file's, once it has what was written.
template <auto Method, class... Arguments>
int after_writes(sqlite3_file* handle, Arguments... arguments) {
  WalFile& file = of(handle);
  if (int code = hand_on(file); code != SQLITE_OK) return code;
  return (methods_of(file).*Method)(file.inner, arguments...);
}

template <auto Method, class... Arguments>
int as_it_is(sqlite3_file* handle, Arguments... arguments) {
  WalFile& file = of(handle);
  return (methods_of(file).*Method)(file.inner, arguments...);
}

int x_close(sqlite3_file* handle) {
  WalFile& file = of(handle);
  int written = hand_on(file);
  int closed = methods_of(file).xClose(file.inner);
  delete std::exchange(file.waiting, nullptr);
  std::free(std::exchange(file.inner, nullptr));
  return written != SQLITE_OK ? written : closed;
}

using M = sqlite3_io_methods;

const M kMethods = {
    .iVersion = 1,
    .xClose = x_close,
    .xRead = after_writes<&M::xRead, void*, int, sqlite3_int64>,
    .xWrite = x_write,
    .xTruncate = after_writes<&M::xTruncate, sqlite3_int64>,
    .xSync = after_writes<&M::xSync, int>,
    .xFileSize = after_writes<&M::xFileSize, sqlite3_int64*>,
    .xLock = as_it_is<&M::xLock, int>,
    .xUnlock = as_it_is<&M::xUnlock, int>,
    .xCheckReservedLock = as_it_is<&M::xCheckReservedLock, int*>,
    .xFileControl = as_it_is<&M::xFileControl, int, void*>,
    .xSectorSize = as_it_is<&M::xSectorSize>,
    .xDeviceCharacteristics = as_it_is<&M::xDeviceCharacteristics>,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int x_open(sqlite3_vfs*, const char*, sqlite3_file*, int, int*);

// The default one: a test may have put its own there. When such a one goes, the next in SQLite's
// list is the default, which may be this one.
sqlite3_vfs* inner_vfs() {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  while (vfs != nullptr && vfs->xOpen == x_open) vfs = vfs->pNext;
  PH_CHECK(vfs != nullptr && vfs->szOsFile <= kFileBytes);
  return vfs;
}

// Where a device may spoil what stands beside a write, SQLite fills the sector up after its sync:
// that would wait here while readers know of it.
bool sync_is_last(sqlite3_file* file) {
  int promises = file->pMethods->xDeviceCharacteristics(file);
  return (promises & SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
}

int x_open(sqlite3_vfs*, const char* name, sqlite3_file* handle, int flags, int* out_flags) {
  sqlite3_vfs* inner = inner_vfs();
  if ((flags & SQLITE_OPEN_WAL) == 0) return inner->xOpen(inner, name, handle, flags, out_flags);
  WalFile& file = of(handle);
  file = WalFile{};
  file.inner = static_cast<sqlite3_file*>(std::calloc(1, static_cast<size_t>(inner->szOsFile)));
  if (file.inner == nullptr) return SQLITE_NOMEM;
  int code = inner->xOpen(inner, name, file.inner, flags, out_flags);
  if (code != SQLITE_OK) {
    if (file.inner->pMethods != nullptr) file.inner->pMethods->xClose(file.inner);
    std::free(std::exchange(file.inner, nullptr));
    return code;
  }
  if (!sync_is_last(file.inner)) {
    file.inner->pMethods->xClose(file.inner);
    std::free(std::exchange(file.inner, nullptr));
    return inner->xOpen(inner, name, handle, flags, out_flags);
  }
  file.waiting = new Waiting;
  file.base.pMethods = &kMethods;
  return SQLITE_OK;
}

int x_delete(sqlite3_vfs*, const char* name, int sync_directory) {
  sqlite3_vfs* inner = inner_vfs();
  return inner->xDelete(inner, name, sync_directory);
}
int x_access(sqlite3_vfs*, const char* name, int flags, int* out) {
  sqlite3_vfs* inner = inner_vfs();
  return inner->xAccess(inner, name, flags, out);
}
int x_full_pathname(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_vfs* inner = inner_vfs();
  return inner->xFullPathname(inner, name, size, out);
}
int x_randomness(sqlite3_vfs*, int size, char* out) {
  sqlite3_vfs* inner = inner_vfs();
  return inner->xRandomness(inner, size, out);
}
int x_sleep(sqlite3_vfs*, int micros) {
  sqlite3_vfs* inner = inner_vfs();
  return inner->xSleep(inner, micros);
}
int x_time(sqlite3_vfs*, double* out) {
  sqlite3_vfs* inner = inner_vfs();
  return inner->xCurrentTime(inner, out);
}
int x_last_error(sqlite3_vfs*, int size, char* out) {
  sqlite3_vfs* inner = inner_vfs();
  return inner->xGetLastError(inner, size, out);
}
int x_time_millis(sqlite3_vfs*, sqlite3_int64* out) {
  sqlite3_vfs* inner = inner_vfs();
  return inner->xCurrentTimeInt64(inner, out);
}

sqlite3_vfs* registered() {
  static sqlite3_vfs vfs = {};
  vfs.iVersion = 2;
  vfs.szOsFile = std::max(kFileBytes, static_cast<int>(sizeof(WalFile)));
  vfs.mxPathname = inner_vfs()->mxPathname;
  vfs.zName = kName;
  vfs.xOpen = x_open;
  vfs.xDelete = x_delete;
  vfs.xAccess = x_access;
  vfs.xFullPathname = x_full_pathname;
  vfs.xRandomness = x_randomness;
  vfs.xSleep = x_sleep;
  vfs.xCurrentTime = x_time;
  vfs.xGetLastError = x_last_error;
  vfs.xCurrentTimeInt64 = x_time_millis;
  sqlite3_vfs_register(&vfs, 0);
  return &vfs;
}

}  // namespace

const char* wal_vfs() {
  static sqlite3_vfs* const vfs = registered();
  return vfs->zName;
}

}  // namespace ph::sql
