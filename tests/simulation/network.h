// Purpose: the network and the receivers behind it: SMTP servers that take, defer, refuse, are
//   slow, silent or gone, and lines that are cut at any octet.
// Shapes: `trouble` says how many of 100 steps go wrong. A receiver's decisions outlive our
//   process: what was on its way when it ended arrives, or some of it.
// Threads: one.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "net/stream.h"
#include "simulation/surroundings.h"

namespace ph::simulation {

class Line;

class Network : public net::Network {
 public:
  explicit Network(Surroundings& around) : around_(around) {}

  unsigned trouble = 0;
  Duration slow{};  // how much longer each reply may take
  // What the row of a recipient says now.
  std::function<RowState(const std::string& address)> state_of;
  std::function<Uptime(unsigned generation)> uptime;  // of the process that is sending
  // What the content of a recipient's message must be.
  std::function<bool(const std::string& address, const std::string& content)> right_content;

  net::Task<Result<std::unique_ptr<net::Stream>>> connect(net::ConnectOptions options,
                                                          Deadline deadline) override;
  // Our process has ended: what is under way arrives, or the beginning of it.
  void process_ended();

  // --- for lines ---
  Surroundings& around() { return around_; }
  bool goes_wrong() { return trouble > 0 && around_.receivers.below(100) < trouble; }
  uint64_t below(uint64_t bound) { return around_.receivers.below(bound); }
  Duration below(Duration bound) {
    return Duration(below(static_cast<uint64_t>(bound.count())));
  }
  bool greets_first_time(const std::string& address) { return greylist_.insert(address).second; }
  // Which copy of it this is.
  unsigned take(const std::string& address, const std::string& content, unsigned generation);

 private:
  Surroundings& around_;
  std::vector<std::weak_ptr<Line>> lines_;
  std::set<std::string> greylist_;
};

}  // namespace ph::simulation
