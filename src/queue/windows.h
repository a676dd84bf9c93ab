// Purpose: how fast: which ready recipient starts next, within the window of each site and the
//   number of sessions in all; and what a site that lets sessions hang may take of those.
// Shapes: site → lane of one account → first in, first out. Sites take turns, and within a site its
//   accounts take turns, so that nobody's half million delays somebody else's one mail. A site
//   stands as proven (it answered within kSiteProven), unproven, or stuck (its sessions hang); the
//   last two share 1/kUnprovenShare of all sessions, and what is ready for them less memory. A site
//   exists while something of it is ready or in flight, and while what is known of it counts. All
//   steps are O(log n) at most, but remove_if() and tidy().
// Errors: room() says which bound refuses; the caller leaves that recipient in its row.
// Threads: one.
// Not here: rows, clocks, content.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace ph::queue {

// A recipient's number in memory; the engine knows what it stands for.
using Ticket = uint64_t;

enum class Added : uint8_t { ready, lane_full, memory_full };

// From where a recipient comes. One that was accepted now saves a read of its row where it finds a
// place: at a proven site its lane may take half of what is free. Rows come in small parts.
enum class From : uint8_t { row, accept };

struct WindowLimits {
  unsigned site_window = 0;  // sessions of one site
  unsigned sessions = 0;     // of all
  size_t ready = 0;          // tickets waiting, of all
  size_t lane = 0;           // tickets of rows waiting, of one account for one site
};

struct SiteView {
  size_t ready = 0;
  unsigned in_flight = 0;
  unsigned window = 0;
};

enum class Standing : uint8_t { proven, unproven, stuck };

// How a session ended: with a reply in time, without one, or after it hung.
enum class SessionEnd : uint8_t { answered, failed, hung };

// First in, first out, in one piece of memory.
class Line {
 public:
  bool empty() const { return size() == 0; }
  size_t size() const { return all_.size() - head_; }
  void push(Ticket ticket) { all_.push_back(ticket); }
  Ticket pop();
  template <class Wanted>
  void remove_if(Wanted wanted) {
    all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
    std::erase_if(all_, wanted);
  }

 private:
  std::vector<Ticket> all_;
  size_t head_ = 0;
};

// One site. Stays where it is while something of it is ready or in flight.
struct Site {
  std::string name;
  std::map<AccountId, Line> lanes;  // those with tickets
  AccountId last;                   // whose turn it was
  size_t ready = 0;
  unsigned in_flight = 0;
  Standing standing = Standing::unproven;  // as which its sessions are counted
  std::array<bool, 3> in_line{};           // in the line of which standing it waits for its turn
  MonoTime proven_until{};
  MonoTime hung_until{};
  MonoTime quiet_since{};  // no session of it has ended since
  bool idle = false;       // kept for what is known of it alone
};

struct Started {
  Ticket ticket = 0;
  bool lane_low = false;  // its lane wants more from the rows
};

class Windows {
 public:
  explicit Windows(WindowLimits limits) : limits_(limits) {}

  // Asked is room().
  void add(const std::string& site, AccountId account, Ticket ticket, MonoTime now);
  // Whether there is a place for one more.
  Added room(const std::string& site, AccountId account, MonoTime now, From from) const;
  // How many more one lane may take.
  size_t space(const std::string& site, AccountId account, MonoTime now, From from) const;
  // The next to start; it is in flight from now on. nullopt: nothing is ready, or no window open.
  std::optional<Started> next(MonoTime now);
  // A session of the site ended.
  void finished(Site& site, SessionEnd end, MonoTime now);
  // Takes out ready tickets for which `wanted` is true; they are given back.
  std::vector<Ticket> remove_if(const std::function<bool(Ticket)>& wanted);
  // The same in one site only.
  std::vector<Ticket> remove_from(Site& site, const std::function<bool(Ticket)>& wanted);
  // Forgets sites of which nothing that counts is known.
  void tidy(MonoTime now);

  Site* named(const std::string& name);  // null: nothing of it is ready or in flight
  SiteView site(const std::string& name, MonoTime now) const;
  // Those with most ready and in flight, at most so many, the fullest first; looks at all sites.
  std::vector<const Site*> busiest(size_t most) const;
  static bool hangs(const Site& site, MonoTime now) { return judge(site, now) == Standing::stuck; }
  size_t ready() const { return ready_; }
  unsigned in_flight() const { return in_flight_; }
  unsigned in_flight(Standing standing) const { return held_[index(standing)]; }
  size_t sites() const { return sites_.size() - idle_; }
  size_t known_sites() const { return sites_.size(); }

 private:
  static size_t index(Standing standing) { return static_cast<size_t>(standing); }
  static Standing judge(const Site& site, MonoTime now);
  unsigned window_of(Standing standing) const;
  size_t lane_most(Standing standing, From from) const;
  bool may_start(Standing standing) const;
  void set_standing(Site& site, Standing standing);
  void enter_line(Site& site);
  Site* step_out(Standing line, MonoTime now);
  Started start(Site& site, MonoTime now);
  bool may_run(const Site& site) const {
    return site.ready > 0 && site.in_flight < window_of(site.standing);
  }
  void rest(Site& site, MonoTime now);
  void take_out(Site& site, const std::function<bool(Ticket)>& wanted, std::vector<Ticket>& out);

  WindowLimits limits_;
  std::unordered_map<std::string, Site> sites_;
  std::array<std::deque<Site*>, 3> lines_;  // of each standing: sites that may run
  std::array<unsigned, 3> held_{};          // sessions of each standing
  size_t turn_ = 0;                         // which line is asked first
  size_t ready_ = 0;
  size_t idle_ = 0;  // sites that are idle
  unsigned in_flight_ = 0;
};

}  // namespace ph::queue
