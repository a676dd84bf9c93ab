#include "net/http_forwarded.h"

#include <doctest/doctest.h>

using namespace ph;
using namespace ph::net;

namespace {

std::string client_of(std::string peer, std::vector<std::string> fields,
                      std::vector<const char*> trusted = {"10.0.0.0/8", "127.0.0.1", "fd00::/8"}) {
  HttpRequest request;
  request.peer = {*IpAddress::parse(peer), 4000};
  for (std::string& field : fields) request.headers.push_back({"x-forwarded-FOR", field});
  std::vector<ph::Network> networks;
  for (const char* text : trusted) networks.push_back(*ph::Network::parse(text));
  take_forwarded(request, networks);
  return request.peer.address.text();
}

bool tls_of(std::string peer, std::vector<std::string> fields, bool before) {
  HttpRequest request;
  request.peer = {*IpAddress::parse(peer), 4000};
  request.tls = before;
  for (std::string& field : fields) request.headers.push_back({"X-Forwarded-Proto", field});
  take_forwarded(request, std::vector<ph::Network>{*ph::Network::parse("127.0.0.1")});
  return request.tls;
}

}  // namespace

TEST_CASE("the client is the last hop that no trusted proxy is") {
  struct Case {
    const char* peer;
    std::vector<std::string> fields;
    const char* client;
  };
  const Case cases[] = {
      {"127.0.0.1", {}, "127.0.0.1"},
      {"127.0.0.1", {"192.0.2.1"}, "192.0.2.1"},
      {"127.0.0.1", {"203.0.113.9, 192.0.2.1"}, "192.0.2.1"},  // the first is a claim
      {"127.0.0.1", {"203.0.113.9,192.0.2.1 , 10.1.2.3"}, "192.0.2.1"},
      {"127.0.0.1", {"203.0.113.9", "192.0.2.1"}, "192.0.2.1"},  // two fields are one list
      {"127.0.0.1", {"192.0.2.1", "10.0.0.9"}, "192.0.2.1"},
      {"127.0.0.1", {"10.0.0.1, 10.0.0.2"}, "10.0.0.1"},  // all are proxies
      {"127.0.0.1", {"192.0.2.1:4711"}, "192.0.2.1"},
      {"127.0.0.1", {"2001:db8::1"}, "2001:db8::1"},
      {"127.0.0.1", {"[2001:db8::1]:443"}, "2001:db8::1"},
      {"127.0.0.1", {"[2001:db8::1]"}, "2001:db8::1"},
      {"127.0.0.1", {"::ffff:192.0.2.1"}, "192.0.2.1"},
      {"127.0.0.1", {"192.0.2.1, fd00::5"}, "192.0.2.1"},
      {"127.0.0.1", {"unknown"}, "127.0.0.1"},
      {"127.0.0.1", {"192.0.2.1, unknown"}, "127.0.0.1"},
      {"127.0.0.1", {"192.0.2.1, _hidden, 10.0.0.2"}, "10.0.0.2"},
      {"127.0.0.1", {"192.0.2.1,"}, "127.0.0.1"},
      {"127.0.0.1", {""}, "127.0.0.1"},
      {"127.0.0.1", {"192.0.2.1 192.0.2.2"}, "127.0.0.1"},
      {"127.0.0.1", {"0x7f.1"}, "127.0.0.1"},
      {"192.0.2.66", {"203.0.113.9"}, "192.0.2.66"},  // a stranger's word
      {"192.0.2.66", {"203.0.113.9, 10.0.0.2"}, "192.0.2.66"},
  };
  for (const Case& c : cases) {
    INFO(c.peer, " ", (c.fields.empty() ? "" : c.fields.back()));
    CHECK(client_of(c.peer, c.fields) == c.client);
  }
  CHECK(client_of("127.0.0.1", {"192.0.2.1"}, {}) == "127.0.0.1");  // none is trusted by default
}

TEST_CASE("a long list of hops is read from its end, and only so far") {
  std::string list = "192.0.2.1";
  for (int i = 0; i < 1000; ++i) list += ",10.0.0.1";
  CHECK(client_of("127.0.0.1", {list}) == "10.0.0.1");
  CHECK(client_of("127.0.0.1", std::vector<std::string>(90, "10.0.0.1")) == "10.0.0.1");
}

TEST_CASE("the proxy says whether the client came by TLS, a client does not") {
  CHECK(tls_of("127.0.0.1", {"https"}, false));
  CHECK(tls_of("127.0.0.1", {"HTTPS"}, false));
  CHECK_FALSE(tls_of("127.0.0.1", {"http"}, true));
  CHECK_FALSE(tls_of("127.0.0.1", {"https", "http"}, false));
  CHECK_FALSE(tls_of("127.0.0.1", {"https, http"}, false));
  CHECK_FALSE(tls_of("192.0.2.1", {"https"}, false));
}
