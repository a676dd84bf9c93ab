// Purpose: bulk jobs for whoever sent them: begin one, see its progress, pause, resume, cancel.
// Shapes: progress is rows decided, accepted and refused, and what became of the accepted ones. A
//   change of state is there at once; the job's queued messages follow in slices (bulk/runner.h).
// Errors: not_found for absent and foreign alike; conflict for a move that the state does not have;
//   forbidden for a key whose scope does not reach it. A key of one domain sees that one's jobs.
// Threads: any loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/bulk_upload.h"
#include "json/json.h"

namespace ph::core {

struct BulkView {
  store::BulkJobRow job;
  store::BulkCounts counts;
  std::vector<store::BulkRefusalRow> refusals;  // the first kBulkRefusals
};

enum class BulkVerb : uint8_t { pause, resume, cancel };

class Bulks {
 public:
  explicit Bulks(Context& context) : context_(context) {}

  std::unique_ptr<BulkUpload> upload(BulkRequest request);
  net::Task<Outcome<BulkView>> get(Actor actor, AccountId account, BulkId id);
  net::Task<Outcome<std::vector<store::BulkJobRow>>> list(Actor actor, AccountId account,
                                                          BulkId before, size_t limit);
  net::Task<Outcome<BulkView>> move(Actor actor, AccountId account, BulkId id, BulkVerb verb);

  // Called after a job began or moved; set by app before the doors open.
  std::function<void()> on_work;
  void tell_work() const {
    if (on_work) on_work();
  }

 private:
  net::Task<Outcome<BulkView>> view(AccountId account, Outcome<store::BulkJobRow> job);

  Context& context_;
  // A look at all recipients of a large job is kept for a moment.
  struct Counted {
    store::BulkCounts counts;
    MonoTime until;
  };
  std::mutex mutex_;
  std::map<BulkId, Counted> counted_;  // under mutex_
};

// {"id","state","rows","decided","accepted","refused",…}
json::Value bulk_json(const store::BulkJobRow& row);
// With "recipients" by state, and "refusals".
json::Value bulk_view_json(const BulkView& view);

}  // namespace ph::core
