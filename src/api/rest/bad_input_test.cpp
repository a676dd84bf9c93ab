#include "api/rest/rest_house_test.h"

using namespace ph;
using namespace ph::rest_test;

namespace {

constexpr const char* kMessages = "/api/v1/messages";

struct Fixture : RestFixture {
  Fixture() : house(*this, "acme") {}
  // As somebody who may do everything that the operation asks for.
  Ask asking(const Route& route, std::string body) {
    bool operators = route.takes == Takes::nothing;
    return {.method = std::string(route.method),
            .target = filled(route.path, {{"account", std::to_string(house.id.value)},
                                          {"user", house.user},
                                          {"domain", house.domain},
                                          {"address", house.address},
                                          {"offer", "1"}}),
            .body = std::move(body),
            .bearer = operators ? boss_token : house.owner};
  }
  Got send(std::string body) {
    return ask({.method = "POST", .target = kMessages, .body = std::move(body),
                .bearer = house.owner});
  }
  Got send(const Value& body) { return send(json::serialize(body)); }
  static Value mail() {
    return need(json::parse(valid_body(schemas::kNewMessage), 1000));
  }
  static Value body_of(const Schema& schema) { return need(json::parse(valid_body(schema), 1000)); }
  template <class Judge>
  void each_body_route(Judge judge) {
    for (const Route* route : all_routes()) {
      if (route->request == nullptr || route->operation == "domain_force") continue;
      INFO(route->operation);
      judge(*route);
    }
  }
  House house;
};

std::vector<Value> wrong_for(const Field& field) {
  Value text = "x", number = 1, yes = true, list = Value::array({Value(1)}),
        object = Value::object({{"x", 1}}), fraction = 1.5, negative = -1;
  switch (field.kind) {
    case FieldKind::text:
      return {number, yes, list, object};
    case FieldKind::integer:
      return {text, yes, list, object, fraction, negative};
    case FieldKind::amount:
      return {text, yes, list, object, fraction};
    case FieldKind::boolean:
      return {text, number, list, object};
    case FieldKind::texts:
    case FieldKind::objects:
      return {text, number, yes, object, list};
    case FieldKind::text_map:
    case FieldKind::integer_map:
    case FieldKind::object:
      return {text, number, yes, list};
  }
  return {};
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a field of the wrong kind is named") {
  each_body_route([&](const Route& route) {
    for (const Field& field : route.request->fields) {
      for (const Value& wrong : wrong_for(field)) {
        Value body = body_of(*route.request);
        body.set(field.name, wrong);
        INFO(json::serialize(body));
        Got got = ask(asking(route, json::serialize(body)));
        CHECK(got.status == 422);
        CHECK(got.text("field").starts_with(field.name));
      }
    }
  });
}

TEST_CASE_FIXTURE(Fixture, "an unknown field is refused, a required one must be there") {
  each_body_route([&](const Route& route) {
    Value more = body_of(*route.request);
    more.set("surprise", 1);
    CHECK(ask(asking(route, json::serialize(more))).words() == "422 unknown_field surprise");
    for (const Field& field : route.request->fields) {
      if (field.presence != Presence::required) continue;
      Value null = body_of(*route.request);
      null.set(field.name, nullptr);
      Value less = Value::object();
      for (const json::Member& member : null.as_object())
        if (member.name != field.name) less.set(member.name, member.value);
      std::string expected = "422 missing_field " + std::string(field.name);
      CHECK(ask(asking(route, json::serialize(null))).words() == expected);
      CHECK(ask(asking(route, json::serialize(less))).words() == expected);
    }
  });
  Value nested = mail();
  nested.set("attachments", Value::array({Value::object({{"filename", "a"}, {"content", ""}}),
                                          Value::object({{"filename", "a"}, {"size", 1}})}));
  CHECK(send(nested).words() == "422 unknown_field attachments[1].size");
}

TEST_CASE_FIXTURE(Fixture, "a text has an upper bound and no NUL; words are from their list") {
  each_body_route([&](const Route& route) {
    for (const Field& field : route.request->fields) {
      if (field.kind != FieldKind::text) continue;
      INFO(field.name);
      Value body = body_of(*route.request);
      body.set(field.name, std::string("a\0b", 3));
      CHECK(ask(asking(route, json::serialize(body))).words() ==
            "422 invalid_field " + std::string(field.name));
      body.set(field.name, std::string(static_cast<size_t>(field.most) + 1, 'x'));
      Got got = ask(asking(route, json::serialize(body)));
      CHECK((got.status == 413 || (got.status == 422 && !field.words.empty())));
      CHECK((field.words.empty() || got.text("field") == field.name));
      // Room for what is not checked here: every text has one bound or the other.
      CHECK((field.most > 0 || !field.words.empty()));
    }
  });
}

TEST_CASE_FIXTURE(Fixture, "a body is one JSON object in UTF-8") {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "[";
  for (int i = 0; i < 100; ++i) deep += "]";
  std::string nested;
  for (int i = 0; i < 100; ++i) nested += R"({"a":)";
  const std::string bad[] = {"{",
                             "[]",
                             "\"x\"",
                             "null",
                             "{} {}",
                             "{}x",
                             "{'a':1}",
                             "{\"a\":1,}",
                             "{\"a\":\"\xff\"}",
                             "{\"a\":\"\\ud800\"}",
                             "{\"a\":1e999}",
                             "{\"a\":NaN}",
                             "{\"name\":\"a\",\"name\":\"b\"}",
                             "{\"a\":" + deep + "}",
                             nested,
                             "\xef\xbb\xbf{}",
                             std::string("{}\0", 3)};
  each_body_route([&](const Route& route) {
    for (const std::string& body : bad) {
      INFO(body.substr(0, 60));
      CHECK(ask(asking(route, body)).words() == "400 malformed");
    }
    Ask empty = asking(route, "");
    empty.headers.push_back({"Content-Type", "application/json"});
    CHECK(ask(empty).words() == "400 malformed");
    for (const char* type :
         {"text/json", "application/jsonp", "application/x-www-form-urlencoded"}) {
      Ask other = asking(route, valid_body(*route.request));
      other.headers.push_back({"Content-Type", type});
      CHECK(ask(other).status == 415);
    }
    CHECK(ask(asking(route, "")).status == 415);  // no body and no type
  });
}

TEST_CASE_FIXTURE(Fixture, "a body is no larger than its operation needs") {
  each_body_route([&](const Route& route) {
    bool larger = route.body_most > limits::kRestBodyBytes;
    Ask large = asking(route, "{\"x\":\"" + std::string(limits::kRestBodyBytes, ' ') + "\"}");
    CHECK(ask(large).words() == (larger ? "422 unknown_field x" : "413 too_large"));
    CHECK(RestApi::body_most(request_of(large)) == route.body_most);
    bool mail = route.operation == "message_create" || route.operation == "bulk_create";
    CHECK((mail == (route.body_most == limits::kHttpBodyBytes)));
    large.bearer.clear();
    CHECK(RestApi::body_most(request_of(large)) == limits::kRestBodyBytes);
  });
  CHECK(RestApi::body_most(request_of({.method = "POST", .target = "/nothing"})) ==
        limits::kRestBodyBytes);
}

TEST_CASE_FIXTURE(Fixture, "an operation without a body takes none") {
  for (const Route* route : all_routes()) {
    if (route->request != nullptr || route->guard != Guard::actor || !route->files.empty())
      continue;
    INFO(route->operation);
    Ask what{.method = std::string(route->method),
             .target = filled(route->path, {{"account", "1"},
                                            {"user", "1"},
                                            {"key", "1"},
                                            {"domain", "x.example"},
                                            {"address", "a@x.example"},
                                            {"message", format_id(1)},
                                            {"mail", format_id(1)},
                                            {"bulk", format_id(1)},
                                            {"invitation", "1"},
                                            {"evidence", format_id(1)},
                                            {"bill", "1"},
                                            {"session", "00"},
                                            {"queued", format_id(1)}}),
             .body = "{}",
             .bearer = boss_token};
    CHECK(ask(what).words() == "400 malformed");
  }
}

TEST_CASE_FIXTURE(Fixture, "nothing that becomes a header carries a line end or a control") {
  for (const std::string& bad : {std::string("a\r\nBcc: x@y.example"), std::string("a\nb"),
                                 std::string("a\rb"), std::string("a\0b", 3), std::string("a\x7f"),
                                 std::string("a\x1b[2J")}) {
    auto refused = [&](const char* field, const Value& value) {
      Value body = mail();
      std::string path = field;
      size_t dot = path.find_first_of("[.");
      body.set(path.substr(0, dot), value);
      Got got = send(body);
      INFO(json::serialize(body));
      CHECK(got.status == 422);
      CHECK(got.text("field").starts_with(field));
    };
    auto attached = [&](const char* name, const std::string& value) {
      Value file = Value::object({{"filename", "a.txt"},
                                  {"content_type", "text/plain"},
                                  {"content", "eA=="},
                                  {"content_id", "a"}});
      file.set(name, value);
      return Value::array({file});
    };
    refused("from", "A " + bad + " <a@m.acme.example>");
    refused("from", "a@m.acme.example" + bad);
    refused("to[0]", Value::array({Value("A " + bad + " <b@there.example>")}));
    refused("cc[0]", Value::array({Value("b@there.example" + bad)}));
    refused("bcc[0]", Value::array({Value(bad + "@there.example")}));
    refused("reply_to", Value::array({Value("A " + bad + " <b@there.example>")}));
    refused("subject", bad);
    refused("headers", Value::object({{"X-Tag", bad}}));
    refused("headers", Value::object({{bad, "x"}}));
    refused("attachments[0].filename", attached("filename", bad));
    refused("attachments[0].content_type", attached("content_type", "text/plain; x=" + bad));
    refused("attachments[0].content_id", attached("content_id", bad));
  }
  CHECK(ask({.target = kMessages, .bearer = house.owner}).items().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "names that are kept are clean too") {
  auto post = [&](const char* path, const char* field, const std::string& value,
                  const Schema& schema) {
    Value body = body_of(schema);
    body.set(field, value);
    bool accounts = std::string_view(path) == "/api/v1/accounts";
    return ask({.method = "POST",
                .target = path,
                .body = json::serialize(body),
                .bearer = accounts ? boss_token : house.owner})
        .words();
  };
  for (const char* bad : {"a\r\nb", "a\tb", "a\xe2\x80\xa8" "b"}) {
    CHECK(post("/api/v1/accounts", "name", bad, schemas::kNewAccount) == "422 invalid_field name");
    CHECK(post("/api/v1/users", "email", std::string(bad) + "@x.example", schemas::kNewUser) ==
          "422 invalid_field email");
    CHECK(post("/api/v1/keys", "name", bad, schemas::kNewKey) == "422 invalid_field name");
    CHECK(post("/api/v1/domains", "name", bad, schemas::kNewDomain) == "422 invalid_field name");
    CHECK(post("/api/v1/addresses", "name", bad, schemas::kNewAddress) ==
          "422 invalid_field name");
    CHECK(post("/api/v1/addresses", "address", std::string(bad) + "@m.acme.example",
               schemas::kNewAddress) == "422 invalid_field address");
  }
}

TEST_CASE_FIXTURE(Fixture, "recipients, headers and attachments are bounded in number and size") {
  auto with = [&](const char* field, Value value) {
    Value body = mail();
    body.set(field, std::move(value));
    return send(body).words();
  };
  Value many = Value::array();
  for (size_t i = 0; i <= limits::kRecipients; ++i) many.push("a@there.example");
  CHECK(with("to", many) == "422 too_many_recipients to");
  CHECK(with("bcc", many) == "422 too_many_recipients bcc");
  CHECK(with("to", Value::array({Value(std::string(2000, 'a'))})) == "413 too_large to[0]");
  CHECK(with("to", Value::array({Value("")})) == "422 bad_recipient to[0]");
  CHECK(with("to", Value::array()) == "422 missing_field to");
  Value replies = Value::array();
  for (size_t i = 0; i <= limits::kReplyTo; ++i) replies.push("a@there.example");
  CHECK(with("reply_to", replies) == "413 too_large reply_to");
  Value headers = Value::object();
  for (size_t i = 0; i <= limits::kCustomHeaders; ++i) headers.set(fmt::format("X-{}", i), "x");
  CHECK(with("headers", headers) == "413 too_large headers");
  CHECK(with("headers", Value::object({{"X-A", std::string(9000, 'x')}})) ==
        "413 too_large headers.X-A");
  CHECK(with("headers", Value::object({{"Bcc", "x@y.example"}})) ==
        "422 invalid_field headers.Bcc");
  for (const char* content : {"!", "YQ", "YQ==YQ==", "Y Q=", "YQ=\n", "_-==", "YR=="}) {
    INFO(content);
    CHECK(with("attachments",
               Value::array({Value::object({{"filename", "a"}, {"content", content}})})) ==
          "422 invalid_field attachments[0].content");
  }
  CHECK(ask({.target = kMessages, .bearer = house.owner}).items().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "paths and queries that are none are refused") {
  auto get = [&](const char* target) {
    return ask({.target = target, .bearer = house.owner}).words();
  };
  CHECK(get("/") == "404 not_found");
  CHECK(get("/api/v1/domains/") == "404 not_found");
  CHECK(get("/api/v1//domains") == "404 not_found");
  CHECK(get("/api/v1/domains/%zz") == "404 not_found");
  CHECK(get("/api/v1/domains/a%00b") == "404 not_found domain");
  CHECK(get("/api/v1/domains/%ff") == "404 not_found domain");
  CHECK(get("/api/v1/domains/..%2f..") == "404 not_found domain");
  CHECK(get("/api/v1/addresses/no%0d%0aaddress") == "404 not_found address");
  CHECK(get("/api/v1/messages/x") == "404 not_found");
  CHECK(get("/api/v1/messages/AAAAAAAAAAAAE") == "404 not_found");
  CHECK(get("/api/v1/domains?limit=0") == "422 invalid_field limit");
  CHECK(get("/api/v1/domains?limit=201") == "422 invalid_field limit");
  CHECK(get("/api/v1/domains?limit=+1") == "422 invalid_field limit");
  CHECK(get("/api/v1/domains?limit=1&limit=2") == "422 invalid_field limit");
  CHECK(get("/api/v1/domains?colour=red") == "422 unknown_field colour");
  CHECK(get("/api/v1/domains?%ff=1").starts_with("422 unknown_field"));
  CHECK(get("/api/v1/domains?x=%f") == "400 malformed");
  CHECK(get("/api/v1/account?limit=1") == "422 unknown_field limit");
  Got wrong = ask({.method = "PUT", .target = "/api/v1/domains", .bearer = house.owner});
  CHECK(wrong.status == 405);
  CHECK(wrong.header("Allow") == "GET, HEAD, POST");
}
