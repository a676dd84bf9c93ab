#include "core/domain.h"

#include "core/core_fixture_test.h"
#include "core/event.h"

using namespace ph;
using namespace ph::core_test;
using namespace std::chrono_literals;

namespace {

struct Fixture : CoreFixture {
  Fixture() { acme = account("acme"); }
  std::string create(AccountId of, const std::string& name) {
    return refusal(run(domains.create(owner(of), {}, name)));
  }
  DomainState state(AccountId of, const std::string& name) {
    return now(domains.get(owner(of), {}, name)).state;
  }
  AccountId acme;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a new domain says which records it needs, with a key of its own") {
  DomainView view = now(domains.create(owner(acme), {}, "Mail.BÜCHER.example."));
  CHECK(view.row.name == "mail.xn--bcher-kva.example");
  CHECK(view.state == DomainState::pending);
  REQUIRE(view.check.records.size() == 5);
  CHECK(view.check.records[0].expected == "10 mx.house.example");
  CHECK(view.check.records[1].expected == "v=spf1 include:spf.house.example -all");
  CHECK(view.check.records[2].host ==
        view.row.selector + "._domainkey.mail.xn--bcher-kva.example");
  CHECK(view.check.records[2].expected == "v=DKIM1; k=rsa; p=" + view.row.dkim_public);
  CHECK(view.check.records[3].host == "_dmarc.mail.xn--bcher-kva.example");
  CHECK(view.check.records[4].optional);
  CHECK(view.row.dkim_bits == 2048);
  AccountId other = account("other");
  DomainView second = now(domains.create(owner(other), {}, "mail.bücher.example"));
  CHECK(second.row.selector != view.row.selector);
  CHECK(second.row.dkim_public != view.row.dkim_public);
}

TEST_CASE_FIXTURE(Fixture, "what is no sender domain is refused by its rule") {
  for (const char* bad : {"", "a b.example", "-a.example", "a..example", "example", "a_b.example",
                          "a.example\r\n", "[192.0.2.1]"})
    CHECK(create(acme, bad) == "invalid_field domain");
  CHECK(create(acme, std::string(64, 'a') + ".example") == "invalid_field domain");
  for (const char* suffix : {"co.uk", "com.cn", "github.io"})
    CHECK(create(acme, suffix) == "domain_public_suffix domain");
  CHECK(create(acme, "mine.co.uk") == "granted");
  CHECK(create(acme, "MINE.co.uk") == "conflict domain");
}

TEST_CASE_FIXTURE(Fixture, "a domain whose mailboxes are elsewhere is refused, by MX and by SPF") {
  zone.add_mx("exmail.example", 5, "mxbiz1.qq.com");
  zone.add_mx("google.example", 1, "ASPMX.L.GOOGLE.COM");
  zone.add_mx("office.example", 0, "office-example.mail.protection.outlook.com");
  zone.add_mx("filtered.example", 10, "filter.example.net");
  zone.add_txt("filtered.example", "v=spf1 ip4:198.51.100.1 include:_spf.google.com ~all");
  zone.add_mx("own.example", 10, "mail.own.example");
  zone.add_txt("own.example", "v=spf1 mx -all");
  zone.fail("silent.example", dns::Status::servfail);
  for (const char* hosted :
       {"exmail.example", "google.example", "office.example", "filtered.example"}) {
    auto answer = run(domains.create(owner(acme), {}, hosted));
    INFO(hosted);
    CHECK(refusal(answer) == "domain_hosts_mailboxes domain");
    CHECK(answer.error().detail.contains(std::string("mail.") + hosted));
  }
  for (const char* fine : {"own.example", "silent.example", "mail.google.example"})
    CHECK(create(acme, fine) == "granted");
  // Unknown at creation is judged again at verification.
  zone = dns::ZoneFake();
  zone.add_mx("silent.example", 5, "mxbiz1.qq.com");
  CHECK(refusal(run(domains.verify(owner(acme), {}, "silent.example"))) ==
        "domain_hosts_mailboxes domain");
}

TEST_CASE_FIXTURE(Fixture, "a name whose DKIM record has no room in the DNS is refused") {
  std::string label = std::string(60, 'x') + ".";
  auto of = [&](size_t octets) {
    return label + label + label + std::string(octets - 196, 'y') + ".acme.example";
  };
  std::string longest = of(228), longer = of(229);
  REQUIRE(longest.size() == 228);
  CHECK(create(acme, longer) == "invalid_field domain");
  REQUIRE(create(acme, longest) == "granted");
  auto row = now(domains.get(owner(acme), {}, longest)).row;
  CHECK((row.ed_selector + "._domainkey." + row.name).size() == 253);
}

TEST_CASE_FIXTURE(Fixture, "an account has as many domains as its limit") {
  now(accounts.set_limits(boss, acme, {{"domains", 2}}));
  CHECK(create(acme, "a.acme.example") == "granted");
  CHECK(create(acme, "b.acme.example") == "granted");
  CHECK(create(acme, "c.acme.example") == "domain_limit domain");
  now(domains.remove(owner(acme), {}, "a.acme.example"));
  CHECK(create(acme, "c.acme.example") == "granted");
  now(accounts.set_limits(boss, acme, {{"domains", 0}}));
  CHECK(create(acme, "d.acme.example") == "granted");
}

TEST_CASE_FIXTURE(Fixture, "verified needs the four records, and only verify submits") {
  DomainView view = now(domains.create(owner(acme), {}, "m.acme.example"));
  CHECK(now(domains.verify(owner(acme), {}, "m.acme.example")).state == DomainState::pending);
  publish(view);
  view = now(domains.check(owner(acme), {}, "m.acme.example"));
  CHECK(view.state == DomainState::pending);
  for (const RecordFinding& record : view.check.records)
    CHECK(record_state_name(record.state) == "ok");
  view = now(domains.verify(owner(acme), {}, "m.acme.example"));
  CHECK(view.state == DomainState::verified);
  CHECK(view.row.verified_at == clock.wall());
  CHECK(view.row.ed_found);
  auto keys_of = need(run(domains.signing_keys(view.row.id)));
  CHECK(keys_of.rsa->public_base64() == view.row.dkim_public);
  CHECK(keys_of.ed25519->public_base64() == view.row.ed_public);
  using Rows = std::vector<store::EventRow>;
  auto events = need(read<Rows>(
      [&](sql::Connection& c) { return store::events(c, acme, {.limit = 10}); }));
  CHECK(events[0].type == event::kDomainState);
  CHECK(events[0].data.contains("verified"));
}

TEST_CASE_FIXTURE(Fixture, "a silent DNS takes nothing away; an absence begins the grace") {
  verified(acme, "m.acme.example");
  zone = dns::ZoneFake();
  zone.fail("m.acme.example", dns::Status::servfail);
  zone.fail("_dmarc.m.acme.example", dns::Status::timeout);
  zone.fail(now(domains.get(owner(acme), {}, "m.acme.example")).row.selector +
                "._domainkey.m.acme.example",
            dns::Status::servfail);
  CHECK(now(domains.check(owner(acme), {}, "m.acme.example")).state == DomainState::verified);
  zone = dns::ZoneFake();
  CHECK(now(domains.check(owner(acme), {}, "m.acme.example")).state == DomainState::failing);
  clock.advance(36h);
  CHECK(now(domains.check(owner(acme), {}, "m.acme.example")).state == DomainState::failing);
  clock.advance(37h);
  CHECK(now(domains.check(owner(acme), {}, "m.acme.example")).state == DomainState::suspended);
}

TEST_CASE_FIXTURE(Fixture, "of several claims the first to verify wins, the others conflict") {
  AccountId other = account("other"), third = account("third");
  DomainView mine = now(domains.create(owner(acme), {}, "m.acme.example"));
  DomainView theirs = now(domains.create(owner(other), {}, "m.acme.example"));
  now(domains.create(owner(other), {}, "sub.m.acme.example"));
  publish(theirs);
  CHECK(now(domains.verify(owner(acme), {}, "m.acme.example")).state == DomainState::pending);
  CHECK(now(domains.verify(owner(other), {}, "m.acme.example")).state == DomainState::verified);
  CHECK(state(acme, "m.acme.example") == DomainState::conflicting);

  // Also with the records right, as long as the winner has it.
  zone = dns::ZoneFake();
  zone.add_txt(kSpfName, "v=spf1 ip4:192.0.2.1 -all");
  publish(mine);
  CHECK(now(domains.verify(owner(acme), {}, "m.acme.example")).state == DomainState::conflicting);
  CHECK(create(third, "m.acme.example") == "domain_taken domain");
  CHECK(create(third, "below.m.acme.example") == "domain_taken domain");
  now(domains.remove(owner(other), {}, "m.acme.example"));
  CHECK(now(domains.verify(owner(acme), {}, "m.acme.example")).state == DomainState::verified);

  // A claim below the name, made before, cannot pass it.
  publish(now(domains.get(owner(other), {}, "sub.m.acme.example")));
  CHECK(now(domains.verify(owner(other), {}, "sub.m.acme.example")).state ==
        DomainState::conflicting);
}

TEST_CASE_FIXTURE(Fixture, "a claim that stays pending for thirty days lapses") {
  DomainView view = now(domains.create(owner(acme), {}, "m.acme.example"));
  clock.advance(limits::kPendingDomainKept);
  CHECK(state(acme, "m.acme.example") == DomainState::pending);
  clock.advance(1s);
  CHECK(state(acme, "m.acme.example") == DomainState::lapsed);
  publish(view);
  CHECK(now(domains.check(owner(acme), {}, "m.acme.example")).state == DomainState::lapsed);
  CHECK(now(domains.verify(owner(acme), {}, "m.acme.example")).state == DomainState::verified);
}

TEST_CASE_FIXTURE(Fixture, "the operator's word stands over the DNS until it is undone") {
  AccountId other = account("other");
  now(domains.create(owner(acme), {}, "m.acme.example"));
  now(domains.create(owner(other), {}, "m.acme.example"));
  CHECK(refusal(run(domains.force(owner(acme), {}, "m.acme.example", "please"))) == "forbidden");
  CHECK(refusal(run(domains.force(boss, {}, "m.acme.example", "x"))) == "missing_field account");
  CHECK(refusal(run(domains.force(boss, acme, "none.acme.example", "x"))) == "not_found domain");
  CHECK(now(domains.force(boss, acme, "m.acme.example", "by phone")).state ==
        DomainState::verified);
  CHECK(state(other, "m.acme.example") == DomainState::conflicting);
  CHECK(refusal(run(domains.force(boss, other, "m.acme.example", "x"))) == "domain_taken domain");
  CHECK(now(domains.check(owner(acme), {}, "m.acme.example")).state == DomainState::verified);
  now(domains.force(boss, acme, "m.acme.example", ""));
  CHECK(now(domains.check(owner(acme), {}, "m.acme.example")).state == DomainState::failing);
}

TEST_CASE_FIXTURE(Fixture, "a domain goes when its addresses have gone") {
  verified(acme, "m.acme.example");
  now(addresses.create(owner(acme), {.email = "a@m.acme.example"}));
  CHECK(refusal(run(domains.remove(owner(acme), {}, "m.acme.example"))) == "domain_in_use domain");
  now(addresses.remove(owner(acme), {}, "a@m.acme.example"));
  now(domains.remove(owner(acme), {}, "m.acme.example"));
  CHECK(refusal(run(domains.get(owner(acme), {}, "m.acme.example"))) == "not_found domain");
}

TEST_CASE_FIXTURE(Fixture, "roles and accounts bound who manages a domain") {
  AccountId other = account("other");
  now(domains.create(owner(acme), {}, "m.acme.example"));
  for (Role role : {Role::developer, Role::viewer}) {
    Actor actor = person(acme, role);
    CHECK(refusal(run(domains.create(actor, {}, "n.acme.example"))) == "forbidden");
    CHECK(refusal(run(domains.check(actor, {}, "m.acme.example"))) == "forbidden");
    CHECK(refusal(run(domains.verify(actor, {}, "m.acme.example"))) == "forbidden");
    CHECK(refusal(run(domains.remove(actor, {}, "m.acme.example"))) == "forbidden");
    CHECK(refusal(run(domains.get(actor, {}, "m.acme.example"))) == "granted");
  }
  for (const char* name : {"m.acme.example", "none.acme.example", "no name"}) {
    auto got = run(domains.get(owner(other), {}, name));
    REQUIRE(refusal(got) == "not_found domain");
    CHECK(got.error().detail == "There is no such sender domain.");
    CHECK(refusal(run(domains.verify(owner(other), {}, name))) == "not_found domain");
    CHECK(refusal(run(domains.remove(owner(other), {}, name))) == "not_found domain");
  }
  CHECK(refusal(run(domains.get(owner(other), acme, "m.acme.example"))) == "not_found account");
}

TEST_CASE_FIXTURE(Fixture, "tags of a domain are its own, each once, and outlive a check") {
  now(domains.create(owner(acme), {}, "a.example"));
  auto set = [&](std::vector<std::string> tags) {
    return refusal(run(domains.set_tags(owner(acme), {}, "a.example", std::move(tags))));
  };
  auto tags = [&] { return now(domains.get(owner(acme), {}, "a.example")).row.tags; };
  CHECK(set({" shop ", "shop", "新闻"}) == "granted");
  now(domains.check(owner(acme), {}, "a.example"));
  CHECK(tags() == std::vector<std::string>{"shop", "新闻"});
  CHECK(now(domains.list(owner(acme), {}, {}, 10)).at(0).sent_today == 0);
  for (const std::string& bad : {std::string(), std::string("  "), std::string("a\nb"),
                                 std::string(33, 'x'), std::string("\xff")})
    CHECK(set({"fine", bad}) == "invalid_field tags[1]");
  CHECK(set(std::vector<std::string>(11, "same")) == "granted");
  std::vector<std::string> many;
  for (int i = 0; i < 11; ++i) many.push_back(std::to_string(i));
  CHECK(set(many) == "invalid_field tags");
  CHECK(tags() == std::vector<std::string>{"same"});
  CHECK(set({}) == "granted");
  CHECK(tags().empty());
  AccountId other = account("other");
  CHECK(refusal(run(domains.set_tags(owner(other), {}, "a.example", {"x"}))) == "not_found domain");
}
