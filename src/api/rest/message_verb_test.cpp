#include "api/rest/rest_house_test.h"

using namespace ph;
using namespace ph::rest_test;

namespace {

struct Fixture : RestFixture {
  Fixture() : mine(*this, "acme"), theirs(*this, "other") {}

  std::string send() {
    return format_id(granted(run(sender.send(
                                 fields(owner(mine.id), mine.address, {"ann@x.example"}))))
                         .id.value);
  }
  Got verb(const char* what, const std::string& bearer, const std::vector<std::string>& messages) {
    Value list = Value::array();
    for (const std::string& id : messages) list.push(id);
    return ask({.method = "POST",
                .target = std::string("/api/v1/messages/") + what,
                .body = json::serialize(Value::object({{"messages", std::move(list)}})),
                .bearer = bearer});
  }
  std::string state(const std::string& message) {
    return ask({.target = "/api/v1/messages/" + message, .bearer = mine.owner}).text("state");
  }

  House mine, theirs;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "several messages are cancelled at once, each once") {
  std::string one = send(), two = send(), other = send();
  CHECK(verb("cancel", mine.owner, {two, one, two}).number("changed") == 2);
  CHECK(state(one) == "failed");
  CHECK(state(other) == "queued");
  CHECK(verb("cancel", mine.owner, {one, two}).number("changed") == 0);
  CHECK(verb("retry", mine.owner, {one, other}).number("changed") == 1);
}

TEST_CASE_FIXTURE(Fixture, "where one message is not the account's, nothing is done to any") {
  std::string own = send();
  granted(run(domains.create(owner(mine.id), {}, "second.acme.example")));
  for (const char* what : {"cancel", "retry"}) {
    Got foreign = verb(what, mine.owner, {own, theirs.message});
    CHECK(foreign.words() == "404 not_found messages");
    CHECK(foreign.raw == verb(what, mine.owner, {own, format_id(77)}).raw);
    std::string narrow = key_token(mine.id, {.only_domain = "second.acme.example"});
    CHECK(verb(what, narrow, {own}).raw == foreign.raw);
    CHECK(verb(what, key_token(mine.id, {.scope = core::Scope::read}), {own}).status == 403);
  }
  CHECK(state(own) == "queued");
}

TEST_CASE_FIXTURE(Fixture, "which messages are meant has rules") {
  CHECK(verb("cancel", mine.owner, {}).words() == "422 invalid_field messages");
  CHECK(verb("cancel", mine.owner, {"x"}).words() == "404 not_found messages");
  std::vector<std::string> many(limits::kMessagesAtOnce + 1, mine.message);
  CHECK(verb("cancel", mine.owner, many).status == 413);
  CHECK(state(mine.message) == "queued");
}
