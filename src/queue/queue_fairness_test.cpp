// Receivers that let sessions hang, and queues longer than memory, while others flow.
#include "queue/queue_bench_test.h"

using namespace ph;
using namespace ph::queue_test;

namespace {

bool is_tarpit(const core::AttemptOrder& order) {
  return order.recipient.domain.starts_with("tarpit");
}

std::vector<std::string> of_sites(int sites, int each, std::string_view name) {
  std::vector<std::string> out;
  for (int i = 0; i < each; ++i)
    for (int site = 0; site < sites; ++site)
      out.push_back(fmt::format("u{}@{}{}.example", i, name, site));
  return out;
}

// A domain whose recipients are in the same shard.
std::string beside(std::string_view domain) {
  for (int i = 0;; ++i) {
    std::string other = fmt::format("beside{}.example", i);
    if (store::shard_of(other) == store::shard_of(domain)) return other;
  }
}

void restart_with(Bench& bench, size_t ready_most, unsigned sessions) {
  bench.end_queue();
  bench.ready_most = ready_most;
  bench.more_options = [sessions](QueueOptions& options) { options.sessions = sessions; };
  bench.begin_queue();
  bench.queue->start();
}

}  // namespace

TEST_CASE("three hundred sites that never answer leave sessions and memory to the others") {
  Bench bench;
  restart_with(bench, 2000, 200);
  bench.hangs = is_tarpit;
  auto stuck = bench.accept(bench.account, of_sites(300, 3, "tarpit"));
  bench.until([&] { return bench.together == 100; });  // half of all
  for (int round = 0; round < 5; ++round) {
    // The first mail to a new site waits for one of those; to a known one it goes at once.
    bench.advance(limits::kSiteStuck);
    auto message = bench.accept(bench.other, of_sites(3, 20, "good"));
    if (round == 0) {
      bench.open_gate();
      bench.until_all_are(message, RecipientState::delivered);
      bench.until_all_are(stuck, RecipientState::delivered);
      bench.hangs = is_tarpit;
      stuck = bench.accept(bench.account, of_sites(300, 3, "tarpit-again"));
      bench.until([&] { return bench.together == 100; });
    }
    bench.until_all_are(message, RecipientState::delivered);
    CHECK(bench.together <= 100);
  }
  bench.open_gate();
  bench.until_all_are(stuck, RecipientState::delivered);
}

TEST_CASE("a long queue for one site that hangs hides nothing behind it, and all of it is found") {
  Bench bench;
  std::vector<store::MessageRow> waiting;
  for (int made = 0; made < 6; ++made) {
    auto to = many(500, "tarpit.example");
    for (auto& address : to) address = fmt::format("m{}{}", made, address);
    waiting.push_back(bench.accept(made % 3 == 0 ? bench.other : bench.account, to,
                                   Bench::Hand::no));
    bench.clock.advance(30s);
  }
  std::string domain = beside("tarpit.example");
  auto behind = bench.accept(bench.account, many(3, domain), Bench::Hand::no);
  bench.hangs = is_tarpit;
  restart_with(bench, 50000, 4000);
  bench.until_all_are(behind, RecipientState::delivered);
  CHECK(bench.together == 10);
  CHECK(bench.run(bench.queue->summary()).ready <= 1000);
  auto fresh = bench.accept(bench.other, {"you@" + domain});
  bench.until_all_are(fresh, RecipientState::delivered);
  bench.open_gate();
  for (const auto& message : waiting) bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.delivered.size() == 3004);
  for (const auto& [address, count] : bench.delivered) CHECK(count == 1);
}

TEST_CASE("destinations that share a site share its lane, also when it is longer than memory") {
  Bench bench;
  std::vector<store::MessageRow> waiting;
  for (int made = 0; made < 4; ++made) {
    auto to = of_sites(4, 125, "tarpit");
    for (auto& address : to) address = fmt::format("m{}{}", made, address);
    waiting.push_back(bench.accept(bench.account, to, Bench::Hand::no));
  }
  bench.hangs = is_tarpit;
  bench.end_queue();
  bench.more_options = [](QueueOptions& options) {
    options.site = [](std::string_view) { return std::string("hop.example"); };
  };
  bench.begin_queue();
  bench.queue->start();
  bench.until([&] { return bench.together == 10; });
  bench.open_gate();
  for (const auto& message : waiting) bench.until_all_are(message, RecipientState::delivered);
  CHECK(bench.most_together == 10);
  for (const auto& [address, count] : bench.delivered) CHECK(count == 1);
}

TEST_CASE("what a held message leaves of its lane goes on") {
  Bench bench;
  bench.gate = true;
  bench.queue->start();
  auto first = bench.accept(bench.account, many(510, "d.example"));
  auto second = bench.accept(bench.account, many(20, "d.example"));
  bench.until([&] { return bench.together == 10; });
  CHECK(bench.run(bench.queue->summary()).ready <= 500);
  CHECK(bench.run(bench.queue->hold(first.id)) == 510);
  bench.open_gate();
  bench.until_all_are(second, RecipientState::delivered);
  CHECK(bench.order_of.size() == 30);
  CHECK(bench.run(bench.queue->release(first.id)) >= 500);
  bench.until_all_are(first, RecipientState::delivered);
}

TEST_CASE("what a verb lets go again is seen without reading all that waits") {
  Bench bench;
  bench.hangs = is_tarpit;
  bench.queue->start();
  auto waiting = bench.accept(bench.account, many(700, "tarpit.example"));
  auto message = bench.accept(bench.other, {"you@d.example", "me@tarpit.example"});
  bench.until([&] { return bench.delivered.size() == 1; });
  CHECK(bench.run(bench.queue->hold(waiting.id)) == 700);
  CHECK(bench.run(bench.queue->release(waiting.id)) == 700);
  auto later = bench.accept(bench.other, {"late@d.example"});
  bench.until_all_are(later, RecipientState::delivered);
  bench.open_gate();
  bench.until_all_are(waiting, RecipientState::delivered);
  bench.until_all_are(message, RecipientState::delivered);
  for (const auto& [address, count] : bench.delivered) CHECK(count == 1);
}
