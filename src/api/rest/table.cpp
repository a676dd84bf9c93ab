#include "api/rest/table.h"

#include "base/id_source.h"
#include "base/text.h"
#include "net/http.h"

namespace ph::rest {
namespace {

// The parameters of `path` when it has the shape of `pattern`.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  // Most routes are told apart by what stands before their first parameter.
  size_t literal = std::min(pattern.find('{'), pattern.size());
  if (!path.starts_with(pattern.substr(0, literal))) return std::nullopt;
  if (literal == pattern.size() && path.size() > literal) return std::nullopt;
  std::vector<std::string_view> wanted = split(pattern, '/'), given = split(path, '/');
  if (wanted.size() != given.size()) return std::nullopt;
  std::vector<std::string> params;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i].starts_with('{')) {
      if (wanted[i] != given[i]) return std::nullopt;
      continue;
    }
    auto decoded = net::percent_decode(given[i]);
    if (!decoded || decoded->empty() || decoded->size() > limits::kPath) return std::nullopt;
    params.push_back(std::move(*decoded));
  }
  return params;
}

}  // namespace

const std::vector<const Route*>& all_routes() {
  static const auto routes = [] {
    std::vector<const Route*> out;
    for (auto list : {session_routes(), people_routes(), me_routes(), my_session_routes(),
                      invitation_routes(), audit_routes(), account_routes(), user_routes(),
                      key_routes(), domain_routes(), domain_verb_routes(), address_routes(),
                      bulk_routes(), message_routes(), message_verb_routes(), event_routes(),
                      sandbox_routes(), queue_routes(), queue_all_routes(), console_routes(),
                      identity_routes(), identity_review_routes(), setting_routes(),
                      customer_routes(), activation_routes(), billing_routes(), price_routes(),
                      webhook_routes(), quota_routes()})
      for (const Route& route : list) out.push_back(&route);
    return out;
  }();
  return routes;
}

Match find_route(std::string_view method, std::string_view path) {
  Match out;
  bool head = method == "HEAD";  // RFC 9110 §9.3.2: as GET; the server leaves the body out
  for (const Route* route : all_routes()) {
    auto params = match(route->path, path);
    if (!params) continue;
    out.methods.push_back(route->method);
    if (route->method == "GET") out.methods.push_back("HEAD");
    if (route->method != (head ? "GET" : method)) continue;
    out.route = route;
    out.params = std::move(*params);
    return out;
  }
  return out;
}

std::vector<core::Reason> reasons_of(const Route& route) {
  using core::Reason;
  std::vector<Reason> out = route.reasons;
  auto add = [&](Reason reason) {
    if (std::ranges::find(out, reason) == out.end()) out.push_back(reason);
  };
  if (route.guard == Guard::actor) {
    add(Reason::unauthenticated);
    add(Reason::forbidden);
  }
  if (route.guard == Guard::visitor && route.method != "GET") add(Reason::forbidden);
  if (route.takes != Takes::nothing) {
    add(Reason::not_found);
    add(Reason::missing_field);
  }
  if (route.request != nullptr) add(Reason::missing_field);
  // Of the query and the body, which every route judges.
  for (Reason reason :
       {Reason::malformed, Reason::invalid_field, Reason::unknown_field, Reason::too_large})
    add(reason);
  add(Reason::temporary);
  add(Reason::internal);
  return out;
}

core::Outcome<int64_t> path_number(const Call& call, size_t index, const char* what) {
  auto number = parse_number<int64_t>(call.params[index]);
  if (number && *number > 0) return *number;
  return core::refuse(core::Reason::not_found, std::string("There is no such ") + what + ".", what);
}

std::string cursor_text(int64_t after) {
  return format_id(after);
}

Answer page_answer(json::Value items, const Call&, int64_t next) {
  Answer out;
  out.body = json::Value::object(
      {{"items", std::move(items)},
       {"next_cursor", next == 0 ? json::Value() : json::Value(cursor_text(next))}});
  return out;
}

const std::string& Call::text(std::string_view name) const {
  static const std::string kNone;
  const json::Value* value = body.find(name);
  return value != nullptr && value->is_string() ? value->as_string() : kNone;
}

std::string Call::filter(std::string_view name) const {
  auto found = filters.find(name);
  return found == filters.end() ? std::string() : found->second;
}

std::optional<int64_t> Call::number(std::string_view name) const {
  const json::Value* value = body.find(name);
  if (value == nullptr || value->kind() != json::Kind::integer) return std::nullopt;
  return value->as_int();
}

std::vector<std::string> Call::texts(std::string_view name) const {
  std::vector<std::string> out;
  const json::Value* value = body.find(name);
  if (value == nullptr || !value->is_array()) return out;
  for (const json::Value& item : value->as_array()) out.push_back(item.as_string());
  return out;
}

}  // namespace ph::rest
