// The verbs serve, quickstart, doctor, fsck and config.
#include <cstdio>

#include "app/config.h"
#include "app/doctor.h"
#include "app/offline.h"
#include "app/server.h"
#include "base/text.h"
#include "cli/administration.h"
#include "cli/dns_source.h"
#include "cli/print.h"
#include "crypto/rsa_code.h"

namespace ph::cli {
namespace {

using json::Value;
using K = OptionKind;

app::ConfigSources sources_of(const Invocation& i) {
  return {.file = i.global.config, .sets = i.global.sets};
}

int serve_in(const Invocation& i, app::Mode mode) {
  auto config = app::load_config(sources_of(i));
  if (!config) return usage(config.error().message);
  crypto::choose_rsa_code();
  auto done = app::run_server({.config = *config, .data_dir = i.global.data, .mode = mode});
  if (done) return kDone;
  std::fprintf(stderr, "posthouse: %s\n", done.error().message.c_str());
  return kRefused;
}

int serve(const Invocation& i) {
  return serve_in(i, app::Mode::serve);
}
int quickstart(const Invocation& i) {
  return serve_in(i, app::Mode::sandbox);
}

int fsck(const Invocation& i) {
  auto found = app::check_store(sources_of(i), i.global.data);
  if (!found) {
    std::fprintf(stderr, "posthouse: %s\n", found.error().message.c_str());
    return kRefused;
  }
  const auto& findings = found->find("findings")->as_array();
  if (i.global.json) {
    std::fputs((json::serialize(*found) + "\n").c_str(), stdout);
  } else if (findings.empty()) {
    std::puts("clean");
  } else {
    for (const Value& finding : findings) std::puts(finding.as_string().c_str());
  }
  return findings.empty() ? kDone : kRefused;
}

int doctor(const Invocation& i) {
  auto config = app::load_config(sources_of(i));
  if (!config) return usage(config.error().message);
  Value findings = app::diagnose(*config, i.global.data);
  std::string text = i.global.json ? json::serialize(findings) + "\n" : for_people(findings);
  std::fputs(text.c_str(), stdout);
  return kDone;
}

Value key_json(const app::KeyInfo& key) {
  return Value::object(
      {{"key", key.name}, {"type", key.type}, {"default", key.fallback}, {"help", key.help}});
}

// config explain [KEY]
int config_explain(const Invocation& i) {
  std::string wanted = i.text("key");
  Value items = Value::array();
  for (const app::KeyInfo& key : app::config_keys())
    if (wanted.empty() || key.name == wanted || key.name.starts_with(wanted + "."))
      items.push(key_json(key));
  if (items.as_array().empty()) return usage("there is no key " + wanted);
  Value out = Value::object({{"items", items}});
  std::string text = i.global.json ? json::serialize(out) + "\n" : for_people(out);
  std::fputs(text.c_str(), stdout);
  return kDone;
}

// config check FILE
int config_check(const Invocation& i) {
  auto config = app::load_config({.file = i.text("file"), .sets = i.global.sets});
  if (i.global.json) {
    Value out = Value::object({{"valid", config.has_value()}});
    if (!config) out.set("error", config.error().message);
    if (!config) out.set("field", config.error().field);
    return print_verdict(out);
  }
  if (!config) return usage(config.error().message);
  std::puts("valid");
  return kDone;
}

}  // namespace

std::span<const Command> server_commands() {
  static const std::vector<Command> commands = {
      {"serve", "the server", {}, serve},
      {"quickstart", "the server in the sandbox, with a first account", {}, quickstart},
      {"doctor", "looks for what would keep mail from arriving", {}, doctor},
      {"fsck", "checks the data directory", {}, fsck},
      {"config explain",
       "configuration keys",
       {{"key", K::positional, Need::optional, "a key or its first word"}},
       config_explain},
      {"config check",
       "reads a configuration file",
       {{"file", K::positional, Need::required, "TOML file"}},
       config_check},
  };
  return commands;
}

}  // namespace ph::cli
