#include "crypto/password.h"

#include <fmt/format.h>
#include <sodium.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/thread_name.h"
#include "crypto/openssl_error.h"

namespace ph::crypto {
namespace {

constexpr unsigned long long kPasses = 2;
constexpr size_t kMemory = 19u << 20;  // octets of one hash

}  // namespace

Result<std::string> hash_password(std::string_view password) {
  ready_sodium();
  if (password.size() > limits::kPasswordMost)
    return fail(Errc::invalid,
                fmt::format("a password has {} octets at most", limits::kPasswordMost), "password");
  std::string out(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), kPasses, kMemory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(Errc::temporary, "no memory for a password hash");
  out.resize(out.find('\0'));
  return out;
}

bool verify_password(std::string_view password, const std::string& hash) {
  ready_sodium();
  if (password.size() > limits::kPasswordMost || hash.size() >= crypto_pwhash_STRBYTES)
    return false;
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool password_needs_rehash(const std::string& hash) {
  ready_sodium();
  return hash.size() >= crypto_pwhash_STRBYTES ||
         crypto_pwhash_str_needs_rehash(hash.c_str(), kPasses, kMemory) != 0;
}

struct PasswordPool::State {
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::move_only_function<void()>> jobs;
  size_t most = 0;
  unsigned idle = 0;  // threads that wait for a job
  bool ending = false;
  std::vector<std::thread> threads;

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      ++idle;
      wake.wait(lock, [this] { return ending || !jobs.empty(); });
      --idle;
      if (ending) return;
      auto job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job();
      job = nullptr;  // what it holds goes before the lock is taken again
      lock.lock();
    }
  }
};

PasswordPool::PasswordPool(unsigned threads, size_t waiting) : state_(std::make_unique<State>()) {
  state_->most = waiting;
  for (unsigned i = 0; i < threads; ++i)
    state_->threads.emplace_back([state = state_.get(), i] {
      name_this_thread("ph-password", i);
      state->work();
    });
}

void PasswordPool::stop() {
  std::deque<std::move_only_function<void()>> dropped;  // destroyed outside the lock
  {
    std::lock_guard lock(state_->mutex);
    state_->ending = true;
    dropped.swap(state_->jobs);
  }
  state_->wake.notify_all();
}

PasswordPool::~PasswordPool() {
  stop();
  for (std::thread& thread : state_->threads) thread.join();
}

Result<> PasswordPool::submit(std::move_only_function<void()> job) {
  {
    std::lock_guard lock(state_->mutex);
    if (state_->ending) return fail(Errc::closed, "the program is ending");
    // A job that an idle thread is about to take does not wait.
    if (state_->jobs.size() >= state_->most + state_->idle)
      return fail(Errc::limit, "too many passwords are being checked; try again later");
    state_->jobs.push_back(std::move(job));
  }
  state_->wake.notify_one();
  return {};
}

size_t PasswordPool::waiting() const {
  std::lock_guard lock(state_->mutex);
  return state_->jobs.size();
}

}  // namespace ph::crypto
