// Purpose: one libunbound context with its thread that hands results out.
// Shapes: a server that it forwards to is a Forwarder (forwarder.h), which always answers.
// Threads: query() on any loop.
// Not here: the choice whether to validate (unbound.h).
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "dns/unbound.h"
#include "net/oneshot.h"

struct ub_ctx;
struct ub_result;

namespace ph::dns {

enum class Validate : uint8_t { no, yes };

class UnboundEngine {
 public:
  static Result<std::shared_ptr<UnboundEngine>> make(const UnboundOptions& options,
                                                     Validate validate);
  ~UnboundEngine();
  UnboundEngine(const UnboundEngine&) = delete;

  // The task keeps the engine while the query is under way.
  static net::Task<Answer> query(std::shared_ptr<UnboundEngine> engine, Question question,
                                 Deadline deadline);

 private:
  struct Flight;      // one query under way, owned by libunbound's callback or by its canceller
  struct CancelGuard;
  struct TurnGuard;

  UnboundEngine() = default;
  Result<> configure(const UnboundOptions& options, Validate validate);
  Result<> set(const char* option, const std::string& value);
  Result<> suit_forwarder(Duration patience);
  Result<> start_thread();
  void pump();  // the thread: waits for results, runs their callbacks
  static void finished(void* flight, int error, ub_result* result);
  // Null while kDnsOutstanding are under way.
  Flight* begin(const Question& question, net::OneShot<Answer>::Sender sender);
  void end(Flight* flight);
  void next_turn();
  // False when the deadline passed.
  static net::Task<bool> wait_for_turn(std::shared_ptr<UnboundEngine> engine, Deadline deadline);

  ub_ctx* context_ = nullptr;
  int stop_fd_ = -1;
  std::thread thread_;
  std::mutex mutex_;
  std::map<Flight*, std::unique_ptr<Flight>> flights_;
  std::map<uint64_t, net::OneShot<bool>::Sender> waiting_;  // by number, the first one first
  uint64_t numbers_ = 0;
};

}  // namespace ph::dns
