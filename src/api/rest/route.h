// Purpose: the shape of one route, and the lists by noun that table.cpp joins. Private to rest.
// Threads: the table is made once and never changes.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/rest/rest_api.h"
#include "api/rest/schema.h"
#include "base/limits.h"

namespace ph::rest {

enum class Guard : uint8_t {
  open,     // anybody; a credential is not looked at
  visitor,  // anybody; who it is is known where a credential is right
  actor,    // a credential whose role and scope allow `action`
};

// Of those who have a credential: whether a program's key will do.
enum class Who : uint8_t { anybody, person };

enum class Takes : uint8_t {
  nothing,
  account,  // ?account=ID, which the operator must and others may give
  page,     // account, and ?cursor= and ?limit=
};

// A query parameter that narrows a list; `words` are its only values, where there are some.
struct Filter {
  std::string_view name;
  std::string_view help;
  std::vector<std::string_view> words = {};
};

// One request on its way through a handler.
struct Call {
  const net::HttpRequest& request;
  core::Actor actor;
  std::string credential;           // the session token, where one was used
  AccountId account;                // named in the query; 0: not
  std::vector<std::string> params;  // of the path, decoded
  json::Value body;                 // checked against the schema
  int64_t after = 0;                // where the page begins
  size_t limit = 0;
  std::map<std::string_view, std::string> filters;  // by their names

  const std::string& text(std::string_view name) const;  // "" when absent
  std::string filter(std::string_view name) const;       // "" when absent
  std::optional<int64_t> number(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
};

// Whether a browser may show what strangers wrote, beside saving it.
enum class Shown : uint8_t { never, in_a_frame };

struct Answer {
  int status = 0;    // 0: the route's
  json::Value body;  // null: no body
  std::string raw;   // instead of JSON, with `content_type`
  std::string content_type;
  Shown shown = Shown::never;  // of raw; in a frame: under a policy among the headers
  std::shared_ptr<net::HttpBodySource> source;  // instead of both, with `content_type`
  std::vector<net::HttpHeader> headers;
};

struct Services {
  const RestServices& core;
  core::LoginMemory& logins;
  core::LoginMemory& asked;  // registrations and resets
  EventStreams& streams;
};

using Reply = core::Outcome<Answer>;
using Handler = net::Task<Reply> (*)(const Services&, Call&);

struct Route {
  std::string_view method;
  std::string_view path;       // "/api/v1/domains/{name}"
  std::string_view operation;  // "domain_get"
  std::string_view summary;
  Guard guard = Guard::actor;
  std::optional<core::Action> action;  // nothing: any actor
  Who who = Who::anybody;
  Takes takes = Takes::nothing;
  std::vector<Filter> filters = {};
  const Schema* request = nullptr;
  const Schema* response = nullptr;   // of one; a page holds many; nullptr: no JSON
  std::vector<core::Reason> reasons;  // beside those that every route of its guard may give
  int status = 200;
  Handler run = nullptr;
  size_t body_most = limits::kRestBodyBytes;  // octets
  // The body is a file of one of these media types, judged by the handler; none: it is JSON.
  std::vector<std::string_view> files = {};
  // Of application/x-ndjson, which the handler takes as it comes instead of a body; 0: not taken.
  uint64_t lines_most = 0;
  std::string_view raw_type = "message/rfc822";  // where there is no schema of the response
};

bool is_lines(const net::HttpRequest& request);
// Who holds a stream of events: a session, or a key.
std::string stream_holder(const Call& call);
// A row's number in a path; what is no number does not exist. `what` is the field of a refusal.
core::Outcome<int64_t> path_number(const Call& call, size_t index, const char* what);
// The key of a request that may be repeated; empty where there is none.
core::Outcome<std::string> idempotency_key(const net::HttpRequest& request);

std::span<const Route> session_routes();
std::span<const Route> people_routes();
std::span<const Route> me_routes();
std::span<const Route> my_session_routes();
std::span<const Route> invitation_routes();
std::span<const Route> audit_routes();
std::span<const Route> account_routes();
std::span<const Route> user_routes();
std::span<const Route> key_routes();
std::span<const Route> domain_routes();
std::span<const Route> domain_verb_routes();
std::span<const Route> address_routes();
std::span<const Route> bulk_routes();
std::span<const Route> message_routes();
std::span<const Route> message_verb_routes();
std::span<const Route> event_routes();
std::span<const Route> sandbox_routes();
std::span<const Route> queue_routes();
std::span<const Route> queue_all_routes();
std::span<const Route> console_routes();
std::span<const Route> identity_routes();
std::span<const Route> identity_review_routes();
std::span<const Route> setting_routes();
std::span<const Route> customer_routes();
std::span<const Route> activation_routes();
std::span<const Route> billing_routes();
std::span<const Route> price_routes();
std::span<const Route> webhook_routes();
std::span<const Route> quota_routes();

const std::vector<const Route*>& all_routes();

// {"items":[…],"next_cursor":…}: `next` is the last row's id when the page was full, else 0.
Answer page_answer(json::Value items, const Call& call, int64_t next);
std::string cursor_text(int64_t after);

template <class Row, class View, class Id>
Answer page_of(const std::vector<Row>& rows, const Call& call, View view, Id id) {
  json::Value items = json::Value::array();
  for (const Row& row : rows) items.push(view(row));
  return page_answer(std::move(items), call,
                     rows.size() < call.limit || rows.empty() ? 0 : id(rows.back()));
}

}  // namespace ph::rest
