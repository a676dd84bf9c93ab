#include "sandbox/sandbox.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "core/transaction.h"
#include "crypto/certificate.h"
#include "sandbox/receiver.h"
#include "store/setting.h"

namespace ph::sandbox {
namespace {

constexpr const char* kMailHost = "mail.sandbox.example";
constexpr const char* kSpfName = "spf.sandbox.example";
constexpr const char* kReceiver = "receiver.sandbox.example";
constexpr const char* kNameServer = "ns.sandbox.example";
constexpr uint32_t kTtl = 60;
const IpAddress kHere = IpAddress::v4(0x7f000001);

bool in_zone(std::string_view name) {
  return name == kOrigin || name.ends_with(std::string(".") + kOrigin);
}

// A name of the installation's own hosts: what is published there would change them for all.
// The apex too: who owned it would own every name below it.
bool is_own_host(std::string_view name) {
  if (name == kOrigin) return true;
  for (std::string_view host : {kMailHost, kSpfName, kReceiver, kNameServer})
    if (name == host || name.ends_with("." + std::string(host))) return true;
  return false;
}

// A row's presentation form: an address, "10 host", a text.
Result<dns::Record> record_of(const store::ZoneRecordRow& row) {
  auto ttl = static_cast<uint32_t>(row.ttl);
  if (row.type == "TXT") return dns::txt_record(row.name, dns::Txt::of(row.value), ttl);
  if (row.type == "A") return dns::a_record(row.name, TRY(IpAddress::parse(row.value)), ttl);
  if (row.type == "MX") {
    size_t space = row.value.find(' ');
    auto preference = parse_number<uint16_t>(row.value.substr(0, space));
    if (preference && space != std::string::npos)
      return dns::mx_record(row.name, {*preference, row.value.substr(space + 1)}, ttl);
  }
  return fail(Errc::invalid, fmt::format("the zone has no record {} {}", row.type, row.value));
}

Result<std::shared_ptr<dns::Zone>> make_zone() {
  dns::Soa soa{.primary = kNameServer, .mailbox = std::string("hostmaster.") + kOrigin};
  auto zone = std::make_shared<dns::Zone>(kOrigin, soa, kTtl);
  const store::ZoneRecordRow own[] = {
      {kMailHost, "A", "127.0.0.1", kTtl},
      {kReceiver, "A", "127.0.0.1", kTtl},
      {kNameServer, "A", "127.0.0.1", kTtl},
      {kSpfName, "TXT", "v=spf1 ip4:127.0.0.1 -all", kTtl},
  };
  for (const store::ZoneRecordRow& row : own) TRY(zone->add(TRY(record_of(row))));
  TRY(zone->add({kOrigin, dns::Type::ns, kTtl, dns::Target{kNameServer}}));
  return zone;
}

Result<std::shared_ptr<net::TlsServerContext>> receiver_tls(Clock& clock) {
  auto files = TRY(crypto::self_signed_certificate(
      {.names = {kReceiver}, .not_before = clock.wall() - std::chrono::hours(1)}));
  return net::TlsServerContext::from_pem(files.certificate_pem, files.key_pem);
}

}  // namespace

net::Task<dns::Answer> ZoneResolver::query(dns::Question question, Deadline) {
  dns::Answer answer;
  if (!zone_->holds(question.name)) co_return dns::Answer::failed(dns::Status::nxdomain);
  dns::ZoneFind found = zone_->find(question);
  answer.status = found.status;
  answer.records = std::move(found.records);
  answer.canonical = question.name;
  answer.ttl = kTtl;
  answer.server = "the sandbox zone";
  co_return answer;
}

net::Task<dns::Answer> DeliveryResolver::query(dns::Question question, Deadline) {
  dns::Answer answer;
  answer.status = dns::Status::ok;
  answer.canonical = question.name;
  answer.ttl = kTtl;
  if (question.type == dns::Type::mx) {
    answer.records.push_back(dns::mx_record(question.name, {10, kReceiver}, kTtl));
  } else if (question.type == dns::Type::a) {
    answer.records.push_back(dns::a_record(question.name, kHere, kTtl));
  } else {
    answer.status = dns::Status::nodata;
  }
  co_return answer;
}

Sandbox::Sandbox(SandboxOptions options, std::shared_ptr<dns::Zone> zone)
    : options_(options), zone_(zone), resolver_(std::move(zone)) {}

Result<std::unique_ptr<Sandbox>> Sandbox::open(SandboxOptions options) {
  auto zone = TRY(make_zone());
  using Rows = std::vector<store::ZoneRecordRow>;
  auto job = [](sql::Connection& sql) { return store::zone_records(sql); };
  for (const store::ZoneRecordRow& row : TRY(options.store.read_now<Rows>(std::move(job))))
    TRY(zone->add(TRY(record_of(row))));
  return std::unique_ptr<Sandbox>(new Sandbox(options, std::move(zone)));
}

Result<> Sandbox::start(std::span<net::Loop* const> loops,
                        const std::vector<Endpoint>& dns_listen) {
  tls_ = TRY(receiver_tls(options_.clock));
  auto serve = [options = ReceiverOptions{options_, tls_, sessions_}](
                   std::unique_ptr<net::Stream> stream) {
    return receive(std::move(stream), options);
  };
  // All of our own sessions come from one address.
  net::ListenOptions listen{.at = {kHere, 0},
                            .connections = limits::kSmtpSessions,
                            .connections_per_client = limits::kSmtpSessions,
                            .busy_reply = "421 4.7.0 Too many connections\r\n"};
  receiver_ = TRY(net::Listener::start(loops, std::move(listen), serve));
  for (const Endpoint& at : dns_listen)
    name_servers_.push_back(TRY(dns::DnsListener::start(*loops[0], at, std::vector{zone_})));
  return {};
}

void Sandbox::stop() {
  if (receiver_) receiver_->stop();
  sessions_->stop();
  for (auto& server : name_servers_) server->stop();
}

std::vector<Endpoint> Sandbox::dns_locals() const {
  std::vector<Endpoint> out;
  for (const auto& server : name_servers_) out.push_back(server->local());
  return out;
}

core::Installation Sandbox::installation() const {
  return {.mail_host = kMailHost,
          .spf_name = kSpfName,
          .sending_ips = {kHere},
          .allow_customer_mx = false};
}

core::Outcome<> Sandbox::may_publish(const core::RecordFinding& finding,
                                     const std::string& domain) const {
  if (!in_zone(finding.host))
    return core::refuse(
        core::Reason::invalid_field,
        fmt::format("The sandbox publishes names under {} only. Put the records of {} into "
                    "its own DNS.",
                    kOrigin, domain),
        "domain");
  if (is_own_host(finding.host))
    return core::refuse(core::Reason::invalid_field,
                        fmt::format("{} is a host of the sandbox itself. Take another name "
                                    "under {}.",
                                    domain, kOrigin),
                        "domain");
  return {};
}

net::Task<core::Outcome<>> Sandbox::publish(core::DomainView view) {
  std::vector<store::ZoneRecordRow> rows;
  std::map<std::pair<std::string, dns::Type>, std::vector<dns::Record>> sets;
  for (const core::RecordFinding& finding : view.check.records) {
    CO_REFUSE_TRY(may_publish(finding, view.row.name));
    rows.push_back({finding.host, finding.type, finding.expected, kTtl});
    auto record = CO_REFUSE_TRY(record_of(rows.back()));
    sets[{finding.host, record.type}].push_back(std::move(record));
  }
  auto job = [rows](store::Tx& tx) -> Result<> {
    for (const store::ZoneRecordRow& row : rows)
      TRY(store::delete_zone_records(tx.sql(), row.name, row.type));
    for (const store::ZoneRecordRow& row : rows) TRY(store::put_zone_record(tx.sql(), row));
    return {};
  };
  auto kept = co_await options_.store.write<void>(std::move(job),
                                                  Deadline::in(options_.clock, limits::kStoreWait));
  CO_REFUSE_TRY(std::move(kept));
  for (auto& [key, records] : sets)
    CO_REFUSE_TRY(zone_->set(key.first, key.second, std::move(records)));
  co_return core::Outcome<>{};
}

}  // namespace ph::sandbox
