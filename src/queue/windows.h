// Purpose: how fast: which ready recipient starts next, within the window of each site and the
//   number of sessions in all.
// Shapes: site → lane of one account → first in, first out. Sites take turns, and within a site its
//   accounts take turns, so that nobody's half million delays somebody else's one mail. A site
//   exists while something of it is ready or in flight. All steps are O(log n) at most.
// Errors: add() says which bound refuses; the caller leaves that recipient in its row.
// Threads: one.
// Not here: rows, time, content.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"

namespace ph::queue {

// A recipient's number in memory; the engine knows what it stands for.
using Ticket = uint64_t;

enum class Added : uint8_t { ready, lane_full, memory_full };

struct WindowLimits {
  unsigned site_window = 0;  // sessions of one site
  unsigned sessions = 0;     // of all
  size_t ready = 0;          // tickets waiting, of all
  size_t lane = 0;           // tickets waiting, of one account for one site
};

struct SiteView {
  size_t ready = 0;
  unsigned in_flight = 0;
  unsigned window = 0;
};

struct Started {
  Ticket ticket = 0;
  size_t lane_left = 0;  // still ready in its lane
};

class Windows {
 public:
  explicit Windows(WindowLimits limits) : limits_(limits) {}

  Added add(const std::string& site, AccountId account, Ticket ticket);
  // Whether add() would take one more.
  Added room(const std::string& site, AccountId account) const;
  // The next to start; it is in flight from now on. nullopt: nothing is ready, or no window open.
  std::optional<Started> next();
  // A session of the site ended.
  void finished(const std::string& site);
  // Takes out ready tickets for which `wanted` is true; they are given back.
  std::vector<Ticket> remove_if(const std::function<bool(Ticket)>& wanted);

  SiteView site(const std::string& name) const;
  size_t ready() const { return ready_; }
  unsigned in_flight() const { return in_flight_; }
  size_t sites() const { return sites_.size(); }

 private:
  struct Lane {
    std::deque<Ticket> tickets;
  };
  struct Site {
    std::map<AccountId, Lane> lanes;  // those with tickets
    AccountId last;                   // whose turn it was
    size_t ready = 0;
    unsigned in_flight = 0;
    bool in_turn = false;             // stands in turns_
  };

  void enter_turn(const std::string& name, Site& site);
  bool may_run(const Site& site) const {
    return site.ready > 0 && site.in_flight < limits_.site_window;
  }
  void drop_if_empty(const std::string& name);

  WindowLimits limits_;
  std::unordered_map<std::string, Site> sites_;
  std::deque<std::string> turns_;  // sites that may run, whose turn is next in front
  size_t ready_ = 0;
  unsigned in_flight_ = 0;
};

}  // namespace ph::queue
