#include "net/loop_core.h"

namespace ph::net {
namespace {

class SimulatedLoop : public LoopCore {
 public:
  explicit SimulatedLoop(FakeClock& clock) : LoopCore(clock, nullptr), fake_(clock) {}
  ~SimulatedLoop() override { close(); }

  void run() override {
    RunScope scope(this);
    while (!stopping()) {
      turn();
      if (!fall_asleep()) continue;
      MonoTime next = timers().next();
      if (stopping() || next == MonoTime::never()) break;
      if (next > fake_.mono()) fake_.advance(next - fake_.mono());
    }
    clear_stop();
  }

 private:
  FakeClock& fake_;
};

}  // namespace

std::unique_ptr<Loop> Loop::simulated(FakeClock& clock) {
  return std::make_unique<SimulatedLoop>(clock);
}

}  // namespace ph::net
