#include "queue/windows.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace ph::queue {

Ticket Line::pop() {
  Ticket out = all_[head_++];
  if (head_ * 2 > all_.size()) {
    all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  return out;
}

Standing Windows::judge(const Site& site, MonoTime now) {
  if (site.in_flight > 0 && now >= site.quiet_since + limits::kSiteStuck) return Standing::stuck;
  if (now < site.hung_until) return Standing::stuck;
  return now < site.proven_until ? Standing::proven : Standing::unproven;
}

// The more sessions are with sites that have not answered yet, the fewer each of them gets: a
// thousand that never will must leave some for those that come next.
unsigned Windows::window_of(Standing standing) const {
  unsigned narrow = std::min(limits_.site_window, limits::kStuckSiteWindow);
  if (standing == Standing::proven) return limits_.site_window;
  if (standing == Standing::stuck) return narrow;
  unsigned waiting = in_flight(Standing::unproven) + in_flight(Standing::stuck);
  unsigned step = std::max(1u, limits_.sessions / limits::kStuckShare);
  if (waiting < step) return limits_.site_window;
  return waiting < 2 * step ? narrow : std::min(narrow, 1u);
}

bool Windows::may_start(Standing standing) const {
  if (in_flight_ >= limits_.sessions) return false;
  if (standing == Standing::proven) return true;
  unsigned stuck = in_flight(Standing::stuck);
  if (stuck + in_flight(Standing::unproven) >=
      std::max(1u, limits_.sessions / limits::kUnprovenShare))
    return false;
  return standing == Standing::unproven ||
         stuck < std::max(1u, limits_.sessions / limits::kStuckShare);
}

// Memory is given out freely while there is much of it, and never by halves to who cannot use it.
size_t Windows::lane_most(Standing standing, From from) const {
  size_t least = std::min(limits_.lane, limits::kQueueReadyLaneLeast);
  if (standing == Standing::stuck) return least;
  size_t eighth = limits_.ready / 8;
  size_t plenty = standing == Standing::proven ? 6 * eighth : 2 * eighth;
  size_t some = standing == Standing::proven ? 7 * eighth : 4 * eighth;
  bool much = from == From::accept && standing == Standing::proven;
  if (ready_ < plenty) return much ? std::max(limits_.lane, plenty - ready_) : limits_.lane;
  return ready_ < some ? std::max(least, limits_.lane / 10) : least;
}

size_t Windows::space(const std::string& site, AccountId account, MonoTime now,
                      From from) const {
  auto found = sites_.find(site);
  if (found == sites_.end()) return lane_most(Standing::unproven, from);
  size_t most = lane_most(judge(found->second, now), from);
  auto lane = found->second.lanes.find(account);
  size_t has = lane == found->second.lanes.end() ? 0 : lane->second.size();
  return most > has ? most - has : 0;
}

Added Windows::room(const std::string& site, AccountId account, MonoTime now, From from) const {
  if (ready_ >= limits_.ready) return Added::memory_full;
  return space(site, account, now, from) == 0 ? Added::lane_full : Added::ready;
}

void Windows::add(const std::string& name, AccountId account, Ticket ticket, MonoTime now) {
  auto [found, fresh] = sites_.try_emplace(name);
  Site& site = found->second;
  if (fresh) site.name = name;
  if (std::exchange(site.idle, false)) --idle_;
  site.lanes[account].push(ticket);
  ++site.ready;
  ++ready_;
  set_standing(site, judge(site, now));
  enter_line(site);
}

void Windows::set_standing(Site& site, Standing standing) {
  held_[index(site.standing)] -= site.in_flight;
  site.standing = standing;
  held_[index(standing)] += site.in_flight;
}

// A site that stands in the line of another standing is found there to be in the wrong one.
void Windows::enter_line(Site& site) {
  bool& in_line = site.in_line[index(site.standing)];
  if (in_line || !may_run(site)) return;
  in_line = true;
  lines_[index(site.standing)].push_back(&site);
}

// The first of a line that may run.
Site* Windows::step_out(Standing line, MonoTime now) {
  auto& sites = lines_[index(line)];
  while (!sites.empty()) {
    Site& site = *sites.front();
    sites.pop_front();
    site.in_line[index(line)] = false;
    set_standing(site, judge(site, now));
    if (site.standing == line && may_run(site)) return &site;
    enter_line(site);
    rest(site, now);
  }
  return nullptr;
}

std::optional<Started> Windows::next(MonoTime now) {
  // A site that is found in the wrong line enters a line that may have been asked already.
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < lines_.size(); ++i) {
      size_t which = (turn_ + i) % lines_.size();
      auto standing = static_cast<Standing>(which);
      if (!may_start(standing)) continue;
      Site* site = step_out(standing, now);
      if (!site) continue;
      turn_ = which + 1;
      return start(*site, now);
    }
  }
  return std::nullopt;
}

Started Windows::start(Site& site, MonoTime now) {
  auto lane = site.lanes.upper_bound(site.last);
  if (lane == site.lanes.end()) lane = site.lanes.begin();
  site.last = lane->first;
  size_t most = lane_most(site.standing, From::row);
  Started started{lane->second.pop(), lane->second.size() <= most / 4};
  if (lane->second.empty()) site.lanes.erase(lane);
  if (site.in_flight == 0) site.quiet_since = now;
  --site.ready;
  --ready_;
  ++site.in_flight;
  ++held_[index(site.standing)];
  ++in_flight_;
  enter_line(site);
  return started;
}

void Windows::finished(Site& site, SessionEnd end, MonoTime now) {
  PH_CHECK(site.in_flight > 0);
  --site.in_flight;
  --held_[index(site.standing)];
  --in_flight_;
  site.quiet_since = now;
  if (end == SessionEnd::answered) {
    site.proven_until = now + limits::kSiteProven;
    site.hung_until = {};
  } else if (end == SessionEnd::hung) {
    site.hung_until = now + limits::kRetryMost;
  }
  set_standing(site, judge(site, now));
  enter_line(site);
  rest(site, now);
}

void Windows::take_out(Site& site, const std::function<bool(Ticket)>& wanted,
                       std::vector<Ticket>& out) {
  size_t before = out.size();
  for (auto lane = site.lanes.begin(); lane != site.lanes.end();) {
    lane->second.remove_if([&](Ticket ticket) {
      if (!wanted(ticket)) return false;
      out.push_back(ticket);
      return true;
    });
    lane = lane->second.empty() ? site.lanes.erase(lane) : std::next(lane);
  }
  site.ready -= out.size() - before;
  ready_ -= out.size() - before;
}

std::vector<Ticket> Windows::remove_if(const std::function<bool(Ticket)>& wanted) {
  std::vector<Ticket> out;
  std::vector<Site*> emptied;
  for (auto& [name, site] : sites_) {
    if (site.ready == 0) continue;
    take_out(site, wanted, out);
    if (site.ready == 0 && site.in_flight == 0) emptied.push_back(&site);
  }
  for (Site* site : emptied) rest(*site, {});
  return out;
}

std::vector<Ticket> Windows::remove_from(Site& site, const std::function<bool(Ticket)>& wanted) {
  std::vector<Ticket> out;
  size_t before = site.ready;
  take_out(site, wanted, out);
  if (before > 0) rest(site, {});
  return out;
}

// Nothing of the site is left: only what is known of it may be worth keeping. One that stands in a
// line is left to step_out(), so that no line holds what is gone.
void Windows::rest(Site& site, MonoTime now) {
  bool in_line = std::ranges::find(site.in_line, true) != site.in_line.end();
  if (site.ready > 0 || site.in_flight > 0 || in_line || site.idle) return;
  site.idle = judge(site, now) != Standing::unproven && idle_ < limits::kSitesRemembered;
  if (site.idle) ++idle_;
  else sites_.erase(std::string(site.name));
}

void Windows::tidy(MonoTime now) {
  idle_ -= std::erase_if(sites_, [&](const auto& entry) {
    return entry.second.idle && judge(entry.second, now) == Standing::unproven;
  });
}

Site* Windows::named(const std::string& name) {
  auto found = sites_.find(name);
  return found == sites_.end() ? nullptr : &found->second;
}

SiteView Windows::site(const std::string& name, MonoTime now) const {
  auto found = sites_.find(name);
  if (found == sites_.end()) return {0, 0, limits_.site_window};
  const Site& site = found->second;
  return {site.ready, site.in_flight, window_of(judge(site, now))};
}

std::vector<const Site*> Windows::busiest(size_t most) const {
  std::vector<const Site*> out;
  for (const auto& [name, site] : sites_)
    if (site.ready + site.in_flight > 0) out.push_back(&site);
  auto fuller = [](const Site* a, const Site* b) {
    size_t left = a->ready + a->in_flight, right = b->ready + b->in_flight;
    return left != right ? left > right : a->name < b->name;
  };
  size_t shown = std::min(most, out.size());
  std::ranges::partial_sort(out, out.begin() + static_cast<std::ptrdiff_t>(shown), fuller);
  out.resize(shown);
  return out;
}

}  // namespace ph::queue
