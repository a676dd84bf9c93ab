#include "app/services.h"

#include <doctest/doctest.h>

#include <future>
#include <thread>

#include "sql/postgres_fixture_test.h"

using namespace ph;
using namespace ph::app;

namespace {

// Keeps the writer busy until the store takes nothing more, as it is when everything ends.
void hold_until_closing(store::Store& store, std::promise<void>& held) {
  std::promise<void> begun, closing;
  std::thread job([&] {
    auto wait = [&](store::Tx&) -> Result<> {
      begun.set_value();
      closing.get_future().wait();
      return {};
    };
    static_cast<void>(store.write_now<void>(std::move(wait)));
  });
  begun.get_future().wait();
  held.set_value();
  auto loop = net::Loop::make();
  Errc answer = Errc::timeout;
  while (answer == Errc::timeout) {
    store::Store::WriteJob<int> probe = [](store::Tx&) -> Result<int> { return 1; };
    Deadline soon = loop->in(std::chrono::milliseconds(1));
    auto probed = loop->run_until(store.write<int>(std::move(probe), soon));
    answer = probed ? Errc::internal : probed.error().code;
  }
  CHECK(answer == Errc::closed);
  closing.set_value();
  job.join();
}

}  // namespace

TEST_CASE("what the writer accepts at the very end finds a queue that is still there") {
  sql_test::TemporaryDirectory directory;
  auto net_loop = net::Loop::make();
  auto queue_loop = net::Loop::make();
  ServicesOptions options;
  options.config = *load_config({});
  options.data_dir = directory.path();
  options.mode = Mode::sandbox;
  options.net_loops = {net_loop.get()};
  options.queue_loop = queue_loop.get();
  auto services = Services::open(std::move(options));
  REQUIRE_MESSAGE(services.has_value(), (services ? "" : services.error().message));
  store::Store& store = (*services)->store();
  core::Context& context = (*services)->context();

  std::promise<void> held;
  std::thread holder([&] { hold_until_closing(store, held); });
  held.get_future().wait();
  std::atomic<bool> handed = false;
  std::promise<void> queued;
  std::thread accept([&] {
    auto caller_loop = net::Loop::make();
    store::Store::WriteJob<int> job = [&](store::Tx& tx) -> Result<int> {
      tx.after_commit([&] {
        context.on_accepted({});
        handed = true;
      });
      return 1;
    };
    // Nobody waits for the answer, as when the client's loop has stopped.
    static_cast<void>(caller_loop->run_until(
        store.write<int>(std::move(job), Deadline::in(system_clock(), Duration(0)))));
    queued.set_value();
  });
  queued.get_future().wait();
  services->reset();
  CHECK(handed);
  accept.join();
  holder.join();
}
