// Purpose: what the queue keeps in memory of a recipient and of its message.
// Threads: the queue loop; Mail.row is shared with sessions and never changes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>

#include "core/attempt.h"
#include "net/semaphore.h"
#include "queue/content_budget.h"
#include "queue/open_deliveries.h"
#include "queue/windows.h"
#include "store/outcome.h"

namespace ph::queue {

// Content that was read for a session, with its share of the memory.
struct LoadedContent {
  std::shared_ptr<const std::string> bytes;
  ContentBudget::Share share;
};

struct Mail {
  std::shared_ptr<const store::MessageRow> row;
  std::shared_ptr<const std::string> content;  // handed over at accept, while memory lasts
  ContentBudget::Share handed;                 // its share of the memory
  std::weak_ptr<LoadedContent> loaded;
  net::Semaphore loading{1};  // one reads, the others find it read
};

enum class Place : uint8_t {
  ready,      // in the windows
  in_flight,  // in a session
  done,       // its outcome is not written yet
};

// What somebody asked for while the recipient was in a session.
enum class Asked : uint8_t { nothing, cancel, expire };

struct Entry {
  Ticket ticket = 0;
  std::shared_ptr<Mail> mail;
  store::RecipientRow row;
  std::string site;
  Place place = Place::ready;
  Asked asked = Asked::nothing;
  store::Outcome outcome;  // when done
  OpenSlot slot = 0;       // of the open deliveries; 0: none
  uint32_t copies = 0;     // that earlier processes may have handed over
};

// The store's order of what is due.
inline bool is_before(const store::DueCursor& a, const store::DueCursor& b) {
  return std::tie(a.next_at, a.key) < std::tie(b.next_at, b.key);
}
inline store::DueCursor place_of(const store::RecipientRow& row) { return {row.next_at, row.key}; }
// From where to read so that this row is the first.
inline store::DueCursor just_before(const store::RecipientRow& row) {
  return {row.next_at, {row.key.message_id, row.key.idx - 1}};
}

inline void keep_earlier(std::map<int32_t, store::DueCursor>& places, int32_t shard,
                         const store::DueCursor& place) {
  auto [known, fresh] = places.try_emplace(shard, place);
  if (!fresh && is_before(place, known->second)) known->second = place;
}

// All recipients in memory, each at most once.
class Entries {
 public:
  Entry& add(store::RecipientRow row, std::shared_ptr<Mail> mail, std::string site) {
    Ticket ticket = ++last_;
    by_key_[row.key] = ticket;
    Entry& entry = all_[ticket];
    entry.ticket = ticket;
    entry.mail = std::move(mail);
    entry.row = std::move(row);
    entry.site = std::move(site);
    return entry;
  }
  Entry& at(Ticket ticket) { return all_.at(ticket); }
  Entry* find(const store::RecipientKey& key) {
    auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &all_.at(found->second);
  }
  void remove(Ticket ticket) {
    auto found = all_.find(ticket);
    by_key_.erase(found->second.row.key);
    all_.erase(found);
  }
  size_t size() const { return all_.size(); }
  template <class F>
  void each_of(MessageId message, F what) {
    for (auto it = by_key_.lower_bound({message, 0});
         it != by_key_.end() && it->first.message_id == message; ++it) {
      what(all_.at(it->second));
    }
  }

 private:
  std::unordered_map<Ticket, Entry> all_;
  std::map<store::RecipientKey, Ticket> by_key_;
  Ticket last_ = 0;
};

}  // namespace ph::queue
