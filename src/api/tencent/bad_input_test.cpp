#include <functional>
#include <map>

#include "api/tencent/tencent_fixture_test.h"

using namespace ph;
using namespace ph::tencent_test;

namespace {

// A request that is accepted, with a value for each parameter that may be there with the others.
const std::map<std::string_view, const char*> kGood = {
    {"CreateEmailIdentity", R"({"EmailIdentity":"new.acme.example","DKIMOption":1,"TagList":[]})"},
    {"GetEmailIdentity", R"({"EmailIdentity":"m.acme.example"})"},
    {"UpdateEmailIdentity", R"({"EmailIdentity":"m.acme.example","DKIMOption":1,"NewAPI":true})"},
    {"ListEmailIdentities", R"({"TagList":[],"Limit":10,"Offset":0})"},
    {"DeleteEmailIdentity", R"({"EmailIdentity":"old.acme.example"})"},
    {"CreateEmailAddress", R"({"EmailAddress":"b@m.acme.example","EmailSenderName":"B"})"},
    {"ListEmailAddress", "{}"},
    {"DeleteEmailAddress", R"({"EmailAddress":"c@m.acme.example"})"},
    {"UpdateEmailSmtpPassWord", R"({"EmailAddress":"a@m.acme.example","Password":"Abcdefg123"})"},
    {"SendEmail", R"({"FromEmailAddress":"a@m.acme.example","Subject":"Hi",
      "Destination":["to@there.example"],"Cc":["cc@there.example"],"Bcc":["bcc@there.example"],
      "ReplyToAddresses":"r@there.example","Unsubscribe":"0","TriggerType":1,
      "SmtpMessageId":"i@m.acme.example","SmtpHeaders":"{\"X-A\":\"b\"}",
      "HeaderFrom":"A <a@m.acme.example>","Simple":{"Html":"aGk=","Text":"aGk="},
      "Attachments":[{"FileName":"a.txt","Content":"aGk=","FileURL":""}]})"}};

struct Spot {
  const Parameter* parameter;
  std::string path;                        // for people
  std::function<void(Value&, Value)> put;  // a value at this place of a body
};

void set_inside(Value& body, std::string_view outer, std::string_view inner, Value value) {
  Value whole = body.find(outer) == nullptr ? Value::object() : *body.find(outer);
  Value one = whole;
  if (whole.is_array()) one = whole.as_array().empty() ? Value::object() : whole.as_array()[0];
  one.set(inner, std::move(value));
  body.set(outer, whole.is_array() ? Value::array({one}) : one);
}

// Every place of an action's parameters where a value stands.
std::vector<Spot> spots_of(const Action& action) {
  std::vector<Spot> out;
  for (const Parameter& p : action.parameters) {
    std::string name(p.name);
    out.push_back({&p, name, [name](Value& body, Value value) { body.set(name, value); }});
    for (const Parameter& member : p.members) {
      std::string inner(member.name);
      out.push_back({&member, name + "." + inner, [name, inner](Value& body, Value value) {
                       set_inside(body, name, inner, std::move(value));
                     }});
    }
  }
  return out;
}

struct Fixture : TencentFixture {
  Fixture() {
    verified(acme, "old.acme.example");
    granted(run(addresses.create(owner(acme), {.email = "c@m.acme.example"})));
  }
  std::string code(const Action& action, const Value& body) {
    return ask(key, std::string(action.name), json::serialize(body)).code();
  }
  AccountId acme = sending_account("acme", "m.acme.example");
  core::MadeKey key = key_of(acme);
};

bool is_text(Kind kind) {
  return kind == Kind::text || kind == Kind::texts || kind == Kind::json_text ||
         kind == Kind::base64;
}

Value good_body(const Action& action) {
  REQUIRE_MESSAGE(kGood.contains(action.name), action.name);
  return need(json::parse(kGood.at(action.name), 1u << 16));
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "CR, LF, NUL and other controls in every text of every action") {
  const std::string controls[] = {"\r\n", "\n",   "\r",     std::string(1, '\0'),
                                  "\x7f", "\x1b", "\u0085", "\u2028"};
  size_t tried = 0;
  for (const Action* action : all_actions()) {
    for (const Spot& spot : spots_of(*action)) {
      if (!is_text(spot.parameter->kind)) continue;
      for (const std::string& control : controls) {
        INFO(action->name, " ", spot.path, " ", hex_encode(control));
        // Line ends within base64 and within JSON are theirs.
        bool line = control.find_first_of("\r\n") != std::string::npos;
        bool json_space = spot.parameter->kind == Kind::json_text;
        if (line && (spot.parameter->kind == Kind::base64 || json_space)) continue;
        std::string text = "ab" + control + "Bcc: x@y.example";
        Value value =
            spot.parameter->kind == Kind::texts ? Value::array({Value(text)}) : Value(text);
        Value body = good_body(*action);
        spot.put(body, value);
        std::string got = code(*action, body);
        CHECK(got != "ok");
        CHECK(got != "InternalError");
        CHECK(got != "UnknownParameter");
        ++tried;
      }
    }
  }
  CHECK(tried > 150);
  CHECK(handed_over.empty());
}

TEST_CASE_FIXTURE(Fixture, "every parameter of every action has one type") {
  size_t tried = 0;
  for (const Action* action : all_actions()) {
    for (const Spot& spot : spots_of(*action)) {
      for (const char* other :
           {"7", "\"x\"", "true", "[]", "{}", "[[]]", "[{}]", "1.5", "-1", "1e3", "[null]"}) {
        Value value = need(json::parse(other, 100));
        Kind kind = spot.parameter->kind;
        bool fits =
            (kind == Kind::integer && value.kind() == json::Kind::integer && value.as_int() >= 0) ||
            (kind == Kind::boolean && value.kind() == json::Kind::boolean) ||
            (kind == Kind::object && value.is_object()) ||
            ((kind == Kind::texts || kind == Kind::objects) && std::string(other) == "[]") ||
            (kind == Kind::objects && std::string(other) == "[{}]") ||
            (is_text(kind) && kind != Kind::texts && value.is_string());
        if (fits) continue;
        INFO(action->name, " ", spot.path, " = ", other);
        Value body = good_body(*action);
        spot.put(body, value);
        CHECK(code(*action, body) == "InvalidParameter");
        ++tried;
      }
    }
  }
  CHECK(tried > 250);
  CHECK(handed_over.empty());
}

TEST_CASE_FIXTURE(Fixture, "what is required is missed, and what is unknown is named") {
  for (const Action* action : all_actions()) {
    for (const Spot& spot : spots_of(*action)) {
      if (spot.parameter->presence != Presence::required) continue;
      INFO(action->name, " ", spot.path);
      Value body = good_body(*action);
      spot.put(body, Value());
      CHECK(code(*action, body) == "MissingParameter");
    }
    Value body = good_body(*action);
    body.set("Colour\r\n", "red");
    Got got = ask(key, std::string(action->name), json::serialize(body));
    CHECK(got.code() == "UnknownParameter");
    CHECK(got.message().contains("Colour??"));
  }
  CHECK(handed_over.empty());
}

TEST_CASE_FIXTURE(Fixture, "a text that is too long is refused wherever it stands") {
  for (const Action* action : all_actions()) {
    for (const Spot& spot : spots_of(*action)) {
      if (!is_text(spot.parameter->kind) || spot.parameter->kind == Kind::base64) continue;
      INFO(action->name, " ", spot.path);
      std::string text(static_cast<size_t>(spot.parameter->most) + 1, 'x');
      Value value = spot.parameter->kind == Kind::texts ? Value::array({Value(text)}) : Value(text);
      Value body = good_body(*action);
      spot.put(body, value);
      CHECK(code(*action, body) != "ok");
    }
  }
  CHECK(handed_over.empty());
}

TEST_CASE_FIXTURE(Fixture, "the good requests of these tests are good") {
  for (const Action* action : all_actions()) {
    INFO(action->name);
    CHECK(code(*action, good_body(*action)) == "ok");
  }
  CHECK(handed_over.size() == 1);
}
