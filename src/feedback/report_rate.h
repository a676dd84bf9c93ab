// Purpose: how many reports one recipient's return path may bring: whoever got a mail knows its
//   return path, and what comes there is stored.
// Shapes: kReportsKept in kReportsWindow, counted in memory: a restart begins anew.
// Threads: any.
#pragma once

#include <map>
#include <mutex>

#include "base/clock.h"
#include "store/recipient.h"

namespace ph::feedback {

class ReportRate {
 public:
  explicit ReportRate(Clock& clock) : clock_(clock) {}
  // Counts one; false when there were enough.
  bool take(const store::RecipientKey& key);

 private:
  struct Count {
    MonoTime since;
    unsigned reports = 0;
  };
  void make_room();
  Clock& clock_;
  std::mutex mutex_;
  std::map<std::pair<int64_t, int32_t>, Count> counts_;  // under mutex_
};

}  // namespace ph::feedback
