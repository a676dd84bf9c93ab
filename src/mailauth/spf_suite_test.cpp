// The openspf.org test suite for RFC 7208, read from its YAML file: only the subset that it uses.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/text.h"
#include "dns/zone_fake.h"
#include "mailauth/spf_check.h"

using namespace ph;
using namespace ph::mailauth;

namespace {

struct Case {
  std::string name;
  std::map<std::string, std::string> fields;
  std::set<std::string> results;
};

struct ZoneItem {
  std::string type;  // "TIMEOUT" stands alone
  std::vector<std::string> values;
};

struct Scenario {
  std::vector<Case> cases;
  std::vector<std::pair<std::string, std::vector<ZoneItem>>> zone;
};

char hex_value(char c) { return static_cast<char>(is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10); }

// A scalar at the start of `s`, quoted or plain up to one of `ends`; `s` loses it.
std::string read_scalar(std::string_view& s, std::string_view ends) {
  std::string out;
  char quote = s.empty() ? '\0' : s[0];
  if (quote != '"' && quote != '\'') {
    size_t end = std::min(s.find_first_of(ends), s.size());
    out = trim(s.substr(0, end));
    s.remove_prefix(end);
    return out;
  }
  size_t at = 1;
  for (; at < s.size() && !(s[at] == quote && !(quote == '\'' && s.substr(at + 1, 1) == "'"));
       ++at) {
    if (quote == '\'' && s[at] == '\'') ++at;
    if (quote == '"' && s[at] == '\\') {
      ++at;
      if (s[at] == 'x') {
        out += static_cast<char>(hex_value(s[at + 1]) * 16 + hex_value(s[at + 2]));
        at += 2;
        continue;
      }
      if (s[at] == '0') {
        out += '\0';
        continue;
      }
    }
    out += s[at];
  }
  s.remove_prefix(std::min(at + 1, s.size()));
  return out;
}

std::vector<std::string> read_values(std::string_view s) {
  s = trim(s);
  if (!s.starts_with('[')) return {read_scalar(s, "")};
  s.remove_prefix(1);
  std::vector<std::string> out;
  while (true) {
    s = trim(s);
    if (s.empty() || s[0] == ']') return out;
    if (s[0] == ',') {
      s.remove_prefix(1);
      continue;
    }
    out.push_back(read_scalar(s, ",]"));
  }
}

size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

void read_test_line(std::string_view line, Scenario& scenario) {
  std::string_view text = line.substr(indent_of(line));
  size_t colon = text.find(':');
  if (indent_of(line) == 2) {
    scenario.cases.push_back({std::string(text.substr(0, colon)), {}, {}});
  } else if (indent_of(line) == 4 && colon != std::string_view::npos && !scenario.cases.empty()) {
    Case& c = scenario.cases.back();
    std::string key(text.substr(0, colon));
    auto values = read_values(text.substr(colon + 1));
    if (key == "result") c.results = {values.begin(), values.end()};
    c.fields[key] = values.empty() ? "" : values[0];
  }
}

void read_zone_line(std::string_view line, Scenario& scenario) {
  std::string_view text = line.substr(indent_of(line));
  if (indent_of(line) == 2) {
    std::string_view key = trim(text);
    key.remove_suffix(1);
    scenario.zone.emplace_back(read_scalar(key, ""), std::vector<ZoneItem>());
  } else if (text.starts_with("- ")) {
    text = trim(text.substr(2));
    size_t colon = text.find(':');
    ZoneItem item{std::string(text.substr(0, colon)), {}};
    if (colon != std::string_view::npos) item.values = read_values(text.substr(colon + 1));
    scenario.zone.back().second.push_back(std::move(item));
  }
}

std::vector<Scenario> read_suite(std::istream& file) {
  std::vector<Scenario> out;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#") || trim(line).empty()) continue;
    if (line.starts_with("---")) {
      out.emplace_back();
      section.clear();
    } else if (indent_of(line) == 0) {
      section = line.substr(0, line.find(':'));
    } else if (section == "tests") {
      read_test_line(line, out.back());
    } else if (section == "zonedata") {
      read_zone_line(line, out.back());
    }
  }
  return out;
}

void add_item(dns::ZoneFake& zone, const std::string& name, const ZoneItem& item, bool has_txt) {
  if (item.type == "TIMEOUT") zone.fail(name, dns::Status::timeout);
  if (item.type == "A" || item.type == "AAAA") zone.add_address(name, item.values[0]);
  if (item.type == "MX")
    zone.add_mx(name, *parse_number<uint16_t>(item.values[0]), item.values[1]);
  if (item.type == "PTR" || item.type == "CNAME") {
    std::string target = lower(item.values[0]);
    if (target.ends_with('.')) target.pop_back();
    zone.add(name, *dns::type_from_name(item.type), dns::Target{target});
  }
  bool none = item.values.size() == 1 && item.values[0] == "NONE";
  // The suite's rule: SPF entries stand for TXT unless the name has TXT entries of its own.
  if (!none && (item.type == "TXT" || (item.type == "SPF" && !has_txt)))
    zone.add(name, dns::Type::txt, dns::Txt{item.values});
}

dns::ZoneFake build_zone(const Scenario& scenario) {
  dns::ZoneFake zone;
  for (const auto& [name, items] : scenario.zone) {
    bool has_txt = std::ranges::any_of(items, [](const ZoneItem& i) { return i.type == "TXT"; });
    zone.hold(name);
    for (const ZoneItem& item : items) add_item(zone, name, item, has_txt);
  }
  return zone;
}

std::filesystem::path suite_file() {
  const char* given = std::getenv("POSTHOUSE_SUITES");
  std::filesystem::path root = given ? std::filesystem::path(given)
                                     : std::filesystem::path(__FILE__).parent_path() /
                                           "../../../shared/suites";
  return root / "spf-rfc7208/rfc7208-tests.yml";
}

}  // namespace

TEST_CASE("SPF passes the whole RFC 7208 suite") {
  std::ifstream file(suite_file());
  if (!file) {
    MESSAGE("skipped: the SPF suite is not there");
    return;
  }
  size_t count = 0;
  for (const Scenario& scenario : read_suite(file)) {
    dns::ZoneFake zone = build_zone(scenario);
    for (const Case& c : scenario.cases) {
      CAPTURE(c.name);
      auto field = [&](const char* key) {
        auto at = c.fields.find(key);
        return at == c.fields.end() ? std::string() : at->second;
      };
      SpfInput input{.ip = *IpAddress::parse(field("host")),
                     .helo = field("helo"),
                     .mail_from = field("mailfrom"),
                     .receiver = "receiver.example"};
      SpfResult result = dns::inquire_now(spf_inquiry(std::move(input)), zone);
      CAPTURE(result.problem);
      REQUIRE_FALSE(c.results.empty());
      std::string got = spf_result_name(result.result);
      CAPTURE(got);
      CAPTURE(*c.results.begin());
      CHECK(c.results.contains(got));
      std::string told = field("explanation") == "DEFAULT" ? "" : field("explanation");
      if (c.fields.contains("explanation")) CHECK(result.explanation == told);
      ++count;
    }
  }
  CHECK(count == 203);
}
