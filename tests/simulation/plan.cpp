#include "simulation/plan.h"

#include <fmt/format.h>

namespace ph::simulation {
namespace {

using namespace std::chrono_literals;

constexpr const char* kEnds[] = {"stop", "kill", "power cut"};

bool one_in(Random& random, uint64_t n) { return random.below(n) == 0; }

// Short ones meet what is under way, long ones what waits.
Duration length(Random& random) {
  switch (random.below(5)) {
    case 0: return Duration(random.below(200'000));        // up to 0.2 s
    case 1: return Duration(random.below(5'000'000));
    case 2: return Duration(random.below(60'000'000));
    case 3: return Duration(random.below(1'200'000'000));  // up to 20 min
    default: return Duration(random.below(10'800'000'000));
  }
}

DiskFaults faults(Random& random) {
  DiskFaults out;
  switch (random.below(4)) {
    case 0: out.sync_in = random.below(30); break;
    case 1: out.write_in = random.below(60); break;
    case 2: out.read_in = random.below(60); break;
    default: out.room = random.below(one_in(random, 2) ? 20'000 : 300'000); break;
  }
  return out;
}

Life life(Random& random) {
  Life out;
  uint64_t end = random.below(10);
  out.end = end < 1 ? End::stop : end < 6 ? End::kill : End::power_cut;
  out.after = length(random);
  if (out.end != End::stop && random.below(3) > 0) {
    out.step = 1 + random.below(one_in(random, 3) ? 150 : 1500);
    out.after = std::max<Duration>(out.after, 20min);
  }
  if (one_in(random, 4)) {
    out.disk = faults(random);
    out.disk_after = Duration(random.below(20'000'000));
    out.room_back = out.disk_after + Duration(random.below(600'000'000));
  }
  if (one_in(random, 4)) {
    out.wall_jump = Duration(random.below(14'400'000'000)) - 2h;
    out.jump_after = Duration(random.below(60'000'000));
  }
  out.trouble = one_in(random, 3) ? 0 : static_cast<unsigned>(random.below(40));
  out.verbs = one_in(random, 2) ? 0 : static_cast<unsigned>(random.below(6));
  out.fsck = one_in(random, 4);
  if (one_in(random, 6)) out.takeover_after = 40s + Duration(random.below(400'000'000));
  return out;
}

// Drawn apart from the rest, so that what came before it keeps its seeds.
void draw_more(Plan& plan, Random& random) {
  for (Life& life : plan.lives) {
    if (life.disk.room != DiskFaults::kNever) life.disk.room_told = one_in(random, 2);
    bool long_enough = life.step == 0 && life.after > 2min;
    if (long_enough && life.takeover_after.count() == 0 && one_in(random, 4))
      life.takeover_after = 30s + Duration(random.below(60'000'000));
    if (life.takeover_after.count() != 0 && !one_in(random, 4))
      life.slow = 5s + Duration(random.below(50'000'000));
  }
  if (!one_in(random, 4)) return;
  plan.bulk_rows = 1 + static_cast<unsigned>(random.below(one_in(random, 3) ? 120 : 20));
  plan.bulk_slice = 1 + random.below(12);
}

}  // namespace

// Neighbours have nothing in common.
uint64_t mixed(uint64_t seed) { return FakeRandom(seed).number(); }

Plan Plan::of(uint64_t seed) {
  FakeRandom random(mixed(seed));
  Plan out;
  out.seed = seed;
  out.accounts = 1 + static_cast<unsigned>(random.below(3));
  out.sends = 1 + static_cast<unsigned>(random.below(8));
  out.domains = 1 + static_cast<unsigned>(random.below(4));
  out.site_window = 1 + static_cast<unsigned>(random.below(4));
  out.sessions = one_in(random, 4) ? 2 : 4000;
  out.ready_most = one_in(random, 3) ? 2 + random.below(6) : 1000;
  out.content_bytes = one_in(random, 4) ? 4096 : 1 << 20;
  out.slots = one_in(random, 4) ? 1 + static_cast<uint32_t>(random.below(4)) : 64;
  out.wal_pages = one_in(random, 3) ? 1000 : 5 + static_cast<unsigned>(random.below(60));
  out.segment_bytes = one_in(random, 2) ? 8 << 10 : 64 << 10;
  out.body_most = one_in(random, 4) ? 5000 : 400;
  out.from_nothing = one_in(random, 20);
  uint64_t lives = random.below(5);
  for (uint64_t i = 0; i < lives; ++i) out.lives.push_back(life(random));
  Life last;
  last.end = End::stop;
  out.lives.push_back(last);
  FakeRandom more(mixed(seed) ^ 0x5555);
  draw_more(out, more);
  return out;
}

std::string Plan::describe() const {
  std::string out = fmt::format(
      "seed {}: {} accounts of {} sends to {} domains; window {}, sessions {}, ready {}, slots {},"
      " WAL pages {}, segments of {}, bodies up to {}{}\n",
      seed, accounts, sends, domains, site_window, sessions, ready_most, slots, wal_pages,
      segment_bytes, body_most, from_nothing ? ", from nothing" : "");
  if (bulk_rows > 0)
    out += fmt::format("  bulk jobs of {} rows, slices of {}\n", bulk_rows, bulk_slice);
  for (size_t i = 0; i < lives.size(); ++i) {
    const Life& l = lives[i];
    out += fmt::format("  life {}: {} after {:.3f} s", i + 1, kEnds[static_cast<int>(l.end)],
                       static_cast<double>(l.after.count()) / 1e6);
    if (l.step > 0) out += fmt::format(" or at step {}", l.step);
    auto fault = [&](const char* what, uint64_t n) {
      if (n != DiskFaults::kNever) out += fmt::format(", {} {}", what, n);
    };
    fault("sync fails in", l.disk.sync_in);
    fault("write fails in", l.disk.write_in);
    fault("read fails in", l.disk.read_in);
    fault(l.disk.room_told ? "room" : "room untold", l.disk.room);
    int64_t jump = l.wall_jump.count() / 1'000'000;
    if (jump != 0) out += fmt::format(", wall {} s", jump);
    if (l.takeover_after.count() != 0)
      out += fmt::format(", taken over after {} s", l.takeover_after.count() / 1'000'000);
    if (l.slow.count() != 0)
      out += fmt::format(", replies up to {} s late", l.slow.count() / 1'000'000);
    out += fmt::format(", trouble {}, verbs {}\n", l.trouble, l.verbs);
  }
  return out;
}

}  // namespace ph::simulation
