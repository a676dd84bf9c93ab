// Purpose: one process of the product without its doors: store, rules, queue and delivery, as
//   app/services.h puts them together, all on one loop.
// Errors: open() fails when the disk does.
// Threads: one.
#pragma once

#include <memory>

#include "bulk/runner.h"
#include "core/bulk.h"
#include "core/bulk_render.h"
#include "core/send.h"
#include "delivery/deliverer.h"
#include "queue/open_deliveries.h"
#include "queue/queue.h"
#include "simulation/network.h"
#include "simulation/plan.h"

namespace ph::simulation {

// What outlives a process.
struct Ground {
  Surroundings& around;
  SimulatedDisk& disk;
  Network& network;
  dns::Resolver& resolver;
  std::string directory;  // a real one, for the lock and for open-deliveries
};

class House {
 public:
  static Result<std::unique_ptr<House>> open(Ground ground, const Plan& plan,
                                             std::function<void(const Error&)> failed);
  ~House();

  core::Sender& sender() { return *sender_; }
  core::Bulks& bulks() { return *bulks_; }
  queue::Queue& queue() { return *queue_; }
  store::Store& store() { return *store_; }
  // A connection of our own, which sees what is committed.
  sql::Connection& rows() { return *rows_; }
  RowState state_of(const std::string& address);
  AccountId account(unsigned number);
  Duration uptime() const { return ground_.around.clock.mono() - begun_; }
  // The process has ended: what is left of its store goes.
  void close() { store_->close(); }
  void start();
  // Another process has the leases, as after a stop beyond their end.
  void lose_leases();

 private:
  House(Ground ground, const Plan& plan) : ground_(ground), plan_(plan) {}
  Result<> open_store(std::function<void(const Error&)> failed);
  Result<> open_rules();
  Result<> open_delivery();
  Result<> open_queue();
  void open_bulk();
  void post_turn(std::move_only_function<void()> turn);

  Ground ground_;
  const Plan& plan_;
  MonoTime begun_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<sql::Connection> rows_;
  net::WorkerPool pool_{0, 1};
  std::unique_ptr<core::RequestRate> request_rate_;
  std::unique_ptr<core::Context> context_;
  std::unique_ptr<core::Sender> sender_;
  std::unique_ptr<core::Bulks> bulks_;
  std::unique_ptr<core::BulkRenderer> renderer_;
  std::unique_ptr<delivery::Deliverer> deliverer_;
  std::unique_ptr<queue::Queue> queue_;
  std::unique_ptr<bulk::Runner> runner_;
};

// A database with accounts and what they may send from; made once, a run begins with a copy.
SimulatedDisk::Image furnished(const std::string& directory);
// The accounts in it, by number.
inline constexpr unsigned kAccounts = 3;
std::string sender_of(unsigned account);

}  // namespace ph::simulation
