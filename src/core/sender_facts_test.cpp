#include "core/sender_facts.h"

#include "base/limits.h"
#include "core/core_fixture_test.h"

using namespace ph;
using namespace ph::core_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kEmail = "a@m.acme.example";

SenderFacts::Known facts_of(AccountId account) {
  SenderFacts::Facts facts;
  facts.account.id = account;
  return std::make_shared<const SenderFacts::Facts>(std::move(facts));
}

struct Fixture : CoreFixture {
  Fixture() { acme = sending_account("acme", "m.acme.example"); }
  bool known() { return context.sender_facts->find(acme, kEmail, clock.mono()) != nullptr; }
  std::string send() {
    return refusal(run(sender.send(fields(owner(acme), kEmail, {"ann@there.example"}))));
  }
  AccountId acme;
};

}  // namespace

TEST_CASE("facts are of one account and one address, and for a moment") {
  SenderFacts facts;
  MonoTime now{};
  facts.keep(kEmail, facts_of(AccountId(1)), facts.version(), now);
  CHECK(facts.find(AccountId(1), kEmail, now) != nullptr);
  CHECK(facts.find(AccountId(2), kEmail, now) == nullptr);
  CHECK(facts.find(AccountId(1), "b@m.acme.example", now) == nullptr);
  CHECK(facts.find(AccountId(1), kEmail, now + limits::kSenderFactsKept) == nullptr);
}

TEST_CASE("what was read before a change is not kept behind it") {
  SenderFacts facts;
  MonoTime now{};
  uint64_t before = facts.version();
  facts.keep(kEmail, facts_of(AccountId(1)), before, now);
  facts.forget_all();
  CHECK(facts.find(AccountId(1), kEmail, now) == nullptr);
  facts.keep(kEmail, facts_of(AccountId(1)), before, now);
  CHECK(facts.find(AccountId(1), kEmail, now) == nullptr);
  facts.keep(kEmail, facts_of(AccountId(1)), facts.version(), now);
  CHECK(facts.find(AccountId(1), kEmail, now) != nullptr);
}

TEST_CASE("many senders do not grow it without end") {
  SenderFacts facts;
  MonoTime now{};
  for (size_t i = 0; i <= limits::kSenderFacts; ++i)
    facts.keep(std::to_string(i), facts_of(AccountId(1)), facts.version(), now);
  CHECK(facts.find(AccountId(1), "0", now) == nullptr);
  CHECK(facts.find(AccountId(1), std::to_string(limits::kSenderFacts), now) != nullptr);
}

TEST_CASE_FIXTURE(Fixture, "a mail leaves facts for the next one, and keeps them") {
  CHECK_FALSE(known());
  CHECK(send() == "granted");
  CHECK(known());
  CHECK(send() == "granted");
  CHECK(known());
}

TEST_CASE_FIXTURE(Fixture, "what an answered request has changed is seen by the next mail") {
  CHECK(send() == "granted");
  now(addresses.remove(owner(acme), {}, kEmail));
  CHECK_FALSE(known());
  CHECK(send() == "address_not_found from");
  now(addresses.create(owner(acme), {.email = kEmail, .display_name = "Second name"}));
  CHECK(send() == "granted");
  auto id = handed_over.back().message.id;
  CHECK(now(messages.content(owner(acme), {}, id)).contains("Second name"));
}

TEST_CASE_FIXTURE(Fixture, "a refused change leaves what is known") {
  CHECK(send() == "granted");
  CHECK(refusal(run(addresses.create(owner(acme), {.email = "no address"}))) != "granted");
  CHECK(known());
}

TEST_CASE_FIXTURE(Fixture, "a sender that is refused is asked for anew each time") {
  SendRequest request = fields(owner(acme), "a@other.example", {"ann@there.example"});
  CHECK(refusal(run(sender.send(std::move(request)))) == "domain_not_verified from");
  CHECK(context.sender_facts->find(acme, "a@other.example", clock.mono()) == nullptr);
}
