#include "delivery/route.h"

#include <algorithm>
#include <array>

#include "base/ip.h"
#include "base/limits.h"
#include "base/text.h"
#include "dns/domain_name.h"

namespace ph::delivery {
namespace {

struct TlsWord {
  RouteTls tls;
  std::string_view word;
};
constexpr std::array<TlsWord, 5> kTlsWords = {{{RouteTls::none, "none"},
                                               {RouteTls::opportunistic, "opportunistic"},
                                               {RouteTls::require, "require"},
                                               {RouteTls::verify, "verify"},
                                               {RouteTls::implicit, "implicit"}}};

// The pattern in the form in which it is compared; empty: it can never match.
std::string pattern_of(std::string_view match) {
  if (match == "*" || match.starts_with('[')) return lower(match);
  bool suffix = match.starts_with("*.");
  auto name = dns::DomainName::parse(suffix ? match.substr(2) : match);
  if (!name) return {};
  return suffix ? "*." + name->text() : name->text();
}

// How well a pattern fits: 0 not at all, more is better.
size_t fit(std::string_view pattern, std::string_view domain) {
  if (pattern == domain) return 1000;
  if (pattern == "*") return 1;
  if (!pattern.starts_with("*.")) return 0;
  std::string_view suffix = pattern.substr(1);  // with its dot: a name is not below itself
  return domain.size() > suffix.size() && domain.ends_with(suffix) ? 1 + suffix.size() : 0;
}

}  // namespace

Result<RouteTls> parse_route_tls(std::string_view word) {
  for (const TlsWord& known : kTlsWords) {
    if (known.word == word) return known.tls;
  }
  return fail(Errc::invalid, "tls is one of none, opportunistic, require, verify, implicit");
}

bool verifies(RouteTls tls, bool login) {
  return tls == RouteTls::verify || (tls == RouteTls::implicit && login);
}

std::string_view route_tls_name(RouteTls tls) {
  for (const TlsWord& known : kTlsWords) {
    if (known.tls == tls) return known.word;
  }
  return "none";
}

Result<Routes> Routes::make(std::vector<Route> routes) {
  if (routes.size() > limits::kRoutes) {
    return fail(Errc::limit, fmt::format("at most {} routes", limits::kRoutes), "delivery.routes");
  }
  Routes out;
  for (size_t i = 0; i < routes.size(); ++i) {
    Route& route = routes[i];
    auto field = [&](std::string_view name) {
      return fmt::format("delivery.routes[{}].{}", i, name);
    };
    route.match = pattern_of(route.match);
    if (route.match.empty()) {
      return fail(Errc::invalid, "match is a domain, *.suffix, or *", field("match"));
    }
    auto ip = IpAddress::parse(route.host);
    if (!ip) {
      auto name = dns::DomainName::parse(route.host);
      if (!name) return fail(Errc::invalid, "host is a name or an address", field("host"));
      route.host = name->text();
    }
    if (route.port == 0) return fail(Errc::invalid, "port is 1 to 65535", field("port"));
    bool tls = route.tls != RouteTls::none && route.tls != RouteTls::opportunistic;
    if (!route.user.empty() && !tls) {
      // A password is never sent in plain: tls has to be certain before AUTH (RFC 4954 §4).
      return fail(Errc::invalid, "a route with a user needs tls require, verify or implicit",
                  field("tls"));
    }
    out.routes_.push_back(std::move(route));
  }
  return out;
}

const Route* Routes::find(std::string_view domain) const {
  std::string name = lower(domain);
  const Route* best = nullptr;
  size_t best_fit = 0;
  for (const Route& route : routes_) {
    size_t how = fit(route.match, name);
    if (how > best_fit) best_fit = how, best = &route;
  }
  return best;
}

std::string Routes::site(std::string_view domain) const {
  const Route* route = find(domain);
  return route ? fmt::format("{}:{}", route->host, route->port) : lower(domain);
}

}  // namespace ph::delivery
