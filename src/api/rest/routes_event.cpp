#include <fmt/format.h>

#include "api/rest/route.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Outcome;
using core::Reason;
using core::refuse;

constexpr std::string_view kBearer = "Bearer ";

// What a browser says when it comes back is newer than what its page's address says.
Outcome<std::optional<core::EventCursor>> cursor_of(const Call& call) {
  std::string text(call.request.header("Last-Event-ID").value_or(""));
  if (text.empty()) text = call.filter("after");
  if (text.empty()) return std::optional<core::EventCursor>();
  auto cursor = core::EventCursor::parse(text);
  if (!cursor) return refuse(Reason::invalid_field, "This is no cursor of ours.", "after");
  return std::optional(std::move(*cursor));
}

// An operator who names no account hears all.
Outcome<AccountId> account_of(const Call& call) {
  if (core::of_some_domains(call.actor))
    return refuse(Reason::forbidden,
                  "Who is limited to some domains may not read the account's events.");
  if (call.actor.is_operator() && !call.account) return AccountId();
  return core::acting_account(call.actor, call.account);
}

// The credential is asked anew: it may have ended, or its person be another one's by now.
net::Task<Outcome<>> still_allowed(RestServices services, core::Actor actor, std::string session,
                                   std::string key) {
  auto who = session.empty() ? co_await services.keys.by_token(key)
                             : co_await services.users.by_session(session);
  core::Actor now = CO_REFUSE_TRY(std::move(who));
  if (now.account != actor.account || now.role != actor.role || now.scope != actor.scope ||
      core::of_some_domains(now) ||
      !core::allowed(now, Action::view))
    co_return refuse(Reason::unauthenticated, "What you may see has changed: ask again.");
  co_return Outcome<>{};
}

std::string bearer_of(const net::HttpRequest& request) {
  std::string_view header = request.header("Authorization").value_or("");
  if (!istarts_with(header, kBearer)) return "";
  return std::string(trim(header.substr(kBearer.size())));
}

net::Task<Reply> event_stream(const Services& s, Call& call) {
  if (s.core.feed == nullptr)
    co_return refuse(Reason::temporary, "This process tells no events.");
  core::EventWish wish{.account = CO_REFUSE_TRY(account_of(call)), .after = {}};
  wish.after = CO_REFUSE_TRY(cursor_of(call));
  Whose whose = wish.account ? Whose::one_account : Whose::all;
  auto seat = CO_REFUSE_TRY(s.streams.take(stream_holder(call), call.actor.account));
  StreamParts parts{.seat = std::move(seat),
                    .listener = CO_REFUSE_TRY(co_await s.core.feed->listen(std::move(wish))),
                    .still_allowed = [services = s.core, actor = call.actor,
                                      session = call.credential, key = bearer_of(call.request)] {
                      return still_allowed(services, actor, session, key);
                    },
                    .clock = s.core.context.clock,
                    .whose = whose};
  Answer out;
  out.source = make_event_stream(std::move(parts));
  out.content_type = "text/event-stream";
  // Proxies that keep answers back until they are whole would keep this one for ever.
  out.headers = {{"X-Accel-Buffering", "no"}};
  co_return out;
}

}  // namespace

std::string stream_holder(const Call& call) {
  if (call.credential.empty()) return fmt::format("key {}", call.actor.key.value);
  return "session " + std::string(crypto::view(crypto::sha256(call.credential)));
}

std::span<const Route> event_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/events/stream",
       .operation = "event_stream",
       .summary = "Events as they happen, server-sent: each data line is an Event, each id a "
                  "cursor; Last-Event-ID goes on after it",
       .action = Action::view,
       .takes = Takes::account,
       .filters = {{"after", "a cursor of this stream; without one it begins now"}},
       .reasons = {Reason::request_rate_limit},
       .run = event_stream,
       .raw_type = "text/event-stream"},
  };
  return routes;
}

}  // namespace ph::rest
