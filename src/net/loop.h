// Purpose: one event loop: a thread's worth of sockets, timers and tasks.
// Shapes: Loop::make() waits in the kernel; Loop::simulated() has no kernel: its clock jumps to the
//   next timer when nothing is left to run, so that tests and the simulation never sleep.
// Threads: post(), spawn() and stop() any; everything else only the thread inside run().
// Not here: sockets (stream.h, listener.h, udp.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/deadline.h"
#include "net/task.h"

namespace ph::net {

class Loop {
 public:
  static std::unique_ptr<Loop> make(Clock& clock = system_clock());
  static std::unique_ptr<Loop> simulated(FakeClock& clock);
  virtual ~Loop() = default;  // destroys spawned tasks that have not finished

  // The loop whose run() is on this thread; null outside.
  static Loop* current();

  virtual void post(std::move_only_function<void()> what) = 0;
  // Starts a task that nobody awaits; it belongs to the loop until it ends.
  virtual void spawn(Task<void> task) = 0;
  // Until stop(); the simulated loop also ends when nothing can ever happen again. A stop() that
  // came before run() ends it at once.
  virtual void run() = 0;
  virtual void stop() = 0;
  virtual Clock& clock() = 0;
  Deadline in(Duration d) { return Deadline::in(clock(), d); }

  // Runs one task to its end on a loop of its own run(): for tests and for verbs without a server.
  template <class T>
  T run_until(Task<T> task);
  void run_until(Task<void> task);

  // A timer that can be cancelled by its destruction; fires at most once, on this loop.
  class Timer {
   public:
    virtual ~Timer() = default;
  };
  virtual std::unique_ptr<Timer> at(MonoTime when, std::move_only_function<void()> what) = 0;
};

// While one lives on a thread, a loop to which that thread posts is woken once, at its end: who
// gives out much at once does not wake it for the first piece. Each turn of a loop is one. The
// outermost counts; nobody may wait inside for what the other loop does.
class WakesTogether {
 public:
  WakesTogether();
  ~WakesTogether();
  WakesTogether(const WakesTogether&) = delete;
  WakesTogether& operator=(const WakesTogether&) = delete;

 private:
  bool outermost_;
};

// On the current loop.
Task<> sleep_until(MonoTime when);
Task<> sleep_for(Duration d);

template <class T>
T Loop::run_until(Task<T> task) {
  std::optional<T> out;
  auto wrap = [](Task<T> inner, std::optional<T>* result, Loop* loop) -> Task<void> {
    result->emplace(co_await std::move(inner));
    loop->stop();
  };
  spawn(wrap(std::move(task), &out, this));
  run();
  PH_CHECK(out.has_value());  // the simulated loop ran dry: the task waits for nothing
  return std::move(*out);
}

}  // namespace ph::net
