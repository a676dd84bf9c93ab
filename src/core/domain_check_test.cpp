#include "core/domain_check.h"

#include "core/core_fixture_test.h"
#include "crypto/signing_key.h"

using namespace ph;
using namespace ph::core_test;

namespace {

struct Fixture {
  Fixture() {
    zone.add_txt(kSpfName, "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all");
    in.mail_host = kMailHost;
    in.spf_name = kSpfName;
    in.sending_ips = {*IpAddress::parse("192.0.2.1"), *IpAddress::parse("2001:db8::1")};
    wants.name = "m.acme.example";
    wants.selector = "ph1";
    static const auto key = need(crypto::PrivateKey::generate(crypto::NewKey::rsa_2048));
    wants.dkim_public = key.public_base64();
  }
  DomainCheck check() {
    return loop->run_until(check_domain(zone, clock, wants, in, Deadline::never()));
  }
  RecordFinding finding(const char* which) {
    for (RecordFinding& f : check().records)
      if (f.check == which) return f;
    FAIL("no such check");
    return {};
  }
  std::string state(const char* which) {
    RecordFinding f = finding(which);
    CHECK_FALSE(f.advice.empty());
    return std::string(record_state_name(f.state));
  }
  void wipe() {
    zone = dns::ZoneFake();
    zone.add_txt(kSpfName, "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all");
  }

  FakeClock clock;
  std::unique_ptr<net::Loop> loop = net::Loop::make(clock);
  dns::ZoneFake zone;
  Installation in;
  DomainWants wants;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "MX: ours among others is right, a silent DNS is unknown") {
  CHECK(state("mx") == "missing");
  zone.hold("m.acme.example");
  CHECK(state("mx") == "missing");
  zone.add_mx("m.acme.example", 5, "mx.other.example");
  CHECK(state("mx") == "wrong");
  CHECK(finding("mx").found == std::vector<std::string>{"5 mx.other.example"});
  zone.add_mx("m.acme.example", 50, "MX.house.EXAMPLE");
  CHECK(state("mx") == "ok");
  CHECK(finding("mx").ttl == 300);
  for (dns::Status status :
       {dns::Status::servfail, dns::Status::timeout, dns::Status::bogus}) {
    wipe();
    zone.fail("m.acme.example", status);
    CHECK(state("mx") == "unknown");
    CHECK(state("spf") == "unknown");
  }
}

TEST_CASE_FIXTURE(Fixture, "what DNSSEC proves is said, the absence of a record too") {
  zone.add_mx("m.acme.example", 5, kMailHost);
  for (const RecordFinding& f : check().records) CHECK_FALSE(f.secure);
  zone.secure("m.acme.example");
  CHECK(finding("mx").secure);
  CHECK(finding("spf").state == RecordState::missing);
  CHECK(finding("spf").secure);
  CHECK_FALSE(finding("dkim").secure);
  DomainCheck done = check();
  std::string text =
      json::serialize(domain_check_json("m.acme.example", DomainState::pending, done));
  CHECK(text.find("\"secure\":true") != std::string::npos);
  CHECK(need(parse_domain_check(text)).records[0].secure);
}

TEST_CASE_FIXTURE(Fixture, "MX: where it may stay the customer's, bounce.D has ours") {
  zone.add_mx("m.acme.example", 5, "mx.other.example");
  zone.add_mx("bounce.m.acme.example", 10, kMailHost);
  CHECK(state("mx") == "wrong");
  in.allow_customer_mx = true;
  DomainCheck done = check();
  CHECK(record_state_name(done.records[0].state) == "ok");
  CHECK(done.records[0].host == "bounce.m.acme.example");
  CHECK(done.return_path_host == "bounce.m.acme.example");
}

TEST_CASE_FIXTURE(Fixture, "SPF is judged by what it lets us do, not by its text") {
  struct Row {
    std::vector<const char*> texts;
    const char* state;
  };
  const Row table[] = {
      {{}, "missing"},
      {{"something else", "v=spf10 -all"}, "missing"},
      {{"v=spf1 include:spf.house.example -all"}, "ok"},
      {{"V=SPF1 ip4:198.51.100.0/24 include:SPF.House.Example ~all", "other text"}, "ok"},
      {{"v=spf1 redirect=spf.house.example"}, "ok"},
      {{"v=spf1 -all"}, "wrong"},
      {{"v=spf1 ip4:192.0.2.1 -all"}, "wrong"},  // not from every address
      {{"v=spf1 -all include:spf.house.example"}, "wrong"},
      {{"v=spf1 include:spf.house.example -all", "v=spf1 -all"}, "conflicting"},
      {{"v=spf1 include:none.example include:spf.house.example -all"}, "wrong"},
      {{"v=spf1 includes:spf.house.example -all"}, "wrong"},
      {{"v=spf1 include:loop.example include:spf.house.example -all"}, "wrong"},
  };
  for (const Row& row : table) {
    wipe();
    zone.add_txt("loop.example", "v=spf1 include:loop.example -all");
    zone.hold("m.acme.example");
    for (const char* text : row.texts) zone.add_txt("m.acme.example", text);
    INFO((row.texts.empty() ? "none" : row.texts[0]));
    CHECK(state("spf") == row.state);
  }
}

TEST_CASE_FIXTURE(Fixture, "SPF: an include that does not answer is unknown, not wrong") {
  zone.add_txt("m.acme.example", "v=spf1 include:silent.example include:spf.house.example -all");
  zone.fail("silent.example", dns::Status::servfail);
  CHECK(state("spf") == "unknown");
}

TEST_CASE_FIXTURE(Fixture, "DKIM is judged by the key") {
  const char* host = "ph1._domainkey.m.acme.example";
  std::string other = need(crypto::PrivateKey::generate(crypto::NewKey::ed25519)).public_base64();
  std::string p = "p=" + wants.dkim_public;
  struct Row {
    std::vector<std::string> texts;
    const char* state;
  };
  const Row table[] = {
      {{}, "missing"},
      {{"v=DKIM1; k=rsa; " + p}, "ok"},
      {{p}, "ok"},
      {{"v=DKIM1;k=rsa;t=y;" + p}, "ok"},
      {{"v=DKIM1; k=rsa; h=sha1; " + p}, "wrong"},
      {{"v=DKIM1; k=rsa; s=tlsrpt; " + p}, "wrong"},
      {{"v=DKIM1; k=rsa; p="}, "wrong"},
      {{"v=DKIM1; k=ed25519; p=" + other}, "wrong"},
      {{"v=DKIM1; k=rsa; p=!!"}, "wrong"},
      {{"v=DKIM2; " + p}, "wrong"},
      {{"k=rsa"}, "wrong"},
      {{"v=DKIM1; k=rsa; " + p, "v=DKIM1; k=rsa; " + p + " "}, "conflicting"},
  };
  for (const Row& row : table) {
    wipe();
    zone.hold(host);
    for (const std::string& text : row.texts) zone.add_txt(host, text);
    INFO((row.texts.empty() ? "none" : row.texts[0]));
    CHECK(state("dkim") == row.state);
  }
  wipe();
  zone.fail(host, dns::Status::servfail);
  CHECK(state("dkim") == "unknown");
  wipe();
  zone.add_txt(host, "v=DKIM1; k=ed25519; p=" + other);
  wants.dkim_public.clear();  // any key
  CHECK(state("dkim") == "ok");
}

TEST_CASE_FIXTURE(Fixture, "DMARC: own, inherited, unusable, several, silent") {
  const char* host = "_dmarc.m.acme.example";
  struct Row {
    std::vector<const char*> texts;
    const char* state;
  };
  const Row table[] = {
      {{}, "missing"},
      {{"v=DMARC1; p=none"}, "ok"},
      {{"v=DMARC1; p=reject; rua=mailto:d@acme.example", "unrelated"}, "ok"},
      {{"v=DMARC1"}, "wrong"},
      {{"v=DMARC1; p=nonsense"}, "wrong"},
      {{"p=none"}, "wrong"},
      {{"v=DMARC2; p=none"}, "wrong"},
      {{"v=DMARC1; p=none", "v=DMARC1; p=reject"}, "conflicting"},
  };
  for (const Row& row : table) {
    wipe();
    zone.hold(host);
    for (const char* text : row.texts) zone.add_txt(host, text);
    INFO((row.texts.empty() ? "none" : row.texts[0]));
    CHECK(state("dmarc") == row.state);
  }
  wipe();
  zone.add_txt("_dmarc.acme.example", "v=DMARC1; p=reject; sp=quarantine");
  CHECK(state("dmarc") == "ok");
  CHECK(finding("dmarc").advice.contains("Inherited from acme.example"));
  wipe();
  zone.fail(host, dns::Status::timeout);
  CHECK(state("dmarc") == "unknown");
  wipe();
  zone.fail("_dmarc.acme.example", dns::Status::servfail);
  CHECK(state("dmarc") == "unknown");
}

TEST_CASE("one wrong record outweighs unknown ones; optional records count for nothing") {
  auto verdict = [](std::vector<RecordState> states, RecordState optional) {
    DomainCheck check;
    for (RecordState state : states) {
      check.records.emplace_back();
      check.records.back().state = state;
    }
    check.records.emplace_back();
    check.records.back().state = optional;
    check.records.back().optional = true;
    return check.verdict();
  };
  using S = RecordState;
  CHECK(verdict({S::ok, S::ok, S::ok, S::ok}, S::wrong) == DnsVerdict::good);
  CHECK(verdict({S::ok, S::unknown, S::ok, S::ok}, S::ok) == DnsVerdict::unknown);
  for (S bad : {S::missing, S::wrong, S::conflicting}) {
    CHECK(verdict({S::unknown, bad, S::ok, S::ok}, S::ok) == DnsVerdict::absent);
    CHECK(verdict({bad, S::unknown, S::ok, S::ok}, S::ok) == DnsVerdict::absent);
  }
}

TEST_CASE_FIXTURE(Fixture, "a check comes back from its JSON as it was; what a zone holds is cut") {
  zone.add_txt("m.acme.example", std::string(5000, 'x'));
  for (int i = 0; i < 50; ++i) zone.add_mx("m.acme.example", 10, fmt::format("mx{}.example", i));
  DomainCheck done = check();
  CHECK(done.records[0].found.size() <= 10);
  std::string text =
      json::serialize(domain_check_json("m.acme.example", DomainState::pending, done));
  auto back = need(parse_domain_check(text));
  CHECK(json::serialize(domain_check_json("m.acme.example", DomainState::pending, back)) == text);
}
