#include "core/audit_log.h"

#include <map>

#include "base/id_source.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/transaction.h"
#include "core/view_json.h"
#include "store/api_key.h"
#include "store/user.h"

namespace ph::core {
namespace {

constexpr Actor::Kind kKinds[] = {Actor::Kind::operator_user, Actor::Kind::user,
                                  Actor::Kind::key,           Actor::Kind::smtp_login,
                                  Actor::Kind::relay,         Actor::Kind::control};

// "kind" or "kind:id".
Outcome<> read_actor(std::string_view text, store::AuditFilter& filter) {
  if (text.empty()) return {};
  size_t colon = text.find(':');
  std::string_view kind = text.substr(0, colon);
  bool known = false;
  for (Actor::Kind one : kKinds) known = known || actor_kind_name(one) == kind;
  auto id = colon == text.npos ? std::optional<int64_t>(0)
                               : parse_number<int64_t>(text.substr(colon + 1));
  if (!known || !id || *id < 0)
    return refuse(Reason::invalid_field, "An actor is named as user:7, key:3 or control.",
                  "actor");
  filter.actor_kind = kind;
  filter.actor_id = *id;
  return {};
}

// Each person and key is looked up once a page.
class Names {
 public:
  explicit Names(sql::Connection& sql) : sql_(sql) {}

  Outcome<std::string> person(UserId id) {
    if (!id) return std::string();
    if (auto found = people_.find(id.value); found != people_.end()) return found->second;
    std::string name = REFUSE_TRY(store::user_email_for_operator(sql_, id));
    return people_[id.value] = name;
  }
  Outcome<std::string> key(AccountId account, KeyId id) {
    if (auto found = keys_.find(id.value); found != keys_.end()) return found->second;
    auto row = store::api_key(sql_, account, id);
    if (!row && row.error().code == Errc::not_found) return std::string();
    auto key = REFUSE_TRY(std::move(row));
    return keys_[id.value] = key.name.empty() ? key.public_id : key.name;
  }

 private:
  sql::Connection& sql_;
  std::map<int64_t, std::string> people_, keys_;
};

Outcome<AuditEntry> entry_of(Names& names, store::AuditRow row) {
  AuditEntry out;
  if (row.actor_kind == actor_kind_name(Actor::Kind::key))
    out.name = REFUSE_TRY(names.key(row.account_id, KeyId(row.actor_id)));
  else
    out.name = REFUSE_TRY(names.person(UserId(row.actor_id)));
  out.behind = REFUSE_TRY(names.person(row.behind));
  out.row = std::move(row);
  return out;
}

// A customer learns that the operator was there, not by which name and from where he signs in.
void hide_operator(AuditEntry& entry) {
  const std::string& kind = entry.row.actor_kind;
  bool ours = kind == actor_kind_name(Actor::Kind::operator_user) ||
              kind == actor_kind_name(Actor::Kind::control);
  if (!ours && entry.behind.empty()) return;
  entry.row.from.clear();
  entry.name = "operator";
  if (!entry.behind.empty()) entry.behind = "operator";
}

// What was written is JSON; a row that is none is shown as text.
json::Value written(const std::string& text) {
  auto value = json::parse(text, limits::kControlRequest);
  return value ? std::move(*value) : json::Value(text);
}

}  // namespace

net::Task<Outcome<std::vector<AuditEntry>>> AuditLog::list(Actor actor, AccountId named,
                                                           AuditWish wish, store::Page page) {
  if (!allowed(actor, Action::manage_users))
    co_return refuse(Reason::forbidden, "Your role may not read the audit log.");
  AccountId account = named;
  if (!actor.is_operator()) account = CO_REFUSE_TRY(acting_account(actor, named));
  store::AuditFilter filter{.action = wish.action,
                            .object = wish.object,
                            .since = wish.since,
                            .until = wish.until};
  CO_REFUSE_TRY(read_actor(wish.actor, filter));
  using Entries = std::vector<AuditEntry>;
  bool whole = actor.is_operator() || actor.behind;
  auto job = [account, whole, filter, page](sql::Connection& sql) -> Outcome<Entries> {
    Names names(sql);
    Entries out;
    for (store::AuditRow& row : REFUSE_TRY(store::audit(sql, account, filter, page))) {
      out.push_back(REFUSE_TRY(entry_of(names, std::move(row))));
      if (!whole) hide_operator(out.back());
    }
    return out;
  };
  co_return co_await look<Entries>(context_, std::move(job));
}

net::Task<Outcome<>> note_change(Context& context, Actor actor, Change change) {
  auto job = [actor = std::move(actor), change = std::move(change)](store::Tx& tx) -> Outcome<> {
    REFUSE_TRY(record_change(tx, actor, change));
    return {};
  };
  co_return co_await transact<void>(context, std::move(job), Changes::mail);
}

json::Value audit_json(const AuditEntry& entry) {
  const store::AuditRow& row = entry.row;
  return json::Value::object(
      {{"id", format_id(row.id)},
       {"at", time_json(row.at)},
       {"account_id", row.account_id ? json::Value(row.account_id.value) : json::Value()},
       {"actor", json::Value::object(
                     {{"kind", row.actor_kind}, {"id", row.actor_id}, {"name", entry.name}})},
       {"behind", entry.behind.empty() ? json::Value() : json::Value(entry.behind)},
       {"from", row.from},
       {"action", row.action},
       {"object", row.object},
       {"before", written(row.before)},
       {"after", written(row.after)}});
}

}  // namespace ph::core
