// Purpose: what the queue keeps in memory of a recipient and of its message.
// Shapes: an entry has what an attempt and its outcome need of the row, packed: many wait.
// Threads: the queue loop; Mail.row is shared with sessions and never changes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>

#include "core/attempt.h"
#include "net/memory_budget.h"
#include "net/semaphore.h"
#include "queue/open_deliveries.h"
#include "queue/windows.h"
#include "store/outcome.h"

namespace ph::queue {

// Content that was read for a session, with its share of the memory.
struct LoadedContent {
  std::shared_ptr<const std::string> bytes;
  net::MemoryBudget::Share share;
};

struct Mail {
  std::shared_ptr<const store::MessageRow> row;
  std::shared_ptr<const std::string> content;  // handed over at accept, while memory lasts
  net::MemoryBudget::Share handed;                 // its share of the memory
  std::weak_ptr<LoadedContent> loaded;
  std::optional<net::Semaphore> loading;  // one reads, the others find it read
};

enum class Place : uint8_t {
  ready,      // in the windows
  in_flight,  // in a session
  done,       // its outcome is not written yet
};

// What somebody asked for while the recipient was in a session.
enum class Asked : uint8_t { nothing, cancel, expire };

// Address, domain and last reply in one piece of memory. The domain is the end of most addresses.
class Texts {
 public:
  Texts() = default;
  explicit Texts(const store::RecipientRow& row) {
    bool ends_so = row.address.ends_with(row.domain);
    address_ = static_cast<uint16_t>(row.address.size());
    domain_ = static_cast<uint16_t>(row.domain.size());
    domain_at_ = static_cast<uint16_t>(ends_so ? address_ - domain_ : address_);
    reply_at_ = static_cast<uint16_t>(domain_at_ + domain_);
    all_.reserve(reply_at_ + row.reply.size());
    all_ += row.address;
    if (!ends_so) all_ += row.domain;
    all_ += row.reply;
  }
  std::string_view address() const { return view().substr(0, address_); }
  std::string_view domain() const { return view().substr(domain_at_, domain_); }
  std::string_view reply() const { return view().substr(reply_at_); }

 private:
  std::string_view view() const { return all_; }
  std::string all_;
  uint16_t address_ = 0;
  uint16_t domain_ = 0;
  uint16_t domain_at_ = 0;
  uint16_t reply_at_ = 0;
};

struct Entry {
  Entry() = default;
  Entry(const store::RecipientRow& row, std::shared_ptr<Mail> of)
      : key(row.key),
        mail(std::move(of)),
        next_at(row.next_at),
        expires_at(row.expires_at),
        epoch(row.epoch),
        attempts(row.attempts),
        shard(row.shard),
        copies(row.copies),
        texts(row) {}

  AccountId account() const { return mail->row->account_id; }
  store::DueCursor just_before() const { return {next_at, {key.message_id, key.idx - 1}}; }
  // For an attempt: cause and the time of the last change stay in the row.
  store::RecipientRow row() const {
    store::RecipientRow out;
    out.key = key;
    out.account_id = account();
    out.shard = shard;
    out.address = texts.address();
    out.domain = texts.domain();
    out.next_at = next_at;
    out.expires_at = expires_at;
    out.attempts = attempts;
    out.epoch = epoch;
    out.reply = texts.reply();
    out.copies = copies;
    return out;
  }

  Ticket ticket = 0;
  store::RecipientKey key;
  std::shared_ptr<Mail> mail;
  Site* site = nullptr;  // while ready or in flight
  std::unique_ptr<store::Outcome> outcome;  // when done
  WallTime next_at;
  WallTime expires_at;
  MonoTime begun{};  // its session
  int64_t epoch = 0;
  int64_t attempts = 0;
  int32_t shard = 0;
  OpenSlot slot = 0;    // of the open deliveries; 0: none
  uint32_t copies = 0;  // that earlier processes may have handed over
  Place place = Place::ready;
  Asked asked = Asked::nothing;
  Texts texts;
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
  Entry& add(const store::RecipientRow& row, std::shared_ptr<Mail> mail) {
    Ticket ticket = ++last_;
    by_key_[row.key] = ticket;
    Entry& entry = all_.try_emplace(ticket, row, std::move(mail)).first->second;
    entry.ticket = ticket;
    return entry;
  }
  Entry& at(Ticket ticket) { return all_.at(ticket); }
  Entry* find(const store::RecipientKey& key) {
    auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &all_.at(found->second);
  }
  void remove(Ticket ticket) {
    auto found = all_.find(ticket);
    by_key_.erase(found->second.key);
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
