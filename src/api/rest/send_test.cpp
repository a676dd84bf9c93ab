#include "api/rest/rest_house_test.h"

using namespace ph;
using namespace ph::rest_test;
using namespace std::chrono_literals;

namespace {

struct Fixture : RestFixture {
  Fixture() : house(*this, "acme") {}
  Ask post(const std::string& key, const std::string& text) {
    return {.method = "POST",
            .target = "/api/v1/messages",
            .body = text,
            .bearer = house.owner,
            .headers = {{"Idempotency-Key", key}}};
  }
  size_t count() {
    return ask({.target = "/api/v1/messages?limit=200", .bearer = house.owner}).items().size();
  }
  const std::string body = valid_body(schemas::kNewMessage);
  House house;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a message with everything is accepted and can be read back") {
  Got got = ask({.method = "POST",
                 .target = "/api/v1/messages",
                 .body = R"({"from":"Acme Übung <a@m.acme.example>",
    "to":["Ann <ann@there.example>"],"cc":["cc@there.example"],"bcc":["bcc@there.example"],
    "reply_to":["Help <help@acme.example>"],"subject":"Grüße","text":"t\n","html":"<p>h</p>",
    "headers":{"X-Tag":"one"},
    "attachments":[{"filename":"ä.txt","content_type":"text/plain","content":"aGVsbG8="},
      {"filename":"i.png","content_type":"image/png","content":"AAEC","content_id":"img"}]})",
                 .bearer = key_token(house.id, {.scope = core::Scope::send})});
  REQUIRE(got.words() == "202");
  std::string path = "/api/v1/messages/" + got.text("id");
  Got view = ask({.target = path, .bearer = house.owner});
  CHECK(view.text("state") == "queued");
  Got listed = ask({.target = "/api/v1/messages?limit=1", .bearer = house.owner});
  REQUIRE(listed.items().size() == 1);
  CHECK(listed.items()[0].find("state")->as_string() == "queued");
  CHECK(view.text("subject") == "Grüße");
  CHECK(view.text("door") == "rest");
  CHECK(view.body.find("recipients")->as_array().size() == 3);
  Got content = ask({.target = path + "/content", .bearer = house.owner});
  CHECK(content.header("Content-Type") == "message/rfc822");
  CHECK(content.raw.contains("Reply-To: Help <help@acme.example>\r\n"));
  CHECK(content.raw.contains("X-Tag: one\r\n"));
  CHECK(content.raw.contains("multipart/mixed"));
  CHECK(content.raw.contains("multipart/related"));
  CHECK_FALSE(content.raw.contains("bcc@there"));
}

TEST_CASE_FIXTURE(Fixture, "the same key and body give the first answer, another body 409") {
  Got first = ask(post("k", body)), second = ask(post("k", body));
  CHECK(first.status == 202);
  CHECK(second.status == 202);
  CHECK(second.raw == first.raw);
  CHECK(count() == 2);  // one is the house's
  CHECK(ask(post("k", body + " ")).words() == "409 idempotency_mismatch Idempotency-Key");
  CHECK(ask(post("k2", body)).text("id") != first.text("id"));

  House other(*this, "other");
  Ask theirs = post("k", R"({"from":"a@m.other.example","to":["x@y.example"],"text":"x"})");
  theirs.bearer = other.owner;
  CHECK(ask(theirs).status == 202);
  clock.advance(limits::kIdempotencyKept + 1s);
  house.owner = sign_in(house.owner_email);
  CHECK(ask(post("k", body + " ")).status == 202);
}

TEST_CASE_FIXTURE(Fixture, "twins that come together are one message") {
  std::vector<net::Task<net::HttpResponse>> twins;
  for (int i = 0; i < 6; ++i) twins.push_back(api->handle(request_of(post("k", body))));
  twins.push_back(api->handle(request_of(post("k", body + " "))));
  auto answers = run(net::gather(std::move(twins)));
  Got first = checked(post("k", body), answers[0]);
  std::set<std::string> bodies;
  int accepted = 0, refused = 0;
  for (const net::HttpResponse& answer : answers) {
    if (answer.status == 202) bodies.insert(answer.body);
    accepted += answer.status == 202 ? 1 : 0;
    refused += answer.status == 409 ? 1 : 0;
  }
  CHECK(bodies.size() == 1);
  CHECK(accepted + refused == 7);
  CHECK((accepted == 6 || accepted == 1));  // whichever body came first
  CHECK(count() == 2);
}

TEST_CASE_FIXTURE(Fixture, "an Idempotency-Key is short printable ASCII") {
  for (const std::string& key : {std::string(), std::string(257, 'k'), std::string("\xff"),
                                 std::string("a\tb"), std::string("ü")})
    CHECK(ask(post(key, body)).words() == "422 invalid_field Idempotency-Key");
  CHECK(ask(post(std::string(256, 'k'), body)).status == 202);
  CHECK(count() == 2);
}

TEST_CASE_FIXTURE(Fixture, "a refused message leaves nothing, and its key free") {
  std::string wrong = R"({"from":"nobody@m.acme.example","to":["x@y.example"],"text":"x"})";
  CHECK(ask(post("k", wrong)).words() == "403 address_not_found from");
  CHECK(count() == 1);
  CHECK(ask(post("k", body)).status == 202);
}

TEST_CASE_FIXTURE(Fixture, "reasons of core come out with their status") {
  auto from = [&](const char* address) {
    Value mail = need(json::parse(body, 1000));
    mail.set("from", address);
    return ask({.method = "POST",
                .target = "/api/v1/messages",
                .body = json::serialize(mail),
                .bearer = house.owner})
        .words();
  };
  granted(run(domains.create(owner(house.id), {}, "pending.acme.example")));
  CHECK(from("a@pending.acme.example") == "403 domain_not_verified from");
  CHECK(from("a@elsewhere.example") == "403 domain_not_verified from");
  granted(run(accounts.set_limits(boss, house.id, {{"requests_per_second", 1}})));
  CHECK(from("a@m.acme.example") == "202");
  Got limited = ask({.method = "POST",
                     .target = "/api/v1/messages",
                     .body = body,
                     .bearer = house.owner});
  CHECK(limited.words() == "429 request_rate_limit");
  CHECK(limited.header("Retry-After") == "1");
}
