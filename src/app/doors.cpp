#include "app/doors.h"

#include <fmt/format.h>

#include <algorithm>

namespace ph::app {
namespace {

std::string first_of(const std::vector<Endpoint>& endpoints) {
  return endpoints.empty() ? "-" : endpoints[0].text();
}

std::vector<std::string> texts_of(const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> out;
  for (const Endpoint& endpoint : endpoints) out.push_back(endpoint.text());
  return out;
}

net::Task<net::HttpResponse> page_of(const console::Console& console, net::HttpRequest request) {
  co_return console.answer(request);
}

}  // namespace

Result<std::unique_ptr<Doors>> Doors::open(Services& services, Loops& loops) {
  auto doors = std::unique_ptr<Doors>(new Doors(services, loops));
  const Config& config = services.config();
  doors->certificate_ =
      TRY(CertificateWatch::open({.certificate = config.tls_certificate,
                                  .key = config.tls_key,
                                  .host = services.context().installation.mail_host}));
  doors->certificate_->watch(loops.first());
  TRY(doors->open_http());
  services.notices().set_listening_at(doors->console_url());
  loops.first().spawn(doors->feed_.watch());
  TRY(doors->open_smtp());
  auto operations = std::make_shared<control::Operations>(services.control_services());
  doors->control_ =
      TRY(control::ControlDoor::start(loops.first(), services.data_dir(), operations));
  return doors;
}

void Doors::make_http_doors() {
  control::Services parts = services_.control_services();
  const Config& config = services_.config();
  rest_ = std::make_unique<rest::RestApi>(
      rest::RestServices{.context = parts.context,
                         .accounts = parts.accounts,
                         .users = parts.users,
                         .keys = parts.keys,
                         .domains = parts.domains,
                         .addresses = parts.addresses,
                         .sender = parts.sender,
                         .messages = parts.messages,
                         .bulks = parts.bulks,
                         .settings = parts.settings,
                         .agreements = parts.agreements,
                         .identities = parts.identities,
                         .suspensions = parts.suspensions,
                         .customers = parts.customers,
                         .queue = &parts.queue,
                         .publish = parts.publish,
                         .setup = &setup_,
                         .feed = &feed_,
                         .people = parts.people,
                         .submission = texts_of(config.submission_listen),
                         .submission_tls = texts_of(config.submission_tls_listen)});
  if (!config.tencent_enabled) return;
  tencent_ = std::make_unique<tencent::TencentApi>(tencent::TencentServices{
      .context = parts.context,
      .accounts = parts.accounts,
      .keys = parts.keys,
      .domains = parts.domains,
      .addresses = parts.addresses,
      .sender = parts.sender,
      .options = {.regions = config.tencent_regions, .language = config.tencent_language}});
}

Result<> Doors::listen_http(HttpListener listener) {
  for (const Endpoint& endpoint : listener.at) {
    net::HttpServerOptions options{
        .listen = {.at = endpoint,
                   .connections = limits::kHttpConnections,
                   .connections_per_client = limits::kHttpConnectionsPerClient,
                   .busy_reply = {}},
        .tls = listener.tls,
        .body_most = listener.body_most,
        .in_pieces = rest::RestApi::in_pieces,
        .trusted_proxies = services_.config().http_trusted_proxies};
    auto server = net::HttpServer::start(loops_.net(), std::move(options), listener.handler);
    if (!server)
      return fail(server.error().code,
                  fmt::format("listen on {}: {}", endpoint.text(), server.error().message));
    http_.push_back(std::move(*server));
  }
  return {};
}

Result<> Doors::open_http() {
  make_http_doors();
  const Config& config = services_.config();
  auto is_tencent = [this](const net::HttpRequest& head) {
    return tencent_ != nullptr && tencent::TencentApi::takes(head);
  };
  net::HttpHandler all = [this, is_tencent](net::HttpRequest request) {
    if (is_tencent(request)) return tencent_->handle(std::move(request));
    if (console_.takes(request)) return page_of(console_, std::move(request));
    return rest_->handle(std::move(request));
  };
  net::HttpBodyMost most = [is_tencent](const net::HttpRequest& head) {
    if (is_tencent(head)) return tencent::TencentApi::body_most(head);
    return rest::RestApi::body_most(head);
  };
  TRY(listen_http({config.http_listen, nullptr, all, most}));
  TRY(listen_http({config.https_listen, certificate_->context(), all, most}));
  if (tencent_ == nullptr) return {};
  net::HttpHandler only = [this](net::HttpRequest request) {
    return tencent_->handle(std::move(request));
  };
  return listen_http({config.tencent_listen, nullptr, only, tencent::TencentApi::body_most});
}

Result<> Doors::open_smtp() {
  const Config& config = services_.config();
  core::Context& context = services_.context();
  const std::string& hostname = context.installation.mail_host;
  submission_ = TRY(smtpd::Submission::start({.loops = loops_.net(),
                                              .listen = config.submission_listen,
                                              .tls_listen = config.submission_tls_listen,
                                              .tls = certificate_->context(),
                                              .hostname = hostname,
                                              .clock = context.clock,
                                              .addresses = services_.addresses(),
                                              .sender = services_.sender()}));
  relay_ = TRY(smtpd::Relay::start({.loops = loops_.net(),
                                    .listen = config.relay_listen,
                                    .trusted = config.relay_trusted,
                                    .account = config.relay_account,
                                    .tls = certificate_->context(),
                                    .hostname = hostname,
                                    .clock = context.clock,
                                    .accounts = services_.accounts(),
                                    .sender = services_.sender()}));
  inbound_ = TRY(smtpd::Inbound::start({.loops = loops_.net(),
                                        .listen = config.inbound_listen,
                                        .tls = certificate_->context(),
                                        .hostname = hostname,
                                        .clock = context.clock,
                                        .keys = services_.return_path_keys(),
                                        .reports = reports_}));
  return {};
}

DoorAddresses Doors::addresses() const {
  return {.http = http_.empty() ? "-" : http_[0]->local().text(),
          .submission = first_of(submission_->locals()),
          .submission_tls = first_of(submission_->tls_locals()),
          .console = console_url()};
}

// The servers stand in the order of open_http(): plain ones, TLS, Tencent's.
std::string Doors::console_url() const {
  size_t plain = services_.config().http_listen.size();
  bool tls = !services_.config().https_listen.empty();
  if (tls) return "https://" + http_[plain]->local().text();
  return plain > 0 ? "http://" + http_[0]->local().text() : "-";
}

void Doors::stop() {
  for (auto& server : http_) server->stop();
  submission_->stop();
  relay_->stop();
  inbound_->stop();
  control_->stop();
}

net::Task<bool> Doors::drained(Deadline deadline) const {
  bool sessions = co_await submission_->drained(deadline);
  sessions = co_await relay_->drained(deadline) && sessions;
  sessions = co_await inbound_->drained(deadline) && sessions;
  Clock& clock = net::Loop::current()->clock();
  auto busy = [](const auto& server) { return server->open() > 0; };
  while (std::ranges::any_of(http_, busy)) {
    if (deadline.passed(clock)) co_return false;
    co_await net::sleep_for(limits::kHttpDrainLook);
  }
  co_return sessions;
}

}  // namespace ph::app
