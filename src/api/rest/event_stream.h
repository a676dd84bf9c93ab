// Purpose: the event log as server-sent events: who may hold how many streams, and what is sent.
// Shapes: first `event: begin` with the cursor; then each event as one JSON line, its `id:` the
//   cursor after it; each kEventStreamBeat a comment with the cursor. `event: end` says why the
//   server ends it: unauthenticated, or temporary (go on by the cursor).
// Errors: request_rate_limit with too many streams of one session or key, temporary with too many
//   in all.
// Threads: any loop.
// Spec: HTML Living Standard §9.2 (Server-sent events).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/event_feed.h"
#include "net/http.h"

namespace ph::rest {

// One stream's place among all; gives it back when destroyed.
class StreamSeat;

class EventStreams {
 public:
  EventStreams();
  // `credential` tells sessions and keys apart. No account has more than a tenth of all.
  core::Outcome<std::shared_ptr<StreamSeat>> take(const std::string& credential,
                                                  AccountId account);
  // Its streams end at once: a sign-out.
  void end(const std::string& credential);
  size_t open() const;

 private:
  friend class StreamSeat;
  struct Seats;
  std::shared_ptr<Seats> seats_;
};

enum class Whose : uint8_t { one_account, all };  // all: each event says whose it is

struct StreamParts {
  std::shared_ptr<StreamSeat> seat;
  std::shared_ptr<core::EventListener> listener;
  // Whether who asked may still see it: asked again each kEventStreamBeat.
  std::function<net::Task<core::Outcome<>>()> still_allowed;
  Clock& clock;
  Whose whose = Whose::one_account;
};

std::shared_ptr<net::HttpBodySource> make_event_stream(StreamParts parts);

}  // namespace ph::rest
