// Purpose: keys of programs: bearer tokens and SecretId/SecretKey pairs.
// Shapes: a bearer token is stored as SHA-256 only; a SecretKey is sealed (its scheme needs it in
//   clear). Both are shown once. A key may be limited to a scope and to one sender domain. It
//   never does more than its maker may do at that moment, and nothing once he is disabled.
//   What this process revokes is refused from then on; what another node revokes, a second later.
// Errors: key_limit, not_found, unauthenticated (unknown and revoked alike).
#pragma once

#include <string>
#include <vector>

#include "core/access.h"
#include "core/context.h"
#include "core/key_memory.h"
#include "store/api_key.h"

namespace ph::core {

using store::KeyKind;

struct NewKey {
  AccountId account;
  KeyKind kind = KeyKind::bearer;
  Scope scope = Scope::full;
  std::string name;
  std::string only_domain;  // empty: all
};

struct MadeKey {
  store::ApiKeyRow row;
  std::string token;      // bearer
  std::string secret_id;  // tencent
  std::string secret_key;
};

// What a signed request is judged by: the secret, and who it speaks for once its signature fits.
struct SigningSecret {
  store::ApiKeyRow row;
  Actor actor;
  std::string secret_key;
  int64_t app_id = 0;
  int64_t requests_per_second = 0;  // of the account; 0: no limit
};

// What a sealed SecretKey is bound to.
std::string key_seal_place(KeyId id);

class Keys {
 public:
  explicit Keys(Context& context) : context_(context) {}

  net::Task<Outcome<MadeKey>> create(Actor actor, NewKey key);
  net::Task<Outcome<std::vector<store::ApiKeyRow>>> list(Actor actor, AccountId account,
                                                         KeyId after, size_t limit);
  net::Task<Outcome<>> revoke(Actor actor, AccountId account, KeyId id);
  net::Task<Outcome<Actor>> by_token(std::string token);
  net::Task<Outcome<SigningSecret>> by_secret_id(std::string secret_id);
  // Its signature was right: last_used_at is kept, to the minute.
  net::Task<> note_use(store::ApiKeyRow row);

 private:
  net::Task<Outcome<KeyMemory::Known>> good_key(std::string hash);

  Context& context_;
  KeyMemory memory_;
};

}  // namespace ph::core
