#include "mailauth/spf_record.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "dns/zone_fake.h"
#include "mailauth/spf_check.h"
#include "mailauth/spf_judge.h"
#include "mailauth/spf_macro.h"

using namespace ph;
using namespace ph::mailauth;

TEST_CASE("a good SPF record is read") {
  auto record = parse_spf_record(
      "V=SPF1 +ip4:192.0.2.0/24 ?ip6:2001:db8::/32 ~a:h.example.com/24//64 mx//64 "
      "include:%{d2}.example.com -ptr exists:%{ir}.x.example.com. redirect=a.example.com "
      "exp=b.example.com x.y-z_=%{d} -all");
  REQUIRE(record);
  REQUIRE(record->mechanisms.size() == 8);
  CHECK(record->mechanisms[0].kind == SpfMechanismKind::ip4);
  CHECK(record->mechanisms[0].v4_prefix == 24);
  CHECK(record->mechanisms[1].result == SpfResultCode::neutral);
  CHECK(record->mechanisms[2].domain_spec == "h.example.com");
  CHECK(record->mechanisms[2].v4_prefix == 24);
  CHECK(record->mechanisms[2].v6_prefix == 64);
  CHECK(record->mechanisms[3].v4_prefix == 32);
  CHECK(record->mechanisms[7].result == SpfResultCode::fail);
  CHECK(record->redirect == "a.example.com");
  CHECK(record->explanation == "b.example.com");
}

TEST_CASE("bad SPF records are refused, and the term is named") {
  struct Row {
    const char* text;
    const char* term;
  };
  const Row rows[] = {
      {"v=spf1 all:x", "all:x"},
      {"v=spf1 -", "-"},
      {"v=spf1 --all", "--all"},
      {"v=spf1 ip4:1.2.3", "ip4:1.2.3"},
      {"v=spf1 ip4:1.2.3.4/33", "ip4:1.2.3.4/33"},
      {"v=spf1 ip4:1.2.3.04", "ip4:1.2.3.04"},
      {"v=spf1 ip4:::1", "ip4:::1"},
      {"v=spf1 ip6:1.2.3.4", "ip6:1.2.3.4"},
      {"v=spf1 ip6:::1/129", "ip6:::1/129"},
      {"v=spf1 a/", "a/"},
      {"v=spf1 a//", "a//"},
      {"v=spf1 a:h.example.com/4294967328", "a:h.example.com/4294967328"},
      {"v=spf1 ptr/24", "ptr/24"},
      {"v=spf1 include", "include"},
      {"v=spf1 include:example", "include:example"},
      {"v=spf1 include:%{z}.example.com", "include:%{z}.example.com"},
      {"v=spf1 include:%{d0}.example.com", "include:%{d0}.example.com"},
      {"v=spf1 include:%{", "include:%{"},
      {"v=spf1 include:%{d", "include:%{d"},
      {"v=spf1 include:%{}", "include:%{}"},
      {"v=spf1 include:a.com%", "include:a.com%"},
      {"v=spf1 exists:%{c}.example.com", "exists:%{c}.example.com"},
      {"v=spf1 redirect=a.example.com redirect=b.example.com", "redirect=b.example.com"},
      {"v=spf1 1x=y", "1x=y"},
      {"v=spf1 =y", "=y"},
      {"v=spf1 \tall", "\tall"},
      {"v=spf1 a:ex\xc3\xa4mple.com", "a:ex\xc3\xa4mple.com"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    auto record = parse_spf_record(row.text);
    REQUIRE_FALSE(record);
    CHECK(record.error().field == row.term);
  }
  CHECK_FALSE(parse_spf_record("v=spf10"));
  CHECK_FALSE(parse_spf_record("v=spf1" + std::string(limits::kSpfRecordBytes, ' ')));
}

TEST_CASE("macros expand as in the examples of RFC 7208") {
  SpfMacroValues v{.ip = *IpAddress::parse("192.0.2.3"),
                   .local_part = "strong-bad",
                   .sender_domain = "email.example.com",
                   .domain = "email.example.com",
                   .helo = "mx.example.com",
                   .validated_name = "mx.example.org",
                   .receiver = "mail.receiver.example",
                   .now_seconds = 1'700'000'000};
  struct Row {
    const char* text;
    const char* result;
  };
  const Row rows[] = {
      {"%{s}", "strong-bad@email.example.com"},
      {"%{o}", "email.example.com"},
      {"%{d4}", "email.example.com"},
      {"%{d2}", "example.com"},
      {"%{d1}", "com"},
      {"%{dr}", "com.example.email"},
      {"%{d2r}", "example.email"},
      {"%{l-}", "strong.bad"},
      {"%{lr-}", "bad.strong"},
      {"%{l1r-}", "strong"},
      {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
      {"%{S}", "strong-bad%40email.example.com"},
      {"%%%_%-", "% %20"},
      {"%{c} %{r} %{t} %{h} %{p}",
       "192.0.2.3 mail.receiver.example 1700000000 mx.example.com mx.example.org"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    REQUIRE(valid_spf_macro_string(row.text, SpfMacroPlace::explanation));
    CHECK(expand_spf_macros(row.text, v) == row.result);
  }
  v.ip = *IpAddress::parse("2001:db8::cb01");
  CHECK(expand_spf_macros("%{ir}.%{v}", v) ==
        "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6");
}

TEST_CASE("a long expanded name loses labels on its left only") {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "abc.";
  name += "example.com.";
  std::string fitted = fit_spf_domain(name);
  CHECK(fitted.size() <= 253);
  CHECK(fitted.size() > 249);
  CHECK(fitted.ends_with(".abc.example.com"));
}

TEST_CASE("look-ups and void look-ups are counted and named") {
  dns::ZoneFake zone;
  zone.add_txt("d.example.com", "v=spf1 a mx include:i.example.com exists:no.example.com -all");
  zone.add_address("d.example.com", "192.0.2.9").add_txt("i.example.com", "v=spf1 ip4:192.0.2.7");
  SpfInput input{.ip = *IpAddress::parse("192.0.2.8"), .helo = "h.example.com",
                 .mail_from = "x@d.example.com"};
  SpfResult result = dns::inquire_now(spf_inquiry(input), zone);
  CHECK(result.result == SpfResultCode::fail);
  CHECK(result.lookups == 4);
  CHECK(result.void_lookups == 2);
  CHECK(result.matched == "-all");
  input.ip = *IpAddress::parse("192.0.2.9");
  result = dns::inquire_now(spf_inquiry(input), zone);
  CHECK(result.result == SpfResultCode::pass);
  CHECK(result.lookups == 1);
}

TEST_CASE("an internationalized sender domain is asked for by its A-labels") {
  dns::ZoneFake zone;
  zone.add_txt("xn--bcher-kva.example", "v=spf1 ip4:192.0.2.8 -all");
  SpfInput input{.ip = *IpAddress::parse("192.0.2.8"), .helo = "h.example.com",
                 .mail_from = "x@bücher.example"};
  CHECK(dns::inquire_now(spf_inquiry(input), zone).result == SpfResultCode::pass);
}

TEST_CASE("a sender domain's record is judged by what it lets pass") {
  dns::ZoneFake zone;
  zone.add_txt("spf.post.example", "v=spf1 ip4:192.0.2.0/28 -all");
  zone.add_txt("good.example", "v=spf1 include:SPF.post.example. ~all");
  zone.add_txt("nested.example", "v=spf1 redirect=good.example");
  zone.add_txt("address.example", "v=spf1 ip4:192.0.2.1 -all");
  zone.add_txt("other.example", "v=spf1 mx -all").add_txt("other.example", "hello");
  zone.add_txt("two.example", "v=spf1 -all");
  zone.add_txt("two.example", "v=spf1 include:spf.post.example");
  zone.add_txt("bad.example", "v=spf1 include -all");
  zone.add_txt("broken.example", "v=spf1 include:nothing.example -all");
  zone.add_txt("many.example",
               "v=spf1 include:spf.post.example a a a a a a a a a a a -all");
  zone.add_txt("loop.example", "v=spf1 include:spf.post.example include:loop.example -all");
  zone.hold("empty.example").fail("away.example", dns::Status::servfail);
  struct Row {
    const char* domain;
    SpfVerdict verdict;
    SpfVerdict without_addresses;
  };
  const Row rows[] = {
      {"good.example", SpfVerdict::ok, SpfVerdict::ok},
      {"nested.example", SpfVerdict::ok, SpfVerdict::ok},
      {"address.example", SpfVerdict::ok, SpfVerdict::not_ours},
      {"other.example", SpfVerdict::not_ours, SpfVerdict::not_ours},
      {"two.example", SpfVerdict::several, SpfVerdict::several},
      {"bad.example", SpfVerdict::invalid, SpfVerdict::invalid},
      {"broken.example", SpfVerdict::invalid, SpfVerdict::not_ours},
      {"many.example", SpfVerdict::too_many, SpfVerdict::too_many},
      {"loop.example", SpfVerdict::too_many, SpfVerdict::too_many},
      {"empty.example", SpfVerdict::missing, SpfVerdict::missing},
      {"nxdomain.example", SpfVerdict::missing, SpfVerdict::missing},
      {"away.example", SpfVerdict::unknown, SpfVerdict::unknown},
  };
  for (const Row& row : rows) {
    CAPTURE(row.domain);
    SpfJudgeInput input{row.domain, "spf.post.example", {*IpAddress::parse("192.0.2.1")}};
    CHECK(dns::inquire_now(spf_judge_inquiry(input), zone).verdict == row.verdict);
    input.addresses.clear();
    CHECK(dns::inquire_now(spf_judge_inquiry(input), zone).verdict == row.without_addresses);
  }
  SpfJudgeInput input{"good.example", "spf.post.example", {*IpAddress::parse("192.0.2.1"),
                                                           *IpAddress::parse("198.51.100.1")}};
  auto judgement = dns::inquire_now(spf_judge_inquiry(input), zone);
  CHECK(judgement.verdict == SpfVerdict::not_ours);
  CHECK(judgement.includes);
  CHECK(judgement.lookups == 1);
  REQUIRE(judgement.not_authorised.size() == 1);
  CHECK(judgement.not_authorised[0].text() == "198.51.100.1");
}
