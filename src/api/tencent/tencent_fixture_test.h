// Purpose: the Tencent door over core's services and a real store, without sockets: signed requests
//   in, answers out, each judged against the table of actions.
// Shapes: every answer is HTTP 200 and exactly application/json, in both languages the same code,
//   and an error of an action is one that the action documents.
#pragma once

#include <algorithm>
#include <set>

#include "api/tencent/action.h"
#include "core/message_id.h"
#include "api/tencent/send_content.h"
#include "base/encoding.h"
#include "base/text.h"
#include "core/core_fixture_test.h"
#include "httpauth/tc3_signer_test.h"

namespace ph::tencent_test {

using namespace ph::tencent;
using core_test::granted;
using json::Value;
using store_test::need;

struct Ask {
  std::string action;
  std::string body = "{}";
  std::vector<net::HttpHeader> headers = {};  // instead of the usual ones of the same name
  std::string method = "POST";
  std::string query = {};
};

struct Got {
  Value response;  // what is inside of Response
  std::string code() const {
    const Value* error = response.find("Error");
    return error == nullptr ? "ok" : error->find("Code")->as_string();
  }
  std::string message() const {
    const Value* error = response.find("Error");
    return error == nullptr ? "" : error->find("Message")->as_string();
  }
  const Value& at(std::string_view name) const {
    const Value* value = response.find(name);
    REQUIRE_MESSAGE(value != nullptr, name);
    return *value;
  }
  std::string text(std::string_view name) const { return at(name).as_string(); }
};

inline bool has_chinese(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<uint8_t>(c) >= 0xe3; });
}

// Three words of English in a row, which no Chinese message has.
inline bool has_sentence(std::string_view text) {
  size_t words = 0;
  for (std::string_view word : split(text, ' ')) {
    bool plain = word.size() > 1 && std::ranges::all_of(word, [](char c) {
      return c >= 'a' && c <= 'z';
    });
    words = plain ? words + 1 : 0;
    if (words == 3) return true;
  }
  return false;
}

struct TencentFixture : core_test::CoreFixture {
  TencentFixture() { zone.add_txt("unused.example", "x"); }

  core::MadeKey key_of(AccountId of, core::NewKey key = {}) {
    key.account = of;
    key.kind = core::KeyKind::tencent;
    return granted(run(keys.create(boss, std::move(key))));
  }

  net::HttpRequest request_of(const Ask& ask, const core::MadeKey& key) {
    net::HttpRequest request;
    request.method = ask.method;
    request.path = "/";
    request.query = ask.query;
    request.target = ask.query.empty() ? "/" : "/?" + ask.query;
    request.body = ask.body;
    request.peer.address = need(IpAddress::parse("192.0.2.77"));
    request.headers = ask.headers;
    auto usual = [&](const char* name, std::string value) {
      if (!net::find_header(ask.headers, name)) request.headers.push_back({name, std::move(value)});
    };
    usual("Host", "127.0.0.1:8080");
    usual("Content-Type", "application/json");
    usual("X-TC-Action", ask.action);
    usual("X-TC-Version", "2020-10-02");
    usual("X-TC-Timestamp", std::to_string(clock.wall().seconds()));
    httpauth::sign_tc3(request, key.secret_id, key.secret_key);
    return request;
  }

  Got sent(net::HttpRequest request) {
    return checked(run(api.handle(request)), std::move(request));
  }
  Got ask(const core::MadeKey& key, const Ask& what) {
    INFO(what.action, " ", what.body.substr(0, 300));
    return sent(request_of(what, key));
  }
  Got ask(const core::MadeKey& key, const std::string& action, const std::string& body) {
    return ask(key, Ask{.action = action, .body = body});
  }

  static bool documented(const Action* action, std::string_view wire) {
    auto among = [&](const auto& codes) {
      return std::ranges::any_of(codes, [&](Code code) { return wire_code(code) == wire; });
    };
    return among(general_codes()) || wire == wire_code(Code::invalid_action) ||
           (action != nullptr && among(action->codes));
  }

  Got checked(const net::HttpResponse& response, const net::HttpRequest& request) {
    INFO("answer: ", response.body.substr(0, 400));
    CHECK(response.status == 200);
    CHECK(net::find_header(response.headers, "Content-Type") == "application/json");
    Value whole = need(json::parse(response.body, 64u << 20));
    REQUIRE(whole.as_object().size() == 1);
    Got got{*whole.find("Response")};
    std::string id = got.text("RequestId");
    CHECK(id.size() == 36);
    CHECK(request_ids.insert(id).second);
    if (got.code() == "ok") return got;
    CHECK(got.response.as_object().size() == 2);
    std::string language(request.header("X-TC-Language").value_or("zh-CN"));
    CHECK(has_chinese(got.message()) == (language != "en-US"));
    CHECK((language == "en-US" || !has_sentence(got.message())));
    CHECK_FALSE(got.message().contains("{}"));
    CHECK_FALSE(got.message().empty());
    CHECK(documented(find_action(request.header("X-TC-Action").value_or("")), got.code()));
    codes.insert(got.code());
    return got;
  }

  TencentApi api{{.context = context,
                  .accounts = accounts,
                  .keys = keys,
                  .domains = domains,
                  .addresses = addresses,
                  .sender = sender,
                  .options = {.regions = {"ap-guangzhou", "ap-hongkong", "ap-singapore"},
                              .language = Language::chinese}}};
  std::set<std::string> request_ids;
  std::set<std::string> codes;  // that were given
};

// {"Name":"value",...} of texts.
inline std::string texts(
    std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
  Value out = Value::object();
  for (const auto& [name, value] : list) out.set(name, value);
  return json::serialize(out);
}

}  // namespace ph::tencent_test
