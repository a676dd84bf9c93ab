#include "mailauth/dmarc_check.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "dns/zone_fake.h"
#include "mailauth/dmarc_walk.h"

using namespace ph;
using namespace ph::mailauth;

namespace {

DmarcResult check(const dns::ZoneFake& zone, DmarcInput input) {
  return dns::inquire_now(dmarc_inquiry(std::move(input), dns::PublicSuffix::system()), zone);
}

dns::ZoneFake example_zone() {
  dns::ZoneFake zone;
  zone.add_txt("_dmarc.example.com", "v=DMARC1; p=reject; sp=quarantine; np=none");
  zone.hold("mail.example.com").hold("example.com").hold("a.mail.example.com");
  return zone;
}

}  // namespace

TEST_CASE("a tree walk asks at most eight names, as in RFC 9989's example") {
  auto names = [](const char* text) {
    std::vector<std::string> out;
    for (const auto& name : dmarc_walk_names(*dns::DomainName::parse(text)))
      out.push_back(name.text());
    return out;
  };
  CHECK(names("a.b.c.d.e.f.g.h.i.j.mail.example.com") ==
        std::vector<std::string>{"a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com",
                                 "h.i.j.mail.example.com", "i.j.mail.example.com",
                                 "j.mail.example.com", "mail.example.com", "example.com", "com"});
  CHECK(names("example.com") == std::vector<std::string>{"example.com", "com"});
  CHECK(names("com") == std::vector<std::string>{"com"});
  CHECK(names("a.b.c.d.e.f.example.com").size() == limits::kDmarcTreeQueries);
}

TEST_CASE("a domain's own record applies, and aligned names pass") {
  auto zone = example_zone();
  struct Row {
    DmarcInput input;
    DmarcResultCode result;
    DmarcAligned aligned;
  };
  const Row rows[] = {
      {{"example.com", {"example.com"}, ""}, DmarcResultCode::pass, {true, false}},
      {{"EXAMPLE.com.", {"mail.example.com"}, ""}, DmarcResultCode::pass, {true, false}},
      {{"example.com", {}, "a.mail.example.com"}, DmarcResultCode::pass, {false, true}},
      {{"example.com", {"example.org", "example.com"}, "x.org"}, DmarcResultCode::pass,
       {true, false}},
      {{"example.com", {"example.org"}, "com"}, DmarcResultCode::fail, {false, false}},
      {{"example.com", {"badexample.com"}, ""}, DmarcResultCode::fail, {false, false}},
      {{"example.com", {"..", ""}, "not a name"}, DmarcResultCode::fail, {false, false}},
      {{"example.com", {}, ""}, DmarcResultCode::fail, {false, false}},
  };
  for (const Row& row : rows) {
    DmarcResult result = check(zone, row.input);
    CHECK(result.result == row.result);
    CHECK(result.aligned == row.aligned);
    CHECK(result.policy == DmarcPolicy::reject);
    CHECK(result.org_domain == "example.com");
    CHECK_FALSE(result.inherited);
    CHECK_FALSE(result.rfc7489);
  }
}

TEST_CASE("a subdomain inherits sp, and np where it does not exist") {
  auto zone = example_zone();
  DmarcResult result = check(zone, {"mail.example.com", {"example.com"}, ""});
  CHECK(result.result == DmarcResultCode::pass);
  CHECK(result.policy == DmarcPolicy::quarantine);
  CHECK(result.inherited);
  CHECK(result.record_domain == "example.com");
  result = check(zone, {"nothing.example.com", {}, ""});
  CHECK(result.result == DmarcResultCode::fail);
  CHECK(result.policy == DmarcPolicy::none);
  REQUIRE(result.rfc7489);  // which does not know np
  CHECK(result.rfc7489->policy == DmarcPolicy::quarantine);
}

TEST_CASE("strict alignment wants the very same name") {
  dns::ZoneFake zone;
  zone.add_txt("_dmarc.example.com", "v=DMARC1; p=none; adkim=s; aspf=s");
  CHECK(check(zone, {"example.com", {"mail.example.com"}, "mail.example.com"}).result ==
        DmarcResultCode::fail);
  CHECK(check(zone, {"example.com", {"example.com"}, ""}).result == DmarcResultCode::pass);
}

TEST_CASE("psd=n makes an organizational domain, psd=y the name below it") {
  dns::ZoneFake zone;
  zone.add_txt("_dmarc.example.com", "v=DMARC1; p=reject");
  zone.add_txt("_dmarc.dept.example.com", "v=DMARC1; p=quarantine; psd=n");
  DmarcResult result = check(zone, {"a.dept.example.com", {"example.com"}, ""});
  CHECK(result.org_domain == "dept.example.com");
  CHECK(result.result == DmarcResultCode::fail);
  CHECK(result.policy == DmarcPolicy::quarantine);
  REQUIRE(result.rfc7489);
  CHECK(result.rfc7489->result == DmarcResultCode::pass);
  CHECK(result.rfc7489->org_domain == "example.com");

  dns::ZoneFake bank;
  bank.add_txt("_dmarc.bank", "v=DMARC1; p=reject; sp=reject; psd=y");
  result = check(bank, {"www.our.bank", {"our.bank"}, ""});
  CHECK(result.org_domain == "our.bank");
  CHECK(result.record_domain == "bank");
  CHECK(result.policy == DmarcPolicy::reject);
  CHECK(result.result == DmarcResultCode::pass);
  CHECK(check(bank, {"www.our.bank", {"their.bank"}, ""}).result == DmarcResultCode::fail);
  // At the start of the walk psd=y does not move the organizational domain.
  CHECK(check(bank, {"bank", {"bank"}, ""}).org_domain == "bank");
}

TEST_CASE("the record with the fewest labels marks the organizational domain") {
  dns::ZoneFake zone;
  zone.add_txt("_dmarc.example.com", "v=DMARC1; p=reject");
  zone.add_txt("_dmarc.mail.example.com", "v=DMARC1; p=none");
  DmarcResult result = check(zone, {"a.mail.example.com", {"other.example.com"}, ""});
  CHECK(result.org_domain == "example.com");
  CHECK(result.record_domain == "example.com");
  CHECK(result.result == DmarcResultCode::pass);
  CHECK(check(zone, {"mail.example.com", {}, ""}).record_domain == "mail.example.com");
}

TEST_CASE("no record is no result, several at a name are none") {
  dns::ZoneFake zone;
  DmarcResult result = check(zone, {"a.example.com", {"a.example.com"}, ""});
  CHECK(result.result == DmarcResultCode::none);
  CHECK(result.org_domain == "a.example.com");
  CHECK_FALSE(result.policy);
  zone.add_txt("_dmarc.a.example.com", "v=DMARC1; p=none");
  zone.add_txt("_dmarc.a.example.com", "v=DMARC1; p=reject");
  zone.add_txt("_dmarc.example.com", "something else");
  result = check(zone, {"a.example.com", {"a.example.com"}, ""});
  CHECK(result.result == DmarcResultCode::none);
  CHECK(result.problem.find("2 DMARC records") != std::string::npos);
}

TEST_CASE("errors of the DNS and of the record are told") {
  dns::ZoneFake zone;
  zone.fail("_dmarc.a.example.com", dns::Status::servfail);
  zone.add_txt("_dmarc.example.com", "v=DMARC1; p=none");
  CHECK(check(zone, {"a.example.com", {"a.example.com"}, ""}).result == DmarcResultCode::temperror);
  // The From domain is known, the other is not.
  DmarcResult result = check(zone, {"example.com", {"a.example.com"}, ""});
  CHECK(result.result == DmarcResultCode::temperror);
  CHECK(check(zone, {"example.com", {"a.example.com", "example.com"}, ""}).result ==
        DmarcResultCode::pass);

  dns::ZoneFake wrong;
  wrong.add_txt("_dmarc.example.com", "v=DMARC1; p=reect");
  CHECK(check(wrong, {"example.com", {"example.com"}, ""}).result == DmarcResultCode::permerror);
  dns::ZoneFake repaired;
  repaired.add_txt("_dmarc.example.com", "v=DMARC1; p=reect; rua=mailto:a@example.com");
  result = check(repaired, {"example.com", {"example.com"}, ""});
  CHECK(result.result == DmarcResultCode::pass);
  CHECK(result.policy == DmarcPolicy::none);
  CHECK(check(wrong, {"not a name", {}, ""}).result == DmarcResultCode::permerror);
}

TEST_CASE("a failing look-up above the From domain's own record matters only where it decides") {
  dns::ZoneFake zone;
  zone.add_txt("_dmarc.example.com", "v=DMARC1; p=reject");
  zone.add_txt("_dmarc.strict.com", "v=DMARC1; p=reject; adkim=s; aspf=s");
  zone.fail("_dmarc.com", dns::Status::servfail);
  struct Row {
    DmarcInput input;
    DmarcResultCode result;
    DmarcAligned aligned;
  };
  const Row rows[] = {
      {{"example.com", {"example.com"}, ""}, DmarcResultCode::pass, {true, false}},
      {{"example.com", {}, "example.com"}, DmarcResultCode::pass, {false, true}},
      {{"example.com", {"sub.example.com", "example.com"}, ""}, DmarcResultCode::pass,
       {true, false}},
      {{"example.com", {}, ""}, DmarcResultCode::fail, {false, false}},
      {{"example.com", {"example.org"}, "example.net"}, DmarcResultCode::fail, {false, false}},
      {{"example.com", {"sub.example.com"}, ""}, DmarcResultCode::temperror, {false, false}},
      {{"example.com", {"other.com"}, ""}, DmarcResultCode::temperror, {false, false}},
      {{"strict.com", {"sub.strict.com"}, "com"}, DmarcResultCode::fail, {false, false}},
      {{"strict.com", {"strict.com"}, "sub.strict.com"}, DmarcResultCode::pass, {true, false}},
  };
  for (const Row& row : rows) {
    DmarcResult result = check(zone, row.input);
    CHECK(result.result == row.result);
    CHECK(result.aligned == row.aligned);
    CHECK(result.policy == DmarcPolicy::reject);
    CHECK(result.org_domain == row.input.from_domain);
  }
  // Without a record of its own, which one applies is not known either.
  CHECK(check(zone, {"none.com", {"none.com"}, ""}).result == DmarcResultCode::temperror);
}

TEST_CASE("the test flag and a missing policy are told") {
  dns::ZoneFake zone;
  zone.add_txt("_dmarc.example.com", "v=DMARC1; p=reject; t=y");
  zone.add_txt("_dmarc.example.org", "v=DMARC1");
  DmarcResult result = check(zone, {"example.com", {}, ""});
  CHECK(result.testing);
  CHECK(result.policy == DmarcPolicy::reject);
  CHECK(check(zone, {"example.org", {}, ""}).policy == DmarcPolicy::none);
}
