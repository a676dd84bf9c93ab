#include <algorithm>

#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "base/id_source.h"
#include "base/text.h"
#include "core/bulk.h"
#include "net/loop.h"

namespace ph::rest {
namespace {

using core::Action;
using core::BulkVerb;
using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

constexpr size_t kListedPiece = 64u << 10;  // lines made of a list that are taken together

std::unexpected<core::Refusal> cut_off(const Error& error) {
  if (error.code == Errc::limit) return refuse(Reason::too_large, "The upload is too large.");
  if (error.code == Errc::invalid) return refuse(Reason::malformed, error.message);
  return refuse(Reason::malformed, "The upload was cut off: " + error.message + ".");
}

net::Task<Outcome<>> take_lines(const net::HttpRequest& request, core::BulkUpload& upload) {
  if (request.stream == nullptr) co_return co_await upload.add(request.body);
  Deadline deadline = net::Loop::current()->in(limits::kBulkUploadWait);
  for (;;) {
    auto piece = co_await request.stream->next();
    if (!piece) co_return cut_off(piece.error());
    if (piece->empty()) co_return Outcome<>{};
    CO_REFUSE_TRY(co_await upload.add(std::move(*piece)));
    if (deadline.passed(net::Loop::current()->clock()))
      co_return refuse(Reason::malformed, "The upload took longer than an hour.");
  }
}

// A JSON body as the lines that it says.
net::Task<Outcome<>> take_list(const Value& body, core::BulkUpload& upload) {
  Value content = Value::object();
  const Value* recipients = nullptr;
  for (const json::Member& member : body.as_object()) {
    if (member.name == "recipients")
      recipients = &member.value;
    else
      content.set(member.name, member.value);
  }
  std::string lines = json::serialize(content) + "\n";
  for (const Value& recipient : recipients->as_array()) {
    lines += json::serialize(recipient) + "\n";
    if (lines.size() >= kListedPiece) CO_REFUSE_TRY(co_await upload.add(std::exchange(lines, {})));
  }
  co_return co_await upload.add(std::move(lines));
}

net::Task<Reply> bulk_create(const Services& s, Call& call) {
  bool lines = is_lines(call.request);
  core::BulkRequest request{
      .actor = call.actor,
      .account = call.account,
      .idempotency_key = CO_REFUSE_TRY(idempotency_key(call.request)),
      .rows_are = lines ? core::BulkRowsAre::lines : core::BulkRowsAre::listed};
  auto upload = s.core.bulks.upload(std::move(request));
  Outcome<> taken;
  if (lines)
    taken = co_await take_lines(call.request, *upload);
  else
    taken = co_await take_list(call.body, *upload);
  Outcome<core::BulkAnswer> made = core::BulkAnswer{};
  if (taken)
    made = co_await upload->finish();
  else
    made = core::lift(std::move(taken).error());
  if (!made) co_await upload->abandon();
  auto answer = CO_REFUSE_TRY(std::move(made));
  s.core.bulks.tell_work();
  co_return Answer{.body = Value::object({{"id", format_id(answer.id.value)}})};
}

net::Task<Reply> bulk_list(const Services& s, Call& call) {
  auto rows = CO_REFUSE_TRY(
      co_await s.core.bulks.list(call.actor, call.account, BulkId(call.after), call.limit));
  co_return page_of(rows, call, core::bulk_json,
                    [](const store::BulkJobRow& row) { return row.id.value; });
}

Outcome<BulkId> bulk_id(const Call& call) {
  auto id = parse_id(call.params[0]);
  if (!id) return refuse(Reason::not_found, "There is no such bulk job.");
  return BulkId(*id);
}

net::Task<Reply> bulk_get(const Services& s, Call& call) {
  BulkId id = CO_REFUSE_TRY(bulk_id(call));
  co_return Answer{.body = core::bulk_view_json(
                       CO_REFUSE_TRY(co_await s.core.bulks.get(call.actor, call.account, id)))};
}

template <BulkVerb kVerb>
net::Task<Reply> bulk_move(const Services& s, Call& call) {
  BulkId id = CO_REFUSE_TRY(bulk_id(call));
  co_return Answer{.body = core::bulk_view_json(CO_REFUSE_TRY(
                       co_await s.core.bulks.move(call.actor, call.account, id, kVerb)))};
}

template <BulkVerb kVerb>
Route move_route(std::string_view path, std::string_view operation, std::string_view summary) {
  return {.method = "POST",
          .path = path,
          .operation = operation,
          .summary = summary,
          .action = Action::send,
          .takes = Takes::account,
          .response = &schemas::kBulkView,
          .reasons = {Reason::not_found, Reason::conflict},
          .run = bulk_move<kVerb>};
}

}  // namespace

bool is_lines(const net::HttpRequest& request) {
  auto type = request.header("Content-Type");
  return type && iequals(trim(type->substr(0, type->find(';'))), "application/x-ndjson");
}

Outcome<std::string> idempotency_key(const net::HttpRequest& request) {
  auto key = request.header("Idempotency-Key");
  if (!key) return std::string();
  if (key->empty() || key->size() > limits::kIdempotencyKey ||
      !std::ranges::all_of(*key, [](char c) { return c >= ' ' && c <= '~'; }))
    return refuse(Reason::invalid_field,
                  "An Idempotency-Key has 1 to 256 printable ASCII characters.", "Idempotency-Key");
  return std::string(*key);
}

std::span<const Route> bulk_routes() {
  static const Route routes[] = {
      {.method = "POST",
       .path = "/api/v1/messages/bulk",
       .operation = "bulk_create",
       .summary = "Send one content with {{variables}} to many, each with data of its own. As "
                  "application/x-ndjson: the first line is the content, each further one a "
                  "recipient, up to 1,000,000",
       .action = Action::send,
       .takes = Takes::account,
       .request = &schemas::kNewBulk,
       .response = &schemas::kAccepted,
       .reasons = {Reason::account_not_activated, Reason::account_suspended,
                   Reason::domain_not_verified, Reason::domain_suspended, Reason::address_not_found,
                   Reason::bad_recipient, Reason::too_many_recipients, Reason::idempotency_mismatch,
                   Reason::request_rate_limit, Reason::storage_full},
       .status = 202,
       .run = bulk_create,
       .body_most = limits::kHttpBodyBytes,
       .lines_most = limits::kBulkUploadBytes},
      {.method = "GET",
       .path = "/api/v1/messages/bulk",
       .operation = "bulk_list",
       .summary = "Bulk jobs, newest first",
       .action = Action::view,
       .takes = Takes::page,
       .response = &schemas::kBulk,
       .run = bulk_list},
      {.method = "GET",
       .path = "/api/v1/messages/bulk/{bulk}",
       .operation = "bulk_get",
       .summary = "How far a bulk job is, and what became of its mails",
       .action = Action::read_message,
       .takes = Takes::account,
       .response = &schemas::kBulkView,
       .reasons = {Reason::not_found},
       .run = bulk_get},
      move_route<BulkVerb::pause>("/api/v1/messages/bulk/{bulk}/pause", "bulk_pause",
                                  "Make no more mails of it, and hold those that are queued"),
      move_route<BulkVerb::resume>("/api/v1/messages/bulk/{bulk}/resume", "bulk_resume",
                                   "Go on where it was paused"),
      move_route<BulkVerb::cancel>("/api/v1/messages/bulk/{bulk}/cancel", "bulk_cancel",
                                   "Make no more mails of it, and cancel those that are queued"),
  };
  return routes;
}

}  // namespace ph::rest
