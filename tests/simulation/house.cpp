#include "simulation/house.h"

#include <fmt/format.h>

#include "sql/files_vfs.h"
#include "store/account.h"
#include "store/address.h"
#include "store/domain.h"

namespace ph::simulation {
namespace {

std::string database(const std::string& directory) {
  return "sqlite:" + directory + "/posthouse.db";
}

crypto::PasswordPool& no_passwords() {
  static crypto::PasswordPool none(0, 1);
  return none;
}

const crypto::MasterKey& master_key() {
  static const crypto::MasterKey key =
      std::move(*crypto::MasterKey::from_bytes(std::string(32, 'k')));
  return key;
}

core::Installation installation() {
  core::Installation out;
  out.mail_host = "mx.house.example";
  out.spf_name = "spf.house.example";
  return out;
}

// Accounts that may send; those that an earlier process made stay.
Result<> furnish(store::Store& store) {
  auto known = TRY(store.read_now<int64_t>([](sql::Connection& connection) -> Result<int64_t> {
    return TRY(connection.query("SELECT count(*) FROM account"))[0].integer(0);
  }));
  if (known == kAccounts) return {};
  for (unsigned i = 0; i < kAccounts; ++i)
    TRY(store.write_now<int>([i](store::Tx& tx) -> Result<int> {
      std::string name = fmt::format("account{}", i);
      if (store::account_by_name_for_operator(tx.sql(), name)) return 0;
      auto account =
          TRY(store::insert_account(tx.sql(), {.name = name, .created_at = tx.now()}));
      TRY(store::set_account_state(tx.sql(), account.id, store::AccountState::active, tx.now()));
      std::string domain = fmt::format("sender{}.example", i);
      DomainId id = TRY(store::insert_domain(
          tx.sql(), {.account_id = account.id, .name = domain,
                     .state = store::DomainState::verified, .created_at = tx.now()}));
      TRY(store::insert_address(tx.sql(), {.account_id = account.id, .domain_id = id,
                                           .local = "a", .email = "a@" + domain,
                                           .created_at = tx.now()}));
      return 1;
    }));
  return {};
}

}  // namespace

std::string sender_of(unsigned account) { return fmt::format("a@sender{}.example", account); }

Result<std::unique_ptr<House>> House::open(Ground ground, const Plan& plan,
                                           std::function<void(const Error&)> failed) {
  std::unique_ptr<House> house(new House(ground, plan));
  TRY(house->open_store(std::move(failed)));
  TRY(house->open_rules());
  TRY(house->open_delivery());
  TRY(house->open_queue());
  house->open_bulk();
  house->begun_ = ground.around.clock.mono();
  return house;
}

House::~House() {
  // As app/services.cpp: the writer ends its last jobs while the queue is there.
  if (store_) store_->close();
}

// A turn takes a while, so that jobs come together and readings grow old.
void House::post_turn(std::move_only_function<void()> turn) {
  Surroundings& around = ground_.around;
  around.later(Duration(around.people.below(4000)), [&around, turn = std::move(turn)]() mutable {
    if (!around.alive) return;
    around.step("turn");
    if (around.alive) turn();
    around.step("turned");
  });
}

Result<> House::open_store(std::function<void(const Error&)> failed) {
  unsigned pages = plan_.wal_pages;
  using Connected = Result<std::unique_ptr<sql::Connection>>;
  auto connect = [pages](const sql::ConnectOptions& how) -> Connected {
    auto made = TRY(sql::connect(how));
    if (how.access == sql::Access::write)
      TRY(made->script(fmt::format("PRAGMA wal_autocheckpoint={}", pages)));
    return made;
  };
  store_ = TRY(store::Store::open(
      {.data_dir = ground_.directory,
       .clock = ground_.around.clock,
       .files = ground_.disk,
       .failed = std::move(failed),
       .connect = connect,
       .segment_bytes = plan_.segment_bytes,
       .post = [this](std::move_only_function<void()> turn) { post_turn(std::move(turn)); }}));
  rows_ = TRY(connect({.url = database(ground_.directory), .access = sql::Access::read}));
  return furnish(*store_);
}

void House::lose_leases() {
  const_cast<store::LeaseTable&>(store_->leases()).replace({}, {0});
}

AccountId House::account(unsigned number) {
  auto rows = rows_->query("SELECT id FROM account WHERE name = $1",
                           {fmt::format("account{}", number)});
  return rows && !rows->empty() ? AccountId((*rows)[0].integer(0)) : AccountId();
}

Result<> House::open_rules() {
  request_rate_ = std::make_unique<core::RequestRate>(ground_.around.clock);
  context_ = std::make_unique<core::Context>(core::Context{.store = *store_,
                                                           .direct = ground_.resolver,
                                                           .clock = ground_.around.clock,
                                                           .random = ground_.around.product,
                                                           .master = master_key(),
                                                           .passwords = no_passwords(),
                                                           .crypto_pool = pool_,
                                                           .request_rate = *request_rate_,
                                                           .installation = installation(),
                                                           .on_accepted = {}});
  sender_ = std::make_unique<core::Sender>(*context_);
  bulks_ = std::make_unique<core::Bulks>(*context_);
  renderer_ = std::make_unique<core::BulkRenderer>(*context_);
  return {};
}

Result<> House::open_delivery() {
  Surroundings& around = ground_.around;
  delivery::DelivererOptions deliverer;
  deliverer.loops = {around.loop};
  deliverer.clock = &around.clock;
  deliverer.random = &around.product;
  deliverer.resolver = &ground_.resolver;
  deliverer.network = &ground_.network;
  deliverer.return_path = [](const store::MessageRow& message, const store::RecipientRow& to) {
    return fmt::format("b{}.{}@{}", message.id.value, to.key.idx, message.mail_from);
  };
  deliverer.private_addresses = delivery::PrivateAddresses::allowed;
  deliverer.mail_host = context_->installation.mail_host;
  deliverer.helo = context_->installation.mail_host;
  deliverer.render = [this](const store::MessageRow& message, core::BulkRenderer::Bytes record) {
    return renderer_->render(message, std::move(record));
  };
  deliverer_ = std::make_unique<delivery::Deliverer>(std::move(deliverer));
  return {};
}

Result<> House::open_queue() {
  Surroundings& around = ground_.around;
  queue::QueueOptions queue;
  queue.store = store_.get();
  queue.loop = around.loop;
  queue.random = &around.product;
  queue.attempt = [this, &around](core::AttemptOrder order) {
    around.note("attempt " + order.recipient.address);
    if (order.handing_over)
      order.handing_over = [&around, note = std::move(order.handing_over)] {
        around.step("hand over");
        if (around.alive) note();
        around.step("noted");
      };
    return deliverer_->attempt(std::move(order));
  };
  queue.site = [this](std::string_view domain) { return deliverer_->site(domain); };
  queue.open = TRY(queue::OpenDeliveries::open(queue::open_deliveries_path(ground_.directory),
                                               plan_.slots));
  queue.site_window = plan_.site_window;
  queue.outcome_gather = queue::kOutcomeGather;
  queue.sessions = plan_.sessions;
  queue.ready_most = plan_.ready_most;
  queue.content_bytes = plan_.content_bytes;
  queue_ = std::make_unique<queue::Queue>(std::move(queue));
  context_->on_accepted = [this](core::Accepted accepted) {
    queue_->accepted(std::move(accepted));
  };
  return {};
}

void House::open_bulk() {
  bulk::RunnerOptions runner{.context = context_.get(),
                             .renderer = renderer_.get(),
                             .loop = ground_.around.loop,
                             .slice_most = plan_.bulk_slice,
                             .look = std::chrono::minutes(1)};
  runner.hold = [this](AccountId account, std::vector<MessageId> ids) {
    return queue_->hold(queue::MessageSet{account, std::move(ids)});
  };
  runner.release = [this](AccountId account, std::vector<MessageId> ids) {
    return queue_->release(queue::MessageSet{account, std::move(ids)});
  };
  runner.cancel = [this](AccountId account, std::vector<MessageId> ids) {
    return queue_->cancel_all({account, std::move(ids)});
  };
  runner_ = std::make_unique<bulk::Runner>(std::move(runner));
  bulks_->on_work = [this] { runner_->wake(); };
}

void House::start() {
  queue_->start();
  if (plan_.bulk_rows > 0) runner_->start();
}

RowState House::state_of(const std::string& address) {
  auto rows = rows_->query("SELECT state, attempts FROM recipient WHERE address = $1", {address});
  if (!rows || rows->empty()) return {"unknown", INT64_MAX};  // the disk has its faults
  return {(*rows)[0].text(0), (*rows)[0].integer(1)};
}

SimulatedDisk::Image furnished(const std::string& directory) {
  FakeClock clock;
  FakeRandom random(7);
  SimulatedDisk disk(7);
  disk.load({{directory + "/", ""}});
  sql::FilesVfs vfs(disk, clock, random);
  auto store = store::Store::open({.data_dir = directory,
                                   .clock = clock,
                                   .files = disk,
                                   .post = [](std::move_only_function<void()>) {}});
  PH_CHECK(store && furnish(**store));
  (*store)->close();
  store->reset();
  return disk.image();
}

}  // namespace ph::simulation
