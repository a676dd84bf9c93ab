// Purpose: deliveries that the end of an earlier process cut: the receiver may have the mail. Each
//   waits until this process has been up for a while, longer after every further cut, so that a
//   crash loop hands out no third copy; then it goes on as any other.
// Shapes: up for kInterruptedCalm after one copy that may exist, kInterruptedGrowth times that
//   after each more, at most kInterruptedCalmMost. Its slot stays until its outcome is durable.
// Threads: the queue's loop.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "queue/open_deliveries.h"

namespace ph::queue {

// How long a process must have been up before it makes one more copy than `copies`.
inline Duration calm_after(uint32_t copies) {
  Duration out = limits::kInterruptedCalm;
  for (uint32_t i = 1; i < copies && out < limits::kInterruptedCalmMost; ++i)
    out *= limits::kInterruptedGrowth;
  return std::min(out, limits::kInterruptedCalmMost);
}

class Interrupted {
 public:
  struct Delivery {
    OpenSlot slot = 0;
    uint32_t copies = 0;
    MonoTime calm_at;
    AccountId account;  // once its row was read
    std::string domain;
  };

  Interrupted() = default;
  Interrupted(std::shared_ptr<OpenDeliveries> open, MonoTime now) : open_(std::move(open)) {
    for (const OpenDelivery& found : open_->found()) {
      Delivery delivery{found.slot, found.copies, now + calm_after(found.copies), {}, {}};
      // Two slots of one recipient are no work of ours: the first is as good as the second.
      if (!all_.try_emplace(found.key, std::move(delivery)).second) open_->give_back(found.slot);
    }
  }

  bool empty() const { return all_.empty(); }
  size_t size() const { return all_.size(); }
  std::vector<store::RecipientKey> keys() const {
    std::vector<store::RecipientKey> out;
    for (const auto& [key, delivery] : all_) out.push_back(key);
    return out;
  }

  // When it may be tried; nullopt: now.
  std::optional<MonoTime> waits_until(const store::RecipientKey& key, MonoTime now) const {
    auto found = all_.find(key);
    if (found == all_.end() || now >= found->second.calm_at) return std::nullopt;
    return found->second.calm_at;
  }
  // When the next of those that wait may go; nullopt: none waits.
  std::optional<MonoTime> next_calm(MonoTime now) const {
    std::optional<MonoTime> out;
    for (const auto& [key, delivery] : all_)
      if (delivery.calm_at > now && (!out || delivery.calm_at < *out)) out = delivery.calm_at;
    return out;
  }
  void belongs_to(const store::RecipientRow& row) {
    auto found = all_.find(row.key);
    if (found == all_.end()) return;
    found->second.account = row.account_id;
    found->second.domain = row.domain;
  }
  // Somebody wants these tried at once.
  template <class Wanted>
  void hurry(MonoTime now, Wanted wanted) {
    for (auto& [key, delivery] : all_)
      if (wanted(key, delivery)) delivery.calm_at = std::min(delivery.calm_at, now);
  }
  // Its attempt begins: the slot goes over to it.
  std::optional<Delivery> begin(const store::RecipientKey& key) {
    auto found = all_.find(key);
    if (found == all_.end()) return std::nullopt;
    Delivery out = std::move(found->second);
    all_.erase(found);
    return out;
  }
  // It is finished, or was never there.
  void drop(const store::RecipientKey& key) {
    if (auto gone = begin(key)) open_->give_back(gone->slot);
  }

 private:
  std::shared_ptr<OpenDeliveries> open_;
  std::map<store::RecipientKey, Delivery> all_;
};

}  // namespace ph::queue
