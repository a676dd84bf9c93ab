// Purpose: what every part of a simulated world shares: time, chance, steps, the ledger, the trace.
// Shapes: step() is called at everything that could be the last thing that a process does: before
//   and after each change on disk, each send and receipt, each turn of the store. The trace's hash
//   is the same for the same seed, or something is not deterministic.
// Threads: one.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "net/loop.h"
#include "simulation/ledger.h"

namespace ph::simulation {

enum class Record : uint8_t { hash, text };

class Surroundings {
 public:
  Surroundings(uint64_t seed, Record record)
      : receivers(seed ^ 0x1111), people(seed ^ 0x2222), product(seed ^ 0x3333), record_(record) {}

  FakeClock clock;
  FakeRandom receivers;  // of the network and those behind it
  FakeRandom people;     // of clients and the operator
  FakeRandom product;    // what the product draws
  Ledger ledger;
  net::Loop* loop = nullptr;       // of the present process
  bool alive = false;              // it has not ended
  bool sending = true;             // clients may begin requests
  // A sync of the present process failed and took something with it: it acknowledges no more.
  bool sync_lost = false;
  unsigned generation = 0;         // counts processes: who is of an earlier one stops
  std::function<void()> on_death;  // once, when its last step has come
  uint64_t last_step = 0;          // 0: none is set

  void step(std::string_view what) {
    note(what);
    ++steps_;
    if (alive && last_step > 0 && --last_step == 0) die();
  }
  void die() {
    if (!std::exchange(alive, false)) return;
    note("-- the process ends --");
    if (on_death) on_death();
  }
  // It ends in order: nothing more is said to anybody.
  void retire() { alive = false; }

  void note(std::string_view what) {
    for (char c : what) hash_ = (hash_ ^ static_cast<uint8_t>(c)) * 0x100000001b3;
    hash_ = (hash_ ^ static_cast<uint64_t>(clock.mono().micros)) * 0x100000001b3;
    if (record_ == Record::text)
      text_ += fmt::format("{:14.6f} {}\n", static_cast<double>(clock.mono().micros) / 1e6, what);
  }
  uint64_t hash() const { return hash_; }
  uint64_t steps() const { return steps_; }
  const std::string& text() const { return text_; }

  // Runs `what` after a while, unless the process ends before.
  void later(Duration wait, std::move_only_function<void()> what) {
    if (loop) loop->spawn(run_later(wait, std::move(what)));
  }

 private:
  static net::Task<void> run_later(Duration wait, std::move_only_function<void()> what) {
    co_await net::sleep_for(wait);
    what();
  }

  Record record_;
  uint64_t hash_ = 0xcbf29ce484222325;
  uint64_t steps_ = 0;
  std::string text_;
};

}  // namespace ph::simulation
