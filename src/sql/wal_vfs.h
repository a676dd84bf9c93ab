// Purpose: SQLite's log written in few large pieces: its frames come as two writes a page, and the
//   device is asked once for all that lies together.
// Shapes: a VFS by name over the process's default one; only files opened as a log are its own.
//   What was taken is handed on before anything else is asked of the file, at its sync at the
//   latest, so that whoever may read a frame finds it: readers learn of frames after that sync
//   (synchronous=FULL; with less they would not).
//   A write that fails is told by the call that hands it on.
// Threads: as SQLite's.
#pragma once

namespace ph::sql {

// Its name for sqlite3_open_v2(). Registered at the first call.
const char* wal_vfs();

}  // namespace ph::sql
