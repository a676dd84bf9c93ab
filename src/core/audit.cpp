#include "core/audit.h"

#include "store/audit.h"

namespace ph::core {

std::string_view actor_kind_name(Actor::Kind kind) {
  switch (kind) {
    case Actor::Kind::operator_user:
      return "operator";
    case Actor::Kind::user:
      return "user";
    case Actor::Kind::key:
      return "key";
    case Actor::Kind::smtp_login:
      return "smtp_login";
    case Actor::Kind::relay:
      return "relay";
    case Actor::Kind::control:
      return "control";
  }
  return "";
}

Result<> record_change(store::Tx& tx, const Actor& actor, Change change) {
  store::AuditRow row{.id = tx.new_id(),
                      .account_id = change.account,
                      .at = tx.now(),
                      .actor_kind = std::string(actor_kind_name(actor.kind)),
                      .actor_id = actor.key ? actor.key.value : actor.user.value,
                      .behind = actor.behind,
                      .from = actor.from,
                      .action = std::string(change.action),
                      .object = std::move(change.object),
                      .before = std::move(change.before),
                      .after = std::move(change.after)};
  return store::insert_audit(tx, row);
}

}  // namespace ph::core
