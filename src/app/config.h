// Purpose: the configuration: one table of keys from which it is read, explained and checked.
// Shapes: TOML file, then --set KEY=VALUE in order (VALUE is TOML, or a plain string where it is
//   not). A single value where a list is wanted is a list of one.
// Errors: invalid names the key in Error.field; an unknown key is an error that says the nearest.
// Threads: values.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/tencent/code.h"
#include "base/ip.h"
#include "base/result.h"
#include "core/housekeeping.h"
#include "delivery/route.h"
#include "delivery/waits.h"

namespace ph::app {

enum class DnssecMode : uint8_t { automatic, require, off };

struct Config {
  std::vector<Endpoint> http_listen, https_listen;
  std::vector<Network> http_trusted_proxies;
  std::vector<Endpoint> submission_listen, submission_tls_listen;
  std::vector<Endpoint> inbound_listen, relay_listen, dns_listen;
  bool tencent_enabled = true;
  std::vector<Endpoint> tencent_listen;
  std::vector<std::string> tencent_regions;
  tencent::Language tencent_language = tencent::Language::chinese;
  std::string tls_certificate, tls_key;
  std::vector<Network> relay_trusted;
  std::string relay_account;
  std::vector<Endpoint> dns_servers;
  DnssecMode dns_dnssec = DnssecMode::automatic;
  std::vector<std::string> dns_trust_anchors;
  std::vector<delivery::Route> delivery_routes;
  bool delivery_allow_private = false;
  uint16_t delivery_port = 25;
  int64_t delivery_sessions = 0;  // of all destinations
  int64_t delivery_sessions_per_site = 0;
  delivery::Waits delivery_waits;
  bool dkim_sign = true;
  bool dkim_ed25519 = true;
  std::string store_url = "sqlite:";
  std::string mail_host, spf_name;
  std::vector<IpAddress> sending_ips;
  bool allow_customer_mx = false;
  std::string secrets_key_file;
  std::string log_level = "info";
  core::Retention retention;
  int64_t threads = 0;  // 0: one net loop a core
};

struct KeyInfo {
  std::string_view name;      // "relay.trusted"
  std::string_view type;      // for people: "list of networks"
  std::string_view fallback;  // the default, as TOML
  std::string_view help;
};

std::span<const KeyInfo> config_keys();

struct ConfigSources {
  std::string file;               // empty: none
  std::vector<std::string> sets;  // "KEY=VALUE"
};

Result<Config> load_config(const ConfigSources& sources);

}  // namespace ph::app
