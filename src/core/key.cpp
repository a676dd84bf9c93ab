#include "core/key.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/transaction.h"
#include "core/user.h"
#include "crypto/hash.h"
#include "crypto/token.h"
#include "dns/domain_name.h"
#include "json/json.h"
#include "store/account.h"
#include "store/domain.h"
#include "store/person.h"

namespace ph::core {
namespace {

constexpr size_t kNameMost = 64;                         // code points of a key's name
constexpr size_t kTokenShown = 10;                       // characters of a token that lists show
constexpr size_t kSecretIdMost = 64;                     // octets; ours have 36
constexpr Duration kUseNoted = std::chrono::minutes(1);  // how fine last_used_at is

std::string stored_hash(std::string_view token) {
  return std::string(crypto::view(crypto::sha256(token)));
}

// Who the key speaks for: what it was given, narrowed to what its maker may do today. Nothing: he
// is disabled, or its domain is none of his any more.
Outcome<std::optional<Actor>> speaker(sql::Connection& sql, const store::ApiKeyRow& row) {
  Actor out{.kind = Actor::Kind::key,
            .account = row.account_id,
            .key = row.id,
            .role = kKeyRole,
            .scope = row.scope,
            .only_domain = row.domain_name};
  // 0, or nobody: made by the control socket, or before keys knew their makers.
  auto maker = REFUSE_TRY(store::person_for_sign_in(sql, row.user_id));
  if (!maker) return out;
  if (maker->disabled) return std::nullopt;
  Actor person = REFUSE_TRY(actor_of(*maker));
  if (!row.domain_name.empty() && !sees_domain(person, row.domain_name)) return std::nullopt;
  out.role = std::max(kKeyRole, person.role);  // they stand from the mightiest on
  out.policy = std::move(person.policy);
  return out;
}

std::string audited_key(const store::ApiKeyRow& row) {
  return json::serialize(json::Value::object({{"kind", store::key_kind_name(row.kind)},
                                              {"public_id", row.public_id},
                                              {"scope", store::key_scope_name(row.scope)},
                                              {"domain", row.domain_name},
                                              {"name", row.name}}));
}

std::string audited_object(KeyId id) { return fmt::format("key:{}", id.value); }

Outcome<> check_room(sql::Connection& sql, const Actor& actor, const store::ApiKeyRow& row) {
  if (REFUSE_TRY(store::live_api_key_count(sql, row.account_id)) >= limits::kKeysPerAccount)
    return refuse(Reason::key_limit, "This account has as many keys as it may have. Revoke one.");
  if (row.kind != KeyKind::tencent || actor.is_operator()) return {};
  int64_t pairs = REFUSE_TRY(store::live_secret_pair_count(sql, row.account_id, row.user_id));
  if (pairs >= limits::kSecretPairsPerUser)
    return refuse(Reason::key_limit,
                  fmt::format("You have {} pairs of SecretId and SecretKey, as many as one may "
                              "have. Revoke one.",
                              limits::kSecretPairsPerUser),
                  "kind");
  return {};
}

// Whoever sees some domains only sees the keys that he made himself.
bool sees_key(const Actor& actor, const store::ApiKeyRow& row) {
  return !of_some_domains(actor) || (actor.user && row.user_id == actor.user);
}

}  // namespace

std::string key_seal_place(KeyId id) {
  return fmt::format("api_key:{}", id.value);
}

net::Task<Outcome<MadeKey>> Keys::create(Actor actor, NewKey key) {
  if (!allowed(actor, Action::manage_keys))
    co_return refuse(Reason::forbidden, "Your role may not make keys.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, key.account));
  if (!is_utf8(key.name) || has_control(key.name) || utf8_length(key.name) > kNameMost)
    co_return refuse(Reason::invalid_field, "A key's name has at most 64 characters.", "name");
  if (!key.only_domain.empty()) {
    auto name = dns::DomainName::parse(key.only_domain);
    if (!name) co_return refuse(Reason::invalid_field, name.error().message, "domain");
    key.only_domain = name->text();
  }
  if (!sees_domain(actor, key.only_domain))
    co_return refuse(Reason::forbidden, "Name one of the sender domains that are yours.", "domain");
  if (!may_give(actor, key.scope, key.only_domain))
    co_return refuse(Reason::forbidden,
                     "A key may not do more than you may. Give it the scope send or read.",
                     "scope");
  MadeKey made;
  made.row = {.account_id = account,
              .kind = key.kind,
              .scope = key.scope,
              .domain_name = key.only_domain,
              .name = key.name,
              .user_id = actor.user};
  if (key.kind == KeyKind::bearer) {
    made.token = crypto::new_bearer_token(context_.random);
    made.row.public_id = made.token.substr(0, kTokenShown);
    made.row.token_hash = stored_hash(made.token);
  } else {
    auto pair = crypto::new_secret_pair(context_.random);
    made.secret_id = pair.id;
    made.secret_key = pair.key;
    made.row.public_id = pair.id;
  }
  auto job = [this, actor, made, account](store::Tx& tx) -> Outcome<MadeKey> {
    MadeKey out = made;
    if (!store::account(tx.sql(), account))
      return refuse(Reason::not_found, "There is no such account.", "account");
    REFUSE_TRY(check_room(tx.sql(), actor, out.row));
    if (!out.row.domain_name.empty() &&
        !store::domain_by_name(tx.sql(), account, out.row.domain_name))
      return refuse(Reason::not_found, "The account has no such sender domain.", "domain");
    out.row.created_at = tx.now();
    out.row.id = REFUSE_TRY(store::insert_api_key(tx.sql(), out.row));
    if (!out.secret_key.empty()) {
      out.row.secret_sealed =
          context_.master.seal(out.secret_key, key_seal_place(out.row.id), context_.random);
      REFUSE_TRY(store::set_api_key_secret(tx.sql(), account, out.row.id, out.row.secret_sealed));
    }
    REFUSE_TRY(record_event(tx, {.account_id = account, .type = event::kKeyCreated}));
    REFUSE_TRY(record_change(tx, actor,
                             {.account = account,
                              .action = "key.create",
                              .object = audited_object(out.row.id),
                              .after = audited_key(out.row)}));
    return out;
  };
  co_return co_await transact<MadeKey>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::ApiKeyRow>>> Keys::list(Actor actor, AccountId named,
                                                             KeyId after, size_t limit) {
  if (!allowed(actor, Action::manage_keys))
    co_return refuse(Reason::forbidden, "Your role may not see keys.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  using Rows = std::vector<store::ApiKeyRow>;
  auto job = [actor, account, after, limit](sql::Connection& sql) -> Outcome<Rows> {
    store::Page page{.after = after.value, .limit = limit};
    if (of_some_domains(actor))
      return REFUSE_TRY(store::api_keys_of_user(sql, account, actor.user, page));
    return REFUSE_TRY(store::api_keys(sql, account, page));
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<>> Keys::revoke(Actor actor, AccountId named, KeyId id) {
  if (!allowed(actor, Action::manage_keys))
    co_return refuse(Reason::forbidden, "Your role may not revoke keys.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  auto job = [actor, account, id](store::Tx& tx) -> Outcome<> {
    auto row = store::api_key(tx.sql(), account, id);
    if (row && !sees_key(actor, *row))
      return refuse(Reason::not_found, "There is no such key.", "key");
    auto done = store::revoke_api_key(tx.sql(), account, id, tx.now());
    if (!done && done.error().code == Errc::not_found)
      return refuse(Reason::not_found, "There is no such key.", "key");
    REFUSE_TRY(std::move(done));
    REFUSE_TRY(record_event(tx, {.account_id = account, .type = event::kKeyRevoked}));
    REFUSE_TRY(record_change(tx, actor,
                             {.account = account,
                              .action = "key.revoke",
                              .object = audited_object(id),
                              .before = audited_key(REFUSE_TRY(std::move(row)))}));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

// Null: unknown or revoked, or its maker is gone.
net::Task<Outcome<KeyMemory::Known>> Keys::good_key(std::string hash) {
  KeyMemory::Now now{context_.clock.mono(), context_.sender_facts->version()};
  if (auto known = memory_.find(hash, now)) co_return known;
  auto find = [hash](sql::Connection& sql) -> Outcome<KeyMemory::Known> {
    auto row = store::api_key_by_token_for_sign_in(sql, hash);
    if (!row && row.error().code == Errc::not_found) return nullptr;
    KnownKey key{.row = REFUSE_TRY(std::move(row)), .actor = {}};
    auto actor = REFUSE_TRY(speaker(sql, key.row));
    if (key.row.revoked_at != WallTime{} || !actor) return nullptr;
    key.actor = std::move(*actor);
    return std::make_shared<const KnownKey>(std::move(key));
  };
  auto known = CO_REFUSE_TRY(co_await look<KeyMemory::Known>(context_, std::move(find)));
  if (known) memory_.keep(hash, known, now);
  co_return known;
}

net::Task<Outcome<Actor>> Keys::by_token(std::string token) {
  auto wrong = [] { return refuse(Reason::unauthenticated, "The key is unknown or revoked."); };
  if (!crypto::looks_like_bearer_token(token)) co_return wrong();
  std::string hash = stored_hash(token);
  auto key = CO_REFUSE_TRY(co_await good_key(hash));
  if (!key) co_return wrong();
  WallTime now = context_.clock.wall();
  if (now - key->row.last_used_at >= kUseNoted) {
    memory_.note_use(hash, now);
    co_await note_use(key->row);
  }
  co_return key->actor;
}

net::Task<> Keys::note_use(store::ApiKeyRow row) {
  WallTime now = context_.clock.wall();
  if (now - row.last_used_at < kUseNoted) co_return;
  auto touch = [row, now](store::Tx& tx) -> Outcome<> {
    REFUSE_TRY(store::touch_api_key(tx.sql(), row.account_id, row.id, now));
    return {};
  };
  // A store that cannot take this note can still answer who asks.
  auto noted = co_await transact<void>(context_, std::move(touch), Changes::mail);
  if (!noted) log::warn("the use of a key was not noted", {{"why", noted.error().detail}});
}

net::Task<Outcome<SigningSecret>> Keys::by_secret_id(std::string secret_id) {
  auto wrong = [] { return refuse(Reason::unauthenticated, "The key is unknown or revoked."); };
  auto find = [secret_id](sql::Connection& sql) -> Outcome<SigningSecret> {
    SigningSecret found;
    auto row = store::api_key_by_public_id_for_sign_in(sql, secret_id);
    if (!row && row.error().code == Errc::not_found) return found;
    found.row = REFUSE_TRY(std::move(row));
    auto actor = REFUSE_TRY(speaker(sql, found.row));
    if (!actor) return SigningSecret{};
    found.actor = std::move(*actor);
    auto account = REFUSE_TRY(store::account(sql, found.row.account_id));
    found.app_id = account.app_id;
    found.requests_per_second = account.limits.requests_per_second;
    return found;
  };
  if (secret_id.empty() || secret_id.size() > kSecretIdMost || !is_ascii(secret_id) ||
      has_control(secret_id))
    co_return wrong();
  SigningSecret found = CO_REFUSE_TRY(co_await look<SigningSecret>(context_, std::move(find)));
  const store::ApiKeyRow& row = found.row;
  // A bearer token's short name stands in the same column.
  if (!row.id || row.kind != KeyKind::tencent || row.revoked_at != WallTime{}) co_return wrong();
  found.secret_key = CO_REFUSE_TRY(context_.master.open(row.secret_sealed, key_seal_place(row.id)));
  co_return found;
}

}  // namespace ph::core
