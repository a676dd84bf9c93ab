#include "people/link.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "core/user.h"
#include "crypto/token.h"

namespace ph::people {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;
using store::LinkKind;

std::string seal_place(store::LinkId id) { return fmt::format("link:{}", id.value); }

std::unexpected<core::Refusal> no_link() {
  return refuse(Reason::not_found, "This link is unknown, was used, or has expired.", "token");
}

std::string_view page_of(LinkKind kind) {
  switch (kind) {
    case LinkKind::confirm:
      return "confirm";
    case LinkKind::reset:
      return "reset";
    case LinkKind::invitation:
    case LinkKind::registration:
      break;
  }
  return "invitation";
}

}  // namespace

FreshLink fresh_link(core::Context& context, store::LinkRow row) {
  FreshLink out{.token = crypto::new_bearer_token(context.random), .row = std::move(row)};
  out.row.token_hash = core::session_hash(out.token);
  return out;
}

Duration kept_for(LinkKind kind) {
  switch (kind) {
    case LinkKind::confirm:
      return limits::kConfirmLinkKept;
    case LinkKind::reset:
      return limits::kResetLinkKept;
    case LinkKind::invitation:
    case LinkKind::registration:
      break;
  }
  return limits::kInvitationKept;
}

Outcome<store::LinkRow> keep_link(store::Tx& tx, core::Context& context, const FreshLink& link) {
  store::LinkRow row = link.row;
  row.created_at = tx.now();
  row.expires_at = tx.now() + kept_for(row.kind);
  row.id = REFUSE_TRY(store::insert_link(tx.sql(), row));
  row.token_sealed = context.master.seal(link.token, seal_place(row.id), context.random);
  REFUSE_TRY(store::set_link_sealed(tx.sql(), row.account_id, row.id, row.token_sealed));
  return row;
}

Outcome<> keep_ended_link(store::Tx& tx, core::Context& context, const FreshLink& link) {
  auto row = REFUSE_TRY(keep_link(tx, context, link));
  REFUSE_TRY(
      store::end_link(tx.sql(), row.account_id, row.id, store::LinkEnd::withdrawn, tx.now()));
  return {};
}

Outcome<store::LinkRow> good_link(sql::Connection& sql, std::string_view token,
                                  std::initializer_list<LinkKind> kinds, WallTime now) {
  if (!crypto::looks_like_bearer_token(token)) return no_link();
  auto row = store::link_by_token_for_sign_in(sql, core::session_hash(token));
  if (!row && row.error().code == Errc::not_found) return no_link();
  auto found = REFUSE_TRY(std::move(row));
  bool good = found.ended == store::LinkEnd::open && now < found.expires_at &&
              std::ranges::find(kinds, found.kind) != kinds.end();
  if (!good) return no_link();
  return found;
}

Outcome<bool> too_many_links(store::Tx& tx, const store::LinkRow& row) {
  return REFUSE_TRY(store::links_to_for_sign_in(tx.sql(), row.email, row.kind,
                                                tx.now() - limits::kLinkWindow)) >=
         limits::kLinksOfEmail;
}

std::string link_address(std::string_view base, LinkKind kind, std::string_view token) {
  return fmt::format("{}/{}#token={}", base, page_of(kind), token);
}

Outcome<std::string> sealed_token(const core::Context& context, const store::LinkRow& row) {
  return REFUSE_TRY(context.master.open(row.token_sealed, seal_place(row.id)));
}

}  // namespace ph::people
