// A store that fails for a moment, a lease that ends, and verbs between an attempt and its outcome.
#include <future>

#include "queue/queue_bench_test.h"

using namespace ph;
using namespace ph::queue_test;

namespace {

// Fails the next statement that claims rows, as a database does that is away for a moment.
class ClaimFails : public sql::Connection {
 public:
  ClaimFails(std::unique_ptr<sql::Connection> inner, std::atomic<int>& failures)
      : inner_(std::move(inner)), failures_(failures) {}
  sql::Engine engine() const override { return inner_->engine(); }
  bool connected() const override { return inner_->connected(); }
  Result<sql::Rows> query(std::string_view sql, const sql::Params& params) override {
    return inner_->query(sql, params);
  }
  Result<int64_t> exec(std::string_view sql, const sql::Params& params) override {
    return inner_->exec(sql, params);
  }
  Result<std::vector<int64_t>> exec_many(std::string_view sql,
                                         std::span<const sql::Params> sets) override {
    if (sql.starts_with("UPDATE recipient SET epoch") && failures_ > 0) {
      --failures_;
      return fail(Errc::temporary, "the database is away");
    }
    return inner_->exec_many(sql, sets);
  }
  Result<> script(const std::string& sql) override { return inner_->script(sql); }
  Result<> begin() override { return inner_->begin(); }
  Result<> begin_snapshot() override { return inner_->begin_snapshot(); }
  Result<> commit() override { return inner_->commit(); }
  Result<> rollback() override { return inner_->rollback(); }
  Result<> savepoint() override { return inner_->savepoint(); }
  Result<> release_savepoint() override { return inner_->release_savepoint(); }
  Result<> rollback_to_savepoint() override { return inner_->rollback_to_savepoint(); }

 private:
  std::unique_ptr<sql::Connection> inner_;
  std::atomic<int>& failures_;
};

// Keeps the store's writer busy until it is told to go on.
class BusyWriter {
 public:
  explicit BusyWriter(store::Store& store)
      : thread_([this, &store] {
          auto job = [this](store::Tx&) -> Result<> {
            begun_.set_value();
            go_on_.get_future().wait();
            return {};
          };
          need(store.write_now<void>(std::move(job)));
        }) {
    begun_.get_future().wait();
  }
  void go_on() {
    go_on_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> begun_, go_on_;
  std::thread thread_;
};

net::Task<> note(net::Task<Result<int64_t>> verb, std::optional<int64_t>* count) {
  count->emplace(need(co_await std::move(verb)));
}

}  // namespace

TEST_CASE("rows whose claim failed for a moment are read again soon") {
  Bench bench;
  auto message = bench.accept(bench.account, many(5, "d.example"), Bench::Hand::no);
  bench.end_queue();
  bench.clock.advance(1s);
  std::atomic<int> failures = 1;
  bench.store.reset();
  store::StoreOptions options = bench.options();
  options.connect = [&](const sql::ConnectOptions& how)
      -> Result<std::unique_ptr<sql::Connection>> {
    return std::make_unique<ClaimFails>(TRY(sql::connect(how)), failures);
  };
  bench.store = need(store::Store::open(std::move(options)));
  bench.begin_queue();
  bench.queue->start();
  bench.until([&] { return failures == 0; });
  // What is written next is answered behind the claim.
  store::Store::WriteJob<int> next = [](store::Tx&) -> Result<int> { return 1; };
  bench.run(bench.store->write<int>(std::move(next)));
  CHECK(bench.tries.empty());
  bench.advance(limits::kOutcomeRetry);
  bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.tries.size() == 5);
}

TEST_CASE("a lease that ended and came back brings back what was in memory") {
  if (sql_test::PostgresServer::get() == nullptr) return;
  Bench bench(sql::Engine::postgresql);
  bench.queue->start();
  auto done = bench.accept(bench.other, {"you@e.example"});
  bench.until_all_are(done, RecipientState::delivered);
  bench.queue->suspend();
  auto message = bench.accept(bench.account, {"you@d.example"});
  bench.until([&] { return bench.run(bench.queue->summary()).ready == 1; });
  bench.run(bench.queue->release(bench.other));  // everything is read again
  need(bench.loop->run_until(bench.round_trip()));
  CHECK(bench.run(bench.queue->cancel(done.id)) == 0);  // and has been
  bench.advance(limits::kLeaseKept);
  bench.queue->resume();
  bench.until([&] { return bench.run(bench.queue->summary()).ready == 0; });
  CHECK(bench.tries.size() == 1);
  // The writer has something to do each time, and renews.
  for (Duration passed{}; passed <= limits::kQueueLook; passed += limits::kLeaseRenew) {
    bench.make_account(fmt::format("c{}", passed.count()));
    CHECK_FALSE(bench.store->leases().shards(bench.clock.mono()).empty());
    bench.advance(limits::kLeaseRenew);
  }
  bench.until_all_are(message, RecipientState::delivered);
}

TEST_CASE("shards that another node gave up are read as soon as they are taken") {
  if (sql_test::PostgresServer::get() == nullptr) return;
  Bench bench(sql::Engine::postgresql);
  bench.queue->start();
  auto first = bench.accept(bench.account, {"you@d.example"});
  bench.until_all_are(first, RecipientState::delivered);
  // The other node takes all, and takes a mail.
  auto others = [&](int64_t until) {
    need(bench.write([&](store::Tx& tx) -> Result<> {
      TRY(tx.sql().exec("UPDATE lease SET owner = 'other', epoch = epoch + 1, until_at = $1",
                        {until}));
      return {};
    }));
  };
  auto renew = [&] {  // the writer does, when it has something to do
    bench.advance(limits::kLeaseRenew);
    for (const char* name : {"before", "after"})
      bench.make_account(fmt::format("{}{}", name, bench.clock.mono().micros));
  };
  others(INT64_MAX);
  renew();
  CHECK(bench.store->leases().shards(bench.clock.mono()).empty());
  auto message = bench.accept(bench.account, {"me@d.example"}, Bench::Hand::no);
  CHECK(bench.tries.size() == 1);
  // It dies: its leases have run out, and are taken.
  others(0);
  renew();
  CHECK_FALSE(bench.store->leases().shards(bench.clock.mono()).empty());
  bench.until_all_are(message, RecipientState::delivered);  // without another look's time
  CHECK(bench.tries.size() == 2);
}

TEST_CASE("cancel finishes a recipient whose deferral is not written yet") {
  Bench bench;
  bench.gate = true;
  bench.answer = [](const core::AttemptOrder&) { return later(); };
  bench.queue->start();
  auto message = bench.accept(bench.account, {"you@d.example"});
  bench.until([&] { return bench.together == 1; });
  BusyWriter busy(*bench.store);
  bench.open_gate();
  bench.until([&] { return bench.together == 0; });
  std::optional<int64_t> count;
  bench.loop->spawn(note(bench.queue->cancel(message.id), &count));
  bench.until([&] { return true; });
  busy.go_on();
  bench.until([&] { return count.has_value(); });
  CHECK(count == 1);
  CHECK(bench.states(message) == std::vector<std::string>{"cancelled cancelled"});
  CHECK(bench.event_types(message).front() == "cancelled");
}
