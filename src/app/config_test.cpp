#include "app/config.h"

#include <doctest/doctest.h>

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace ph;
using namespace ph::app;

namespace {

Result<Config> with(std::vector<std::string> sets) {
  return load_config({.file = {}, .sets = std::move(sets)});
}

struct ConfigFile {
  explicit ConfigFile(const std::string& text)
      : path((std::filesystem::temp_directory_path() / "posthouse-config-XXXXXX").string()) {
    int fd = ::mkstemp(path.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    std::ofstream(path) << text;
  }
  ~ConfigFile() { std::filesystem::remove(path); }
  std::string path;
};

}  // namespace

TEST_CASE("without anything set the listeners are on loopback") {
  auto config = with({});
  REQUIRE(config.has_value());
  CHECK_EQ(config->http_listen.at(0).text(), "127.0.0.1:8080");
  CHECK_EQ(config->submission_listen.at(0).text(), "127.0.0.1:2587");
  CHECK_EQ(config->submission_tls_listen.at(0).text(), "127.0.0.1:2465");
  CHECK_EQ(config->inbound_listen.at(0).text(), "127.0.0.1:2525");
  CHECK(config->relay_listen.empty());
  CHECK_EQ(config->delivery_port, 25);
  CHECK_FALSE(config->delivery_allow_private);
  CHECK(config->dkim_sign);
}

TEST_CASE("--set takes TOML, a plain string, and one value where a list is wanted") {
  auto config = with({"http.listen=127.0.0.1:1", "inbound.listen=[\"127.0.0.1:2\",\"[::1]:2\"]",
                      "relay.trusted=10.0.0.0/8", "relay.account=1250000001x",
                      "dns.servers=\"127.0.0.1:5353\"", "dns.dnssec=off", "delivery.port=2025",
                      "delivery.allow_private=true", "dkim.sign=false",
                      "installation.mail_host=MX.Example.COM",
                      "installation.sending_ips=192.0.2.1", "submission.listen=[]",
                      "delivery.routes=[{match=\"*\",host=\"127.0.0.1\",port=9,tls=\"none\"}]"});
  REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().message));
  CHECK_EQ(config->http_listen.size(), 1);
  CHECK_EQ(config->inbound_listen.size(), 2);
  CHECK_EQ(config->relay_trusted.at(0).text(), "10.0.0.0/8");
  CHECK_EQ(config->relay_account, "1250000001x");
  CHECK_EQ(config->dns_servers.at(0).port, 5353);
  CHECK(config->dns_dnssec == DnssecMode::off);
  CHECK_FALSE(config->dkim_sign);
  CHECK_EQ(config->delivery_port, 2025);
  CHECK(config->delivery_allow_private);
  CHECK_EQ(config->mail_host, "mx.example.com");
  CHECK_EQ(config->sending_ips.size(), 1);
  CHECK(config->submission_listen.empty());
  REQUIRE_EQ(config->delivery_routes.size(), 1);
  CHECK_EQ(config->delivery_routes[0].port, 9);
  CHECK(config->delivery_routes[0].tls == delivery::RouteTls::none);
}

TEST_CASE("a file is read as the same keys, and --set stands above it") {
  ConfigFile file(
      "[http]\nlisten = [\"127.0.0.1:1\", \"127.0.0.1:2\"]\n[delivery]\nport = 26\n"
      "[[delivery.routes]]\nmatch = \"a.example\"\nhost = \"h.example\"\n");
  auto config = load_config({.file = file.path, .sets = {"delivery.port=27"}});
  REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().message));
  CHECK_EQ(config->http_listen.size(), 2);
  CHECK_EQ(config->delivery_port, 27);
  CHECK_EQ(config->delivery_routes.at(0).host, "h.example");
}

TEST_CASE("what is wrong is named") {
  struct Row {
    const char* set;
    const char* field;
  } rows[] = {
      {"http.listne=127.0.0.1:1", "http.listne"},
      {"nothing=1", "nothing"},
      {"http.listen=127.0.0.1", "http.listen"},
      {"http.listen=[1]", "http.listen"},
      {"delivery.port=0", "delivery.port"},
      {"delivery.port=65536", "delivery.port"},
      {"delivery.port=x", "delivery.port"},
      {"delivery.sessions=0", "delivery.sessions"},
      {"delivery.sessions=100001", "delivery.sessions"},
      {"delivery.timeouts.end=0", "delivery.timeouts.end"},
      {"delivery.timeouts.banner=86401", "delivery.timeouts.banner"},
      {"delivery.timeouts.data=\"5m\"", "delivery.timeouts.data"},
      {"delivery.allow_private=maybe", "delivery.allow_private"},
      {"dns.dnssec=sometimes", "dns.dnssec"},
      {"relay.trusted=10.0.0.0/33", "relay.trusted"},
      {"delivery.routes=[{match=\"*\"}]", "delivery.routes"},
      {"delivery.routes=[{match=\"*\",host=\"h\",tls=\"maybe\"}]", "delivery.routes"},
      {"delivery.routes=[{match=\"*\",host=\"h\",colour=\"red\"}]", "delivery.routes"},
      {"installation.mail_host=-bad-", "installation.mail_host"},
      {"tls.certificate=/x", "tls.key"},
      {"log.level=loud", "log.level"},
      {"store.url=mysql://x", "store.url"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.set);
    auto config = with({row.set});
    REQUIRE_FALSE(config.has_value());
    CHECK_EQ(config.error().field, row.field);
    CHECK_FALSE(config.error().message.empty());
  }
  CHECK_FALSE(with({"novalue"}).has_value());
  CHECK_FALSE(load_config({.file = "/nonexistent/posthouse.toml", .sets = {}}).has_value());
  ConfigFile broken("[http\nlisten=1");
  auto config = load_config({.file = broken.path, .sets = {}});
  REQUIRE_FALSE(config.has_value());
  CHECK(config.error().message.find(":1:") != std::string::npos);
}

TEST_CASE("a mistyped key is told what it may have meant") {
  CHECK(with({"relay.listn=x"}).error().message.find("relay.listen") != std::string::npos);
  CHECK(with({"smtp.listen=x"}).error().message.find("did you mean") != std::string::npos);
}

TEST_CASE("every key explains itself, and its default is valid") {
  for (const KeyInfo& key : config_keys()) {
    CAPTURE(key.name);
    CHECK_FALSE(key.help.empty());
    CHECK_FALSE(key.type.empty());
    CHECK(with({std::string(key.name) + "=" + std::string(key.fallback)}).has_value());
  }
}
