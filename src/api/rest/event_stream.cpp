#include "api/rest/event_stream.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "core/view_json.h"

namespace ph::rest {

using core::Reason;
using core::refuse;

namespace {

// A person may sign in as often as he likes; the others' seats are not his.
constexpr size_t kStreamsPerAccount = limits::kEventStreams / 10;

}  // namespace

struct EventStreams::Seats {
  std::mutex mutex;
  std::multimap<std::string, StreamSeat*> taken;
  std::map<AccountId, size_t> by_account;
};

class StreamSeat {
 public:
  // Under the mutex of who makes it.
  StreamSeat(std::shared_ptr<EventStreams::Seats> seats, const std::string& credential,
             AccountId account)
      : seats_(std::move(seats)), account_(account) {
    place_ = seats_->taken.emplace(credential, this);
    ++seats_->by_account[account];
  }
  ~StreamSeat() {
    std::lock_guard lock(seats_->mutex);
    seats_->taken.erase(place_);
    auto of_account = seats_->by_account.find(account_);
    if (--of_account->second == 0) seats_->by_account.erase(of_account);
  }
  StreamSeat(const StreamSeat&) = delete;
  StreamSeat& operator=(const StreamSeat&) = delete;

  bool ended() const { return ended_.load(); }
  void wakes(std::weak_ptr<core::EventListener> listener) {
    std::lock_guard lock(seats_->mutex);
    listener_ = std::move(listener);
  }
  // Under the mutex.
  std::shared_ptr<core::EventListener> end() {
    ended_ = true;
    return listener_.lock();
  }

 private:
  std::shared_ptr<EventStreams::Seats> seats_;
  AccountId account_;
  std::multimap<std::string, StreamSeat*>::iterator place_;
  std::weak_ptr<core::EventListener> listener_;
  std::atomic<bool> ended_{false};
};

EventStreams::EventStreams() : seats_(std::make_shared<Seats>()) {}

core::Outcome<std::shared_ptr<StreamSeat>> EventStreams::take(const std::string& credential,
                                                              AccountId account) {
  std::lock_guard lock(seats_->mutex);
  if (seats_->taken.count(credential) >= limits::kEventStreamsPerCredential)
    return refuse(Reason::request_rate_limit,
                  fmt::format("A session or key has {} streams at most.",
                              limits::kEventStreamsPerCredential));
  auto of_account = seats_->by_account.find(account);
  if (of_account != seats_->by_account.end() && of_account->second >= kStreamsPerAccount)
    return refuse(Reason::request_rate_limit,
                  fmt::format("An account has {} streams at most.", kStreamsPerAccount));
  if (seats_->taken.size() >= limits::kEventStreams)
    return refuse(Reason::temporary, "Too many streams are open. Ask for the lists instead.");
  return std::make_shared<StreamSeat>(seats_, credential, account);
}

void EventStreams::end(const std::string& credential) {
  std::vector<std::shared_ptr<core::EventListener>> woken;  // may end here, outside the mutex
  std::lock_guard lock(seats_->mutex);
  auto [first, last] = seats_->taken.equal_range(credential);
  for (auto at = first; at != last; ++at)
    if (auto listener = at->second->end()) woken.push_back(std::move(listener));
  for (const auto& listener : woken) listener->wake();
}

size_t EventStreams::open() const {
  std::lock_guard lock(seats_->mutex);
  return seats_->taken.size();
}

namespace {

class EventStream : public net::HttpBodySource {
 public:
  explicit EventStream(StreamParts parts) : parts_(std::move(parts)) {
    parts_.seat->wakes(parts_.listener);
    sent_ = parts_.listener->cursor();
    beat_at_ = parts_.clock.mono() + limits::kEventStreamBeat;
  }

  net::Task<std::string> next() override {
    if (over_) co_return "";
    if (!std::exchange(begun_, true))
      co_return "event: begin\nid: " + sent_.text() + "\ndata: {}\n\n";
    for (;;) {
      if (parts_.seat->ended()) co_return end(Reason::unauthenticated);
      if (parts_.clock.mono() >= beat_at_) {
        auto allowed = co_await parts_.still_allowed();
        if (!allowed) co_return end(allowed.error().reason);
        beat_at_ = parts_.clock.mono() + limits::kEventStreamBeat;
        sent_ = parts_.listener->cursor();
        co_return "id: " + sent_.text() + "\n:\n\n";
      }
      auto events = co_await parts_.listener->next(Deadline{beat_at_});
      if (!events) co_return end(events.error().reason);
      if (!events->empty() && !parts_.seat->ended()) co_return text_of(*events);
    }
  }

 private:
  std::string end(Reason reason) {
    over_ = true;
    return fmt::format("event: end\ndata: {{\"reason\":\"{}\"}}\n\n", core::reason_code(reason));
  }

  // The listener's cursor is after the last of them, and after what other accounts did meanwhile.
  std::string text_of(const std::vector<core::EventPtr>& events) {
    std::string out;
    for (const core::EventPtr& event : events) {
      if (event == events.back()) sent_ = parts_.listener->cursor();
      else sent_.pass(event->id.value);
      json::Value body = core::event_json(*event);
      if (parts_.whose == Whose::all) body.set("account", event->account_id.value);
      out += fmt::format("id: {}\ndata: {}\n\n", sent_.text(), json::serialize(body));
    }
    return out;
  }

  StreamParts parts_;
  core::EventCursor sent_;
  MonoTime beat_at_;
  bool begun_ = false;
  bool over_ = false;
};

}  // namespace

std::shared_ptr<net::HttpBodySource> make_event_stream(StreamParts parts) {
  return std::make_shared<EventStream>(std::move(parts));
}

}  // namespace ph::rest
