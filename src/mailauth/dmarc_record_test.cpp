#include "mailauth/dmarc_record.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace ph;
using namespace ph::mailauth;

TEST_CASE("a good DMARC record is read") {
  auto r = parse_dmarc_record(
      "v=DMARC1 ; sp=Quarantine; p = reject; np=none; psd=n; t=y; adkim=s; aspf=S; "
      "rua=mailto:a@example.com!10m, mailto:b@example.com,https://x.example/r; "
      "ruf=mailto:f@example.com; fo=1:d; pct=20; future=thing; ");
  REQUIRE(r);
  CHECK(r->p == DmarcPolicy::reject);
  CHECK(r->sp == DmarcPolicy::quarantine);
  CHECK(r->np == DmarcPolicy::none);
  CHECK(r->psd == DmarcPsd::no);
  CHECK(r->testing);
  CHECK(r->adkim == DmarcAlignment::strict);
  CHECK(r->aspf == DmarcAlignment::strict);
  CHECK(r->rua == std::vector<std::string>{"mailto:a@example.com", "mailto:b@example.com",
                                           "https://x.example/r"});
  CHECK(r->fo == "1:d");
  CHECK(r->invalid.empty());
  CHECK(r->ignored.empty());
}

TEST_CASE("a record that only has its version is one") {
  auto r = parse_dmarc_record("v=DMARC1");
  REQUIRE(r);
  CHECK_FALSE(r->p);
  CHECK(r->usable());
}

TEST_CASE("texts that are no DMARC record are told apart") {
  const std::string rows[] = {
      "", "v=DMARC", "v=dmarc1; p=none", "V=DMARC1; p=none", "p=none; v=DMARC1", "v=DMARC1p=none",
      "v=DMARC2; p=none", "v=spf1 -all", " ; v=DMARC1", "DMARC1",
      "v=DMARC1;" + std::string(limits::kDmarcRecordBytes, ' '),
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK_FALSE(is_dmarc_record(row));
    CHECK_FALSE(parse_dmarc_record(row));
  }
}

TEST_CASE("wrong values fall to the default, wrong policies void the record") {
  auto r = parse_dmarc_record(
      "v=DMARC1; p=reject; adkim=x; aspf=; t=maybe; psd=q; fo=9; rua=nobody; p2=reject");
  REQUIRE(r);
  CHECK(r->adkim == DmarcAlignment::relaxed);
  CHECK_FALSE(r->testing);
  CHECK(r->fo == "0");
  CHECK(r->ignored == std::vector<std::string>{"adkim", "aspf", "t", "psd", "fo", "rua"});
  CHECK(r->usable());

  r = parse_dmarc_record("v=DMARC1; p=rejected");
  CHECK(r->invalid == std::vector<std::string>{"p"});
  CHECK_FALSE(r->usable());
  r = parse_dmarc_record("v=DMARC1; p=reject; sp=quarantin; rua=mailto:a@example.com");
  CHECK(r->invalid == std::vector<std::string>{"sp"});
  CHECK(r->usable());
  CHECK_FALSE(parse_dmarc_record("v=DMARC1; p=none; p=reject"));
}
