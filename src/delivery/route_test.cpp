#include "delivery/route.h"

using namespace ph;
using namespace ph::delivery;

namespace {

Route route(std::string match, std::string host) {
  Route out;
  out.match = std::move(match);
  out.host = std::move(host);
  return out;
}

}  // namespace

TEST_CASE("the closest pattern wins") {
  auto routes = Routes::make({route("*", "all.example"), route("*.cn", "cn.example"),
                              route("*.mail.cn", "mail.example"), route("qq.com", "10.0.0.1"),
                              route("qq.com", "never.example")});
  REQUIRE(routes);
  auto host = [&](std::string_view domain) { return routes->find(domain)->host; };
  CHECK(host("qq.com") == "10.0.0.1");
  CHECK(host("QQ.com") == "10.0.0.1");
  CHECK(host("a.cn") == "cn.example");
  CHECK(host("x.mail.cn") == "mail.example");
  CHECK(host("mail.cn") == "cn.example");
  CHECK(host("cn") == "all.example");
  CHECK(host("xqq.com") == "all.example");
  CHECK(routes->site("QQ.com") == "10.0.0.1:25");
}

TEST_CASE("without a route the domain is its own site") {
  Routes none;
  CHECK(none.find("a.example") == nullptr);
  CHECK(none.site("A.example") == "a.example");
}

TEST_CASE("what can never work is refused, with its place") {
  struct Row {
    Route route;
    const char* field;
  };
  Route login = route("*", "h.example");
  login.user = "u";
  Route port = route("*", "h.example");
  port.port = 0;
  const Row rows[] = {{route("", "h.example"), "delivery.routes[0].match"},
                      {route("a..b", "h.example"), "delivery.routes[0].match"},
                      {route("**.cn", "h.example"), "delivery.routes[0].match"},
                      {route("*", ""), "delivery.routes[0].host"},
                      {route("*", "a b"), "delivery.routes[0].host"},
                      {port, "delivery.routes[0].port"},
                      {login, "delivery.routes[0].tls"}};
  for (const Row& row : rows) {
    auto made = Routes::make({row.route});
    REQUIRE(!made);
    CHECK(made.error().field == row.field);
  }
}

TEST_CASE("a certificate has to hold where it is asked for, and with implicit before a password") {
  CHECK(verifies(RouteTls::verify, false));
  CHECK(verifies(RouteTls::implicit, true));
  CHECK(!verifies(RouteTls::implicit, false));
  CHECK(!verifies(RouteTls::require, true));
  CHECK(!verifies(RouteTls::opportunistic, false));
}

TEST_CASE("words of tls go both ways") {
  for (const char* word : {"none", "opportunistic", "require", "verify", "implicit"}) {
    auto tls = parse_route_tls(word);
    REQUIRE(tls);
    CHECK(route_tls_name(*tls) == word);
  }
  CHECK(!parse_route_tls("maybe"));
}
