#include "app/server.h"

#include <cstdio>

#include "app/billing_keeper.h"
#include "app/doors.h"
#include "app/first_start.h"
#include "app/loops.h"
#include "app/open_files.h"
#include "app/signals.h"
#include "base/log.h"
#include "core/housekeeping.h"
#include "crypto/rsa_code.h"
#include "net/gather.h"

namespace ph::app {
namespace {

constexpr Duration kDrain = std::chrono::seconds(25);  // SIGTERM to exit stays under 30 s
constexpr Duration kDrainInVain = std::chrono::seconds(2);  // outcomes can no longer be written

log::Level level_of(const std::string& name) {
  if (name == "debug") return log::Level::debug;
  if (name == "warn") return log::Level::warn;
  if (name == "error") return log::Level::error;
  return log::Level::info;
}

unsigned loop_count(const Config& config) {
  if (config.threads > 0) return static_cast<unsigned>(config.threads);
  return std::max(1u, std::thread::hardware_concurrency());
}

// Runs a task on one of the running loops and waits for it on this thread.
template <class T>
T wait_on(net::Loop& loop, net::Task<T> task) {
  std::mutex mutex;
  std::condition_variable ready;
  std::optional<T> out;
  auto wrap = [](net::Task<T> inner, std::mutex* m, std::condition_variable* c,
                 std::optional<T>* result) -> net::Task<> {
    T value = co_await std::move(inner);
    std::lock_guard lock(*m);
    result->emplace(std::move(value));
    c->notify_one();
  };
  loop.spawn(wrap(std::move(task), &mutex, &ready, &out));
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return out.has_value(); });
  return std::move(*out);
}

struct Drained {
  bool doors = false;
  bool queue = false;
};

net::Task<Drained> end_of(const Doors& doors, queue::Queue& queue, Deadline deadline) {
  std::vector<net::Task<bool>> both;
  both.push_back(doors.drained(deadline));
  both.push_back(queue.drain(deadline));
  std::vector<bool> ended = co_await net::gather(std::move(both));
  co_return Drained{.doors = ended[0], .queue = ended[1]};
}

class Server {
 public:
  explicit Server(ServerOptions options)
      : options_(std::move(options)), loops_(loop_count(options_.config)) {}

  Result<> run() {
    log::set_level(level_of(options_.config.log_level));
    uint64_t most = raise_open_files();
    // Who tries it out has no thousands of sessions; `doctor` tells everybody.
    if (options_.mode == Mode::serve && most < open_files_wanted(options_.config))
      log::warn("fewer files may be open than sessions are allowed",
                {{"files", most}, {"wanted", open_files_wanted(options_.config)}});
    Signals signals = TRY(Signals::block());
    TRY(open_services(signals));
    doors_ = TRY(Doors::open(*services_, loops_));
    loops_.start();
    if (options_.mode == Mode::sandbox) {
      auto first = wait_on(loops_.first(), first_start(*services_, doors_->addresses()));
      if (!first) {
        close();
        return std::unexpected(first.error());
      }
    } else {
      begin_setup();
    }
    services_->queue().start();
    services_->bulk_runner().start();
    core::Context& context = services_->context();
    loops_.first().spawn(
        core::keep_house_always(context.store, context.clock, options_.config.retention));
    loops_.first().spawn(billing::Keeper::run(make_billing_keeper(*services_)));
    std::puts("ready");
    std::fflush(stdout);
    log::info("ready", {{"data", services_->data_dir()}, {"rsa", crypto::rsa_code_in_use()}});
    Ending ending = signals.wait();
    drain(signals, ending);
    close();
    // Also when it failed while everything was ending; close() has ended its writer.
    if (ending == Ending::store_failed || !store_error_.empty())
      return fail(Errc::io, "the store failed: " + store_error_ +
                                ". Nothing that was acknowledged is lost; see the log.");
    return {};
  }

 private:
  Result<> open_services(Signals& signals) {
    ServicesOptions services;
    services.config = options_.config;
    services.data_dir = options_.data_dir;
    services.mode = options_.mode;
    services.net_loops = loops_.net();
    services.queue_loop = &loops_.queue();
    services.store_failed = [this, &signals](const Error& error) {
      log::error("the store failed; the server ends", {{"error", error.message}});
      store_error_ = error.message;
      signals.end(Ending::store_failed);
    };
    services_ = TRY(Services::open(std::move(services)));
    return {};
  }

  // The one secret that the log tells, at every level but error: it ends with the first user, or
  // with the process.
  void begin_setup() {
    auto token = wait_on(loops_.first(), doors_->setup().begin());
    if (!token) return log::warn("setup cannot begin", {{"detail", token.error().detail}});
    if (*token)
      log::warn("nobody can sign in yet: open the console and give this setup token",
                {{"console", doors_->addresses().console + "/login"},
                 {"setup_token", **token}});
  }

  void drain(Signals& signals, Ending why) {
    log::info("stopping", {});
    doors_->stop();
    signals.exit_on_next(why);
    services_->deliverer().close_idle();
    // Both at once: what a session still brings is a row for the next start.
    Duration most = why == Ending::store_failed ? kDrainInVain : kDrain;
    Deadline deadline = Deadline::in(system_clock(), most);
    auto left = wait_on(loops_.first(), end_of(*doors_, services_->queue(), deadline));
    log::info("drained", {{"in_flight_left", left.queue ? "no" : "yes"},
                          {"sessions_left", left.doors ? "no" : "yes"}});
    drained_ = left.queue;
  }

  void close() {
    loops_.stop();
    doors_.reset();
    if (drained_ && store_error_.empty()) services_->ended_well();
    services_.reset();
  }

  ServerOptions options_;
  Loops loops_;  // outlives what runs on it
  std::string store_error_;
  bool drained_ = false;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Doors> doors_;
};

}  // namespace

Result<> run_server(ServerOptions options) {
  Server server(std::move(options));
  return server.run();
}

}  // namespace ph::app
