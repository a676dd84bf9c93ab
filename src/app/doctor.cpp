#include "app/doctor.h"

#include <fmt/format.h>
#include <sys/timex.h>

#include "app/open_files.h"
#include "base/files.h"
#include "base/limits.h"
#include "dns/domain_name.h"
#include "dns/stub.h"
#include "dns/unbound.h"
#include "net/stream.h"
#include "net/tls.h"

namespace ph::app {
namespace {

using json::Value;

constexpr Duration kStepWait = std::chrono::seconds(4);
constexpr int kSyncs = 20;                   // of the fsync measurement
constexpr int64_t kSlowSyncMicros = 10'000;  // a commit waits this long at least

struct Diagnosis {
  const Config& config;
  std::string data_dir;
  std::unique_ptr<net::Loop> loop = net::Loop::make();
  std::unique_ptr<dns::Resolver> resolver;
  Value items = Value::array();

  void say(const char* check, const char* state, std::string finding, std::string advice = {}) {
    items.push(Value::object(
        {{"check", check}, {"state", state}, {"finding", finding}, {"advice", advice}}));
  }
};

void check_disk(Diagnosis& d) {
  Files& files = system_files();
  auto made = files.make_directory(d.data_dir);
  auto free = made ? files.free_bytes(d.data_dir) : std::unexpected(made.error());
  if (!free)
    return d.say("disk", "problem", free.error().message, "Give --data a directory to write to.");
  std::string text = fmt::format("{} MiB free in {}", *free >> 20, d.data_dir);
  if (*free < 4 * limits::kDiskReserve)
    return d.say("disk", "warning", text,
                 fmt::format("New mail is refused below {} MiB. Free some space.",
                             limits::kDiskReserve >> 20));
  d.say("disk", "ok", text);
}

// What a commit costs here: the promise of 250 stands on it.
void check_fsync(Diagnosis& d) {
  std::string path = d.data_dir + "/doctor.probe";
  Files& files = system_files();
  auto probe = [&]() -> Result<int64_t> {
    TRY(files.remove(path));
    auto file = TRY(files.open(path, OpenMode::create_new));
    MonoTime start = system_clock().mono();
    for (int i = 0; i < kSyncs; ++i) {
      TRY(file->write_at(static_cast<uint64_t>(i) * 512, std::string(512, 'x')));
      TRY(file->sync());
    }
    return (system_clock().mono() - start).count() / kSyncs;
  };
  auto micros = probe();
  auto removed = files.remove(path);
  if (!micros || !removed)
    return d.say("fsync", "problem", micros ? removed.error().message : micros.error().message,
                 "Without a working fsync no mail can be accepted.");
  std::string text = fmt::format("{:.2f} ms a sync", static_cast<double>(*micros) / 1000);
  if (*micros > kSlowSyncMicros)
    return d.say("fsync", "warning", text, "Put the data directory on a faster disk.");
  d.say("fsync", "ok", text);
}

// The server raises its own limit as far as it may.
void check_open_files(Diagnosis& d) {
  uint64_t most = open_files().hard;
  uint64_t wanted = open_files_wanted(d.config);
  if (most >= wanted) return d.say("open_files", "ok", fmt::format("up to {}", most));
  d.say("open_files", "warning",
        fmt::format("{} files may be open; all allowed sessions together want {}", most, wanted),
        fmt::format("Raise the hard limit (LimitNOFILE={} in the unit, ulimit -Hn in a shell), or "
                    "lower delivery.sessions.",
                    wanted));
}

void check_clock(Diagnosis& d) {
  timex state{};
  int status = ::adjtimex(&state);
  if (status == TIME_ERROR || (state.status & STA_UNSYNC) != 0)
    return d.say("clock", "warning", "the kernel's clock is not synchronised",
                 "Run an NTP client: signatures carry the time, and receivers compare it.");
  d.say("clock", "ok", "synchronised");
}

void check_dns(Diagnosis& d) {
  if (!d.config.dns_servers.empty()) {
    d.resolver =
        std::make_unique<dns::StubResolver>(dns::StubOptions{.servers = d.config.dns_servers});
  } else {
    auto unbound = dns::Unbound::make({});
    if (!unbound) return d.say("dns", "problem", unbound.error().message);
    d.resolver = std::move(*unbound);
  }
  dns::Answer answer =
      d.loop->run_until(d.resolver->query({".", dns::Type::ns}, d.loop->in(kStepWait)));
  if (answer.ok()) return d.say("dns", "ok", "the resolver answers");
  d.resolver.reset();
  d.say("dns", "problem",
        fmt::format("no answer for the root's name servers ({})", dns::status_name(answer.status)),
        "Set dns.servers to a resolver that this machine can reach.");
}

// The mail host has an address, and the sending addresses' PTR records name it (RFC 5321 §4.1.4;
// large receivers refuse clients without).
void check_names(Diagnosis& d) {
  const Config& config = d.config;
  if (config.mail_host.empty())
    return d.say("mail_host", "warning", "installation.mail_host is not set",
                 "Set it to the name that customers' MX records will point to.");
  if (!d.resolver) return;
  auto ask = [&](std::string name, dns::Type type) {
    return d.loop->run_until(d.resolver->query({std::move(name), type}, d.loop->in(kStepWait)));
  };
  dns::Answer address = ask(config.mail_host, dns::Type::a);
  d.say("mail_host", address.ok() ? "ok" : "problem",
        fmt::format("{}: {}", config.mail_host,
                    address.ok() ? address.addresses()[0].text() : "no address"),
        address.ok() ? "" : "Publish an A record for it.");
  if (config.sending_ips.empty())
    return d.say("ptr", "warning", "installation.sending_ips is not set",
                 "List the addresses that mail leaves from, so that SPF can be judged.");
  for (const IpAddress& ip : config.sending_ips) {
    dns::Answer ptr = ask(ip.reverse_name(), dns::Type::ptr);
    bool good = ptr.ok() && ptr.targets()[0] == config.mail_host;
    d.say("ptr", good ? "ok" : "warning",
          fmt::format("{} is {}", ip.text(), ptr.ok() ? ptr.targets()[0] : "without a name"),
          good ? "" : fmt::format("Have its PTR record set to {}.", config.mail_host));
  }
}

// Whether the way out to port 25 is open: hosters often close it.
void check_port_25(Diagnosis& d) {
  if (!d.resolver || !d.config.delivery_routes.empty()) return;
  dns::Answer mx =
      d.loop->run_until(d.resolver->query({"gmail.com", dns::Type::mx}, d.loop->in(kStepWait)));
  if (!mx.ok())
    return d.say("port25", "warning", "not tried: no MX of gmail.com could be looked up");
  dns::Answer address = d.loop->run_until(
      d.resolver->query({mx.exchanges()[0].host, dns::Type::a}, d.loop->in(kStepWait)));
  if (!address.ok()) return d.say("port25", "warning", "not tried: no address of an MX");
  net::ConnectOptions to{.to = {address.addresses()[0], 25}, .from = std::nullopt};
  auto stream = d.loop->run_until(
      net::system_network(net::Reach::anywhere).connect(to, d.loop->in(kStepWait)));
  if (stream) return d.say("port25", "ok", "connections to port 25 leave this machine");
  d.say("port25", "problem", "no connection to port 25: " + stream.error().message,
        "Ask the hoster to open outgoing port 25, or use delivery.routes with a smarthost.");
}

void check_certificate(Diagnosis& d) {
  if (d.config.tls_certificate.empty())
    return d.say("certificate", "warning", "none set: listeners use a self-signed one",
                 "Set tls.certificate and tls.key.");
  auto chain = read_file(d.config.tls_certificate, 1u << 20);
  auto key = read_file(d.config.tls_key, 1u << 20);
  if (!chain || !key)
    return d.say("certificate", "problem", chain ? key.error().message : chain.error().message);
  auto context = net::TlsServerContext::from_pem(*chain, *key);
  if (!context) return d.say("certificate", "problem", context.error().message);
  d.say("certificate", "ok", "certificate and key fit");
}

}  // namespace

json::Value diagnose(const Config& config, const std::string& data_dir) {
  Diagnosis d{.config = config, .data_dir = data_dir};
  check_disk(d);
  check_fsync(d);
  check_open_files(d);
  check_clock(d);
  check_certificate(d);
  check_dns(d);
  check_names(d);
  check_port_25(d);
  return Value::object({{"items", d.items}});
}

}  // namespace ph::app
