// Purpose: one run: lives one after the other over one disk, and what must hold after each.
// Threads: one; one world at a time in a process (SQLite's files are this disk's).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dns/zone_fake.h"
#include "simulation/house.h"
#include "simulation/people.h"
#include "sql/files_vfs.h"

namespace ph::simulation {

struct Verdict {
  std::vector<std::string> broken;  // empty: every promise was kept
  uint64_t hash = 0;                // of everything that happened, in its order
  uint64_t steps = 0;
  unsigned copies = 0;
  std::string trace;                // when recorded
};

// What all runs of a process begin with.
struct Scenery {
  explicit Scenery(const std::string& directory);
  std::string directory;  // a real one, empty, of this process alone
  SimulatedDisk::Image furnished;
  dns::ZoneFake zone;
};

Verdict run(const Scenery& scenery, uint64_t seed, Record record);

}  // namespace ph::simulation
