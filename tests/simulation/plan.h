// Purpose: what a seed means: how much mail, which faults, and how each process of the run ends.
// Shapes: a run is a row of lives, each one process over the same disk; the last is without faults.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/simulated_disk.h"

namespace ph::simulation {

enum class End : uint8_t {
  stop,       // SIGTERM: sessions end first
  kill,       // kill -9: what was written is there
  power_cut,  // what was not synced is there or not
};

struct Life {
  End end = End::kill;
  Duration after{};     // simulated time until the end, if `step` does not come first
  uint64_t step = 0;    // the step at which it ends: a write, a sync, a send, a turn; 0: none
  DiskFaults disk;      // set `disk_after` the start
  Duration disk_after{};
  Duration room_back{};     // when a full disk has room again
  Duration wall_jump{};     // of the wall clock, at `jump_after`
  Duration jump_after{};
  unsigned trouble = 0;     // receivers' faults, of 100 steps
  unsigned verbs = 0;       // what the operator does in this life
  bool fsck = false;        // at its start
  // A second process takes the leases over while this one, believed dead, still has sessions.
  Duration takeover_after{};  // 0: none does
  Duration slow{};            // receivers take up to this longer for each reply
};

uint64_t mixed(uint64_t seed);

struct Plan {
  uint64_t seed = 0;
  unsigned accounts = 1;
  unsigned sends = 1;       // of each account
  unsigned domains = 1;     // destinations
  unsigned site_window = 1;
  unsigned sessions = 4000;
  size_t ready_most = 1000;
  size_t content_bytes = 1 << 20;
  uint32_t slots = 64;      // of open-deliveries
  unsigned wal_pages = 1000;
  uint64_t segment_bytes = 64 << 10;
  size_t body_most = 400;
  bool from_nothing = false;  // the first life makes the database
  unsigned bulk_rows = 0;     // of one bulk job of each account; 0: there is none
  size_t bulk_slice = 1;      // rows that one transaction decides, at the most
  std::vector<Life> lives;

  static Plan of(uint64_t seed);
  std::string describe() const;
};

}  // namespace ph::simulation
