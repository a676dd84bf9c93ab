// What a crash cuts: the final dot was sent, and nothing durable says what became of it.
#include "queue/open_deliveries.h"

#include <filesystem>

#include "base/files.h"
#include "queue/queue_bench_test.h"

using namespace ph;
using namespace ph::queue_test;

namespace {

// Receivers that take everything, sometimes without an answer.
struct CrashBench : Bench {
  explicit CrashBench(sql::Engine which = sql::Engine::sqlite) : Bench(which) {
    answer = [](const core::AttemptOrder& order) {
      if (order.handing_over) order.handing_over();
      return ok();
    };
    more_options = [this](QueueOptions& options) {
      open.reset();  // the file of one process at a time
      options.open = open = need(OpenDeliveries::open(open_path(), slots));
    };
    end_queue();
    begin_queue();
    queue->start();
  }
  // A recipient whose copy is with its receiver when the process ends.
  store::MessageRow cut(std::vector<std::string> to) {
    hand_over_first = true;
    gate = true;
    auto message = accept(account, std::move(to));
    until([&] { return together == static_cast<int>(recipients_of(message).size()); });
    crash();
    return message;
  }
  void crash() {
    gate = false;
    together = 0;
    restart();
  }
  void settle() {
    for (int i = 0; i < 5; ++i) run(queue->summary());
  }
  std::string open_path() const { return directory.path() + "/open-deliveries"; }
  size_t open_now() {
    return parse_open_deliveries(need(read_file(open_path(), 1u << 20))).found.size();
  }

  uint32_t slots = 100;
  std::shared_ptr<OpenDeliveries> open;
};

}  // namespace

TEST_CASE("a delivery that a crash cut waits until the process has been up for ten seconds") {
  for (auto which : {sql::Engine::sqlite, sql::Engine::postgresql}) {
    if (which == sql::Engine::postgresql && sql_test::PostgresServer::get() == nullptr) continue;
    CrashBench bench(which);
    auto message = bench.cut({"you@d.example"});
    auto other = bench.accept(bench.account, {"fresh@d.example"});
    bench.until_all_are(other, RecipientState::delivered);
    bench.settle();
    CHECK(bench.tries["you@d.example"] == 1);
    auto explained = bench.run(bench.queue->explain(message.id));
    CHECK(explained[0].cause == Cause::interrupted);
    REQUIRE(explained[0].next);
    CHECK(*explained[0].next <= bench.clock.wall() + limits::kInterruptedCalm);
    CHECK(explained[0].limit == "the process ended while the receiver may have had it already");
    bench.advance(limits::kInterruptedCalm - 1s);
    bench.settle();
    CHECK(bench.tries["you@d.example"] == 1);
    bench.advance(1s);
    bench.until_all_are(message, RecipientState::delivered);
    CHECK(bench.tries["you@d.example"] == 2);
    bench.until([&] { return bench.open_now() == 0; });
  }
}

TEST_CASE("a crash loop hands out no third copy") {
  CrashBench bench;
  auto message = bench.cut({"you@d.example"});
  for (int i = 0; i < 5; ++i) {
    bench.settle();
    bench.advance(limits::kInterruptedCalm - 1s);
    bench.settle();
    bench.crash();
  }
  CHECK(bench.tries["you@d.example"] == 1);
  // The second copy is cut as well: from now on the calm is longer.
  bench.gate = true;
  bench.settle();
  bench.advance(limits::kInterruptedCalm);
  bench.until([&] { return bench.together == 1; });
  bench.crash();
  bench.settle();
  bench.advance(limits::kInterruptedCalm);
  bench.settle();
  CHECK(bench.tries["you@d.example"] == 2);
  CHECK(bench.run(bench.queue->explain(message.id))[0].cause == Cause::interrupted);
  bench.advance(limits::kInterruptedCalm * limits::kInterruptedGrowth);
  bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.tries["you@d.example"] == 3);
}

TEST_CASE("after a power cut all of before waits, and what is new goes at once") {
  CrashBench bench;
  auto before = bench.cut({"you@d.example"});
  std::filesystem::remove(bench.open_path());  // it was never synced
  auto options = std::exchange(bench.more_options, nullptr);
  bench.more_options = [&](QueueOptions& made) {
    options(made);
    made.doubt = limits::kInterruptedCalm;
  };
  bench.restart();
  auto fresh = bench.accept(bench.account, {"fresh@d.example"});
  bench.until_all_are(fresh, RecipientState::delivered);
  bench.advance(limits::kInterruptedCalm - 1s);
  bench.run(bench.queue->retry(before.id));
  bench.settle();
  CHECK(bench.tries["you@d.example"] == 1);
  bench.advance(1s);
  bench.until_all_are(before, RecipientState::delivered);
  CHECK(bench.tries["you@d.example"] == 2);
}

TEST_CASE("a deferral between two cuts does not forget the first copy") {
  CrashBench bench;
  auto message = bench.cut({"you@d.example"});
  bench.answer = [&](const core::AttemptOrder& order) {
    return order.recipient.attempts == 0 ? later() : ok();
  };
  bench.hand_over_first = false;
  bench.settle();
  bench.advance(limits::kInterruptedCalm);
  bench.until([&] { return bench.recipients_of(message)[0].attempts == 1; });
  CHECK(bench.recipients_of(message)[0].copies == 1);
  bench.until([&] { return bench.open_now() == 0; });
  // The second copy is cut.
  bench.hand_over_first = bench.gate = true;
  bench.advance(limits::kFirstRetry * 2);
  bench.until([&] { return bench.together == 1; });
  bench.crash();
  bench.settle();
  bench.advance(limits::kInterruptedCalm);
  bench.settle();
  CHECK(bench.run(bench.queue->explain(message.id))[0].cause == Cause::interrupted);
  CHECK(bench.tries["you@d.example"] == 3);
  bench.advance(limits::kInterruptedCalm * limits::kInterruptedGrowth);
  bench.until_all_are(message, RecipientState::delivered);
}

TEST_CASE("a reply that was lost counts as a copy when a later delivery is cut") {
  CrashBench bench;
  bench.answer = [&](const core::AttemptOrder& order) {
    if (order.recipient.attempts > 0) return ok();
    order.handing_over();
    return result_of(AttemptOutcome::deferred, Cause::reply_lost, 0, "connection lost");
  };
  auto message = bench.accept(bench.account, {"you@d.example"});
  bench.until([&] { return bench.recipients_of(message)[0].attempts == 1; });
  CHECK(bench.recipients_of(message)[0].copies == 1);
  bench.hand_over_first = bench.gate = true;
  bench.advance(limits::kFirstRetry * 2);
  bench.until([&] { return bench.together == 1; });
  bench.crash();
  bench.settle();
  bench.advance(limits::kInterruptedCalm);
  bench.settle();
  CHECK(bench.run(bench.queue->explain(message.id))[0].cause == Cause::interrupted);
}

TEST_CASE("who never saw the final dot goes on at once after a crash") {
  CrashBench bench;
  bench.gate = true;  // the session is open, the dot not sent
  auto message = bench.accept(bench.account, many(30, "d.example"));
  bench.until([&] { return bench.together == 10; });
  bench.crash();
  bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.tries["u0@d.example"] == 2);
}

TEST_CASE("a receiver that said no leaves nothing open") {
  for (auto said : {later(), never()}) {
    CrashBench bench;
    bench.answer = [&](const core::AttemptOrder& order) {
      order.handing_over();
      return said;
    };
    auto message = bench.accept(bench.account, {"you@d.example"});
    bench.until([&] { return bench.recipients_of(message)[0].attempts == 1; });
    CHECK(bench.open_now() == 0);
  }
}

TEST_CASE("a reply that was lost stays open until its deferral is durable") {
  CrashBench bench;
  bench.answer = [&](const core::AttemptOrder& order) {
    order.handing_over();
    CHECK(bench.open_now() == 1);
    return result_of(AttemptOutcome::deferred, Cause::reply_lost, 0, "connection lost");
  };
  auto message = bench.accept(bench.account, {"you@d.example"});
  bench.until([&] { return bench.recipients_of(message)[0].attempts == 1; });
  bench.until([&] { return bench.open_now() == 0; });
  // The row waits by itself now: no calm after a crash, but the time of the retry.
  bench.crash();
  bench.settle();
  auto explained = bench.run(bench.queue->explain(message.id));
  CHECK(explained[0].cause == Cause::reply_lost);
  CHECK(*explained[0].next > bench.clock.wall() + limits::kInterruptedCalm);
}

TEST_CASE("retry does at once what waits for calm, by message, account or domain") {
  for (int how = 0; how < 3; ++how) {
    CAPTURE(how);
    CrashBench bench;
    auto message = bench.cut({"you@d.example"});
    bench.settle();
    Selection selection = message.id;
    if (how == 1) selection = bench.account;
    if (how == 2) selection = RecipientDomain{"d.example"};
    CHECK(bench.run(bench.queue->retry(bench.other)) == 0);
    bench.settle();
    CHECK(bench.tries["you@d.example"] == 1);
    CHECK(bench.run(bench.queue->retry(selection)) == 1);
    bench.until_all_are(message, RecipientState::delivered);
    CHECK(bench.tries["you@d.example"] == 2);
  }
}

TEST_CASE("what was interrupted and is cancelled leaves the file") {
  CrashBench bench;
  auto message = bench.cut({"you@d.example"});
  bench.settle();
  CHECK(bench.open_now() == 1);
  CHECK(bench.run(bench.queue->cancel(message.id)) == 1);
  bench.advance(limits::kQueueLook);
  bench.until([&] { return bench.open_now() == 0; });
  CHECK(bench.tries["you@d.example"] == 1);
}

TEST_CASE("what was interrupted and is held waits for its release, and for calm as well") {
  for (bool early : {true, false}) {
    CAPTURE(early);
    CrashBench bench;
    auto message = bench.cut({"you@d.example"});
    bench.settle();
    CHECK(bench.run(bench.queue->hold(message.id)) == 1);
    if (!early) bench.advance(limits::kQueueLook);
    bench.settle();
    CHECK(bench.tries["you@d.example"] == 1);
    CHECK(bench.open_now() == 1);
    CHECK(bench.run(bench.queue->release(message.id)) == 1);
    bench.settle();
    if (early) {
      CHECK(bench.tries["you@d.example"] == 1);
      CHECK(bench.run(bench.queue->explain(message.id))[0].cause == Cause::interrupted);
      bench.advance(limits::kInterruptedCalm);
    }
    bench.until_all_are(message, RecipientState::delivered);
    CHECK(bench.tries["you@d.example"] == 2);
    bench.until([&] { return bench.open_now() == 0; });
  }
}

TEST_CASE("a slot of a recipient whose outcome was durable already is dropped at the start") {
  CrashBench bench;
  auto message = bench.accept(bench.account, {"you@d.example"});
  bench.until_all_are(message, RecipientState::delivered);
  bench.until([&] { return bench.open_now() == 0; });
  bench.end_queue();
  bench.open->mark({bench.open->take(), {message.id, 0}, 1});
  bench.open->mark({bench.open->take(), {MessageId(12345), 0}, 1});
  REQUIRE(bench.open_now() == 2);
  auto findings = need(check_open_deliveries(bench.open_path(), *bench.store));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].find("which is not there") != std::string::npos);
  bench.crash();
  bench.until([&] { return bench.open_now() == 0; });
  CHECK(bench.tries["you@d.example"] == 1);
}

TEST_CASE("outcomes that cannot be written stop further deliveries when all slots are in use") {
  CrashBench bench;
  bench.end_queue();
  bench.slots = 6;
  bench.begin_queue();
  bench.gate = true;
  bench.queue->start();
  auto message = bench.accept(bench.account, many(30, "d.example"));
  bench.until([&] { return bench.together == 6; });
  bench.settle();
  CHECK(bench.together == 6);
  bench.open_gate();
  bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.most_together <= 6);
  for (const auto& [address, count] : bench.delivered) CHECK(count == 1);
}

TEST_CASE("an earlier process that left all slots full does not stop this one") {
  CrashBench bench;
  bench.end_queue();
  bench.slots = 3;
  bench.begin_queue();
  bench.queue->start();
  auto message = bench.cut(many(3, "d.example"));
  bench.settle();
  auto fresh = bench.accept(bench.account, many(5, "e.example"));
  bench.until_all_are(fresh, RecipientState::delivered);
  CHECK(bench.tries["u0@d.example"] == 1);
  bench.advance(limits::kInterruptedCalm);
  bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.tries["u0@d.example"] == 2);
  bench.until([&] { return bench.open_now() == 0; });
}

TEST_CASE("a drain leaves the file empty") {
  CrashBench bench;
  auto message = bench.accept(bench.account, many(50, "d.example"));
  CHECK(bench.loop->run_until(bench.queue->drain(Deadline::never())));
  CHECK(bench.open_now() == 0);
}
