#include "core/login_memory.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "crypto/hash.h"

namespace ph::core {
namespace {

// One client: an IPv4 address, or the /64 that one IPv6 customer has.
std::string client_key(const IpAddress& client) {
  if (client.is_v4()) return "c:" + client.text();
  std::string key = "c:";
  for (size_t i = 0; i < 8; ++i) key += static_cast<char>(client.bytes()[i]);
  return key;
}

std::string name_key(std::string_view name) {
  return fmt::format("n:{}", name);
}

}  // namespace

std::string LoginMemory::mark(std::string_view name, std::string_view password,
                              int64_t version) const {
  std::string text = fmt::format("{}:{}:{}:{}", name.size(), name, version, password);
  return std::string(crypto::view(crypto::hmac_sha256(key_, text)));
}

bool LoginMemory::remembers(const std::string& mark) {
  std::lock_guard lock(mutex_);
  auto found = known_.find(mark);
  return found != known_.end() && clock_.mono() < found->second;
}

void LoginMemory::remember(const std::string& mark) {
  std::lock_guard lock(mutex_);
  MonoTime now = clock_.mono();
  keep_small(now);
  known_[mark] = now + limits::kSmtpLoginKept;
}

bool LoginMemory::take_guess(std::string_view name, const IpAddress& client) {
  std::lock_guard lock(mutex_);
  MonoTime now = clock_.mono();
  if (failures(client_key(client), now).count >= limits::kLoginFailures ||
      failures(name_key(name), now).count >= limits::kLoginFailuresOfName)
    return false;
  failures(client_key(client), now).count += 1;
  failures(name_key(name), now).count += 1;
  return true;
}

void LoginMemory::give_back(std::string_view name, const IpAddress& client) {
  std::lock_guard lock(mutex_);
  forget_one(client_key(client));
  forget_one(name_key(name));
}

void LoginMemory::forget_one(const std::string& who) {
  auto found = failures_.find(who);
  if (found != failures_.end() && found->second.count > 0) found->second.count -= 1;
}

LoginMemory::Failures& LoginMemory::failures(const std::string& who, MonoTime now) {
  keep_small(now);
  Failures& entry = failures_[who];
  if (entry.count == 0 || now - entry.since > limits::kLoginFailureWindow) entry = {0, now};
  return entry;
}

void LoginMemory::keep_small(MonoTime now) {
  if (known_.size() >= limits::kLoginMemory) {
    std::erase_if(known_, [&](const auto& e) { return e.second <= now; });
    if (known_.size() >= limits::kLoginMemory) known_.clear();
  }
  if (failures_.size() >= limits::kLoginMemory) {
    std::erase_if(failures_, [&](const auto& e) {
      return now - e.second.since > limits::kLoginFailureWindow;
    });
    if (failures_.size() >= limits::kLoginMemory) failures_.clear();
  }
}

}  // namespace ph::core
