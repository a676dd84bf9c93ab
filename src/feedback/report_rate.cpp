#include "feedback/report_rate.h"

#include "base/limits.h"

namespace ph::feedback {

bool ReportRate::take(const store::RecipientKey& key) {
  std::lock_guard lock(mutex_);
  make_room();
  MonoTime now = clock_.mono();
  Count& count = counts_[{key.message_id.value, key.idx}];
  bool begins = count.reports == 0 || now - count.since >= limits::kReportsWindow;
  if (begins) count = {.since = now};
  if (count.reports >= limits::kReportsKept) return false;
  ++count.reports;
  return true;
}

// What is over goes first; where that is not enough, counting begins anew for all.
void ReportRate::make_room() {
  if (counts_.size() < limits::kReportMemory) return;
  MonoTime now = clock_.mono();
  std::erase_if(counts_, [&](const auto& entry) {
    return now - entry.second.since >= limits::kReportsWindow;
  });
  if (counts_.size() >= limits::kReportMemory) counts_.clear();
}

}  // namespace ph::feedback
