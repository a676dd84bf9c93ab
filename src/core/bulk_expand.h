// Purpose: makes messages of the rows of one bulk job, a slice a transaction.
// Shapes: rows are read and made ready beside the writer; one transaction then asks the limits,
//   writes messages, recipients, events, refusals and the cursor, or nothing. The cursor moves only
//   from where this slice began, so a slice that another node or an earlier try has done is not
//   done again. A refused row is counted, and listed while there are few; it stops nothing.
// Errors: of the store; what refuses the account as a whole makes the job wait (BulkStep::waits).
// Threads: one loop.
// Not here: how often and how much (bulk/runner.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/bulk_render.h"
#include "store/bulk.h"

namespace ph::core {

enum class BulkProgress : uint8_t {
  moved,
  finished,  // no row is left
  waits,     // the account may not send now; the job says until when
  stands,    // paused, cancelled, gone, or another node did the slice
};

struct BulkStep {
  BulkProgress progress = BulkProgress::moved;
  int64_t rows = 0;
  Duration writer{};  // of the store's writer's time
};

class BulkExpansion {
 public:
  BulkExpansion(Context& context, BulkRenderer& renderer, BulkId job);
  net::Task<Outcome<BulkStep>> step(size_t most);

 private:
  struct Loaded;
  net::Task<Outcome<Loaded>> load();
  net::Task<Outcome<BulkStep>> wait_for(store::BulkJobRow job, Refusal why);
  net::Task<Outcome<BulkStep>> fail_job(store::BulkJobRow job, std::string why);

  Context& context_;
  BulkRenderer& renderer_;
  BulkId job_;
  // The chunk that is being used up.
  int64_t chunk_id_ = 0;
  std::shared_ptr<const std::string> chunk_;
};

}  // namespace ph::core
