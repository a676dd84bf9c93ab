// Purpose: the product put together without its doors: store, resolvers, rules, queue, delivery.
// Shapes: Mode::serve and Mode::sandbox run on loop threads; Mode::offline serves one verb of the
//   command line on the caller's loop, delivers nothing and takes no lease.
// Threads: made and destroyed by the main thread while no loop runs.
// Errors: what opening says: a locked directory, a store that is newer, a bad trust anchor.
#pragma once

#include <memory>
#include <string>

#include "app/config.h"
#include "app/data_directory.h"
#include "bulk/runner.h"
#include "control/operations.h"
#include "core/bulk.h"
#include "core/bulk_render.h"
#include "delivery/deliverer.h"
#include "dns/unbound.h"
#include "net/loop.h"
#include "sandbox/sandbox.h"
#include "smtp/return_path.h"

namespace ph::app {

enum class Mode : uint8_t { serve, sandbox, offline };

struct ServicesOptions {
  Config config;
  std::string data_dir;
  Mode mode = Mode::serve;
  std::vector<net::Loop*> net_loops;  // at least one
  net::Loop* queue_loop = nullptr;
  std::move_only_function<void(const Error&)> store_failed;
};

class Services {
 public:
  static Result<std::unique_ptr<Services>> open(ServicesOptions options);
  ~Services();

  const Config& config() const { return options_.config; }
  const std::string& data_dir() const { return directory_.path(); }
  store::Store& store() { return *store_; }
  core::Context& context() { return *context_; }
  core::Accounts& accounts() { return *accounts_; }
  core::Users& users() { return *users_; }
  core::Keys& keys() { return *keys_; }
  core::Domains& domains() { return *domains_; }
  core::Addresses& addresses() { return *addresses_; }
  core::Sender& sender() { return *sender_; }
  core::Messages& messages() { return *messages_; }
  people::Notices& notices() { return *notices_; }
  queue::Queue& queue() { return *queue_; }
  bulk::Runner& bulk_runner() { return *bulk_runner_; }
  delivery::Deliverer& deliverer() { return *deliverer_; }
  sandbox::Sandbox* sandbox() { return sandbox_.get(); }  // null outside Mode::sandbox
  const smtp::ReturnPathKeys& return_path_keys() const { return return_path_keys_; }
  control::Services control_services();
  // Nothing is under way any more, and all outcomes are durable.
  void ended_well();

 private:
  explicit Services(ServicesOptions options, DataDirectory directory);
  Result<> open_store();
  Result<> open_resolvers();
  Result<> open_rules();
  Result<> open_delivery();
  void open_bulk();
  Result<> remember_open_deliveries(queue::QueueOptions& queue);
  core::Installation installation() const;

  ServicesOptions options_;
  DataDirectory directory_;
  std::optional<crypto::MasterKey> master_;
  smtp::ReturnPathKeys return_path_keys_;
  std::unique_ptr<net::WorkerPool> crypto_pool_;
  std::unique_ptr<crypto::PasswordPool> passwords_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<core::RequestRate> request_rate_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<dns::Unbound> unbound_;
  std::unique_ptr<dns::Resolver> asked_now_;  // what direct_ asks
  std::unique_ptr<dns::Resolver> direct_;
  std::unique_ptr<core::Context> context_;
  std::unique_ptr<core::Accounts> accounts_;
  std::unique_ptr<core::Users> users_;
  std::unique_ptr<core::Keys> keys_;
  std::unique_ptr<core::Domains> domains_;
  std::unique_ptr<core::Addresses> addresses_;
  std::unique_ptr<core::Sender> sender_;
  std::unique_ptr<core::Messages> messages_;
  std::unique_ptr<core::Bulks> bulks_;
  std::unique_ptr<core::Settings> settings_;
  std::unique_ptr<core::Agreements> agreements_;
  std::unique_ptr<people::Notices> notices_;
  std::unique_ptr<people::People> people_;
  std::unique_ptr<people::Identities> identities_;
  std::unique_ptr<people::Suspensions> suspensions_;
  std::unique_ptr<billing::Customers> customers_;
  std::unique_ptr<core::BulkRenderer> renderer_;
  std::unique_ptr<delivery::Signer> signer_;
  std::unique_ptr<delivery::Deliverer> deliverer_;
  std::unique_ptr<queue::Queue> queue_;
  std::unique_ptr<bulk::Runner> bulk_runner_;
};

}  // namespace ph::app
