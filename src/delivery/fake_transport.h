// Purpose: a Transport for tests: answers by host name and notes what it was asked.
// Threads: one loop.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "delivery/transport.h"

namespace ph::delivery {

class FakeTransport : public Transport {
 public:
  struct Call {
    Hop hop;
    Parcel parcel;
  };

  // What the host answers from now on; a host without an answer takes everything.
  void answer(const std::string& host, Carried carried) { answers_[host] = std::move(carried); }
  void set_idle(const std::string& host) { idle_ = host; }
  const std::vector<Call>& calls() const { return calls_; }

  net::Task<Carried> carry(Hop hop, Parcel parcel, Duration, Deadline) override {
    auto found = answers_.find(hop.host);
    Carried out;
    if (found != answers_.end()) {
      out = found->second;
    } else {
      out.outcome = core::AttemptOutcome::delivered;
      out.cause = core::Cause::delivered;
      out.code = 250;
    }
    calls_.push_back({std::move(hop), std::move(parcel)});
    co_return out;
  }
  bool has_idle(const Hop& hop) const override { return hop.host == idle_; }
  void close_idle() override { idle_.clear(); }

 private:
  std::map<std::string, Carried> answers_;
  std::vector<Call> calls_;
  std::string idle_;
};

}  // namespace ph::delivery
