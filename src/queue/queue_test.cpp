#include "queue/queue_bench_test.h"

using namespace ph;
using namespace ph::queue_test;

TEST_CASE("an accepted message goes out at once, and row, attempt, event and counter say so") {
  Bench bench;
  bench.queue->start();
  auto message = bench.accept(bench.account, {"you@d.example", "me@e.example"});
  bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.tries == std::map<std::string, int>{{"you@d.example", 1}, {"me@e.example", 1}});
  CHECK(bench.contents == std::set<std::string>{"Subject: x\r\n\r\nhello\r\n"});
  CHECK(bench.event_types(message) == std::vector<std::string>{"delivered", "delivered"});
  auto explained = bench.run(bench.queue->explain(message.id));
  REQUIRE(explained.size() == 2);
  CHECK(explained[0].cause == Cause::delivered);
  REQUIRE(explained[0].history.size() == 1);
  CHECK(explained[0].history[0].reply == "250 2.0.0 queued");
  CHECK(explained[0].history[0].host == "mx.example");
}

TEST_CASE("a deferred recipient waits for its time, then is tried again") {
  Bench bench;
  bench.answer = [&](const core::AttemptOrder& order) {
    return bench.tries[order.recipient.address] < 3 ? later() : ok();
  };
  bench.queue->start();
  auto message = bench.accept(bench.account, {"you@d.example"});
  bench.until([&] { return bench.recipients_of(message)[0].attempts == 1; });
  auto row = bench.recipients_of(message)[0];
  CHECK(row.cause == "temporary_reply");
  CHECK(row.next_at - bench.clock.wall() >= limits::kFirstRetry);
  bench.advance(limits::kFirstRetry - 1s);
  CHECK(bench.run(bench.queue->summary()).deferred == 1);
  CHECK(bench.tries["you@d.example"] == 1);
  bench.advance(limits::kFirstRetry / 4 + 1s);
  bench.until([&] { return bench.recipients_of(message)[0].attempts == 2; });
  bench.advance(limits::kFirstRetry * 3);
  bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.tries["you@d.example"] == 3);
  CHECK(bench.event_types(message) ==
        std::vector<std::string>{"delivered", "deferred", "deferred"});
}

TEST_CASE("each recipient has its own outcome") {
  Bench bench;
  bench.answer = [](const core::AttemptOrder& order) {
    return order.recipient.key.idx == 0 ? ok() : order.recipient.key.idx == 1 ? never() : later();
  };
  bench.queue->start();
  auto message = bench.accept(bench.account, many(3, "d.example"));
  bench.until([&] {
    return bench.states(message) == std::vector<std::string>{"delivered delivered",
                                                             "bounced permanent_reply",
                                                             "queued temporary_reply"};
  });
  CHECK(bench.tries.size() == 3);
}

TEST_CASE("a recipient that is never taken expires at the end of its life") {
  Bench bench;
  bench.answer = [](const core::AttemptOrder&) { return later(); };
  bench.queue->start();
  auto message = bench.accept(bench.account, {"you@d.example"});
  int64_t attempts = 0;
  while (!bench.all_are(message, RecipientState::expired)) {
    bench.until([&] {
      auto row = bench.recipients_of(message)[0];
      return row.attempts > attempts || row.state == RecipientState::expired;
    });
    attempts = bench.recipients_of(message)[0].attempts;
    bench.advance(limits::kRetryMost);
  }
  CHECK(attempts >= 18);
  CHECK(attempts <= 30);
  CHECK(bench.states(message) == std::vector<std::string>{"expired expired"});
  CHECK(bench.event_types(message).front() == "expired");
}

TEST_CASE("after a restart everything that is queued goes on, and nothing that is done") {
  Bench bench;
  bench.answer = [](const core::AttemptOrder& order) {
    return order.recipient.key.idx % 2 == 0 ? ok() : later();
  };
  bench.queue->start();
  auto first = bench.accept(bench.account, many(10, "d.example"));
  bench.until([&] {
    int64_t tried = 0;
    for (const auto& row : bench.recipients_of(first)) tried += row.attempts;
    return tried == 10;
  });
  bench.answer = [](const core::AttemptOrder&) { return ok(); };
  auto unseen = bench.accept(bench.account, many(5, "e.example"), Bench::Hand::no);
  bench.restart();
  bench.advance(limits::kFirstRetry * 2);
  bench.until_all_are(first, RecipientState::delivered);
  bench.until_all_are(unseen, RecipientState::delivered);
  for (const auto& [address, count] : bench.delivered) {
    CAPTURE(address);
    CHECK(count == 1);
  }
  CHECK(bench.delivered.size() == 15);
}

TEST_CASE("a session that was cut by a crash is tried again") {
  Bench bench;
  bench.gate = true;
  bench.queue->start();
  auto message = bench.accept(bench.account, {"you@d.example"});
  bench.until([&] { return bench.together == 1; });
  bench.gate = false;
  bench.restart();
  bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.tries["you@d.example"] == 2);
}

TEST_CASE("a destination has no more sessions than its window") {
  Bench bench;
  bench.gate = true;
  bench.queue->start();
  auto message = bench.accept(bench.account, many(50, "d.example"));
  bench.until([&] { return bench.together == 10; });
  auto summary = bench.run(bench.queue->summary());
  CHECK(summary.in_flight == 10);
  CHECK(summary.ready == 40);
  CHECK(summary.queued == 50);
  auto explained = bench.run(bench.queue->explain(message.id));
  CHECK(explained[0].cause == Cause::attempting);
  CHECK(explained[49].cause == Cause::site_window_full);
  CHECK(explained[49].limit.find("10 of 10 sessions to d.example") != std::string::npos);
  bench.open_gate();
  bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.most_together == 10);
}

TEST_CASE("one mail of another account passes a long line to the same destination") {
  Bench bench;
  bench.end_queue();
  bench.ready_most = 10000;
  bench.begin_queue();
  bench.gate = true;
  bench.queue->start();
  auto bulk = bench.accept(bench.account, many(300, "d.example"));
  bench.until([&] { return bench.together == 10; });
  auto one = bench.accept(bench.other, {"otp@d.example"});
  bench.until([&] { return bench.run(bench.queue->summary()).ready == 291; });
  bench.open_gate();
  bench.until_all_are(one, RecipientState::delivered);
  auto at = std::ranges::find(bench.order_of, "otp@d.example") - bench.order_of.begin();
  CHECK(at <= 20);
  bench.until_all_are(bulk, RecipientState::delivered);
}

TEST_CASE("more than memory takes stays rows and is read on, each exactly once") {
  Bench bench;
  bench.end_queue();
  bench.ready_most = 40;
  bench.begin_queue();
  bench.queue->start();
  std::vector<store::MessageRow> messages;
  for (int i = 0; i < 6; ++i) {
    messages.push_back(bench.accept(bench.account, many(60, fmt::format("d{}.example", i)),
                                    i % 2 == 0 ? Bench::Hand::over : Bench::Hand::no));
  }
  bench.advance(limits::kQueueLook);
  for (const auto& message : messages) bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.delivered.size() == 360);
  for (const auto& [address, count] : bench.delivered) CHECK(count == 1);
}

TEST_CASE("mail that finds memory full at the start does not hide what was queued before it") {
  Bench bench;
  auto old = bench.accept(bench.account, many(30, "old.example"), Bench::Hand::no);
  bench.end_queue();
  bench.ready_most = 5;
  bench.begin_queue();
  bench.clock.advance(1s);
  auto fresh = bench.accept(bench.account, many(30, "old.example"), Bench::Hand::over);
  bench.queue->start();
  bench.until_all_are(old, RecipientState::delivered);
  bench.until_all_are(fresh, RecipientState::delivered);
  for (const auto& [address, count] : bench.delivered) CHECK(count == 2);
}

TEST_CASE("a lane longer than its share of memory is read on in order") {
  Bench bench;
  bench.end_queue();
  bench.ready_most = 100000;
  bench.begin_queue();
  bench.queue->start();
  int total = static_cast<int>(limits::kQueueReadyLane) * 3 + 17;
  std::vector<store::MessageRow> messages;
  for (int made = 0; made < total; made += 500) {
    auto to = many(std::min(500, total - made), fmt::format("d.example"));
    for (auto& address : to) address = fmt::format("m{}{}", made, address);
    messages.push_back(bench.accept(bench.account, std::move(to)));
  }
  for (const auto& message : messages) bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.delivered.size() == static_cast<size_t>(total));
  for (const auto& [address, count] : bench.delivered) CHECK(count == 1);
}

TEST_CASE("fresh mail for a site that answers waits in memory, however much of it comes") {
  Bench bench;
  bench.end_queue();
  bench.ready_most = 8000;
  bench.begin_queue();
  bench.queue->start();
  bench.until_all_are(bench.accept(bench.account, {"first@d.example"}), RecipientState::delivered);
  bench.gate = true;
  std::vector<store::MessageRow> messages;
  int total = static_cast<int>(limits::kQueueReadyLane) * 3;
  for (int made = 0; made < total; made += 500) {
    auto to = many(500, "d.example");
    for (auto& address : to) address = fmt::format("m{}{}", made, address);
    messages.push_back(bench.accept(bench.account, std::move(to)));
  }
  bench.until([&] { return bench.together == 10; });
  CHECK(bench.run(bench.queue->summary()).ready == total - 10);
  bench.open_gate();
  for (const auto& message : messages) bench.until_all_are(message, RecipientState::delivered);
  for (const auto& [address, count] : bench.delivered) CHECK(count == 1);
}

TEST_CASE("content beyond the memory for it is read from the store when its turn comes") {
  Bench bench;
  bench.end_queue();
  bench.content_bytes = 4000;
  bench.begin_queue();
  bench.gate = true;
  bench.queue->start();
  std::vector<store::MessageRow> messages;
  for (int i = 0; i < 8; ++i) {
    std::string content = fmt::format("Subject: {}\r\n\r\n", i) + std::string(900, 'x') + "\r\n";
    messages.push_back(bench.accept(bench.account, {fmt::format("u@d{}.example", i)},
                                    Bench::Hand::over, content));
  }
  // Two were handed over, two more fit when they are read; the others wait for those.
  bench.until([&] { return bench.together == 4; });
  CHECK(bench.run(bench.queue->summary()).in_flight == 8);
  bench.open_gate();
  for (const auto& message : messages) bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.contents.size() == 8);
  CHECK(bench.most_together <= 4);
}

TEST_CASE("hold stops what is not in a session, release lets it go on") {
  Bench bench;
  bench.gate = true;
  bench.queue->start();
  auto message = bench.accept(bench.account, many(30, "d.example"));
  bench.until([&] { return bench.together == 10; });
  // Those in a session are held in their rows as well; their outcome is the truth all the same.
  CHECK(bench.run(bench.queue->hold(message.id)) == 30);
  bench.open_gate();
  bench.until([&] { return bench.run(bench.queue->summary()).held == 20; });
  bench.advance(limits::kQueueLook);
  CHECK(bench.run(bench.queue->summary()).in_flight == 0);
  CHECK(bench.delivered.size() == 10);
  CHECK(bench.run(bench.queue->explain(message.id))[29].cause == Cause::held);
  CHECK(bench.run(bench.queue->release(message.id)) == 20);
  bench.until_all_are(message, RecipientState::delivered);
  for (const auto& [address, count] : bench.delivered) CHECK(count == 1);
  auto types = bench.event_types(message);
  CHECK(std::ranges::count(types, "held") == 1);
  CHECK(std::ranges::count(types, "released") == 1);
}

TEST_CASE("accounts and destinations can be held too") {
  Bench bench;
  bench.queue->suspend();
  bench.queue->start();
  auto mine = bench.accept(bench.account, {"a@d.example", "b@e.example"});
  auto theirs = bench.accept(bench.other, {"c@d.example"});
  bench.until([&] { return bench.run(bench.queue->summary()).ready == 3; });
  CHECK(bench.run(bench.queue->explain(mine.id))[0].cause == Cause::delivery_suspended);
  CHECK(bench.run(bench.queue->hold(bench.account)) == 2);
  CHECK(bench.run(bench.queue->release(bench.account)) == 2);
  CHECK(bench.run(bench.queue->hold(RecipientDomain{"d.example"})) == 2);
  bench.queue->resume();
  bench.until([&] { return bench.delivered.contains("b@e.example"); });
  CHECK(bench.run(bench.queue->summary()).held == 2);
  CHECK(bench.run(bench.queue->release(RecipientDomain{"d.example"})) == 2);
  bench.until_all_are(mine, RecipientState::delivered);
  bench.until_all_are(theirs, RecipientState::delivered);
}

TEST_CASE("more than a slice of an account is held, and others write between its slices") {
  Bench bench;
  bench.gate = true;
  bench.queue->start();
  constexpr int kMany = static_cast<int>(limits::kQueueVerbSlice) * 5 / 2;
  auto message = bench.accept(bench.account, many(kMany, "d.example"));
  bench.until([&] { return bench.together == 10; });
  // Asked for when the hold was: its turn comes before the hold's last slice.
  bool held = false;
  std::vector<std::string> order;
  auto hold = [&]() -> net::Task<> {
    auto count = co_await bench.queue->hold(bench.account);
    CHECK(need(std::move(count)) == kMany);
    order.emplace_back("held");
    held = true;
  };
  auto write = [&]() -> net::Task<> {
    for (int i = 0; i < 3; ++i) {
      need(co_await bench.store->write<void>([](store::Tx&) { return Result<>(); }));
      order.emplace_back("written");
    }
  };
  bench.loop->spawn(hold());
  bench.loop->spawn(write());
  bench.until([&] { return held && order.size() == 4; });
  CHECK(order.front() == "written");
  bench.open_gate();
  bench.until([&] { return bench.run(bench.queue->summary()).held == kMany - 10; });
  bench.advance(limits::kQueueLook);
  CHECK(bench.run(bench.queue->summary()).ready == 0);
  CHECK(bench.delivered.size() == 10);
  auto theirs = bench.accept(bench.other, {"c@d.example"});
  bench.until_all_are(theirs, RecipientState::delivered);
  CHECK(bench.run(bench.queue->release(bench.account)) == kMany - 10);
  bench.until_all_are(message, RecipientState::delivered);
  for (const auto& [address, count] : bench.delivered) CHECK(count == 1);
}

TEST_CASE("retry brings a waiting recipient forward") {
  Bench bench;
  bench.answer = [&](const core::AttemptOrder& order) {
    return bench.tries[order.recipient.address] < 2 ? later() : ok();
  };
  bench.queue->start();
  auto message = bench.accept(bench.account, {"you@d.example"});
  bench.until([&] { return bench.recipients_of(message)[0].attempts == 1; });
  CHECK(bench.run(bench.queue->retry(message.id)) == 1);
  bench.until_all_are(message, RecipientState::delivered);
}

TEST_CASE("cancel and expire finish what waits, and what is in a session when it comes back") {
  struct Row {
    const char* name;
    RecipientState state;
  };
  for (const Row& row : {Row{"cancelled", RecipientState::cancelled},
                         Row{"expired", RecipientState::expired}}) {
    CAPTURE(row.name);
    Bench bench;
    bench.gate = true;
    bench.answer = [](const core::AttemptOrder&) { return later(); };
    bench.queue->start();
    auto message = bench.accept(bench.account, many(15, "d.example"));
    bench.until([&] { return bench.together == 10; });
    bool cancel = row.state == RecipientState::cancelled;
    auto count = bench.run(cancel ? bench.queue->cancel(message.id)
                                  : bench.queue->expire(message.id));
    CHECK(count == 5);
    bench.open_gate();
    bench.until_all_are(message, row.state);
    CHECK(bench.tries.size() == 10);
    auto types = bench.event_types(message);
    CHECK(std::ranges::count(types, std::string(row.name)) == 15);
  }
}

TEST_CASE("a verb about a message that does not exist is refused") {
  Bench bench;
  bench.queue->start();
  auto held = bench.loop->run_until(bench.queue->hold(MessageId(12345)));
  REQUIRE(!held);
  CHECK(held.error().code == Errc::not_found);
}

TEST_CASE("drain starts nothing more, waits for sessions and writes what became of them") {
  Bench bench;
  bench.gate = true;
  bench.queue->start();
  auto message = bench.accept(bench.account, many(20, "d.example"));
  bench.until([&] { return bench.together == 10; });
  CHECK(!bench.loop->run_until(bench.queue->drain(Deadline::in(bench.clock, 0s))));
  bench.open_gate();
  CHECK(bench.loop->run_until(bench.queue->drain(Deadline::never())));
  auto rows = bench.recipients_of(message);
  CHECK(std::ranges::count(rows, RecipientState::delivered, &store::RecipientRow::state) == 10);
  CHECK(bench.tries.size() == 10);
  bench.restart();
  bench.until_all_are(message, RecipientState::delivered);
  for (const auto& [address, count] : bench.delivered) CHECK(count == 1);
}

TEST_CASE("whatever receivers do, nobody is delivered twice and every state adds up") {
  Bench bench;
  FakeRandom dice(99);
  bench.answer = [&](const core::AttemptOrder&) {
    uint64_t n = dice.below(10);
    return n < 5 ? ok() : n < 9 ? later() : never();
  };
  bench.queue->start();
  std::vector<store::MessageRow> messages;
  for (int round = 0; round < 12; ++round) {
    messages.push_back(bench.accept(round % 3 == 0 ? bench.other : bench.account,
                                    many(25, fmt::format("d{}.example", dice.below(4))),
                                    dice.below(4) == 0 ? Bench::Hand::no : Bench::Hand::over));
    const auto& any = messages[dice.below(messages.size())];
    if (round % 4 == 1) bench.run(bench.queue->hold(any.id));
    if (round % 4 == 2) bench.run(bench.queue->release(any.id));
    if (round % 4 == 3) bench.run(bench.queue->retry(bench.account));
    if (round == 6) bench.restart();
    bench.advance(limits::kFirstRetry);
  }
  for (const auto& message : messages) bench.run(bench.queue->release(message.id));
  int64_t total = 0;
  for (int turn = 0; turn < 200; ++turn) {
    bench.advance(limits::kRetryMost / 4);
    bench.until([&] { return !bench.anything_due(); });
    if (bench.counts().queued == 0) break;
  }
  std::map<RecipientState, int64_t> sums;
  for (const auto& message : messages) {
    for (const auto& row : bench.recipients_of(message)) {
      ++sums[row.state], ++total;
      auto attempts = need(bench.read<std::vector<store::AttemptRow>>([&](sql::Connection& c) {
        return store::attempts(c, message.account_id, row.key);
      }));
      auto taken = std::ranges::count(attempts, 250, &store::AttemptRow::code);
      CHECK(taken == (row.state == RecipientState::delivered ? 1 : 0));
      CHECK(static_cast<int64_t>(attempts.size()) == row.attempts);
    }
  }
  CHECK(total == 300);
  CHECK(sums[RecipientState::delivered] + sums[RecipientState::bounced] +
            sums[RecipientState::expired] ==
        total);
}

TEST_CASE("a verb about no account and no destination is refused, and changes nothing") {
  Bench bench;
  bench.gate = true;
  bench.queue->start();
  auto message = bench.accept(bench.account, {"you@d.example"});
  for (const Selection& nobody : {Selection(AccountId()), Selection(RecipientDomain{})}) {
    for (auto verb : {&Queue::hold, &Queue::release, &Queue::retry}) {
      auto refused = bench.loop->run_until((bench.queue.get()->*verb)(nobody));
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().code == Errc::invalid);
    }
  }
  bench.open_gate();
  bench.until_all_are(message, RecipientState::delivered);
}

TEST_CASE("an outcome waits a little for others under way, and goes with them into the rows") {
  Bench bench;
  bench.more_options = [](QueueOptions& options) { options.outcome_gather = 4ms; };
  bench.restart();
  bench.hangs = [](const core::AttemptOrder& order) { return order.recipient.key.idx > 0; };
  auto message = bench.accept(bench.account, many(6, "d.example"));
  bench.until([&] { return bench.delivered.size() == 1 && bench.tries.size() == 6; });
  for (int i = 0; i < 20; ++i) need(bench.loop->run_until(bench.round_trip()));
  CHECK(bench.all_are(message, RecipientState::queued));
  bench.open_gate();
  bench.until([&] { return bench.delivered.size() == 6; });
  CHECK(bench.all_are(message, RecipientState::queued));
  bench.advance(4ms);
  bench.until_all_are(message, RecipientState::delivered);
}

TEST_CASE("the last outcome waits for nobody") {
  Bench bench;
  bench.more_options = [](QueueOptions& options) { options.outcome_gather = 4ms; };
  bench.restart();
  auto message = bench.accept(bench.account, {"you@d.example"});
  bench.until_all_are(message, RecipientState::delivered);
}
