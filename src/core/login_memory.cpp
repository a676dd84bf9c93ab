#include "core/login_memory.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "crypto/hash.h"

namespace ph::core {
namespace {

constexpr Duration kVerdictWait = std::chrono::seconds(5);  // for guesses of others

// One client: an IPv4 address, or the /64 that one IPv6 customer has.
std::string client_key(const IpAddress& client) {
  if (client.is_v4()) return "c:" + client.text();
  std::string key = "c:";
  for (size_t i = 0; i < 8; ++i) key += static_cast<char>(client.bytes()[i]);
  return key;
}

// Where its neighbours are: what one attacker has many addresses of.
std::string network_key(const IpAddress& client) {
  std::string key = client.is_v4() ? "4:" : "6:";
  for (size_t i = 0; i < (client.is_v4() ? 3u : 6u); ++i)
    key += static_cast<char>(client.bytes()[i]);
  return key;
}

std::string name_key(std::string_view name) {
  return fmt::format("n:{}", name);
}

std::string home_key(std::string_view name, const IpAddress& client) {
  return fmt::format("{}\n{}", name, client_key(client));
}

std::string refused_key(std::string_view name, const IpAddress& client) {
  return "r:" + home_key(name, client);
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

bool LoginMemory::may_recall(std::string_view name, const IpAddress& client) {
  std::lock_guard lock(mutex_);
  MonoTime now = clock_.mono();
  if (count(client_key(client), now) < limits::kLoginFailures &&
      count(name_key(name), now) < limits::kLoginFailuresOfName)
    return true;
  return is_home(name, client, now) &&
         count(refused_key(name, client), now) < limits::kLoginRecalls;
}

bool LoginMemory::knows(std::string_view name, const IpAddress& client) {
  std::lock_guard lock(mutex_);
  return is_home(name, client, clock_.mono());
}

void LoginMemory::remember(const std::string& mark) {
  std::lock_guard lock(mutex_);
  MonoTime now = clock_.mono();
  keep_small(now);
  known_[mark] = now + limits::kSmtpLoginKept;
}

std::optional<Duration> LoginMemory::throttle(std::string_view name, const IpAddress& client) {
  std::lock_guard lock(mutex_);
  MonoTime now = clock_.mono();
  if (count(client_key(client), now) >= limits::kLoginFailures)
    return left(client_key(client), now);
  if (count(name_key(name), now) >= limits::kLoginFailuresOfName &&
      !passes_throttled_name(name, client, now))
    return left(name_key(name), now);
  for (const std::string& who : {client_key(client), network_key(client), name_key(name)})
    count_one(who, now);
  return std::nullopt;
}

bool LoginMemory::passes_throttled_name(std::string_view name, const IpAddress& client,
                                        MonoTime now) const {
  if (is_home(name, client, now)) return true;
  return count(name_key(name), now) < limits::kLoginFailuresOfNameMost &&
         count(network_key(client), now) == 0;
}

bool LoginMemory::is_home(std::string_view name, const IpAddress& client, MonoTime now) const {
  auto home = homes_.find(home_key(name, client));
  return home != homes_.end() && now < home->second;
}

void LoginMemory::note_refused(std::string_view name, const IpAddress& client) {
  std::lock_guard lock(mutex_);
  std::string who = refused_key(name, client);
  count_one(who, clock_.mono());
  judged_one(who, 1);
}

// Whether it is only what is not judged yet that stands in the way.
bool LoginMemory::verdicts_may_help(std::string_view name, const IpAddress& client) {
  std::lock_guard lock(mutex_);
  MonoTime now = clock_.mono();
  std::string by_client = client_key(client), by_name = name_key(name);
  if (count(by_client, now) >= limits::kLoginFailures)
    return wrong(by_client, now) < limits::kLoginFailures;
  if (wrong(by_name, now) < limits::kLoginFailuresOfName) return true;
  std::string network = network_key(client);
  return count(network, now) > 0 && wrong(network, now) == 0 &&
         wrong(by_name, now) < limits::kLoginFailuresOfNameMost;
}

net::Task<std::optional<Duration>> LoginMemory::turn(std::string name, IpAddress client) {
  MonoTime latest = clock_.mono() + kVerdictWait;
  while (true) {
    std::optional<Duration> refused = throttle(name, client);
    if (!refused) co_return std::nullopt;
    if (clock_.mono() >= latest || !verdicts_may_help(name, client)) {
      note_refused(name, client);
      co_return refused;
    }
    net::OneShot<bool> verdict;
    {
      std::lock_guard lock(mutex_);
      waiting_.push_back(verdict.sender());
    }
    refused = throttle(name, client);  // the last verdict may have come before we listened
    if (!refused || !verdicts_may_help(name, client)) co_return refused;
    co_await verdict.wait({latest});
  }
}

void LoginMemory::judged(std::string_view name, const IpAddress& client, unsigned wrong_ones) {
  std::vector<net::OneShot<bool>::Sender> waiting;
  {
    std::lock_guard lock(mutex_);
    for (const std::string& who : {client_key(client), network_key(client), name_key(name)})
      judged_one(who, wrong_ones);
    waiting.swap(waiting_);
  }
  for (auto& sender : waiting) sender.send(true);
}

void LoginMemory::keep(std::string_view name, const IpAddress& client) { judged(name, client, 1); }

void LoginMemory::give_back(std::string_view name, const IpAddress& client) {
  judged(name, client, 0);
}

void LoginMemory::welcome(std::string_view name, const IpAddress& client) {
  std::lock_guard lock(mutex_);
  MonoTime now = clock_.mono();
  if (homes_.size() >= limits::kLoginMemory) {
    std::erase_if(homes_, [&](const auto& e) { return e.second <= now; });
    if (homes_.size() >= limits::kLoginMemory) homes_.erase(homes_.begin());
  }
  homes_[home_key(name, client)] = now + limits::kLoginClientKept;
}

const LoginMemory::Failures* LoginMemory::failures(const std::string& who, MonoTime now) const {
  auto found = failures_.find(who);
  bool counts = found != failures_.end() && found->second.count > 0 &&
                now - found->second.since <= limits::kLoginFailureWindow;
  return counts ? &found->second : nullptr;
}

unsigned LoginMemory::count(const std::string& who, MonoTime now) const {
  const Failures* entry = failures(who, now);
  return entry == nullptr ? 0 : entry->count;
}

unsigned LoginMemory::wrong(const std::string& who, MonoTime now) const {
  const Failures* entry = failures(who, now);
  return entry == nullptr ? 0 : entry->count - entry->open;
}

Duration LoginMemory::left(const std::string& who, MonoTime now) const {
  const Failures* entry = failures(who, now);
  return entry == nullptr ? Duration{} : entry->since + limits::kLoginFailureWindow - now;
}

void LoginMemory::count_one(const std::string& who, MonoTime now) {
  if (failures(who, now) == nullptr) {
    keep_small(now);
    failures_[who] = {.since = now};
  }
  Failures& entry = failures_[who];
  entry.count += 1;
  entry.open += 1;
}

void LoginMemory::judged_one(const std::string& who, unsigned wrong_ones) {
  auto found = failures_.find(who);
  // Nothing is open where its window ended meanwhile and another began.
  if (found == failures_.end() || found->second.open == 0) return;
  found->second.open -= 1;
  if (wrong_ones == 0) found->second.count -= 1;
  if (found->second.count == 0) failures_.erase(found);
}

// Guesses of many names from many places must not wash away the count of the one that is meant:
// the smallest counts go first.
void LoginMemory::keep_small(MonoTime now) {
  if (known_.size() >= limits::kLoginMemory) {
    std::erase_if(known_, [&](const auto& e) { return e.second <= now; });
    if (known_.size() >= limits::kLoginMemory) known_.erase(known_.begin());
  }
  for (unsigned least : {0u, 1u, limits::kLoginFailures - 1, limits::kLoginFailuresOfName - 1}) {
    if (failures_.size() < limits::kLoginMemory) return;
    std::erase_if(failures_, [&](const auto& e) {
      return e.second.count <= least || now - e.second.since > limits::kLoginFailureWindow;
    });
  }
  if (failures_.size() >= limits::kLoginMemory) failures_.clear();
}

}  // namespace ph::core
