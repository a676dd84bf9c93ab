#include "app/services.h"

#include <unistd.h>

#include <thread>

#include "app/boot_mark.h"
#include "app/local_addresses.h"
#include "base/encoding.h"
#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "dns/authoritative.h"
#include "dns/domain_name.h"
#include "dns/stub.h"
#include "dns/validated.h"
#include "queue/open_deliveries.h"

namespace ph::app {
namespace {

constexpr uint8_t kReturnPathKey = 1;  // as core writes it to recipients' rows
constexpr Duration kReturnPathKept = std::chrono::hours(24 * 14);  // for late reports
constexpr size_t kCryptoQueue = 10000;                             // signatures waiting
constexpr size_t kAnchorFile = 64u << 10;
constexpr size_t kNodeName = 64;

std::string machine_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  auto parsed = dns::DomainName::parse(name);
  return parsed ? parsed->text() : "localhost";
}

// Who this node is in leases: one data directory is one node, also after a restart.
Result<std::string> node_name(const std::string& data_dir) {
  std::string path = data_dir + "/node";
  auto known = read_file(path, kNodeName);
  if (known && !known->empty()) return std::string(trim(*known));
  if (!known && known.error().code != Errc::not_found) return std::unexpected(known.error());
  std::string name = hex_encode(system_random().bytes(8));
  TRY(write_file_durably(path, name + "\n"));
  return name;
}

// Ten bits of it, for ids that several nodes make at once.
uint16_t node_number(std::string_view name) {
  auto digest = crypto::sha256(name);
  return static_cast<uint16_t>(((digest[0] << 8) | digest[1]) & 0x3ff);
}

// dns.trust_anchors: each a file of records, or a record.
Result<std::vector<std::string>> read_anchors(const std::vector<std::string>& given) {
  std::vector<std::string> out;
  for (const std::string& anchor : given) {
    if (!anchor.starts_with('/')) {
      out.push_back(anchor);
      continue;
    }
    std::string text = TRY(read_file(anchor, kAnchorFile));
    for (std::string_view line : split(text, '\n')) {
      std::string_view record = trim(line);
      if (!record.empty() && !record.starts_with(';')) out.emplace_back(record);
    }
  }
  return out;
}

dns::Dnssec dnssec_of(DnssecMode mode) {
  switch (mode) {
    case DnssecMode::automatic:
      return dns::Dnssec::automatic;
    case DnssecMode::require:
      return dns::Dnssec::require;
    case DnssecMode::off:
      return dns::Dnssec::off;
  }
  return dns::Dnssec::automatic;
}

// Asked for by the signer; the rules know domains and their sealed keys.
net::Task<Result<delivery::SigningMaterial>> signing_material(core::Domains& domains, bool ed25519,
                                                              DomainId id) {
  core::SigningKeys keys = CO_TRY(co_await domains.signing_keys(id));
  delivery::SigningMaterial out{.domain = keys.domain, .rsa = {keys.selector, *keys.rsa}};
  if (ed25519 && keys.ed25519)
    out.ed25519 = delivery::DkimIdentity{keys.ed_selector, *keys.ed25519};
  co_return out;
}

net::Task<bool> validating(dns::Unbound& resolver, Deadline deadline) {
  dns::Validation now = co_await resolver.settled(deadline);
  co_return now == dns::Validation::on;
}

}  // namespace

Services::Services(ServicesOptions options, DataDirectory directory)
    : options_(std::move(options)), directory_(std::move(directory)) {}

Services::~Services() {
  // First the writer ends its last jobs: what they accept is still handed to the queue.
  if (store_) store_->close();
  bulk_runner_.reset();
  queue_.reset();
  deliverer_.reset();
}

Result<std::unique_ptr<Services>> Services::open(ServicesOptions options) {
  auto directory = TRY(DataDirectory::open(options.data_dir));
  auto services = std::unique_ptr<Services>(new Services(std::move(options), std::move(directory)));
  TRY(services->open_store());
  TRY(services->open_resolvers());
  TRY(services->open_rules());
  TRY(services->open_delivery());
  return services;
}

Result<> Services::open_store() {
  const Config& config = options_.config;
  master_ = config.secrets_key_file.empty()
                ? TRY(crypto::MasterKey::load_or_create(data_dir(), system_random()))
                : TRY(crypto::MasterKey::load(config.secrets_key_file));
  TRY(return_path_keys_.add({kReturnPathKey, master_->derive("return-path-1")}));
  store::StoreOptions store;
  store.url = config.store_url;
  store.data_dir = data_dir();
  store.node = TRY(node_name(data_dir()));
  store.node_number = node_number(store.node);
  store.earlier_node_ended = true;  // it held the lock of the directory, which is ours now
  store.failed = std::move(options_.store_failed);
  store.own_shards = options_.mode != Mode::offline;
  store_ = TRY(store::Store::open(std::move(store)));
  unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  crypto_pool_ = std::make_unique<net::WorkerPool>(cores, kCryptoQueue, "ph-sign");
  passwords_ = std::make_unique<crypto::PasswordPool>();
  request_rate_ = std::make_unique<core::RequestRate>(system_clock());
  return {};
}

Result<> Services::open_resolvers() {
  if (options_.mode == Mode::sandbox) {
    sandbox_ = TRY(sandbox::Sandbox::open(
        {.store = *store_, .clock = system_clock(), .return_path_keys = return_path_keys_}));
    TRY(sandbox_->start(options_.net_loops, options_.config.dns_listen));
    return {};
  }
  const Config& config = options_.config;
  dns::UnboundOptions unbound{.servers = config.dns_servers,
                              .dnssec = dnssec_of(config.dns_dnssec),
                              .trust_anchors = TRY(read_anchors(config.dns_trust_anchors))};
  unbound_ = TRY(dns::Unbound::make(unbound));
  if (config.dns_servers.empty()) {
    asked_now_ = std::make_unique<dns::AuthoritativeResolver>(
        dns::AuthoritativeOptions{.finder = unbound_.get()});
  } else {
    asked_now_ =
        std::make_unique<dns::StubResolver>(dns::StubOptions{.servers = config.dns_servers});
  }
  dns::UnboundOptions afresh = unbound;
  afresh.dnssec = dns::Dnssec::require;
  direct_ = std::make_unique<dns::ValidatedResolver>(dns::ValidatedOptions{
      .direct = asked_now_.get(),
      .validator = unbound_.get(),
      .validates = [this](Deadline deadline) { return validating(*unbound_, deadline); },
      .fresh = [afresh]() -> std::unique_ptr<dns::Resolver> {  // on any loop, several at once
        auto made = dns::Unbound::make(afresh);
        return made ? std::move(*made) : nullptr;
      }});
  return {};
}

core::Installation Services::installation() const {
  const Config& config = options_.config;
  if (sandbox_) return sandbox_->installation();
  core::Installation out;
  out.mail_host = config.mail_host.empty() ? machine_name() : config.mail_host;
  out.spf_name = config.spf_name.empty() ? "spf." + out.mail_host : config.spf_name;
  out.sending_ips = config.sending_ips;
  out.allow_customer_mx = config.allow_customer_mx;
  return out;
}

Result<> Services::open_rules() {
  dns::Resolver& direct = sandbox_ ? sandbox_->resolver() : *direct_;
  context_ = std::make_unique<core::Context>(core::Context{.store = *store_,
                                                           .direct = direct,
                                                           .clock = system_clock(),
                                                           .random = system_random(),
                                                           .master = *master_,
                                                           .passwords = *passwords_,
                                                           .crypto_pool = *crypto_pool_,
                                                           .request_rate = *request_rate_,
                                                           .installation = installation(),
                                                           .on_accepted = {}});
  accounts_ = std::make_unique<core::Accounts>(*context_);
  users_ = std::make_unique<core::Users>(*context_);
  keys_ = std::make_unique<core::Keys>(*context_);
  domains_ = std::make_unique<core::Domains>(*context_);
  addresses_ = std::make_unique<core::Addresses>(*context_);
  sender_ = std::make_unique<core::Sender>(*context_);
  messages_ = std::make_unique<core::Messages>(*context_);
  bulks_ = std::make_unique<core::Bulks>(*context_);
  renderer_ = std::make_unique<core::BulkRenderer>(*context_);
  settings_ = std::make_unique<core::Settings>(*context_);
  agreements_ = std::make_unique<core::Agreements>(*context_);
  notices_ = std::make_unique<people::Notices>(*context_, *sender_);
  // Until the doors know where they listen.
  if (!options_.config.http_listen.empty())
    notices_->set_listening_at("http://" + options_.config.http_listen[0].text());
  people_ = std::make_unique<people::People>(*context_, *users_, *notices_);
  identities_ = std::make_unique<people::Identities>(*context_, *notices_);
  suspensions_ = std::make_unique<people::Suspensions>(*context_, *notices_);
  customers_ = std::make_unique<billing::Customers>(*context_);
  return {};
}

Result<> Services::open_delivery() {
  const Config& config = options_.config;
  delivery::SignerOptions signer{.clock = &system_clock(), .pool = crypto_pool_.get()};
  signer.source = [this](DomainId id) {
    return signing_material(*domains_, options_.config.dkim_ed25519, id);
  };
  signer_ = std::make_unique<delivery::Signer>(std::move(signer));

  bool sandboxed = sandbox_ != nullptr;
  delivery::DelivererOptions deliverer;
  deliverer.loops = options_.net_loops;
  deliverer.clock = &system_clock();
  deliverer.random = &system_random();
  deliverer.resolver = sandboxed ? &sandbox_->delivery_resolver() : unbound_.get();
  deliverer.network =
      &net::system_network(sandboxed ? net::Reach::loopback_only : net::Reach::anywhere);
  if (config.dkim_sign) {
    deliverer.signer = signer_.get();
  } else if (options_.mode != Mode::offline) {
    log::warn("mail leaves unsigned", {{"key", "dkim.sign"}});
  }
  deliverer.return_path = [this](const store::MessageRow& message,
                                 const store::RecipientRow& recipient) -> std::string {
    smtp::ReturnPath path{.message = message.id,
                          .recipient = static_cast<uint32_t>(recipient.key.idx),
                          .expires = recipient.expires_at + kReturnPathKept};
    auto local = smtp::make_return_path(return_path_keys_, path, message.mail_from);
    return local ? *local + "@" + message.mail_from : std::string();
  };
  deliverer.render = [this](const store::MessageRow& message, core::BulkRenderer::Bytes record) {
    return renderer_->render(message, std::move(record));
  };
  deliverer.routes = TRY(delivery::Routes::make(config.delivery_routes));
  deliverer.private_addresses = config.delivery_allow_private || sandboxed
                                    ? delivery::PrivateAddresses::allowed
                                    : delivery::PrivateAddresses::refused;
  deliverer.port = sandboxed ? sandbox_->receiver_port() : config.delivery_port;
  deliverer.waits = config.delivery_waits;
  deliverer.mail_host = context_->installation.mail_host;
  deliverer.helo = context_->installation.mail_host;
  deliverer.own_listeners = with_local_addresses(config.inbound_listen);
  deliverer_ = std::make_unique<delivery::Deliverer>(std::move(deliverer));

  queue::QueueOptions queue;
  queue.store = store_.get();
  queue.loop = options_.queue_loop;
  queue.random = &system_random();
  queue.attempt = [this](core::AttemptOrder order) {
    return deliverer_->attempt(std::move(order));
  };
  queue.sessions = static_cast<unsigned>(config.delivery_sessions);
  queue.site_window = static_cast<unsigned>(config.delivery_sessions_per_site);
  queue.outcome_gather = queue::kOutcomeGather;
  queue.site = [this](std::string_view domain) { return deliverer_->site(domain); };
  if (options_.mode != Mode::offline)
    TRY(remember_open_deliveries(queue));
  queue_ = std::make_unique<queue::Queue>(std::move(queue));
  if (options_.mode != Mode::offline)
    context_->on_accepted = [this](core::Accepted accepted) {
      queue_->accepted(std::move(accepted));
    };
  open_bulk();
  return {};
}

void Services::open_bulk() {
  bulk::RunnerOptions runner{.context = context_.get(),
                             .renderer = renderer_.get(),
                             .loop = options_.net_loops.front()};
  runner.hold = [this](AccountId account, std::vector<MessageId> ids) {
    return queue_->hold(queue::MessageSet{account, std::move(ids)});
  };
  runner.release = [this](AccountId account, std::vector<MessageId> ids) {
    return queue_->release(queue::MessageSet{account, std::move(ids)});
  };
  runner.cancel = [this](AccountId account, std::vector<MessageId> ids) {
    return queue_->cancel_all({account, std::move(ids)});
  };
  bulk_runner_ = std::make_unique<bulk::Runner>(std::move(runner));
  if (options_.mode == Mode::offline) return;
  bulks_->on_work = [this] { bulk_runner_->wake(); };
}

Result<> Services::remember_open_deliveries(queue::QueueOptions& queue) {
  LastEnd last = TRY(mark_boot(data_dir(), kernel_boot_id()));
  uint32_t slots =
      std::clamp(2 * queue.sessions, limits::kOpenDeliveries, limits::kOpenDeliveriesMost);
  queue.open = TRY(queue::OpenDeliveries::open(queue::open_deliveries_path(data_dir()), slots));
  if (last == LastEnd::of_process) return {};
  queue.doubt = limits::kInterruptedCalm;
  log::warn("the machine stopped while a server ran: mail of before waits a little, because its "
            "receivers may have it already",
            {{"seconds", std::chrono::duration_cast<std::chrono::seconds>(queue.doubt).count()}});
  return {};
}

void Services::ended_well() { unmark_boot(data_dir()); }

control::Services Services::control_services() {
  control::Services out{.context = *context_,
                        .accounts = *accounts_,
                        .users = *users_,
                        .keys = *keys_,
                        .domains = *domains_,
                        .addresses = *addresses_,
                        .sender = *sender_,
                        .messages = *messages_,
                        .bulks = *bulks_,
                        .settings = *settings_,
                        .agreements = *agreements_,
                        .notices = *notices_,
                        .identities = *identities_,
                        .suspensions = *suspensions_,
                        .customers = *customers_,
                        .queue = *queue_,
                        .people = people_.get(),
                        .publish = {}};
  if (sandbox_)
    out.publish = [this](core::DomainView view) { return sandbox_->publish(std::move(view)); };
  return out;
}

}  // namespace ph::app
