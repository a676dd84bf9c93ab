// Who changed what.
#include "api/rest/people_reply.h"
#include "api/rest/schemas.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Reason;
using core::refuse;

core::Outcome<WallTime> time_of(const Call& call, std::string_view name) {
  std::string text = call.filter(name);
  if (text.empty()) return WallTime{};
  auto time = parse_iso8601(text);
  if (time) return *time;
  return refuse(Reason::invalid_field, "A time is written as 2026-01-31T12:00:00Z.",
                std::string(name));
}

net::Task<Reply> audit_list(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  core::AuditWish wish{.actor = call.filter("actor"),
                       .action = call.filter("action"),
                       .object = call.filter("object")};
  wish.since = CO_REFUSE_TRY(time_of(call, "since"));
  wish.until = CO_REFUSE_TRY(time_of(call, "until"));
  auto entries = CO_REFUSE_TRY(co_await people->audit.list(
      call.actor, call.account, std::move(wish), {.after = call.after, .limit = call.limit}));
  co_return page_of(entries, call, core::audit_json,
                    [](const core::AuditEntry& entry) { return entry.row.id; });
}

}  // namespace

std::span<const Route> audit_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/audit",
       .operation = "audit_list",
       .summary = "Who changed what, the newest first; for the operator without ?account, what "
                  "belongs to no account",
       .action = Action::manage_users,
       .takes = Takes::page,
       .filters = {{"actor", "user:7, key:3, control"},
                   {"action", "domain, or domain.create"},
                   {"object", "domain:mail.example.com"},
                   {"since", "ISO 8601"},
                   {"until", "ISO 8601; before then"}},
       .response = &schemas::kAuditRow,
       .run = audit_list},
  };
  return routes;
}

}  // namespace ph::rest
