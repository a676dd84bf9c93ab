// Purpose: a queue over a real store, with attempts that answer as they are told, for tests.
#pragma once

#include "net/wait_list.h"
#include "queue/queue.h"
#include "store/event.h"
#include "store/store_fixture_test.h"

namespace ph::queue_test {

using namespace ph::queue;
using namespace std::chrono_literals;
using core::AttemptOutcome;
using core::Cause;
using store::RecipientState;
using store_test::need;

inline core::AttemptResult result_of(AttemptOutcome outcome, Cause cause, int code,
                                     std::string reply) {
  core::AttemptResult out;
  out.outcome = outcome;
  out.cause = cause;
  out.code = code;
  out.reply = std::move(reply);
  out.host = "mx.example";
  return out;
}
inline core::AttemptResult ok() {
  return result_of(AttemptOutcome::delivered, Cause::delivered, 250, "250 2.0.0 queued");
}
inline core::AttemptResult later() {
  return result_of(AttemptOutcome::deferred, Cause::temporary_reply, 451, "451 4.3.0 later");
}
inline core::AttemptResult never() {
  return result_of(AttemptOutcome::bounced, Cause::permanent_reply, 550, "550 5.1.1 nobody");
}

// A queue over a real store, with attempts that answer as told.
struct Bench : store_test::StoreFixture {
  explicit Bench(sql::Engine which = sql::Engine::sqlite) : StoreFixture(which) {
    account = make_account("a");
    other = make_account("b");
    begin_queue();
  }
  ~Bench() { end_queue(); }

  void begin_queue() {
    loop = net::Loop::make(clock);
    QueueOptions options;
    options.store = store.get();
    options.loop = loop.get();
    options.random = &random;
    options.attempt = [this](core::AttemptOrder order) { return attempt(std::move(order)); };
    options.site_window = site_window;
    options.ready_most = ready_most;
    options.content_bytes = content_bytes;
    if (more_options) more_options(options);
    queue = std::make_unique<Queue>(std::move(options));
  }
  // As a crash does: what is in memory is gone.
  void end_queue() {
    loop.reset();
    queue.reset();
  }
  void restart() {
    end_queue();
    clock.advance(1s);  // ids are made of the time: no two starts share a millisecond
    reopen();
    begin_queue();
    queue->start();
  }

  net::Task<core::AttemptResult> attempt(core::AttemptOrder order) {
    std::string address = order.recipient.address;
    ++tries[address];
    contents.insert(*order.content);
    order_of.push_back(address);
    most_together = std::max(most_together, ++together);
    if (hand_over_first && order.handing_over) order.handing_over();
    if (gate || (hangs && hangs(order))) co_await opened.wait(Deadline::never());
    --together;
    core::AttemptResult out = answer(order);
    if (out.outcome == AttemptOutcome::delivered) ++delivered[address];
    co_return out;
  }

  // Runs the loop until `what` holds. The bound only ends a test that hangs.
  void until(std::function<bool()> what) {
    MonoTime end = system_clock().mono() + 120s;
    while (!what()) {
      if (system_clock().mono() >= end) FAIL("it never came true");
      need(loop->run_until(round_trip()));
    }
  }
  net::Task<Result<int>> round_trip() {
    return store->read<int>([](sql::Connection&) -> Result<int> { return 1; });
  }
  void advance(Duration d) { clock.advance(d), loop->post([] {}); }
  template <class T>
  T run(net::Task<Result<T>> task) {
    return need(loop->run_until(std::move(task)));
  }

  enum class Hand : uint8_t { over, no };  // whether the queue is told
  store::MessageRow accept(AccountId from, std::vector<std::string> to, Hand hand = Hand::over,
                           std::string content = "Subject: x\r\n\r\nhello\r\n") {
    return need(write<store::MessageRow>([&](store::Tx& tx) -> Result<store::MessageRow> {
      store::MessageRow message;
      message.id = MessageId(tx.new_id());
      message.account_id = from;
      message.domain_id = DomainId(1);
      message.created_at = tx.now();
      message.content = TRY(tx.put_content(content));
      message.size = static_cast<int64_t>(content.size());
      std::vector<store::RecipientRow> rows;
      for (const std::string& address : to) {
        store::RecipientRow row;
        row.address = address;
        row.domain = address.substr(address.find('@') + 1);
        row.cause = "accepted";
        row.next_at = row.updated_at = tx.now();
        row.expires_at = tx.now() + limits::kQueueLifetime;
        rows.push_back(std::move(row));
      }
      TRY(store::insert_message_with_recipients(tx, message, rows));
      if (hand == Hand::over) {
        auto bytes = std::make_shared<const std::string>(content);
        tx.after_commit([this, message, rows, bytes] { queue->accepted({message, rows, bytes}); });
      }
      return message;
    }));
  }
  std::vector<std::string> states(const store::MessageRow& message) {
    std::vector<std::string> out;
    for (const auto& row : recipients_of(message)) {
      out.push_back(fmt::format("{} {}", store::recipient_state_name(row.state), row.cause));
    }
    return out;
  }
  store::QueueCounts counts() {
    return need(read<store::QueueCounts>([&](sql::Connection& c) {
      return store::queue_counts_for_operator(c, clock.wall());
    }));
  }
  bool anything_due() {
    std::vector<int32_t> shards = store->leases().shards(clock.mono());
    return !need(read<std::vector<store::RecipientRow>>([&](sql::Connection& c) {
              return store::due_recipients_for_queue(c, shards, clock.wall(), 1);
            })).empty();
  }
  bool all_are(const store::MessageRow& message, RecipientState state) {
    auto rows = recipients_of(message);
    return std::ranges::all_of(rows, [&](const auto& row) { return row.state == state; });
  }
  // Outcomes may still be on their way to the rows.
  void until_all_are(const store::MessageRow& message, RecipientState state) {
    until([&] { return all_are(message, state); });
  }
  std::vector<std::string> event_types(const store::MessageRow& message) {
    auto rows = need(read<std::vector<store::EventRow>>([&](sql::Connection& c) {
      return store::events_of_message(c, message.account_id, message.id, {0, 200});
    }));
    std::vector<std::string> out;
    for (const auto& row : rows) out.push_back(row.type);
    return out;
  }
  void open_gate() {
    gate = false, hangs = nullptr;
    loop->post([this] { opened.notify_all(); });
  }

  AccountId account, other;
  FakeRandom random;
  unsigned site_window = 10;
  size_t ready_most = 1000;
  size_t content_bytes = 1u << 20;
  std::function<core::AttemptResult(const core::AttemptOrder&)> answer =
      [](const core::AttemptOrder&) { return ok(); };
  bool gate = false;
  std::function<bool(const core::AttemptOrder&)> hangs;  // these wait for the gate to be opened
  bool hand_over_first = false;  // the final dot is sent before the gate
  std::function<void(QueueOptions&)> more_options;
  net::WaitList opened;
  std::map<std::string, int> tries;
  std::map<std::string, int> delivered;
  std::set<std::string> contents;
  std::vector<std::string> order_of;
  int together = 0;
  int most_together = 0;
  std::unique_ptr<net::Loop> loop;
  std::unique_ptr<Queue> queue;
};

inline std::vector<std::string> many(int count, std::string_view domain) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) out.push_back(fmt::format("u{}@{}", i, domain));
  return out;
}

}  // namespace ph::queue_test
