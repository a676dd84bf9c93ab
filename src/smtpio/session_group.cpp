#include "smtpio/session_group.h"

namespace ph::smtpio {

void SessionGroup::stop() {
  stopping_.store(true, std::memory_order_release);
  std::lock_guard lock(mutex_);
  for (const auto& seat : seats_) {
    seat->loop->post([seat] {
      if (seat->on_stop) seat->on_stop();
    });
  }
}

unsigned SessionGroup::open() const {
  std::lock_guard lock(mutex_);
  return static_cast<unsigned>(seats_.size());
}

net::Task<bool> SessionGroup::drained(std::shared_ptr<SessionGroup> group, Deadline deadline) {
  Clock& clock = net::Loop::current()->clock();
  while (group->open() > 0) {
    if (deadline.passed(clock)) co_return false;
    co_await net::sleep_for(limits::kSmtpDrainLook);
  }
  co_return true;
}

SessionGroup::Place::Place(std::shared_ptr<SessionGroup> group, std::function<void()> on_stop)
    : group_(std::move(group)),
      seat_(std::make_shared<Seat>(Seat{net::Loop::current(), std::move(on_stop)})) {
  std::lock_guard lock(group_->mutex_);
  group_->seats_.insert(seat_);
}

SessionGroup::Place::~Place() {
  seat_->on_stop = nullptr;
  std::lock_guard lock(group_->mutex_);
  group_->seats_.erase(seat_);
}

bool SessionGroup::Share::grow(size_t bytes) {
  size_t before = group_->taken_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes > group_->content_bytes_) {
    group_->taken_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  bytes_ += bytes;
  return true;
}

void SessionGroup::Share::clear() {
  group_->taken_.fetch_sub(bytes_, std::memory_order_relaxed);
  bytes_ = 0;
}

}  // namespace ph::smtpio
