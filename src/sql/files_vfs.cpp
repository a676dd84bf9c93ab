#include "sql/files_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ph::sql {
namespace {

constexpr int kShmLocks = SQLITE_SHM_NLOCK;
constexpr sqlite3_int64 kJulianEpochMillis = 210'866'760'000'000;  // of 1970, as SQLite counts

struct OpenFile;

// What the connections of one process share of one database file.
struct Shared {
  int opened = 0;
  int shared = 0;                    // who reads
  OpenFile* reserved = nullptr;      // who will write
  OpenFile* exclusive = nullptr;     // pending or exclusive: nobody new may read
  std::vector<std::unique_ptr<char[]>> regions;  // of the WAL index
  int mapped = 0;
  std::array<int, kShmLocks> shm_shared{};
  std::array<OpenFile*, kShmLocks> shm_exclusive{};
};

}  // namespace

struct FilesVfsState {
  FilesVfsState(Files& f, Clock& c, Random& r) : files(f), clock(c), random(r) {}
  Files& files;
  Clock& clock;
  Random& random;
  sqlite3_vfs vfs{};
  std::mutex mutex;
  std::map<std::string, Shared> shared;  // under mutex
};

namespace {

using State = FilesVfsState;

// What SQLite sees begins with its own part.
struct OpenFile {
  sqlite3_file base;
  State* state;
  File* file;      // null: a temporary file in `memory`
  std::string* path;
  std::string* memory;
  int lock;
  bool sync_directory;  // of a journal or WAL, at its first sync
  bool delete_on_close;
  std::array<bool, kShmLocks>* shm_held;  // shared locks of this connection; null: not mapped
};

OpenFile& of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
State& of(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }

int code_of(const Error& error, int otherwise) {
  return error.message.find("No space left") != std::string::npos ? SQLITE_FULL : otherwise;
}

std::string directory_of(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

Shared& shared_of(OpenFile& file) { return file.state->shared[*file.path]; }

// --- a file's bytes ---

int x_read(sqlite3_file* handle, void* out, int count, sqlite3_int64 offset) {
  OpenFile& file = of(handle);
  auto wanted = static_cast<size_t>(count);
  std::string bytes;
  if (file.file == nullptr) {
    auto at = std::min(file.memory->size(), static_cast<size_t>(offset));
    bytes = file.memory->substr(at, wanted);
  } else {
    auto read = file.file->read_at(static_cast<uint64_t>(offset), wanted);
    if (!read) return SQLITE_IOERR_READ;
    bytes = std::move(*read);
  }
  std::memcpy(out, bytes.data(), bytes.size());
  if (bytes.size() == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(out) + bytes.size(), 0, wanted - bytes.size());
  return SQLITE_IOERR_SHORT_READ;
}

int x_write(sqlite3_file* handle, const void* from, int count, sqlite3_int64 offset) {
  OpenFile& file = of(handle);
  std::string_view bytes(static_cast<const char*>(from), static_cast<size_t>(count));
  auto at = static_cast<size_t>(offset);
  if (file.file == nullptr) {
    if (file.memory->size() < at + bytes.size()) file.memory->resize(at + bytes.size());
    file.memory->replace(at, bytes.size(), bytes);
    return SQLITE_OK;
  }
  auto written = file.file->write_at(at, bytes);
  return written ? SQLITE_OK : code_of(written.error(), SQLITE_IOERR_WRITE);
}

int x_truncate(sqlite3_file* handle, sqlite3_int64 size) {
  OpenFile& file = of(handle);
  if (file.file == nullptr) return file.memory->resize(static_cast<size_t>(size)), SQLITE_OK;
  return file.file->truncate(static_cast<uint64_t>(size)) ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int x_sync(sqlite3_file* handle, int) {
  OpenFile& file = of(handle);
  if (file.file == nullptr) return SQLITE_OK;
  if (!file.file->sync()) return SQLITE_IOERR_FSYNC;
  if (!std::exchange(file.sync_directory, false)) return SQLITE_OK;
  auto synced = file.state->files.sync_directory(directory_of(*file.path));
  return synced ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

int x_file_size(sqlite3_file* handle, sqlite3_int64* out) {
  OpenFile& file = of(handle);
  if (file.file == nullptr) {
    *out = static_cast<sqlite3_int64>(file.memory->size());
    return SQLITE_OK;
  }
  auto size = file.file->size();
  if (!size) return SQLITE_IOERR_FSTAT;
  *out = static_cast<sqlite3_int64>(*size);
  return SQLITE_OK;
}

// --- locks between connections ---

int x_unlock(sqlite3_file* handle, int wanted) {
  OpenFile& file = of(handle);
  if (file.lock <= wanted || file.file == nullptr) return SQLITE_OK;
  std::lock_guard lock(file.state->mutex);
  Shared& shared = shared_of(file);
  if (wanted < SQLITE_LOCK_RESERVED) {
    if (shared.reserved == &file) shared.reserved = nullptr;
    if (shared.exclusive == &file) shared.exclusive = nullptr;
  }
  if (wanted < SQLITE_LOCK_SHARED) --shared.shared;
  file.lock = wanted;
  return SQLITE_OK;
}

int x_lock(sqlite3_file* handle, int wanted) {
  OpenFile& file = of(handle);
  if (file.lock >= wanted || file.file == nullptr) return SQLITE_OK;
  std::lock_guard lock(file.state->mutex);
  Shared& shared = shared_of(file);
  bool shut = shared.exclusive != nullptr && shared.exclusive != &file;
  if (wanted == SQLITE_LOCK_SHARED) {
    if (shut) return SQLITE_BUSY;
    ++shared.shared;
  }
  if (wanted == SQLITE_LOCK_RESERVED) {
    if (shared.reserved != nullptr && shared.reserved != &file) return SQLITE_BUSY;
    shared.reserved = &file;
  }
  if (wanted == SQLITE_LOCK_EXCLUSIVE) {
    if (shut || (shared.reserved != nullptr && shared.reserved != &file)) return SQLITE_BUSY;
    shared.exclusive = &file;
    file.lock = SQLITE_LOCK_PENDING;
    if (shared.shared > 1) return SQLITE_BUSY;
  }
  file.lock = wanted;
  return SQLITE_OK;
}

int x_check_reserved(sqlite3_file* handle, int* out) {
  OpenFile& file = of(handle);
  std::lock_guard lock(file.state->mutex);
  *out = file.file != nullptr && shared_of(file).reserved != nullptr ? 1 : 0;
  return SQLITE_OK;
}

// --- the WAL index ---

int x_shm_map(sqlite3_file* handle, int region, int size, int extend, void volatile** out) {
  OpenFile& file = of(handle);
  std::lock_guard lock(file.state->mutex);
  Shared& shared = shared_of(file);
  if (file.shm_held == nullptr) {
    file.shm_held = new std::array<bool, kShmLocks>{};
    ++shared.mapped;
  }
  *out = nullptr;
  while (extend != 0 && shared.regions.size() <= static_cast<size_t>(region))
    shared.regions.push_back(std::make_unique<char[]>(static_cast<size_t>(size)));
  if (static_cast<size_t>(region) < shared.regions.size())
    *out = shared.regions[static_cast<size_t>(region)].get();
  return SQLITE_OK;
}

// One lock of the eight; `take` is lock or unlock, of either kind.
bool shm_lock_one(OpenFile& file, Shared& shared, size_t at, int flags) {
  bool& held = (*file.shm_held)[at];
  OpenFile*& owner = shared.shm_exclusive[at];
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    if (std::exchange(held, false)) --shared.shm_shared[at];
    if (owner == &file) owner = nullptr;
    return true;
  }
  if (owner != nullptr && owner != &file) return false;
  if ((flags & SQLITE_SHM_SHARED) != 0) {
    if (!std::exchange(held, true)) ++shared.shm_shared[at];
    return true;
  }
  if (shared.shm_shared[at] > (held ? 1 : 0)) return false;
  owner = &file;
  return true;
}

int x_shm_lock(sqlite3_file* handle, int offset, int count, int flags) {
  OpenFile& file = of(handle);
  if (file.shm_held == nullptr) return SQLITE_IOERR_SHMLOCK;
  std::lock_guard lock(file.state->mutex);
  Shared& shared = shared_of(file);
  for (int i = 0; i < count; ++i) {
    if (shm_lock_one(file, shared, static_cast<size_t>(offset + i), flags)) continue;
    for (int j = 0; j < i; ++j) {
      auto at = static_cast<size_t>(offset + j);
      shm_lock_one(file, shared, at, SQLITE_SHM_UNLOCK);
    }
    return SQLITE_BUSY;
  }
  return SQLITE_OK;
}

void x_shm_barrier(sqlite3_file* handle) {
  std::lock_guard lock(of(handle).state->mutex);
}

int x_shm_unmap(sqlite3_file* handle, int) {
  OpenFile& file = of(handle);
  if (file.shm_held == nullptr) return SQLITE_OK;
  std::lock_guard lock(file.state->mutex);
  Shared& shared = shared_of(file);
  for (size_t at = 0; at < kShmLocks; ++at) shm_lock_one(file, shared, at, SQLITE_SHM_UNLOCK);
  delete std::exchange(file.shm_held, nullptr);
  if (--shared.mapped == 0) shared.regions.clear();
  return SQLITE_OK;
}

// --- the rest of a file ---

int x_close(sqlite3_file* handle) {
  OpenFile& file = of(handle);
  x_shm_unmap(handle, 0);
  x_unlock(handle, SQLITE_LOCK_NONE);
  if (file.path != nullptr) {
    std::lock_guard lock(file.state->mutex);
    if (--shared_of(file).opened == 0) file.state->shared.erase(*file.path);
  }
  if (file.delete_on_close && file.path != nullptr)
    static_cast<void>(file.state->files.remove(*file.path));
  delete file.file;
  delete file.path;
  delete file.memory;
  return SQLITE_OK;
}

int x_file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int x_sector_size(sqlite3_file*) { return 4096; }
// As the machine's VFS: no promise about what a power cut leaves of a page that is written, but
// what stands beside it stays.
int x_device(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = x_close,
    .xRead = x_read,
    .xWrite = x_write,
    .xTruncate = x_truncate,
    .xSync = x_sync,
    .xFileSize = x_file_size,
    .xLock = x_lock,
    .xUnlock = x_unlock,
    .xCheckReservedLock = x_check_reserved,
    .xFileControl = x_file_control,
    .xSectorSize = x_sector_size,
    .xDeviceCharacteristics = x_device,
    .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock,
    .xShmBarrier = x_shm_barrier,
    .xShmUnmap = x_shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

// --- the file system ---

int x_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* handle, int flags, int* out_flags) {
  OpenFile& file = of(handle);
  file = OpenFile{};
  file.state = &of(vfs);
  if (name == nullptr) {
    file.memory = new std::string;
    file.base.pMethods = &kMethods;
    return SQLITE_OK;
  }
  std::string path(name);
  Files& files = file.state->files;
  bool writes = (flags & SQLITE_OPEN_READWRITE) != 0;
  auto opened = files.open(path, writes ? OpenMode::read_write : OpenMode::read);
  if (!opened && opened.error().code == Errc::not_found && (flags & SQLITE_OPEN_CREATE) != 0) {
    opened = files.open(path, OpenMode::create_new);
  }
  if (!opened) return code_of(opened.error(), SQLITE_CANTOPEN);
  // As the machine's VFS: whoever may create it, not only who did.
  file.sync_directory = (flags & SQLITE_OPEN_CREATE) != 0 &&
                        (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  file.file = opened->release();
  file.path = new std::string(std::move(path));
  file.delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  file.base.pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  std::lock_guard lock(file.state->mutex);
  ++shared_of(file).opened;
  return SQLITE_OK;
}

int x_delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  Files& files = of(vfs).files;
  if (!files.open(name, OpenMode::read)) return SQLITE_IOERR_DELETE_NOENT;
  if (!files.remove(name)) return SQLITE_IOERR_DELETE;
  if (sync_directory == 0) return SQLITE_OK;
  return files.sync_directory(directory_of(name)) ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

int x_access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  auto opened = of(vfs).files.open(name, OpenMode::read);
  *out = opened.has_value() ? 1 : 0;
  // An empty journal is none, as the machine's VFS says.
  if (opened && flags == SQLITE_ACCESS_EXISTS) *out = (*opened)->size().value_or(0) > 0 ? 1 : 0;
  return SQLITE_OK;
}

int x_full_pathname(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int x_randomness(sqlite3_vfs* vfs, int size, char* out) {
  of(vfs).random.fill(out, static_cast<size_t>(size));
  return size;
}

int x_sleep(sqlite3_vfs*, int micros) { return micros; }  // nobody waits for anybody

int x_time_millis(sqlite3_vfs* vfs, sqlite3_int64* out) {
  *out = kJulianEpochMillis + of(vfs).clock.wall().millis();
  return SQLITE_OK;
}

int x_time(sqlite3_vfs* vfs, double* out) {
  sqlite3_int64 millis = 0;
  x_time_millis(vfs, &millis);
  *out = static_cast<double>(millis) / 86'400'000.0;
  return SQLITE_OK;
}

int x_last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

FilesVfs::FilesVfs(Files& files, Clock& clock, Random& random)
    : state_(std::make_unique<FilesVfsState>(files, clock, random)) {
  sqlite3_initialize();
  state_->vfs.iVersion = 2;
  state_->vfs.szOsFile = sizeof(OpenFile);
  state_->vfs.mxPathname = 512;
  state_->vfs.zName = "posthouse-files";
  state_->vfs.pAppData = state_.get();
  state_->vfs.xOpen = x_open;
  state_->vfs.xDelete = x_delete;
  state_->vfs.xAccess = x_access;
  state_->vfs.xFullPathname = x_full_pathname;
  state_->vfs.xRandomness = x_randomness;
  state_->vfs.xSleep = x_sleep;
  state_->vfs.xCurrentTime = x_time;
  state_->vfs.xCurrentTimeInt64 = x_time_millis;
  state_->vfs.xGetLastError = x_last_error;
  sqlite3_vfs_register(&state_->vfs, 1);
  sqlite3_randomness(0, nullptr);  // SQLite's own begins again, from ours
}

FilesVfs::~FilesVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_randomness(0, nullptr);
}

}  // namespace ph::sql
