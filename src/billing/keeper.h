// Purpose: what happens to accounts and sender domains as time passes: days are billed, levels
//   judged, ended packages told, old movements summed.
// Shapes: one coroutine; a look every kBillingLook, by the node that has the first shard. One
//   account or domain a transaction, only those for which something is due.
// Errors: of the store: logged, tried again at the next look, and nobody else's.
// Threads: start() before its loop runs or on it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "billing/bill_days.h"
#include "billing/reputation.h"
#include "core/context.h"
#include "net/loop.h"
#include "store/usage.h"

namespace ph::billing {

// What people are told by mail; each where it is wanted.
struct Tidings {
  std::function<net::Task<>(AccountId, store::PackageRow)> package_ended;
  std::function<net::Task<>(AccountId, DayNews)> standing;
  std::function<net::Task<>(LevelNews)> level;
};

class Keeper {
 public:
  Keeper(core::Context& context, Tidings tidings)
      : context_(context), tidings_(std::move(tidings)) {}
  // `self` lives as long as the loop.
  static net::Task<> run(std::shared_ptr<Keeper> self);
  // One look. Gives the first error, after all have had their turn.
  net::Task<Outcome<>> turn();

 private:
  net::Task<Outcome<>> end_all_days();
  net::Task<Outcome<>> judge_all_domains();
  net::Task<Outcome<>> tell_ended_packages();
  net::Task<Outcome<>> sum_movements();
  net::Task<Outcome<>> purge();
  net::Task<> end_days_of(AccountId id);
  void note(const core::Refusal& why, std::string_view part);

  core::Context& context_;
  Tidings tidings_;
  std::string settings_;  // as they were when all accounts were looked at
  int64_t all_day_ = 0;
  store::MovementWalk walk_;
  MonoTime purge_at_{};
  std::optional<core::Refusal> failed_;  // the first of this look
};

}  // namespace ph::billing
