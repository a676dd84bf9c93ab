#include "api/rest/rest_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/rest/problem.h"
#include "api/rest/session_cookie.h"
#include "api/rest/table.h"
#include "base/id_source.h"
#include "base/metrics.h"
#include "base/text.h"
#include "core/transaction.h"
#include "store/setting.h"

namespace ph::rest {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;

constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kNoPagePolicy = "default-src 'none'; frame-ancestors 'none'";

net::HttpResponse plain(int status, std::string type, std::string body) {
  net::HttpResponse out;
  out.status = status;
  out.headers.push_back({"Content-Type", std::move(type)});
  out.body = std::move(body);
  return out;
}

// --- who asks ---

struct Credential {
  std::string token;
  bool cookie = false;
};

std::optional<Credential> credential_of(const net::HttpRequest& request) {
  if (auto header = request.header("Authorization")) {
    if (!istarts_with(*header, kBearer)) return Credential{};  // another scheme: never right
    return Credential{std::string(trim(header->substr(kBearer.size())))};
  }
  if (auto cookies = request.header("Cookie"))
    if (auto token = session_of_cookie(*cookies)) return Credential{*token, true};
  return std::nullopt;
}

bool changes(std::string_view method) {
  return method != "GET" && method != "HEAD";
}

struct Identified {
  core::Actor actor;
  std::string session;  // the token, where it is a session
};

net::Task<Outcome<Identified>> identify(const RestServices& s, const net::HttpRequest& request,
                                        Credential given) {
  if (!given.cookie) {
    auto key = co_await s.keys.by_token(given.token);
    if (key) co_return Identified{*key, {}};
    if (key.error().reason != Reason::unauthenticated) co_return core::lift(key.error());
  }
  auto user = co_await s.users.by_session(given.token);
  if (!user && user.error().reason == Reason::unauthenticated)
    co_return refuse(Reason::unauthenticated, "The key or session is unknown, or has ended.");
  core::Actor actor = CO_REFUSE_TRY(std::move(user));
  // Of a live session only: a stale cookie must not stand in the way of a sign-in.
  if (given.cookie && changes(request.method)) {
    auto proof = request.header("X-Posthouse-Csrf");
    if (!proof || !equal_constant_time(*proof, csrf_of(given.token)))
      co_return refuse(Reason::forbidden,
                       "A change by cookie needs X-Posthouse-Csrf from the session.");
  }
  co_return Identified{std::move(actor), given.token};
}

// --- what is asked ---

Outcome<> read_query(const Route& route, Call& call) {
  auto query = net::parse_query(call.request.query);
  if (!query) return refuse(Reason::malformed, query.error().message);
  call.limit = limits::kPageDefault;
  bool page = route.takes == Takes::page;
  std::set<std::string_view> seen;
  for (const auto& [name, value] : *query) {
    if (!seen.insert(name).second)
      return refuse(Reason::invalid_field, "A query parameter stands once.",
                    name.substr(0, limits::kPath));
    if (name == "account" && route.takes != Takes::nothing) {
      auto number = parse_number<int64_t>(value);
      // A name that no account can have is as absent as an unknown number.
      call.account = AccountId(number && *number > 0 ? *number : INT64_MAX);
    } else if (name == "limit" && page) {
      auto limit = parse_number<size_t>(value);
      if (!limit || *limit < 1 || *limit > limits::kPageMost)
        return refuse(Reason::invalid_field, fmt::format("limit is 1 to {}.", limits::kPageMost),
                      "limit");
      call.limit = *limit;
    } else if (name == "cursor" && page) {
      auto after = parse_id(value);
      if (!after) return refuse(Reason::invalid_field, "This is no cursor of ours.", "cursor");
      call.after = *after;
    } else if (auto filter = std::ranges::find(route.filters, name, &Filter::name);
               filter != route.filters.end()) {
      if (!filter->words.empty() && std::ranges::find(filter->words, value) == filter->words.end())
        return refuse(Reason::invalid_field,
                      fmt::format("{} is one of {}.", filter->name, fmt::join(filter->words, ", ")),
                      std::string(filter->name));
      call.filters[filter->name] = value;
    } else {
      return refuse(Reason::unknown_field, "There is no such query parameter here.",
                    name.substr(0, limits::kPath));
    }
  }
  return {};
}

Outcome<> read_body(const Route& route, Call& call) {
  if (!route.files.empty()) return {};
  if (route.request == nullptr) {
    if (call.request.body.empty()) return {};
    return refuse(Reason::malformed, "This operation takes no body.");
  }
  auto body = json::parse(call.request.body, route.body_most);
  if (!body) return refuse(Reason::malformed, body.error().message);
  REFUSE_TRY(check_body(*route.request, *body));
  call.body = std::move(*body);
  return {};
}

// Without its parameters, in small letters.
std::string media_type_of(const net::HttpRequest& request) {
  auto type = request.header("Content-Type");
  return type ? lower(trim(type->substr(0, type->find(';')))) : std::string();
}

// Empty: the body is of a type that the route takes; else what it should be.
std::string wanted_type(const Route& route, const net::HttpRequest& request) {
  std::string type = media_type_of(request);
  if (!route.files.empty()) {
    bool taken = std::ranges::find(route.files, type) != route.files.end();
    return taken ? "" : fmt::format("{}", fmt::join(route.files, ", "));
  }
  return route.request == nullptr || type == "application/json" ? "" : "application/json";
}

net::HttpResponse response_of(const Route& route, Answer answer) {
  net::HttpResponse out;
  out.status = answer.status != 0 ? answer.status : route.status;
  out.headers = std::move(answer.headers);
  if (answer.source != nullptr) {
    out.headers.push_back({"Content-Type", answer.content_type});
    out.source = std::move(answer.source);
  } else if (!answer.content_type.empty()) {
    out.headers.push_back({"Content-Type", answer.content_type});
    // What strangers wrote is never shown as a page.
    bool named = net::find_header(out.headers, "Content-Disposition").has_value();
    if (answer.shown == Shown::never && !named)
      out.headers.push_back({"Content-Disposition", "attachment"});
    out.body = std::move(answer.raw);
  } else if (!answer.body.is_null()) {
    out.headers.push_back({"Content-Type", "application/json"});
    out.body = json::serialize(answer.body);
  }
  return out;
}

// --- health ---

net::Task<net::HttpResponse> health(const RestServices& s) {
  auto job = [](sql::Connection& sql) -> Outcome<bool> {
    return REFUSE_TRY(store::setting(sql, "health")).has_value();
  };
  auto done = co_await core::look<bool>(s.context, std::move(job));
  if (!done) co_return plain(503, "text/plain", "store\n");
  if (!s.context.store.content().has_room()) co_return plain(503, "text/plain", "disk\n");
  co_return plain(200, "text/plain", "ok\n");
}

net::Task<net::HttpResponse> metrics(const RestServices& s, const net::HttpRequest& request) {
  bool near = request.peer.address.is_loopback();
  if (!near) {
    auto given = credential_of(request);
    if (!given) co_return problem(core::Refusal{Reason::unauthenticated, "", "Sign in."});
    auto who = co_await identify(s, request, *given);
    if (!who) co_return problem(who.error());
    if (!who->actor.is_operator())
      co_return problem(core::Refusal{Reason::forbidden, "", "Only the operator may see this."});
  }
  co_return plain(200, "text/plain; version=0.0.4", metrics::exposition());
}

net::HttpResponse wrong_method(std::string allowed) {
  auto out = problem_with_status(405, {Reason::not_found, "", "The path has other methods."});
  out.headers.push_back({"Allow", std::move(allowed)});
  return out;
}

// What is for anybody and for machines, beside the table.
bool is_page(std::string_view path) {
  return path == "/healthz" || path == "/readyz" || path == "/metrics" ||
         path == "/api/v1/openapi.json";
}

net::Task<net::HttpResponse> page(const RestServices& s, const net::HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") co_return wrong_method("GET, HEAD");
  if (request.path == "/metrics") co_return co_await metrics(s, request);
  if (request.path == "/api/v1/openapi.json")
    co_return plain(200, "application/json", openapi_document());
  co_return co_await health(s);
}

net::Task<net::HttpResponse> run_route(const Services& s, const net::HttpRequest& request,
                                       Match found) {
  const Route& route = *found.route;
  if (request.body.size() > RestApi::body_most(request))
    co_return problem(core::Refusal{Reason::too_large, "", "The body is too large."});
  Call call{.request = request,
            .actor = {},
            .credential = {},
            .account = {},
            .params = std::move(found.params),
            .body = {},
            .after = 0,
            .limit = 0,
            .filters = {}};
  auto given = route.guard == Guard::open ? std::nullopt : credential_of(request);
  if (given) {
    auto who = co_await identify(s.core, request, *given);
    // A visitor's ended session is simply not signed in.
    if (!who && (route.guard == Guard::actor || who.error().reason != Reason::unauthenticated))
      co_return problem(who.error());
    if (who) call.actor = who->actor;
    if (who) call.credential = who->session;
  } else if (route.guard == Guard::actor) {
    co_return problem(core::Refusal{Reason::unauthenticated, "",
                                    "Send a key as Authorization: Bearer, or sign in."});
  }
  call.actor.from = request.peer.address.text();
  if (route.guard == Guard::actor && route.action && !core::allowed(call.actor, *route.action))
    co_return problem(core::Refusal{Reason::forbidden, "", "This key or role may not do that."});
  if (route.guard == Guard::actor && route.who == Who::person && !call.actor.user)
    co_return problem(
        core::Refusal{Reason::forbidden, "", "Only a person who has signed in may do this."});
  if (auto ok = read_query(route, call); !ok) co_return problem(ok.error());
  bool lines = route.lines_most > 0 && is_lines(request);
  if (std::string wanted = lines ? "" : wanted_type(route, request); !wanted.empty())
    co_return problem_with_status(
        415, {Reason::malformed, "Content-Type", fmt::format("The body must be {}.", wanted)});
  if (!lines)
    if (auto ok = read_body(route, call); !ok) co_return problem(ok.error());
  auto answer = co_await route.run(s, call);
  if (!answer) co_return problem(answer.error());
  co_return response_of(route, std::move(*answer));
}

}  // namespace

RestApi::RestApi(RestServices services)
    : services_(std::move(services)), logins_(services_.context.clock, services_.context.random),
      asked_(services_.context.clock, services_.context.random) {}

size_t RestApi::body_most(const net::HttpRequest& head) {
  Match found = find_route(head.method, head.path);
  bool stranger = !head.header("Authorization") && !head.header("Cookie");
  if (found.route == nullptr || stranger) return limits::kRestBodyBytes;
  return found.route->body_most;
}

uint64_t RestApi::in_pieces(const net::HttpRequest& head) {
  Match found = find_route(head.method, head.path);
  bool stranger = !head.header("Authorization") && !head.header("Cookie");
  if (found.route == nullptr || stranger || !is_lines(head)) return 0;
  return found.route->lines_most;
}

net::Task<net::HttpResponse> RestApi::handle(net::HttpRequest request) {
  net::HttpResponse out;
  Services services{services_, logins_, asked_, streams_};
  Match found = find_route(request.method, request.path);
  if (is_page(request.path)) {
    out = co_await page(services_, request);
  } else if (found.route != nullptr) {
    out = co_await run_route(services, request, std::move(found));
  } else if (found.methods.empty()) {
    out = problem(core::Refusal{Reason::not_found, "", "There is no such path."});
  } else {
    out = wrong_method(fmt::format("{}", fmt::join(found.methods, ", ")));
  }
  out.headers.push_back({"X-Content-Type-Options", "nosniff"});
  out.headers.push_back({"Cache-Control", "no-store"});
  // What strangers wrote is shown under a policy of its own, everything else is no page.
  if (!net::find_header(out.headers, "Content-Security-Policy"))
    out.headers.push_back({"Content-Security-Policy", std::string(kNoPagePolicy)});
  co_return out;
}

}  // namespace ph::rest
