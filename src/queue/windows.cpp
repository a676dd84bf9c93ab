#include "queue/windows.h"

#include <algorithm>

#include "base/check.h"

namespace ph::queue {

Added Windows::room(const std::string& site, AccountId account) const {
  if (ready_ >= limits_.ready) return Added::memory_full;
  auto found = sites_.find(site);
  if (found == sites_.end()) return Added::ready;
  auto lane = found->second.lanes.find(account);
  if (lane == found->second.lanes.end()) return Added::ready;
  return lane->second.tickets.size() >= limits_.lane ? Added::lane_full : Added::ready;
}

Added Windows::add(const std::string& name, AccountId account, Ticket ticket) {
  Added added = room(name, account);
  if (added != Added::ready) return added;
  Site& site = sites_[name];
  site.lanes[account].tickets.push_back(ticket);
  ++site.ready;
  ++ready_;
  enter_turn(name, site);
  return added;
}

void Windows::enter_turn(const std::string& name, Site& site) {
  if (site.in_turn || !may_run(site)) return;
  site.in_turn = true;
  turns_.push_back(name);
}

std::optional<Started> Windows::next() {
  if (in_flight_ >= limits_.sessions) return std::nullopt;
  while (!turns_.empty()) {
    std::string name = std::move(turns_.front());
    turns_.pop_front();
    auto found = sites_.find(name);
    PH_CHECK(found != sites_.end());  // a site that stands in line is kept
    Site& site = found->second;
    site.in_turn = false;
    if (!may_run(site)) {
      drop_if_empty(name);
      continue;
    }
    auto lane = site.lanes.upper_bound(site.last);
    if (lane == site.lanes.end()) lane = site.lanes.begin();
    site.last = lane->first;
    Started started{lane->second.tickets.front(), lane->second.tickets.size() - 1};
    lane->second.tickets.pop_front();
    if (lane->second.tickets.empty()) site.lanes.erase(lane);
    --site.ready;
    --ready_;
    ++site.in_flight;
    ++in_flight_;
    enter_turn(name, site);
    return started;
  }
  return std::nullopt;
}

void Windows::finished(const std::string& name) {
  auto found = sites_.find(name);
  PH_CHECK(found != sites_.end() && found->second.in_flight > 0);
  --found->second.in_flight;
  --in_flight_;
  enter_turn(name, found->second);
  drop_if_empty(name);
}

std::vector<Ticket> Windows::remove_if(const std::function<bool(Ticket)>& wanted) {
  std::vector<Ticket> out;
  std::vector<std::string> emptied;
  for (auto& [name, site] : sites_) {
    size_t before = out.size();
    for (auto lane = site.lanes.begin(); lane != site.lanes.end();) {
      std::erase_if(lane->second.tickets, [&](Ticket ticket) {
        if (!wanted(ticket)) return false;
        out.push_back(ticket);
        return true;
      });
      lane = lane->second.tickets.empty() ? site.lanes.erase(lane) : std::next(lane);
    }
    site.ready -= out.size() - before;
    if (site.ready == 0 && site.in_flight == 0) emptied.push_back(name);
  }
  ready_ -= out.size();
  for (const std::string& name : emptied) drop_if_empty(name);
  return out;
}

void Windows::drop_if_empty(const std::string& name) {
  auto found = sites_.find(name);
  if (found == sites_.end()) return;
  // A site in line is left: next() takes it out, so that turns_ never holds a name twice.
  if (found->second.ready == 0 && found->second.in_flight == 0 && !found->second.in_turn) {
    sites_.erase(found);
  }
}

SiteView Windows::site(const std::string& name) const {
  auto found = sites_.find(name);
  if (found == sites_.end()) return {0, 0, limits_.site_window};
  return {found->second.ready, found->second.in_flight, limits_.site_window};
}

}  // namespace ph::queue
