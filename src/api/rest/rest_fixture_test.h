// Purpose: the REST door over core's services, a real store and a real queue, without sockets:
//   requests in, responses out.
// Shapes: every answer is checked against the table: its schema, its reason, its headers.
#pragma once

#include "api/rest/asked_test.h"
#include "api/rest/problem.h"
#include "api/rest/rest_api.h"
#include "api/rest/schema_fit_test.h"
#include "api/rest/schemas.h"
#include "api/rest/table.h"
#include "base/id_source.h"
#include "base/text.h"
#include "core/core_fixture_test.h"

namespace ph::rest_test {

using namespace ph::rest;
using core_test::granted;
using core_test::kPassword;
using json::Value;
using store_test::need;

struct RestFixture : core_test::CoreFixture {
  RestFixture() {
    queue::QueueOptions options;
    options.store = store.get();
    options.loop = loop.get();
    options.random = &system_random();
    options.attempt = [](core::AttemptOrder) -> net::Task<core::AttemptResult> {
      co_return core::AttemptResult{};
    };
    queue = std::make_unique<queue::Queue>(std::move(options));
    api = std::make_unique<RestApi>(services());
    granted(run(users.create(boss, {.email = "boss@house.example",
                                    .password = kPassword,
                                    .role = core::Role::operator_,
                                    .account = {}})));
    boss_token = sign_in("boss@house.example");
  }
  ~RestFixture() {
    loop.reset();
    queue.reset();
  }
  RestServices services() {
    return {.context = context,
            .accounts = accounts,
            .users = users,
            .keys = keys,
            .domains = domains,
            .addresses = addresses,
            .sender = sender,
            .messages = messages,
            .bulks = bulks,
            .settings = settings,
            .agreements = agreements,
            .identities = identities,
            .suspensions = suspensions,
            .customers = customers,
            .queue = queue.get(),
            .publish = [this](core::DomainView view) -> net::Task<core::Outcome<>> {
              publish(view);
              co_return core::Outcome<>{};
            },
            .feed = &feed,
            .people = &people};
  }

  std::string sign_in(const std::string& email) {
    return granted(run(users.sign_in(email, kPassword))).token;
  }
  // A person of the account who has signed in.
  std::string person_token(AccountId of, core::Role role, const std::string& email) {
    granted(run(users.create(
        boss, {.email = email, .password = kPassword, .role = role, .account = of})));
    return sign_in(email);
  }
  std::string key_token(AccountId of, core::NewKey key = {}) {
    key.account = of;
    return granted(run(keys.create(boss, std::move(key)))).token;
  }

  static net::HttpRequest request_of(const Ask& ask) {
    net::HttpRequest request{.method = ask.method, .target = ask.target};
    size_t mark = ask.target.find('?');
    request.path = ask.target.substr(0, mark);
    if (mark != std::string::npos) request.query = ask.target.substr(mark + 1);
    request.headers = ask.headers;
    if (!ask.bearer.empty())
      request.headers.push_back({"Authorization", "Bearer " + ask.bearer});
    if (!ask.body.empty() && !net::find_header(ask.headers, "Content-Type"))
      request.headers.push_back({"Content-Type", "application/json"});
    request.body = ask.body;
    request.peer.address = need(IpAddress::parse(ask.peer));
    return request;
  }

  Got ask(const Ask& what) {
    INFO(what.method, " ", what.target);
    return checked(what, run(api->handle(request_of(what))));
  }

  // Every answer keeps what the document promises of its operation.
  Got checked(const Ask& what, net::HttpResponse response) {
    Got got{.status = response.status, .raw = response.body, .headers = response.headers};
    std::string type = got.header("Content-Type");
    INFO("answer: ", got.status, " ", got.raw.substr(0, 400));
    CHECK(got.header("X-Content-Type-Options") == "nosniff");
    CHECK(got.header("Cache-Control") == "no-store");
    CHECK(got.header("Content-Security-Policy").contains("default-src 'none'; "));
    if (type == "application/json" || type == "application/problem+json")
      got.body = need(json::parse(got.raw, 64u << 20));
    Match match = find_route(what.method, request_of(what).path);
    if (got.status >= 400) {
      check_problem(got, match.route);
    } else if (match.route != nullptr) {
      check_success(got, *match.route);
    }
    return got;
  }

  static void check_problem(const Got& got, const Route* route) {
    CHECK(got.header("Content-Type") == "application/problem+json");
    CHECK(misfit(schemas::kProblem.fields, got.body, "") == "");
    CHECK(got.number("status") == got.status);
    CHECK(got.text("title") == status_title(got.status));
    CHECK_FALSE(got.text("detail").empty());
    CHECK((got.status == 401) == !got.header("WWW-Authenticate").empty());
    if (route == nullptr || got.status == 415) return;
    for (core::Reason reason : reasons_of(*route)) {
      if (core::reason_code(reason) != got.text("reason")) continue;
      CHECK(status_of(reason) == got.status);
      return;
    }
    FAIL_CHECK(got.text("reason") << " is not among the reasons of " << route->operation);
  }

  static void check_shown(const Got& got) {
    CHECK(got.header("Content-Security-Policy").starts_with("sandbox; default-src 'none'; style"));
    CHECK(got.header("Content-Type").starts_with("text/html"));
  }

  void check_success(const Got& got, const Route& route) {
    CHECK(got.status == route.status);
    if (route.response == nullptr) {
      CHECK(got.body.is_null());
      CHECK((route.status == 204 || route.operation == "event_stream") == got.raw.empty());
      if (route.operation == "inbox_page") check_shown(got);
      else if (route.status == 200 && route.operation != "event_stream")
        CHECK(got.header("Content-Disposition").starts_with("attachment"));
    } else if (route.takes != Takes::page) {
      CHECK(misfit(route.response->fields, got.body, "") == "");
    } else {
      CHECK(got.body.as_object().size() == 2);
      CHECK(got.body.find("next_cursor") != nullptr);
      for (const Value& item : got.items()) CHECK(misfit(route.response->fields, item, "") == "");
    }
    succeeded.insert(std::string(route.operation));
  }

  core::Bulks bulks{context};
  core::Settings settings{context};
  core::Agreements agreements{context};
  people::Notices notices{context, sender};
  people::People people{context, users, notices};
  people::Identities identities{context, notices};
  people::Suspensions suspensions{context, notices};
  billing::Customers customers{context};
  core::EventFeed feed{context};
  std::unique_ptr<queue::Queue> queue;
  std::unique_ptr<RestApi> api;
  std::string boss_token;
  std::set<std::string> succeeded;  // operations
};

}  // namespace ph::rest_test
