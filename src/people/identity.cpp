#include "people/identity.h"

#include <fmt/format.h>

#include "base/id_source.h"
#include "base/text.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/transaction.h"
#include "json/json.h"
#include "people/evidence_file.h"
#include "people/identity_view.h"
#include "store/account.h"

namespace ph::people {
namespace {

using core::Actor;
using core::Outcome;
using core::Reason;
using core::refuse;
using store::IdentityKind;
using store::IdentityState;

Outcome<std::string> good_words(const std::string& given, const char* field, const char* what) {
  std::string text(trim(given));
  if (text.empty()) return refuse(Reason::missing_field, fmt::format("Give {}.", what), field);
  if (!is_utf8(text) || has_control(text) || utf8_length(text) > limits::kIdentityName)
    return refuse(Reason::invalid_field,
                  fmt::format("At most {} characters without control characters.",
                              limits::kIdentityName),
                  field);
  return text;
}

Outcome<std::string> good_number(const std::string& given, const char* field, const char* what) {
  std::string text(trim(given));
  if (text.empty()) return refuse(Reason::missing_field, fmt::format("Give {}.", what), field);
  constexpr std::string_view kBetween = " -./()";
  bool good = std::ranges::all_of(
      text, [&](char c) { return is_alnum(c) || kBetween.contains(c); });
  if (!good || text.size() < limits::kDocumentNumberLeast ||
      text.size() > limits::kDocumentNumber)
    return refuse(Reason::invalid_field,
                  fmt::format("{} to {} letters, digits, spaces and -./().",
                              limits::kDocumentNumberLeast, limits::kDocumentNumber),
                  field);
  return text;
}

Outcome<> not_of_this_kind(const std::string& given, const char* field) {
  if (trim(given).empty()) return {};
  return refuse(Reason::invalid_field, "This belongs to the other kind of identity.", field);
}

struct GoodClaim {
  store::IdentityClaimRow row;
  std::string number;
};

Outcome<GoodClaim> individual(const IdentityWish& wish) {
  GoodClaim out;
  out.row.name = REFUSE_TRY(good_words(wish.name, "name", "your name"));
  out.number = REFUSE_TRY(
      good_number(wish.document_number, "document_number", "the number of your document"));
  REFUSE_TRY(not_of_this_kind(wish.company, "company"));
  REFUSE_TRY(not_of_this_kind(wish.registration_number, "registration_number"));
  REFUSE_TRY(not_of_this_kind(wish.contact, "contact"));
  return out;
}

Outcome<GoodClaim> enterprise(const IdentityWish& wish) {
  GoodClaim out;
  out.row.company = REFUSE_TRY(good_words(wish.company, "company", "the company's name"));
  out.number = REFUSE_TRY(good_number(wish.registration_number, "registration_number",
                                      "the registration number"));
  out.row.contact = REFUSE_TRY(good_words(wish.contact, "contact", "who is to be asked"));
  REFUSE_TRY(not_of_this_kind(wish.name, "name"));
  REFUSE_TRY(not_of_this_kind(wish.document_number, "document_number"));
  return out;
}

// It stands as it is while it is looked at, and when it was found good.
Outcome<> may_change(IdentityState state) {
  if (state == IdentityState::submitted)
    return refuse(Reason::conflict, "The identity is being reviewed.");
  if (state == IdentityState::approved)
    return refuse(Reason::conflict, "The identity is verified already.");
  return {};
}

Outcome<> need_right(const Actor& actor) {
  if (core::allowed(actor, core::Action::manage_users)) return {};
  return refuse(Reason::forbidden, "Your role may not say who the account belongs to.");
}

void hide_details(IdentityView& view) {
  store::IdentityKind kind = view.claim.kind;
  view.claim = {};
  view.claim.kind = kind;
  view.number.clear();
  view.evidence.clear();
  view.history.clear();
}

Outcome<> has_room(sql::Connection& sql, AccountId account, WallTime now) {
  auto files = REFUSE_TRY(store::evidence_of(sql, account));
  if (files.size() >= limits::kEvidenceFiles)
    return refuse(Reason::conflict,
                  fmt::format("At most {} files. Remove one first.", limits::kEvidenceFiles));
  auto since = now - limits::kEvidenceWindow;
  if (REFUSE_TRY(store::evidence_uploads(sql, account, since)) < limits::kEvidenceUploads)
    return {};
  return std::unexpected(
      core::Refusal{.reason = Reason::request_rate_limit,
                    .field = {},
                    .detail = fmt::format("At most {} uploads a day. Try again tomorrow.",
                                          limits::kEvidenceUploads),
                    .retry_after = limits::kEvidenceWindow});
}

}  // namespace

std::string masked_number(std::string_view number) {
  size_t shown = number.size() >= 10 ? 2 : 1;
  if (number.size() < limits::kDocumentNumberLeast) return std::string(number.size(), '*');
  return std::string(number.substr(0, shown)) + std::string(number.size() - 2 * shown, '*') +
         std::string(number.substr(number.size() - shown));
}

std::string number_place(const store::IdentityClaimRow& claim) {
  return fmt::format("identity_claim:{}:{}", claim.account_id.value, claim.id);
}

std::string evidence_place(int64_t evidence) {
  return fmt::format("evidence:{}", evidence);
}

std::string told_claim(const store::IdentityClaimRow& claim) {
  return json::serialize(
      json::Value::object({{"kind", store::identity_kind_name(claim.kind)},
                           {"state", store::identity_state_name(claim.state)},
                           {"name", claim.name},
                           {"company", claim.company},
                           {"number", claim.number_mask},
                           {"reason", claim.reason}}));
}

Outcome<IdentityView> read_identity(sql::Connection& sql, AccountId account) {
  IdentityView out{.mode = REFUSE_TRY(core::identity_mode(sql))};
  auto claim = store::identity_claim(sql, account);
  if (claim) {
    out.claim = std::move(*claim);
    out.state = out.claim.state;
    out.number = out.claim.number_mask;
  } else if (claim.error().code != Errc::not_found) {
    return core::lift(claim.error());
  }
  out.evidence = REFUSE_TRY(store::evidence_of(sql, account));
  out.history = REFUSE_TRY(store::identity_history(sql, account));
  return out;
}

Result<> note_state(store::Tx& tx, AccountId account, IdentityState state, std::string reason) {
  return store::insert_identity_history(tx.sql(), {.id = tx.new_id(),
                                                   .account_id = account,
                                                   .at = tx.now(),
                                                   .state = state,
                                                   .reason = std::move(reason)});
}

net::Task<Outcome<IdentityView>> Identities::get(Actor actor, AccountId named) {
  AccountId account = CO_REFUSE_TRY(core::acting_account(actor, named));
  bool details = core::allowed(actor, core::Action::manage_users);
  auto job = [account, details](sql::Connection& sql) -> Outcome<IdentityView> {
    if (!store::account(sql, account))
      return refuse(Reason::not_found, "There is no such account.", "account");
    IdentityView view = REFUSE_TRY(read_identity(sql, account));
    if (!details) hide_details(view);
    return view;
  };
  co_return co_await core::look<IdentityView>(context_, std::move(job));
}

net::Task<Outcome<IdentityView>> Identities::submit(Actor actor, IdentityWish wish) {
  CO_REFUSE_TRY(need_right(actor));
  AccountId account = CO_REFUSE_TRY(core::acting_account(actor, wish.account));
  bool firm = wish.kind == IdentityKind::enterprise;
  GoodClaim good = CO_REFUSE_TRY(firm ? enterprise(wish) : individual(wish));
  good.row.kind = wish.kind;
  good.row.account_id = account;
  good.row.number_mask = masked_number(good.number);
  auto job = [this, actor, account, firm, good](store::Tx& tx) -> Outcome<IdentityView> {
    if (!store::account(tx.sql(), account))
      return refuse(Reason::not_found, "There is no such account.", "account");
    IdentityView before = REFUSE_TRY(read_identity(tx.sql(), account));
    REFUSE_TRY(may_change(before.state));
    if (firm && before.evidence.empty())
      return refuse(Reason::missing_field, "Upload the registration document first.", "evidence");
    if (before.history.size() + 2 > limits::kIdentityDecisions)
      return refuse(Reason::conflict, "Submitted too often. Please ask the operator.");
    store::IdentityClaimRow row = good.row;
    row.id = tx.new_id();
    row.submitted_at = tx.now();
    row.number_sealed = context_.master.seal(good.number, number_place(row), context_.random);
    REFUSE_TRY(store::put_identity_claim(tx.sql(), row));
    REFUSE_TRY(note_state(tx, account, IdentityState::submitted, {}));
    REFUSE_TRY(core::record_event(
        tx, {.account_id = account, .type = core::event::kIdentitySubmitted}));
    bool first = before.state == IdentityState::none;
    REFUSE_TRY(core::record_change(tx, actor, {.account = account,
                                               .action = "identity.submit",
                                               .object = "identity",
                                               .before = first ? "null" : told_claim(before.claim),
                                               .after = told_claim(row)}));
    return read_identity(tx.sql(), account);
  };
  co_return co_await core::transact<IdentityView>(context_, std::move(job));
}

net::Task<Outcome<store::EvidenceRow>> Identities::add(Actor actor, NewEvidence given) {
  CO_REFUSE_TRY(need_right(actor));
  AccountId account = CO_REFUSE_TRY(core::acting_account(actor, given.account));
  if (given.bytes.size() > limits::kEvidenceBytes)
    co_return refuse(Reason::too_large,
                     fmt::format("A file has at most {} octets.", limits::kEvidenceBytes));
  auto file = inspect_evidence(given.bytes);
  if (!file) co_return refuse(Reason::invalid_field, file.error().message, "evidence");
  if (given.content_type != media_type(file->type))
    co_return refuse(Reason::invalid_field,
                     fmt::format("The file is {} and not what Content-Type says.",
                                 media_type(file->type)),
                     "Content-Type");
  store::EvidenceRow row{.account_id = account,
                         .filename = evidence_filename(given.filename, file->type),
                         .content_type = std::string(media_type(file->type)),
                         .size = static_cast<int64_t>(given.bytes.size())};
  // Sealed here: the store's writer has no time for megabytes.
  row.id = context_.store.new_id();
  std::string sealed =
      context_.master.seal(given.bytes, evidence_place(row.id), context_.random);
  auto job = [actor, row, sealed = std::move(sealed)](
                 store::Tx& tx) -> Outcome<store::EvidenceRow> {
    if (!store::account(tx.sql(), row.account_id))
      return refuse(Reason::not_found, "There is no such account.", "account");
    IdentityView view = REFUSE_TRY(read_identity(tx.sql(), row.account_id));
    REFUSE_TRY(may_change(view.state));
    REFUSE_TRY(has_room(tx.sql(), row.account_id, tx.now()));
    store::EvidenceRow out = row;
    out.created_at = tx.now();
    auto content = tx.put_content(sealed);
    if (!content && content.error().code == Errc::limit)
      return refuse(Reason::storage_full, "The service is short of disk space. Try again later.");
    out.content = REFUSE_TRY(std::move(content));
    REFUSE_TRY(store::insert_evidence(tx.sql(), out));
    auto told = json::Value::object(
        {{"filename", out.filename}, {"content_type", out.content_type}, {"size", out.size}});
    REFUSE_TRY(core::record_change(tx, actor, {.account = out.account_id,
                                               .action = "identity.evidence_add",
                                               .object = "evidence:" + format_id(out.id),
                                               .after = json::serialize(told)}));
    return out;
  };
  co_return co_await core::transact<store::EvidenceRow>(context_, std::move(job));
}

net::Task<Outcome<>> Identities::remove(Actor actor, AccountId named, int64_t evidence) {
  CO_REFUSE_TRY(need_right(actor));
  AccountId account = CO_REFUSE_TRY(core::acting_account(actor, named));
  auto job = [actor, account, evidence](store::Tx& tx) -> Outcome<> {
    auto row = store::evidence(tx.sql(), account, evidence);
    if (!row && row.error().code == Errc::not_found)
      return refuse(Reason::not_found, "There is no such file.", "evidence");
    store::EvidenceRow old = REFUSE_TRY(std::move(row));
    IdentityView view = REFUSE_TRY(read_identity(tx.sql(), account));
    REFUSE_TRY(may_change(view.state));
    REFUSE_TRY(store::remove_evidence(tx, account, evidence));
    auto told = json::Value::object({{"filename", old.filename}, {"size", old.size}});
    REFUSE_TRY(core::record_change(tx, actor, {.account = account,
                                               .action = "identity.evidence_remove",
                                               .object = "evidence:" + format_id(evidence),
                                               .before = json::serialize(told)}));
    return {};
  };
  co_return co_await core::transact<void>(context_, std::move(job));
}

}  // namespace ph::people
