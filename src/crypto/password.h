// Purpose: password hashes, and the bounded pool of threads on which they run.
// Shapes: a hash is libsodium's string, `$argon2id$v=19$m=19456,t=2,p=1$...`.
// Threads: the functions any, but never a net loop: one hash takes 20 to 30 ms and 19 MiB.
//   PasswordPool::submit any; jobs run on the pool's threads.
// Errors: Errc::limit when as many jobs wait as may; the caller answers "try later".
//   Errc::closed after stop().
// Spec: RFC 9106 (Argon2id), parameters of OWASP's sheet: 19 MiB, 2 passes, 1 lane.
// Not here: rules for a good password (core), throttling before hashing (doors).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"

namespace ph::crypto {

Result<std::string> hash_password(std::string_view password);
bool verify_password(std::string_view password, const std::string& hash);
// True when `hash` was made with other parameters than hash_password uses now.
bool password_needs_rehash(const std::string& hash);

class PasswordPool {
 public:
  explicit PasswordPool(unsigned threads = limits::kPasswordHashes,
                        size_t waiting = limits::kPasswordHashQueue);
  ~PasswordPool();  // stops, and waits for the jobs that run
  PasswordPool(const PasswordPool&) = delete;

  Result<> submit(std::move_only_function<void()> job);
  void stop();  // jobs that wait are dropped unrun; no more are taken
  size_t waiting() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ph::crypto
