#include "net/loop.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "net/channel.h"
#include "net/gather.h"
#include "net/semaphore.h"
#include "net/worker_pool.h"

namespace ph::net {
namespace {

using namespace std::chrono_literals;

struct Simulation {
  FakeClock clock;
  std::unique_ptr<Loop> loop = Loop::simulated(clock);
};

Task<int> give(int n) { co_return n; }

TEST_CASE_FIXTURE(Simulation, "timers fire in order, equal times as they were set") {
  std::string order;
  auto mark = [&](char c) { return [&order, c] { order += c; }; };
  MonoTime now = clock.mono();
  auto a = loop->at(now + 3s, mark('c'));
  auto b = loop->at(now + 1s, mark('a'));
  auto c = loop->at(now + 2s, mark('x'));
  auto d = loop->at(now + 3s, mark('d'));
  auto e = loop->at(now + 2s, mark('b'));
  c.reset();
  loop->run();
  CHECK(order == "abcd");
  CHECK(clock.mono() == now + 3s);
}

TEST_CASE_FIXTURE(Simulation, "ten thousand timers fire in order, cancelled ones not") {
  FakeRandom random(7);
  std::vector<std::unique_ptr<Loop::Timer>> timers;
  std::vector<int64_t> fired;
  size_t wanted = 0;
  for (int i = 0; i < 10'000; ++i) {
    MonoTime when = clock.mono() + Duration(random.below(5000));
    timers.push_back(loop->at(when, [&fired, when] { fired.push_back(when.micros); }));
    if (random.below(3) == 0) timers[random.below(timers.size())].reset();
  }
  for (const auto& timer : timers) wanted += timer != nullptr;
  loop->run();
  CHECK(fired.size() == wanted);
  CHECK(std::ranges::is_sorted(fired));
}

TEST_CASE_FIXTURE(Simulation, "a timer's call may destroy the timer and set it again") {
  std::unique_ptr<Loop::Timer> timer;
  int fired = 0;
  std::function<void()> again = [&] {
    timer.reset();
    if (++fired < 5) timer = loop->at(clock.mono(), again);
  };
  timer = loop->at(clock.mono() + 1s, again);
  loop->run();
  CHECK(fired == 5);
}

TEST_CASE_FIXTURE(Simulation, "a million awaits of tasks that do not wait need no stack") {
  auto many = []() -> Task<int64_t> {
    int64_t sum = 0;
    for (int i = 0; i < 1'000'000; ++i) {
      int n = co_await give(1);
      sum += n;
    }
    co_return sum;
  };
  CHECK(loop->run_until(many()) == 1'000'000);
}

TEST_CASE_FIXTURE(Simulation, "sleeping costs no time and keeps order") {
  std::string order;
  auto sleeper = [](std::string& out, Duration d, char c) -> Task<> {
    co_await sleep_for(d);
    out += c;
  };
  loop->spawn(sleeper(order, 24h, 'c'));
  loop->spawn(sleeper(order, 1s, 'a'));
  loop->spawn(sleeper(order, 1h, 'b'));
  MonoTime start = clock.mono();
  loop->run();
  CHECK(order == "abc");
  CHECK(clock.mono() - start == 24h);
}

// Counts its living copies: to see that frames are destroyed.
struct Witness {
  explicit Witness(int& count) : alive(&count) { ++*alive; }
  Witness(const Witness& other) : alive(other.alive) { ++*alive; }
  Witness& operator=(const Witness&) = delete;
  ~Witness() { --*alive; }
  int* alive;
};

Task<> sleep_with(Witness, Duration d) { co_await sleep_for(d); }

TEST_CASE_FIXTURE(Simulation, "a spawned task is destroyed when it or its loop ends") {
  int alive = 0;
  loop->spawn(sleep_with(Witness(alive), 1s));
  loop->spawn(sleep_with(Witness(alive), 1h));
  auto stopper = loop->at(clock.mono() + 2s, [&] { loop->stop(); });
  loop->run();
  CHECK(alive == 1);
  loop.reset();
  CHECK(alive == 0);
}

TEST_CASE_FIXTURE(Simulation, "a loop that never runs destroys what it was given") {
  int alive = 0;
  loop->spawn(sleep_with(Witness(alive), 1s));
  loop->post([w = Witness(alive)] {});
  CHECK(alive == 2);
  loop.reset();
  CHECK(alive == 0);
}

TEST_CASE_FIXTURE(Simulation, "destroying a task cancels every kind of wait") {
  OneShot<int> shot;
  Channel<int> channel(1);
  Semaphore semaphore(1);
  std::vector<std::function<Task<>(Witness)>> waits = {
      [](Witness w) -> Task<> { co_await sleep_with(w, 1h); },
      [&](Witness) -> Task<> { co_await shot.wait(Deadline::never()); },
      [&](Witness) -> Task<> { co_await channel.pop(Deadline::never()); },
      [&](Witness) -> Task<> {
        auto first = co_await semaphore.acquire(Deadline::never());
        auto second = co_await semaphore.acquire(Deadline::never());
      },
      [](Witness w) -> Task<> {
        std::vector<Task<void>> tasks;
        tasks.push_back(sleep_with(w, 1h));
        tasks.push_back(sleep_with(w, 1s));
        co_await gather(std::move(tasks));
      }};
  auto sender = shot.sender();
  for (auto& wait : waits) {
    int alive = 0;
    Task<> task = wait(Witness(alive));
    auto cancel = [](Task<>* victim) -> Task<> {
      victim->start();
      co_await sleep_for(10s);
      CHECK(!victim->done());
      victim->reset();
    };
    loop->run_until(cancel(&task));
    CHECK(alive == 0);
    loop->run();  // nothing may touch what is gone
  }
  CHECK(semaphore.free() == 1);
  sender.send(1);
  CHECK(channel.push(1));
  loop->run();
}

TEST_CASE_FIXTURE(Simulation, "a one-shot gives its first value, or nothing in the end") {
  OneShot<std::string> first;
  auto sender = first.sender();
  sender.send("a");
  sender.send("b");
  CHECK(loop->run_until(first.wait(Deadline::never())) == "a");

  OneShot<int> late;
  auto late_sender = late.sender();
  CHECK(loop->run_until(late.wait(loop->in(5s))) == std::nullopt);
  late_sender.send(1);  // harmless

  OneShot<int> orphan;
  { auto gone = orphan.sender(); }
  CHECK(loop->run_until(orphan.wait(Deadline::never())) == std::nullopt);

  OneShot<int> waited;
  auto timer = loop->at(clock.mono() + 1s, [s = waited.sender()]() mutable { s.send(9); });
  CHECK(loop->run_until(waited.wait(loop->in(2s))) == 9);
}

TEST_CASE_FIXTURE(Simulation, "a semaphore serves in order and gives up in time") {
  Semaphore semaphore(2);
  std::string order;
  auto user = [](Semaphore& s, std::string& out, char c, Deadline deadline) -> Task<> {
    auto permit = co_await s.acquire(deadline);
    if (!permit) {
      out += '-';
      co_return;
    }
    out += c;
    co_await sleep_for(10s);
  };
  for (char c : {'a', 'b', 'c', 'd'})
    loop->spawn(user(semaphore, order, c, Deadline::never()));
  loop->spawn(user(semaphore, order, 'x', loop->in(5s)));
  loop->run();
  CHECK(order == "ab-cd");
  CHECK(semaphore.free() == 2);
}

TEST_CASE_FIXTURE(Simulation, "a channel keeps order, is bounded, and drains after close") {
  Channel<int> channel(2);
  CHECK(channel.push(1));
  CHECK(channel.push(2));
  CHECK(!channel.push(3));
  CHECK(loop->run_until(channel.pop(Deadline::never())) == 1);
  channel.close();
  CHECK(!channel.push(4));
  CHECK(loop->run_until(channel.pop(Deadline::never())) == 2);
  CHECK(loop->run_until(channel.pop(Deadline::never())) == std::nullopt);
  Channel<int> quiet(1);
  CHECK(loop->run_until(quiet.pop(loop->in(3s))) == std::nullopt);
}

TEST_CASE_FIXTURE(Simulation, "gather runs tasks at once and keeps their order") {
  auto slow = [](int n, Duration d) -> Task<int> {
    co_await sleep_for(d);
    co_return n;
  };
  std::vector<Task<int>> tasks;
  tasks.push_back(slow(1, 3s));
  tasks.push_back(slow(2, 1s));
  tasks.push_back(give(3));
  MonoTime start = clock.mono();
  CHECK(loop->run_until(gather(std::move(tasks))) == std::vector<int>{1, 2, 3});
  CHECK(clock.mono() - start == 3s);
  CHECK(loop->run_until(gather(std::vector<Task<int>>())).empty());
}

TEST_CASE_FIXTURE(Simulation, "work runs inline where the pool has no thread") {
  WorkerPool pool(0, 1);
  auto answer = loop->run_until(run_on(pool, [] { return 42; }, Deadline::never()));
  CHECK(answer == 42);
  auto failed = loop->run_until(
      run_on(pool, []() -> Result<int> { return fail(Errc::conflict, "no"); }, Deadline::never()));
  CHECK(failed.error().code == Errc::conflict);
  auto nothing = loop->run_until(run_on(pool, [] {}, Deadline::never()));
  CHECK(nothing.has_value());
}

TEST_CASE("stop() before run() ends it at once") {
  auto loop = Loop::make();
  loop->stop();
  loop->run();
  CHECK(Loop::current() == nullptr);
}

namespace {

struct Bell : Waker {
  int rung = 0;
  void wake() override { ++rung; }
};

// Its turns are the test's.
class ByHand : public LoopCore {
 public:
  explicit ByHand(std::shared_ptr<Bell> bell) : LoopCore(system_clock(), std::move(bell)) {}
  ~ByHand() override { close(); }
  void run() override {
    turn();
    asleep = fall_asleep();
  }
  bool asleep = false;
};

}  // namespace

TEST_CASE("what is posted together wakes a sleeping loop once, at the end") {
  auto bell = std::make_shared<Bell>();
  ByHand loop(bell);
  int calls = 0;
  auto call = [&] { ++calls; };
  loop.run();
  CHECK(loop.asleep);
  loop.post(call);
  CHECK(bell->rung == 1);
  loop.post(call);
  CHECK(bell->rung == 1);  // it is awake
  loop.run();
  {
    WakesTogether outer;
    {
      WakesTogether inner;
      loop.post(call);
      loop.post(call);
    }
    CHECK(bell->rung == 1);
  }
  CHECK(bell->rung == 2);
  loop.run();
  CHECK(calls == 4);
  // A turn of another loop is such a scope.
  ByHand other(std::make_shared<Bell>());
  other.post([&] {
    loop.post(call);
    CHECK(bell->rung == 2);
  });
  other.run();
  CHECK(bell->rung == 3);
}

TEST_CASE("a loop that ends before the wake that waits for it does no harm") {
  WakesTogether wakes;
  auto loop = Loop::make();
  loop->post([&] { loop->stop(); });
  loop->run();
  loop->post([] {});
  loop.reset();
}

TEST_CASE("two loops pass values between their threads") {
  auto a = Loop::make();
  auto b = Loop::make();
  Channel<int> to_b(1000);
  constexpr int kCount = 1000;
  auto consume = [](Channel<int> in, OneShot<int64_t>::Sender out) -> Task<> {
    int64_t sum = 0;
    for (int i = 0; i < kCount; ++i) {
      auto n = co_await in.pop(Deadline::never());
      sum += n.value_or(0);
    }
    out.send(sum);
  };
  OneShot<int64_t> answer;
  b->spawn(consume(to_b, answer.sender()));
  std::thread other([&] { b->run(); });
  auto produce = [](Channel<int> out, OneShot<int64_t>& back) -> Task<std::optional<int64_t>> {
    for (int i = 0; i < kCount; ++i) out.push(i);
    co_return co_await back.wait(Deadline::never());
  };
  CHECK(a->run_until(produce(to_b, answer)) == int64_t{kCount} * (kCount - 1) / 2);
  b->stop();
  other.join();
}

TEST_CASE("values sent while their waiter times out, is destroyed or its loop ends do no harm") {
  for (int round = 0; round < 200; ++round) {
    auto loop = Loop::make();
    OneShot<int> shot;
    auto sender = shot.sender();
    auto waiter = [](OneShot<int>& s, Deadline deadline) -> Task<> { co_await s.wait(deadline); };
    loop->spawn(waiter(shot, round % 2 == 0 ? Deadline::never() : loop->in(Duration(100))));
    std::thread thread([&] { sender.send(1); });
    loop->post([&] { loop->stop(); });
    loop->run();
    loop.reset();
    thread.join();
  }
}

TEST_CASE("a worker pool runs jobs, refuses what it cannot hold, and stops with jobs queued") {
  auto loop = Loop::make();
  auto pool = std::make_unique<WorkerPool>(1, 1);
  CHECK(loop->run_until(run_on(*pool, [] { return std::string("done"); }, loop->in(1h))) ==
        std::string("done"));

  OneShot<int> never;
  std::mutex gate;
  gate.lock();
  OneShot<int> started;
  auto block = [&gate, s = started.sender()]() mutable {
    s.send(1);
    std::lock_guard wait(gate);
  };
  CHECK(pool->post(std::move(block)));
  REQUIRE(loop->run_until(started.wait(Deadline::never())) == 1);
  auto late = loop->run_until(run_on(*pool, [] { return 1; }, loop->in(1ms)));
  CHECK(late.error().code == Errc::timeout);
  auto full = loop->run_until(run_on(*pool, [] { return 1; }, loop->in(1h)));
  CHECK(full.error().code == Errc::temporary);
  // The queue holds the job that nobody waits for; it is dropped with the pool.
  CHECK(pool->queued() == 1);
  gate.unlock();
  pool.reset();
}

TEST_CASE("post() and spawn() from many threads all arrive") {
  auto loop = Loop::make();
  std::atomic<int> ran{0};
  constexpr int kEach = 500;
  auto one = [](std::atomic<int>& count, Loop* l) -> Task<> {
    if (count.fetch_add(1) + 1 == 4 * kEach) l->stop();
    co_return;
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) loop->spawn(one(ran, loop.get()));
    });
  loop->run();
  for (auto& thread : threads) thread.join();
  CHECK(ran == 4 * kEach);
}

}  // namespace
}  // namespace ph::net
