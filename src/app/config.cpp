#include "app/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "app/toml_document.h"
#include "base/files.h"
#include "base/text.h"
#include "dns/domain_name.h"

namespace ph::app {
namespace {

using json::Reader;
using json::Value;

constexpr size_t kText = 4096;       // octets of one text value
constexpr size_t kListItems = 1000;  // of one list
constexpr size_t kFileBytes = 1u << 20;
constexpr int64_t kSecondsMost = 24 * 3600;

// A single value where a list is wanted is a list of one (contract).
template <class T, class Parse>
Result<> read_list(const Reader& at, std::vector<T>& out, Parse parse) {
  std::vector<Reader> items;
  if (at.value().is_array()) {
    items = TRY(at.items(kListItems));
  } else {
    items.push_back(at);
  }
  out.clear();
  for (const Reader& item : items) {
    auto value = parse(TRY(item.string(kText)));
    if (!value) return item.error(value.error().message);
    out.push_back(std::move(*value));
  }
  return {};
}

Result<> read_endpoints(const Reader& at, std::vector<Endpoint>& out) {
  return read_list(at, out, [](const std::string& s) { return Endpoint::parse(s); });
}

// An address of a DNS server: the port is 53 where none is given.
Result<Endpoint> parse_server(const std::string& text) {
  if (auto ip = IpAddress::parse(text)) return Endpoint{*ip, 53};
  return Endpoint::parse(text);
}

Result<> read_host(const Reader& at, std::string& out) {
  std::string text = TRY(at.string(kText));
  out.clear();
  if (text.empty()) return {};
  auto name = dns::DomainName::parse(text);
  if (!name) return at.error(name.error().message);
  out = name->text();
  return {};
}

Result<> read_port(const Reader& at, uint16_t& out) {
  out = static_cast<uint16_t>(TRY(at.integer(1, 65535)));
  return {};
}

Result<> read_seconds(const Reader& at, Duration& out) {
  out = std::chrono::seconds(TRY(at.integer(1, kSecondsMost)));
  return {};
}

Result<> read_text(const Reader& at, std::string& out) {
  out = TRY(at.string(kText));
  return {};
}

Result<> read_flag(const Reader& at, bool& out) {
  out = TRY(at.boolean());
  return {};
}

Result<> read_dnssec(const Reader& at, DnssecMode& out) {
  std::string word = TRY(at.string(kText));
  if (word == "auto") {
    out = DnssecMode::automatic;
  } else if (word == "require") {
    out = DnssecMode::require;
  } else if (word == "off") {
    out = DnssecMode::off;
  } else {
    return at.error("is auto, require or off");
  }
  return {};
}

Result<> read_language(const Reader& at, tencent::Language& out) {
  std::string word = TRY(at.string(kText));
  if (word == "zh-CN") {
    out = tencent::Language::chinese;
  } else if (word == "en-US") {
    out = tencent::Language::english;
  } else {
    return at.error("is zh-CN or en-US");
  }
  return {};
}

Result<std::string> parse_region(const std::string& text) {
  bool word = !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || c == '-';
  });
  if (!word) return fail(Errc::invalid, "a region has letters, digits and -");
  return text;
}

Result<delivery::Route> read_route(const Reader& at) {
  TRY(at.only({"match", "host", "port", "tls", "user", "password"}));
  delivery::Route route;
  route.match = TRY(TRY(at.at("match")).string(kText));
  route.host = TRY(TRY(at.at("host")).string(kText));
  if (auto port = TRY(at.maybe("port"))) TRY(read_port(*port, route.port));
  if (auto tls = TRY(at.maybe("tls"))) {
    auto mode = delivery::parse_route_tls(TRY(tls->string(kText)));
    if (!mode) return tls->error(mode.error().message);
    route.tls = *mode;
  }
  if (auto user = TRY(at.maybe("user"))) TRY(read_text(*user, route.user));
  if (auto password = TRY(at.maybe("password"))) TRY(read_text(*password, route.password));
  return route;
}

Result<> read_routes(const Reader& at, std::vector<delivery::Route>& out) {
  out.clear();
  if (at.value().is_object()) {
    out.push_back(TRY(read_route(at)));
  } else {
    for (const Reader& item : TRY(at.items(kListItems))) out.push_back(TRY(read_route(item)));
  }
  TRY(delivery::Routes::make(out));
  return {};
}

Result<> read_days(const Reader& at, int64_t& out) {
  out = TRY(at.integer(0, limits::kRetentionDaysMost));
  return {};
}

struct Key {
  KeyInfo info;
  Result<> (*apply)(Config&, const Reader&);
};

#define APPLY(call) [](Config& c, const Reader& at) -> Result<> { return call; }

const Key kKeys[] = {
    {{"http.listen", "addresses", "[\"127.0.0.1:8080\"]",
      "The APIs over HTTP. Put a proxy with TLS in front, or use https.listen."},
     APPLY(read_endpoints(at, c.http_listen))},
    {{"https.listen", "addresses", "[]", "The APIs over HTTPS, with tls.certificate."},
     APPLY(read_endpoints(at, c.https_listen))},
    {{"http.trusted_proxies", "networks", "[]",
      "Proxies in front of http.listen and https.listen whose X-Forwarded-For names the client."},
     APPLY(read_list(at, c.http_trusted_proxies,
                     [](const std::string& s) { return Network::parse(s); }))},
    {{"tencent.enabled", "boolean", "true",
      "Answer clients of Tencent Cloud SES: POST / with X-TC-Action at the HTTP listeners."},
     APPLY(read_flag(at, c.tencent_enabled))},
    {{"tencent.listen", "addresses", "[]", "HTTP listeners where only that door answers."},
     APPLY(read_endpoints(at, c.tencent_listen))},
    {{"tencent.regions", "region names", "[\"ap-guangzhou\", \"ap-hongkong\", \"ap-singapore\"]",
      "Values of X-TC-Region that are accepted; a request without one always is. All regions are "
      "the same place."},
     APPLY(read_list(at, c.tencent_regions, parse_region))},
    {{"tencent.language", "zh-CN or en-US", "\"zh-CN\"",
      "Of error messages, where a request has no X-TC-Language."},
     APPLY(read_language(at, c.tencent_language))},
    {{"submission.listen", "addresses", "[\"127.0.0.1:2587\"]",
      "SMTP submission with STARTTLS (587 on the Internet)."},
     APPLY(read_endpoints(at, c.submission_listen))},
    {{"submission.tls_listen", "addresses", "[\"127.0.0.1:2465\"]",
      "SMTP submission with TLS from the first byte (465 on the Internet)."},
     APPLY(read_endpoints(at, c.submission_tls_listen))},
    {{"inbound.listen", "addresses", "[\"127.0.0.1:2525\"]",
      "Incoming SMTP for bounces to our return paths (25 on the Internet)."},
     APPLY(read_endpoints(at, c.inbound_listen))},
    {{"dns.listen", "addresses", "[]",
      "The built-in authoritative DNS responder, for the sandbox zone."},
     APPLY(read_endpoints(at, c.dns_listen))},
    {{"tls.certificate", "file", "\"\"",
      "PEM certificate chain of all TLS listeners; read again when it changes. Empty: "
      "self-signed."},
     APPLY(read_text(at, c.tls_certificate))},
    {{"tls.key", "file", "\"\"", "PEM private key of tls.certificate."},
     APPLY(read_text(at, c.tls_key))},
    {{"relay.listen", "addresses", "[]",
      "An SMTP listener that takes mail without AUTH from relay.trusted for relay.account."},
     APPLY(read_endpoints(at, c.relay_listen))},
    {{"relay.trusted", "networks", "[]", "Clients that the relay listener serves; others get 554."},
     APPLY(read_list(at, c.relay_trusted, [](const std::string& s) { return Network::parse(s); }))},
    {{"relay.account", "account name or number", "\"\"",
      "Whose verified domains bind the sender at the relay listener. May be created later."},
     APPLY(read_text(at, c.relay_account))},
    {{"dns.servers", "addresses", "[]",
      "Resolvers to ask, with ports. Empty: the built-in recursive resolver with the root hints."},
     APPLY(read_list(at, c.dns_servers, parse_server))},
    {{"dns.dnssec", "auto, require or off", "\"auto\"",
      "auto validates when the servers pass DNSSEC on; off means that DANE is off too."},
     APPLY(read_dnssec(at, c.dns_dnssec))},
    {{"dns.trust_anchors", "files or DS/DNSKEY records", "[]", "Trust anchors beside the root's."},
     APPLY(read_list(at, c.dns_trust_anchors,
                     [](const std::string& s) -> Result<std::string> { return s; }))},
    {{"delivery.routes", "list of {match, host, port, tls, user, password}", "[]",
      "Fixed next hops for destination patterns (\"*\" for all) instead of MX. tls: none; "
      "opportunistic (default; in plain where TLS fails); require (any certificate); verify "
      "(certificate and host must hold; a host that is an address stands in it as one); implicit "
      "(TLS from the first byte, verified where a user is given, else any certificate)."},
     APPLY(read_routes(at, c.delivery_routes))},
    {{"delivery.allow_private", "boolean", "false",
      "Deliver to MX addresses in private and loopback ranges."},
     APPLY(read_flag(at, c.delivery_allow_private))},
    {{"delivery.port", "port", "25", "The port of every MX."},
     APPLY(read_port(at, c.delivery_port))},
    {{"delivery.sessions", "number", "10000",
      "Sessions to all receivers at once; each takes up to 48 KiB of memory and one open file."},
     [](Config& c, const Reader& at) -> Result<> {
       c.delivery_sessions = TRY(at.integer(1, limits::kQueueSessionsMost));
       return {};
     }},
    {{"delivery.sessions_per_site", "number", "10",
      "Sessions to the receivers of one destination, or to one next hop of delivery.routes, at "
      "once."},
     [](Config& c, const Reader& at) -> Result<> {
       c.delivery_sessions_per_site = TRY(at.integer(1, limits::kSiteWindowMost));
       return {};
     }},
    {{"dkim.sign", "boolean", "true",
      "Sign what is delivered. false only where the next hop signs, or for measuring: receivers "
      "refuse or distrust unsigned mail. Domain checks want the DKIM record all the same."},
     APPLY(read_flag(at, c.dkim_sign))},
    {{"delivery.timeouts.connect", "seconds", "30",
      "For one address to accept a connection, in seconds."},
     APPLY(read_seconds(at, c.delivery_waits.connect))},
    {{"delivery.timeouts.banner", "seconds", "300",
      "For the greeting."},
     APPLY(read_seconds(at, c.delivery_waits.phases.banner))},
    {{"delivery.timeouts.tls", "seconds", "30",
      "For a TLS handshake."},
     APPLY(read_seconds(at, c.delivery_waits.phases.tls))},
    {{"delivery.timeouts.command", "seconds", "300",
      "For the reply to EHLO, STARTTLS, AUTH, MAIL and RSET."},
     APPLY(read_seconds(at, c.delivery_waits.phases.command))},
    {{"delivery.timeouts.rcpt", "seconds", "300",
      "For the reply to RCPT."},
     APPLY(read_seconds(at, c.delivery_waits.phases.rcpt))},
    {{"delivery.timeouts.data", "seconds", "120",
      "For the reply to DATA."},
     APPLY(read_seconds(at, c.delivery_waits.phases.data))},
    {{"delivery.timeouts.content", "seconds", "180",
      "For one chunk of content to be taken."},
     APPLY(read_seconds(at, c.delivery_waits.phases.content))},
    {{"delivery.timeouts.end", "seconds", "600",
      "For the reply to the final dot: less than RFC 5321's makes second copies."},
     APPLY(read_seconds(at, c.delivery_waits.phases.end))},
    {{"delivery.timeouts.session", "seconds", "2700",
      "For one attempt as a whole, whatever its phases took."},
     APPLY(read_seconds(at, c.delivery_waits.session))},
    {{"dkim.ed25519", "boolean", "true",
      "Sign with Ed25519 as well where the domain's Ed25519 record was found."},
     APPLY(read_flag(at, c.dkim_ed25519))},
    {{"store.url", "sqlite: or postgresql://…", "\"sqlite:\"",
      "Where accounts, queue and events are kept; sqlite: is in the data directory."},
     APPLY(read_text(at, c.store_url))},
    {{"installation.mail_host", "host name", "\"\"",
      "H: where customers' MX records point, and our EHLO name. Empty: this machine's name."},
     APPLY(read_host(at, c.mail_host))},
    {{"installation.spf_name", "host name", "\"\"",
      "S: what customers' SPF records include. Empty: spf. before installation.mail_host."},
     APPLY(read_host(at, c.spf_name))},
    {{"installation.sending_ips", "IP addresses", "[]",
      "The addresses that mail leaves from, for which customers' SPF records must pass."},
     APPLY(read_list(at, c.sending_ips, [](const std::string& s) { return IpAddress::parse(s); }))},
    {{"installation.allow_customer_mx", "boolean", "false",
      "Let a domain keep its own MX when bounce.DOMAIN points to installation.mail_host."},
     APPLY(read_flag(at, c.allow_customer_mx))},
    {{"secrets.key_file", "file", "\"\"",
      "The master key that seals secrets. Empty: master.key in the data directory."},
     APPLY(read_text(at, c.secrets_key_file))},
    {{"retention.messages_days", "number", "90",
      "Days after which messages, with their recipients, attempts, events and contents, are "
      "removed; not while a recipient waits. 0: kept for ever. Statistics stay."},
     APPLY(read_days(at, c.retention.messages_days))},
    {{"retention.inbox_days", "number", "30",
      "Days after which mails in the sandbox's inbox are removed. 0: kept for ever."},
     APPLY(read_days(at, c.retention.inbox_days))},
    {{"retention.inbound_days", "number", "90",
      "Days after which reports that came to our return paths are removed. 0: kept for ever."},
     APPLY(read_days(at, c.retention.inbound_days))},
    {{"log.level", "debug, info, warn or error", "\"info\"", "What is logged at least."},
     APPLY(read_text(at, c.log_level))},
    {{"net.threads", "number", "0", "Net loops; 0: one a core."},
     [](Config& c, const Reader& at) -> Result<> {
       c.threads = TRY(at.integer(0, 256));
       return {};
     }},
};

#undef APPLY

const Key* find_key(std::string_view name) {
  auto found = std::ranges::find_if(kKeys, [&](const Key& k) { return k.info.name == name; });
  return found == std::end(kKeys) ? nullptr : &*found;
}

// The known key that shares most with a mistyped one: same last word, or same first.
std::string nearest(std::string_view name) {
  std::string_view last = name.substr(name.rfind('.') + 1);
  std::string_view first = name.substr(0, name.find('.'));
  for (const Key& key : kKeys)
    if (key.info.name.ends_with(last)) return fmt::format("; did you mean {}?", key.info.name);
  std::string family;
  for (const Key& key : kKeys)
    if (key.info.name.starts_with(first) && key.info.name.size() > first.size() &&
        key.info.name[first.size()] == '.')
      family += fmt::format("{}{}", family.empty() ? "; known are " : ", ", key.info.name);
  return family;
}

Result<> apply_key(Config& config, const std::string& name, const Value& value) {
  const Key* key = find_key(name);
  if (key == nullptr)
    return fail(Errc::invalid, fmt::format("unknown key {}{}", name, nearest(name)), name);
  auto done = key->apply(config, Reader(value, name));
  if (!done)
    return fail(Errc::invalid,
                fmt::format("{}: {} (wanted: {})", name, done.error().message, key->info.type),
                name);
  return {};
}

// Tables are the dots of key names; a table that is a key itself (a route) is a value.
Result<> apply_table(Config& config, const std::string& prefix, const Value& table) {
  for (const json::Member& member : table.as_object()) {
    std::string name = prefix.empty() ? member.name : prefix + "." + member.name;
    if (member.value.is_object() && find_key(name) == nullptr) {
      TRY(apply_table(config, name, member.value));
    } else {
      TRY(apply_key(config, name, member.value));
    }
  }
  return {};
}

Result<> apply_set(Config& config, const std::string& set) {
  size_t equals = set.find('=');
  if (equals == std::string::npos)
    return fail(Errc::invalid, fmt::format("--set {}: wanted KEY=VALUE", set));
  std::string name = set.substr(0, equals);
  return apply_key(config, name, parse_toml_value(set.substr(equals + 1)));
}

Result<> check_whole(const Config& config) {
  if (config.tls_certificate.empty() != config.tls_key.empty())
    return fail(Errc::invalid, "tls.certificate and tls.key are set together or not at all",
                "tls.key");
  bool known = false;
  for (std::string_view scheme : {"sqlite:", "postgresql://", "postgres://"})
    known = known || config.store_url.starts_with(scheme);
  if (!known)
    return fail(Errc::invalid, "store.url begins with sqlite: or postgresql://", "store.url");
  constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error"};
  if (std::ranges::find(kLevels, config.log_level) == std::end(kLevels))
    return fail(Errc::invalid, "log.level is debug, info, warn or error", "log.level");
  return {};
}

}  // namespace

std::span<const KeyInfo> config_keys() {
  static const auto infos = [] {
    std::vector<KeyInfo> out;
    for (const Key& key : kKeys) out.push_back(key.info);
    return out;
  }();
  return infos;
}

Result<Config> load_config(const ConfigSources& sources) {
  Config config;
  for (const Key& key : kKeys)
    TRY(apply_key(config, std::string(key.info.name),
                  parse_toml_value(std::string(key.info.fallback))));
  if (!sources.file.empty()) {
    std::string text = TRY(read_file(sources.file, kFileBytes));
    auto document = parse_toml_document(text, sources.file);
    TRY(apply_table(config, "", TRY(std::move(document))));
  }
  for (const std::string& set : sources.sets) TRY(apply_set(config, set));
  TRY(check_whole(config));
  return config;
}

}  // namespace ph::app
