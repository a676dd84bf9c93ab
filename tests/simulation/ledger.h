// Purpose: what is known from outside: what clients were told, which copies receivers took, and
//   what rows said of it. Says which promise of docs/design/durability.md is broken.
// Threads: one.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "core/accepted.h"
#include "sql/connection.h"
#include "store/bulk.h"

namespace ph::simulation {

// One request of a client, under one Idempotency-Key: a message, or a bulk job with a message for
// each recipient.
struct Send {
  unsigned number = 0;
  unsigned account_number = 0;
  AccountId account;  // once the process is there that knows it
  std::string from;
  std::string key;
  std::vector<std::string> to;
  std::string body;  // of a bulk job with "{{n}}", the recipient's place in `to`
  bool bulk = false;
  bool cancelled = false;  // somebody asked for the job's end: not all of it need come
  std::optional<MessageId> acknowledged;
  std::optional<BulkId> job;

  bool answered() const { return acknowledged || job; }
};

// What happened to one recipient, as its receiver and the rows tell it.
struct Track {
  unsigned copies = 0;
  bool told = false;         // of the last copy: its 250 was read by us
  bool cut = false;          // a process ended before the last copy's outcome was durable
  bool ended = false;        // a process ended; whether it cut this is not known yet
  int64_t attempts = 0;      // that the row knew when the last copy was taken
  unsigned cuts_in_row = 0;  // copies in a row that such ends explain
  bool power = false;        // one of those was a power cut
  std::string final_state;   // once a row said so
  bool there = false;        // a row was seen
};

struct RowState {
  std::string state;
  int64_t attempts = 0;
};

struct Uptime {
  Duration of_process{};
  bool hurried = false;   // a person asked for a try at once, or slots were short
  bool of_earlier = false;  // taken from a process whose leases another one has
};

class Ledger {
 public:
  void complain(std::string what) { broken_.push_back(std::move(what)); }
  const std::vector<std::string>& broken() const { return broken_; }

  Send& add(Send send);
  std::deque<Send>& sends() { return sends_; }
  // The client read a whole answer.
  void acknowledged(Send& send, MessageId id);
  void acknowledged(Send& send, BulkId job);

  // A receiver decided to take it; and what the row said at that moment.
  // Gives which copy it is, from 1.
  unsigned copy(const std::string& address, const RowState& row, Uptime uptime);
  // We read that this copy was taken. Of an earlier one, by a process that was taken over, it says
  // nothing about the last.
  void told(const std::string& address, unsigned copy) {
    Track& track = tracks_[address];
    if (copy == track.copies) track.told = true;
  }
  void wrong_content(const std::string& address) { complain("content damaged: " + address); }
  // A process ended in the middle of its work.
  void process_ended(bool power);

  // Against all rows: at the start of a process, and at the end of the run.
  void compare(sql::Connection& rows);
  bool all_final(sql::Connection& rows) const;
  void compare_at_end(sql::Connection& rows);

 private:
  struct Row {
    std::string address;
    std::string state;
    int64_t message = 0;
    int64_t attempts = 0;
  };
  using Messages = std::map<std::string, int64_t>;  // by recipient
  static std::vector<Row> read(sql::Connection& connection);
  void compare_send(const Send& send, const Messages& messages);
  void compare_jobs(sql::Connection& rows);

  std::deque<Send> sends_;
  std::map<std::string, Track> tracks_;
  std::vector<std::string> broken_;
};

}  // namespace ph::simulation
