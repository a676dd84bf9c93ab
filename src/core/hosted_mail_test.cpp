#include "core/core_fixture_test.h"

using namespace ph;
using namespace ph::core_test;

namespace {

HostedMail found(dns::ZoneFake& zone, const char* name) {
  FakeClock clock;
  auto loop = net::Loop::make(clock);
  return loop->run_until(find_hosted_mail(zone, name, kMailHost, Deadline::never()));
}

}  // namespace

TEST_CASE("hosts of other people's mailboxes are known by whole labels of MX and SPF") {
  struct Row {
    const char* mx;
    const char* spf;
    const char* provider;
  };
  const Row table[] = {
      {"mxbiz2.qq.com", "", "Tencent Exmail"},
      {"MXBIZ1.QQ.COM.", "", "Tencent Exmail"},
      {"notmxbiz1.qq.com.evil.example", "", ""},
      {"xaspmx.l.google.com", "", ""},
      {"alt1.aspmx.l.google.com", "", "Google Workspace"},
      {"acme-example.mail.protection.outlook.com", "", "Microsoft 365"},
      {"mxn.mxhichina.com", "", "Aliyun Enterprise Mail"},
      {"mail.acme.example", "v=spf1 include:spf.mail.qq.com ~all", "Tencent Exmail"},
      {"mail.acme.example", "V=SPF1 +INCLUDE:_SPF.Google.com -all", "Google Workspace"},
      {"mail.acme.example", "v=spf1 redirect=spf.protection.outlook.com", "Microsoft 365"},
      {"mail.acme.example", "v=spf1 include:spf.protection.outlook.com.evil.example", ""},
      {"mail.acme.example", "spf2.0 include:_spf.google.com", ""},
      {"mail.acme.example", "v=spf1 mx -all", ""},
      {kMailHost, "v=spf1 include:_spf.google.com -all", ""},  // its mail comes here already
  };
  for (const Row& row : table) {
    dns::ZoneFake zone;
    zone.add_mx("acme.example", 10, row.mx);
    if (*row.spf != '\0') zone.add_txt("acme.example", row.spf);
    INFO(row.mx, " ", row.spf);
    HostedMail hosted = found(zone, "acme.example");
    CHECK(hosted.provider == row.provider);
    CHECK_FALSE(hosted.unknown);
  }
}

TEST_CASE("an SPF include of such a host is enough, with no MX at all") {
  dns::ZoneFake zone;
  zone.add_txt("acme.example", "v=spf1 include:_spf.google.com ~all");
  CHECK(found(zone, "acme.example").provider == "Google Workspace");
}

TEST_CASE("a DNS that does not answer leaves hosted mail unknown") {
  dns::ZoneFake zone;
  zone.fail("acme.example", dns::Status::timeout);
  HostedMail hosted = found(zone, "acme.example");
  CHECK(hosted.unknown);
  CHECK(hosted.provider.empty());
  CHECK_FALSE(found(zone, "nothing.example").unknown);
}
