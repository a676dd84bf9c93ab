// Purpose: events and counters, which are written together with what they tell of.
// Shapes: type is core's closed list, as its name; data a JSON object. A counter is a sum per
//   account, UTC day since 1970, sender domain and kind; of an account and a kind also by UTC hour.
//   The store itself keeps the kinds of kStoreCounters: accepted at insert, deferred for each
//   event of that type, the others at the outcome, in one at a time; fsck recounts them.
// Threads: any with a connection.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph::store {

class Tx;

struct EventRow {
  EventId id;  // Tx::new_id()
  AccountId account_id;
  std::string type;
  WallTime at;
  MessageId message_id;  // 0: none
  int32_t idx = 0;
  DomainId domain_id;  // 0: none
  std::string data = "{}";
};

Result<> insert_events(Tx& tx, AccountId account, const std::vector<EventRow>& rows);
// Newest first.
Result<std::vector<EventRow>> events(sql::Connection& connection, AccountId account, Page page);
Result<std::vector<EventRow>> events_of_message(sql::Connection& connection, AccountId account,
                                                MessageId message, Page page);
Result<std::vector<EventRow>> events_for_operator(sql::Connection& connection, Page page);

// The log as it grows: ids above `low` in their order, but those of a node in `seen` only after the
// one there. One node's events are seen in the order of their ids, those of several are not.
struct EventTail {
  int64_t low = 0;
  std::vector<int64_t> seen;  // one id a node
};
Result<std::vector<EventRow>> events_after_for_operator(sql::Connection& connection,
                                                        const EventTail& tail, int64_t most);
Result<std::vector<EventRow>> events_after(sql::Connection& connection, AccountId account,
                                           const EventTail& tail, int64_t most);
// The newest id of each node that wrote in the last `late`, by the newest of all.
Result<std::vector<int64_t>> newest_events_for_operator(sql::Connection& connection,
                                                        Duration late);

inline constexpr std::array<std::string_view, 6> kStoreCounters = {
    "accepted", "delivered", "deferred", "bounced", "expired", "cancelled"};

// Of the bounced: those whose address there is not. Not recounted.
inline constexpr std::string_view kInvalidAddresses = "invalid";

int64_t day_of(WallTime t);
int64_t hour_of(WallTime t);
inline constexpr int64_t kNoHour = -1;
inline constexpr std::string_view kDeferredEvent = "deferred";  // core's name of it

struct CounterAdd {
  AccountId account_id;
  int64_t day = 0;
  DomainId domain_id;  // 0: of the account as a whole
  std::string kind;
  int64_t n = 1;
  int64_t hour = kNoHour;  // since 1970, in which it counts too
};

// One of kStoreCounters: by day and by hour.
CounterAdd counted_at(WallTime at, AccountId account, DomainId domain, std::string_view kind,
                      int64_t n = 1);

struct HourAdd {
  AccountId account_id;
  int64_t hour = 0;
  std::string kind;
  int64_t n = 1;
};

struct HourRow {
  int64_t hour = 0;
  std::string kind;
  int64_t n = 0;
};

struct CounterRow {
  int64_t day = 0;
  DomainId domain_id;
  std::string kind;
  int64_t n = 0;
};

// Equal counters are summed first, so a batch writes each once; by hour too where they say one.
Result<> add_counters(sql::Connection& connection, std::vector<CounterAdd> adds);
Result<> add_hours(sql::Connection& connection, std::vector<HourAdd> adds);
// 0 where there is none.
Result<int64_t> counter(sql::Connection& connection, AccountId account, const CounterRow& which);
// Of all days and domains.
Result<int64_t> counter_of_account(sql::Connection& connection, AccountId account,
                                   std::string_view kind);
Result<std::vector<CounterRow>> counters(sql::Connection& connection, AccountId account,
                                         int64_t first_day, int64_t last_day);
// Sums of the account in UTC hours, both included.
Result<std::vector<HourRow>> hour_counters(sql::Connection& connection, AccountId account,
                                           int64_t first_hour, int64_t last_hour);
// Gives how many rows are gone; their recounts start after the last of these days.
Result<int64_t> purge_hours_for_operator(Tx& tx, WallTime before, int64_t most);

}  // namespace ph::store
