#include "billing/webhook.h"

#include "base/limits.h"
#include "billing/billing_fixture_test.h"

using namespace ph;
using namespace ph::billing_test;

namespace {

constexpr const char* kSecret = "a secret of the provider";
constexpr const char* kBody = R"({"event_id":"e1","amount":5})";
const WallTime kNow = WallTime::from_seconds(1'800'000'000);

std::string outcome(std::string_view header, std::string_view body = kBody) {
  return refusal(check_webhook(kSecret, header, body, kNow));
}

struct Fixture : BillingFixture {
  Fixture() {
    set("billing.webhook_secret", kSecret);
    account = customer("acme", 0);
    app_id = now(accounts.get(boss, account)).app_id;
  }
  std::string tell(const std::string& event, int64_t amount, const std::string& reference,
                   std::string body = "") {
    if (body.empty()) body = event + std::to_string(amount) + reference;
    PaymentCall call{.signature = sign_webhook(kSecret, clock.wall().seconds(), body),
                     .body = body,
                     .from = "192.0.2.9",
                     .event = {.event_id = event,
                               .app_id = app_id,
                               .payment = {.amount = amount, .reference = reference, .note = ""}}};
    return refusal(run(Webhook(context).take(std::move(call))));
  }
  int64_t balance() { return view(account).state.facts.row.balance; }
  AccountId account;
  int64_t app_id = 0;
};

}  // namespace

TEST_CASE("a signature is of the body, the secret and now") {
  std::string good = sign_webhook(kSecret, kNow.seconds(), kBody);
  CHECK(outcome(good) == "granted");
  CHECK(outcome(good, "{}") == "unauthenticated Posthouse-Signature");
  CHECK(outcome(sign_webhook("another secret", kNow.seconds(), kBody)) ==
        "unauthenticated Posthouse-Signature");
  for (int64_t off : {-300, 300})
    CHECK(outcome(sign_webhook(kSecret, kNow.seconds() + off, kBody)) == "granted");
  for (int64_t off : {-301, 301})
    CHECK(outcome(sign_webhook(kSecret, kNow.seconds() + off, kBody)) ==
          "unauthenticated Posthouse-Signature");
  CHECK(refusal(check_webhook("", good, kBody, kNow)) == "unauthenticated Posthouse-Signature");
}

TEST_CASE("one of several signatures is enough, while a secret changes") {
  std::string good = sign_webhook(kSecret, kNow.seconds(), kBody);
  CHECK(outcome(good + ",v1=" + std::string(64, '0')) == "granted");
  CHECK(outcome("v1=" + std::string(64, '0') + "," + good) == "granted");
}

TEST_CASE("headers that are none are refused") {
  std::string t = "t=1800000000", v = ",v1=" + std::string(64, 'a');
  for (const std::string& header :
       {std::string(), t, v.substr(1), "t=" + v, "t=x" + v, "t=-1" + v, t + "," + t + v,
        t + ",v1=" + std::string(63, 'a'), t + ",v1=" + std::string(64, 'g'), t + ",v2=aa" + v,
        t + v + ",", std::string(limits::kWebhookSignature + 1, 't'),
        "t=99999999999999999999" + v}) {
    CAPTURE(header);
    CHECK(refusal(parse_webhook_signature(header)) == "unauthenticated Posthouse-Signature");
  }
}

TEST_CASE_FIXTURE(Fixture, "a payment that is told twice counts once") {
  CHECK(tell("e1", 5000, "p1") == "granted");
  CHECK(balance() == 5000);
  CHECK(tell("e1", 5000, "p1") == "granted");
  CHECK(balance() == 5000);
  CHECK(tell("e1", 6000, "p2") == "conflict event_id");
  // Another event of the same payment is the same payment.
  CHECK(tell("e2", 5000, "p1") == "granted");
  CHECK(balance() == 5000);
  CHECK(tell("e3", 7000, "p1") == "conflict reference");
  CHECK(balance() == 5000);
  CHECK(tell("e4", 1, "p4") == "granted");
  CHECK(balance() == 5001);
  sound();
}

TEST_CASE_FIXTURE(Fixture, "an event that cannot be is refused and changes nothing") {
  CHECK(tell("", 1, "p") == "missing_field event_id");
  CHECK(tell(std::string(129, 'e'), 1, "p") == "invalid_field event_id");
  CHECK(tell("e\n", 1, "p", "body") == "invalid_field event_id");
  CHECK(tell("e1", 0, "p") == "invalid_field amount");
  CHECK(tell("e1", -5, "p") == "invalid_field amount");
  CHECK(tell("e1", 5, "") == "missing_field reference");
  app_id = 77;
  CHECK(tell("e1", 5, "p") == "not_found account");
  CHECK(balance() == 0);
}
