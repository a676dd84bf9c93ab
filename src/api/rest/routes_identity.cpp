// Who a customer is: what he says and shows, and the operator's review of it.
#include <fmt/format.h>

#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "base/id_source.h"
#include "base/text.h"
#include "people/identity_json.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Outcome;
using core::Reason;
using core::refuse;

// Bytes of a stranger: saved, never shown, and nothing of them runs where they are opened.
constexpr const char* kEvidencePolicy = "sandbox; default-src 'none'; frame-ancestors 'none'";

// A name in a header: RFC 8187 §3.2.
std::string in_header(std::string_view name) {
  std::string out = "UTF-8''";
  for (char c : name)
    out += is_alnum(c) || c == '-' || c == '.' || c == '_'
               ? std::string(1, c)
               : fmt::format("%{:02X}", static_cast<uint8_t>(c));
  return out;
}

Outcome<int64_t> evidence_id(const Call& call, size_t index) {
  auto id = parse_id(call.params[index]);
  if (id) return *id;
  return refuse(Reason::not_found, "There is no such file.", "evidence");
}

net::Task<Reply> identity_get(const Services& s, Call& call) {
  co_return Answer{.body = people::identity_json(CO_REFUSE_TRY(
                       co_await s.core.identities.get(call.actor, call.account)))};
}

net::Task<Reply> identity_submit(const Services& s, Call& call) {
  people::IdentityWish wish{.account = call.account,
                            .kind = *store::parse_identity_kind(call.text("kind")),
                            .name = call.text("name"),
                            .document_number = call.text("document_number"),
                            .company = call.text("company"),
                            .registration_number = call.text("registration_number"),
                            .contact = call.text("contact")};
  co_return Answer{.body = people::identity_json(CO_REFUSE_TRY(
                       co_await s.core.identities.submit(call.actor, std::move(wish))))};
}

net::Task<Reply> evidence_create(const Services& s, Call& call) {
  std::string_view type = call.request.header("Content-Type").value_or("");
  people::NewEvidence given{.account = call.account,
                            .filename = call.filter("filename"),
                            .content_type = lower(trim(type.substr(0, type.find(';')))),
                            .bytes = call.request.body};
  co_return Answer{.body = people::evidence_json(CO_REFUSE_TRY(
                       co_await s.core.identities.add(call.actor, std::move(given))))};
}

net::Task<Reply> evidence_delete(const Services& s, Call& call) {
  int64_t id = CO_REFUSE_TRY(evidence_id(call, 0));
  CO_REFUSE_TRY(co_await s.core.identities.remove(call.actor, call.account, id));
  co_return Answer{};
}

// --- the operator's review ---

net::Task<Reply> review_list(const Services& s, Call& call) {
  std::optional<store::IdentityState> state;
  if (std::string word = call.filter("state"); !word.empty())
    state = *store::parse_identity_state(word);
  auto rows = CO_REFUSE_TRY(co_await s.core.identities.reviews(
      call.actor, state, {.after = call.after, .limit = call.limit}));
  co_return page_of(rows, call, people::review_json,
                    [](const store::IdentityReviewRow& row) { return row.claim.id; });
}

net::Task<Reply> review_get(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  co_return Answer{.body = people::identity_json(
                       CO_REFUSE_TRY(co_await s.core.identities.review(call.actor, id)))};
}

net::Task<Reply> review_evidence(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  int64_t file = CO_REFUSE_TRY(evidence_id(call, 1));
  auto opened = CO_REFUSE_TRY(co_await s.core.identities.open(call.actor, id, file));
  Answer out{.raw = std::move(opened.bytes), .content_type = opened.row.content_type};
  out.headers = {{"Content-Disposition",
                  "attachment; filename*=" + in_header(opened.row.filename)},
                 {"Content-Security-Policy", kEvidencePolicy}};
  co_return out;
}

net::Task<Reply> review_approve(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  co_return Answer{.body = people::identity_json(CO_REFUSE_TRY(
                       co_await s.core.identities.approve(call.actor, id,
                                                          call.filter("submitted_at"))))};
}

net::Task<Reply> review_reject(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  co_return Answer{.body = people::identity_json(CO_REFUSE_TRY(
                       co_await s.core.identities.reject(call.actor, id, call.text("reason"),
                                                         call.filter("submitted_at"))))};
}

}  // namespace

std::span<const Route> identity_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/identity",
       .operation = "identity_get",
       .summary = "Who the account says it is; details for who may manage its people",
       .action = Action::view,
       .takes = Takes::account,
       .response = &schemas::kIdentity,
       .run = identity_get},
      {.method = "PUT",
       .path = "/api/v1/identity",
       .operation = "identity_submit",
       .summary = "Say who the account is, for review",
       .action = Action::manage_users,
       .takes = Takes::account,
       .request = &schemas::kIdentityWish,
       .response = &schemas::kIdentity,
       .reasons = {Reason::conflict},
       .run = identity_submit},
      {.method = "POST",
       .path = "/api/v1/identity/evidence",
       .operation = "evidence_create",
       .summary = "A file that shows it: at most ten, of 5 MiB each",
       .action = Action::manage_users,
       .takes = Takes::account,
       .filters = {{"filename", "as people call it"}},
       .response = &schemas::kEvidence,
       .reasons = {Reason::conflict, Reason::request_rate_limit, Reason::storage_full},
       .status = 201,
       .run = evidence_create,
       .body_most = limits::kEvidenceBytes,
       .files = {"application/pdf", "image/jpeg", "image/png"}},
      {.method = "DELETE",
       .path = "/api/v1/identity/evidence/{evidence}",
       .operation = "evidence_delete",
       .summary = "Take a file back, while nobody reviews it",
       .action = Action::manage_users,
       .takes = Takes::account,
       .reasons = {Reason::not_found, Reason::conflict},
       .status = 204,
       .run = evidence_delete},
  };
  return routes;
}

std::span<const Route> identity_review_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/identity-reviews",
       .operation = "identity_review_list",
       .summary = "Identities that were submitted, the oldest first",
       .action = Action::operate,
       .takes = Takes::page,
       .filters = {{"state", "only of this state", {"submitted", "approved", "rejected"}}},
       .response = &schemas::kIdentityReview,
       .run = review_list},
      {.method = "GET",
       .path = "/api/v1/identity-reviews/{account}",
       .operation = "identity_review_get",
       .summary = "One with its whole number; that it was read is written down",
       .action = Action::operate,
       .response = &schemas::kIdentity,
       .reasons = {Reason::not_found},
       .run = review_get},
      {.method = "GET",
       .path = "/api/v1/identity-reviews/{account}/evidence/{evidence}",
       .operation = "identity_review_evidence",
       .summary = "A file of it, to save; that it was read is written down",
       .action = Action::operate,
       .reasons = {Reason::not_found},
       .run = review_evidence,
       .raw_type = "application/octet-stream"},
      {.method = "POST",
       .path = "/api/v1/identity-reviews/{account}/approve",
       .operation = "identity_review_approve",
       .summary = "It is who it says",
       .action = Action::operate,
       .filters = {{"submitted_at", "of the claim that was read: another one is a conflict"}},
       .response = &schemas::kIdentity,
       .reasons = {Reason::not_found, Reason::conflict},
       .run = review_approve},
      {.method = "POST",
       .path = "/api/v1/identity-reviews/{account}/reject",
       .operation = "identity_review_reject",
       .summary = "It is not, or that cannot be seen; also what was approved before",
       .action = Action::operate,
       .filters = {{"submitted_at", "of the claim that was read: another one is a conflict"}},
       .request = &schemas::kRejection,
       .response = &schemas::kIdentity,
       .reasons = {Reason::not_found, Reason::conflict},
       .run = review_reject},
  };
  return routes;
}

}  // namespace ph::rest
