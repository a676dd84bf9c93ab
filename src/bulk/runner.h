// Purpose: works on bulk jobs: expands them slice by slice, lets their messages follow a pause,
//   resume or cancel, and removes what uploads left that never ended.
// Shapes: one coroutine; jobs take turns. A slice is as large as the store's writer takes
//   kBulkSliceTime for, and after it the writer is left alone for as long, so that no accept waits
//   for a bulk job. A job does not run ahead of its delivery by more than kBulkAhead rows.
// Errors: of the store: the job is tried again later, the others go on.
// Threads: start() before its loop runs or on it; wake() any.
// Not here: what a slice is (core/bulk_expand.h), the queue's verbs (given by app).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/limits.h"
#include "core/bulk_render.h"
#include "core/context.h"
#include "net/loop.h"

namespace ph::bulk {

// Messages of one account, in order of their ids; gives how many recipients changed.
using MessagesVerb = std::function<net::Task<Result<int64_t>>(AccountId, std::vector<MessageId>)>;

struct RunnerOptions {
  core::Context* context = nullptr;
  core::BulkRenderer* renderer = nullptr;
  net::Loop* loop = nullptr;
  MessagesVerb hold, release, cancel;
  size_t slice_most = limits::kBulkSlice;  // rows
  Duration look = limits::kBulkLook;       // the longest wait when nobody calls
  // Between two slices; empty: the loop's time.
  std::function<net::Task<>(Duration)> pause;
};

class Runner {
 public:
  explicit Runner(RunnerOptions options);
  ~Runner();  // the loop has stopped
  void start();
  // There may be something to do.
  void wake();
  // One turn of all jobs, for tests; false when there was nothing to do.
  net::Task<Result<bool>> turn();

 private:
  class Work;
  std::shared_ptr<Work> work_;
};

}  // namespace ph::bulk
