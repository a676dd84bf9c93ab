// Purpose: what stands before a slow password hash: a throttle of guesses, and a short memory of
//   right answers so that a client that signs in for each mail is not hashed each time.
// Shapes: a login is remembered as HMAC of name, password and the row's version under a key of this
//   process. Guesses are counted by client (IPv6: its /64) and by name. Under a guessing of one
//   name from many places its owner is not locked out: a client that has signed in as that name
//   passes, and each network (/24, IPv6 /48) that guessed nothing has one guess, up to
//   kLoginFailuresOfNameMost. A remembered login of a throttled client passes only where that
//   client is known to the name, and not after kLoginRecalls refused guesses: an answer that comes
//   without a hash must not tell a guesser which guess was right.
// Threads: any.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "base/random.h"
#include "net/oneshot.h"

namespace ph::core {

class LoginMemory {
 public:
  LoginMemory(Clock& clock, Random& random) : clock_(clock), key_(random.bytes(32)) {}

  std::string mark(std::string_view name, std::string_view password, int64_t version) const;
  bool remembers(const std::string& mark);
  // Whether a remembered login of this client may be believed.
  bool may_recall(std::string_view name, const IpAddress& client);
  void remember(const std::string& mark);

  // Whether this client has signed in as that name before.
  bool knows(std::string_view name, const IpAddress& client);

  // Counts a guess before it is judged, so that guesses made at once count as well. Where there
  // were too many nothing is counted, and it gives how long to wait. Who is let through says what
  // became of it: keep() or give_back().
  std::optional<Duration> throttle(std::string_view name, const IpAddress& client);
  // As throttle(); guesses in its way that are not judged yet are waited for, but not for long.
  net::Task<std::optional<Duration>> turn(std::string name, IpAddress client);
  // What became of a guess that was counted. It was wrong:
  void keep(std::string_view name, const IpAddress& client);
  // It was right, or was never judged:
  void give_back(std::string_view name, const IpAddress& client);
  // The guess was right: from now on this client is known to the name.
  void welcome(std::string_view name, const IpAddress& client);

 private:
  struct Failures {
    unsigned count = 0;  // with those that are open
    unsigned open = 0;   // not judged yet
    MonoTime since;
  };
  const Failures* failures(const std::string& who, MonoTime now) const;
  unsigned count(const std::string& who, MonoTime now) const;
  Duration left(const std::string& who, MonoTime now) const;
  unsigned wrong(const std::string& who, MonoTime now) const;
  bool verdicts_may_help(std::string_view name, const IpAddress& client);
  bool passes_throttled_name(std::string_view name, const IpAddress& client, MonoTime now) const;
  bool is_home(std::string_view name, const IpAddress& client, MonoTime now) const;
  void note_refused(std::string_view name, const IpAddress& client);
  void count_one(const std::string& who, MonoTime now);
  void judged_one(const std::string& who, unsigned wrong_ones);
  void judged(std::string_view name, const IpAddress& client, unsigned wrong_ones);
  void keep_small(MonoTime now);

  Clock& clock_;
  std::string key_;
  std::mutex mutex_;
  std::unordered_map<std::string, MonoTime> known_;  // mark → until
  std::unordered_map<std::string, MonoTime> homes_;  // name and client → until
  std::unordered_map<std::string, Failures> failures_;
  std::vector<net::OneShot<bool>::Sender> waiting_;  // for the next verdict
};

}  // namespace ph::core
