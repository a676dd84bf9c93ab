// Purpose: the queue: which recipient is attempted when, and what became of it. Durable rows say
//   what and when; bounded windows in memory say how fast (windows.h).
// Shapes: a recipient is in memory at most once, as ready or in flight, and belongs to one session
//   at a time; all others are rows with a due time. An outcome is one transaction of row (AND
//   epoch), attempt, event and counters; outcomes that come together share it.
// Errors: an outcome that cannot be written now stays in memory as done and is tried again until it
//   is; meanwhile nobody is sent twice. A lost lease drops what was not yet written.
// Threads: everything may be called on any loop, accepted() on any thread; the work is done on the
//   loop of QueueOptions.
// Not here: SMTP and DNS (delivery/), what may be sent (core/).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/random.h"
#include "core/accepted.h"
#include "core/attempt.h"
#include "net/loop.h"
#include "store/store.h"

namespace ph::queue {

class OpenDeliveries;

using AttemptFunction = std::function<net::Task<core::AttemptResult>(core::AttemptOrder)>;

// Two cores that sign commit 0.34 times a mail for outcomes without a wait, 0.07 times with it.
inline constexpr Duration kOutcomeGather = std::chrono::milliseconds(4);

struct QueueOptions {
  store::Store* store = nullptr;
  net::Loop* loop = nullptr;  // the queue's own
  Random* random = nullptr;
  AttemptFunction attempt;
  // Who may have his mail while nothing says so yet, for the next start; null: nobody remembers.
  std::shared_ptr<OpenDeliveries> open;
  // After a start that follows a power cut: how long recipients of earlier processes wait, because
  // nothing says to whom of them a final dot was sent.
  Duration doubt{};
  // How long an outcome waits for others, while there are more under way: kOutcomeGather.
  Duration outcome_gather{};
  // Whose window a destination domain uses; empty: the domain itself.
  std::function<std::string(std::string_view domain)> site;
  unsigned site_window = limits::kSiteWindow;
  unsigned sessions = limits::kQueueSessions;           // of all sites
  size_t ready_most = limits::kQueueReady;              // recipients in memory
  size_t content_bytes = limits::kQueueContentBytes;    // of content in memory
};

// A destination: the recipients' domain, A-labels.
struct RecipientDomain {
  std::string name;
};
// Some messages of one account, in order of their ids.
struct MessageSet {
  AccountId account;
  std::vector<MessageId> ids;
};
// What a verb is about.
using Selection = std::variant<MessageId, AccountId, RecipientDomain, MessageSet>;

struct QueueSummary {
  int64_t queued = 0;     // all that are neither finished nor held
  int64_t ready = 0;      // in memory, waiting for a window
  int64_t in_flight = 0;
  int64_t deferred = 0;   // tried, waiting for their time
  int64_t held = 0;
};

// What memory knows of one destination now; recipients that wait for their time are in rows.
struct SiteQueue {
  std::string site;
  size_t ready = 0;
  unsigned in_flight = 0;
  unsigned window = 0;  // sessions that it may have now
  bool hangs = false;   // its sessions end without a word
  struct OfAccount {
    AccountId account;
    size_t ready = 0;
  };
  std::vector<OfAccount> accounts;  // those with most ready first
};

struct PastAttempt {
  WallTime at;
  int64_t code = 0;
  std::string reply;
  std::string host;
  std::string tls;
};

struct RecipientExplanation {
  std::string address;
  store::RecipientState state = store::RecipientState::queued;
  core::Cause cause = core::Cause::accepted;
  std::optional<WallTime> next;  // when it will be tried, where a time is known
  std::string limit;             // which limit binds now, in words; empty: none
  std::vector<PastAttempt> history;  // latest first, at most limits::kExplainedAttempts
};

class Engine;

class Queue {
 public:
  explicit Queue(QueueOptions options);
  ~Queue();  // the loop has stopped

  // Begins with what the store has; also after a restart.
  void start();
  // A message is durable: it goes to its windows without a read. Called in Tx::after_commit, so
  // that nothing can have become of it before.
  void accepted(core::Accepted accepted);

  // How many recipients changed. What is in a session now is not called back: it ends first.
  // A message's recipients change in one transaction, those of an account or a destination in
  // slices: where the process ends between two, those of before are changed, and asking again
  // changes the others.
  net::Task<Result<int64_t>> hold(Selection selection);
  net::Task<Result<int64_t>> release(Selection selection);
  net::Task<Result<int64_t>> retry(Selection selection);    // now
  net::Task<Result<int64_t>> expire(MessageId message);     // as if its time were over
  net::Task<Result<int64_t>> cancel(MessageId message);
  net::Task<Result<int64_t>> cancel_all(MessageSet messages);  // in one transaction

  void suspend();  // starts nothing more until resume()
  void resume();

  net::Task<Result<QueueSummary>> summary();
  net::Task<Result<std::vector<SiteQueue>>> sites();  // the fullest first
  net::Task<Result<std::vector<RecipientExplanation>>> explain(MessageId message);

  // Starts nothing more, waits for sessions until the deadline, writes outcomes. True when nothing
  // is left in flight.
  net::Task<bool> drain(Deadline deadline);

 private:
  std::shared_ptr<Engine> engine_;
};

}  // namespace ph::queue
