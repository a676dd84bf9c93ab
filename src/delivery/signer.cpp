#include "delivery/signer.h"

#include <list>
#include <map>
#include <mutex>
#include <unordered_map>

#include "base/limits.h"
#include "mailauth/dkim_sign.h"
#include "net/oneshot.h"
#include "net/worker_pool.h"

namespace ph::delivery {
namespace {

using Material = std::shared_ptr<const SigningMaterial>;
using Content = std::shared_ptr<const std::string>;
using Waiting = net::OneShot<Result<std::string>>;

// What the crypto pool does: one body hash for both keys. Of two signatures the one that more
// receivers know stands on top, where it is read first.
Result<std::string> make_signatures(const std::string& content, const SigningMaterial& material,
                                    WallTime now) {
  mailauth::RawMessage message = TRY(mailauth::split_message(content));
  mailauth::DkimSignRequest request{.domain = material.domain,
                                    .selector = material.rsa.selector,
                                    .key = material.rsa.key};
  request.time = now;
  mailauth::BodyHash body = mailauth::hash_body(request.body, message.body);
  std::string out = TRY(mailauth::dkim_sign(message.fields, body, request));
  if (!material.ed25519) return out;
  request.selector = material.ed25519->selector;
  request.key = material.ed25519->key;
  out += TRY(mailauth::dkim_sign(message.fields, body, request));
  return out;
}

}  // namespace

struct Signer::State {
  struct Key {
    Material material;
    MonoTime until;
  };
  struct Signature {
    MessageId message;
    std::string fields;
    MonoTime until;
  };

  explicit State(SignerOptions o) : options(std::move(o)) {}

  Material cached_key(DomainId domain) {
    std::lock_guard lock(mutex);
    auto found = keys.find(domain);
    if (found == keys.end() || found->second.until <= options.clock->mono()) return nullptr;
    return found->second.material;
  }

  void keep_key(DomainId domain, Material material) {
    std::lock_guard lock(mutex);
    // Opening a key again is cheap beside keeping order of use.
    if (keys.size() >= limits::kSigningKeysKept) keys.clear();
    keys[domain] = {std::move(material), options.clock->mono() + limits::kSigningKeyKept};
  }

  std::optional<std::string> cached_signature(MessageId message) {
    std::lock_guard lock(mutex);
    auto found = by_message.find(message);
    if (found == by_message.end() || found->second->until <= options.clock->mono()) {
      return std::nullopt;
    }
    return found->second->fields;
  }

  void keep_signature(MessageId message, const std::string& fields) {
    std::lock_guard lock(mutex);
    drop(message);
    recent.push_front({message, fields, options.clock->mono() + limits::kSignatureKept});
    by_message[message] = recent.begin();
    if (recent.size() > limits::kSignaturesKept) drop(recent.back().message);
  }

  // Somebody signs this message already: wait for that. False: the caller signs.
  bool join(MessageId message, Waiting& waiting) {
    std::lock_guard lock(mutex);
    auto [place, first] = pending.try_emplace(message);
    if (!first) place->second.push_back(waiting.sender());
    return !first;
  }

  void give(MessageId message, const std::optional<Result<std::string>>& fields) {
    std::vector<Waiting::Sender> waiting;
    {
      std::lock_guard lock(mutex);
      waiting = std::move(pending[message]);
      pending.erase(message);
    }
    for (auto& sender : waiting) {
      if (fields) sender.send(*fields);
    }
  }

  void drop(MessageId message) {
    auto found = by_message.find(message);
    if (found == by_message.end()) return;
    recent.erase(found->second);
    by_message.erase(found);
  }

  SignerOptions options;
  std::mutex mutex;
  std::unordered_map<DomainId, Key> keys;                                    // under mutex
  std::unordered_map<MessageId, std::vector<Waiting::Sender>> pending;       // under mutex
  std::list<Signature> recent;                                               // newest first
  std::unordered_map<MessageId, std::list<Signature>::iterator> by_message;  // under mutex
};

Signer::Signer(SignerOptions options) : state_(std::make_shared<State>(std::move(options))) {}
Signer::~Signer() = default;

namespace {

template <class StatePtr>
net::Task<Result<std::string>> sign_anew(StatePtr state, DomainId domain, Content content) {
  Material material = state->cached_key(domain);
  if (!material) {
    SigningMaterial opened = CO_TRY(co_await state->options.source(domain));
    material = std::make_shared<const SigningMaterial>(std::move(opened));
    state->keep_key(domain, material);
  }
  auto work = [content, material, now = state->options.clock->wall()] {
    return make_signatures(*content, *material, now);
  };
  Deadline deadline = Deadline::in(*state->options.clock, limits::kSigningWait);
  co_return co_await net::run_on(*state->options.pool, std::move(work), deadline);
}

// Lets the waiting go when the signing task ends, however it ends.
template <class StatePtr>
struct Leader {
  StatePtr state;
  MessageId message;
  std::optional<Result<std::string>> fields;  // its own: what is returned is moved from
  Leader(StatePtr s, MessageId m) : state(std::move(s)), message(m) {}
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;
  ~Leader() { state->give(message, fields); }
};

}  // namespace

net::Task<Result<std::string>> Signer::sign(MessageId message, DomainId domain, Content content) {
  std::shared_ptr<State> state = state_;
  if (auto known = state->cached_signature(message)) co_return std::move(*known);
  Waiting waiting;
  if (state->join(message, waiting)) {
    auto fields = co_await waiting.wait(Deadline::in(*state->options.clock, limits::kSigningWait));
    if (fields) co_return std::move(*fields);
    co_return co_await sign_anew(state, domain, std::move(content));
  }
  Leader<std::shared_ptr<State>> leader(state, message);
  Result<std::string> fields = co_await sign_anew(state, domain, std::move(content));
  if (fields) state->keep_signature(message, *fields);
  leader.fields = fields;
  co_return fields;
}

void Signer::forget(DomainId domain) {
  std::lock_guard lock(state_->mutex);
  state_->keys.erase(domain);
}

}  // namespace ph::delivery
