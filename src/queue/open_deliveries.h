// Purpose: the file `open-deliveries`: for which recipients the final dot may have been sent while
//   their outcome is not durable yet. It outlives the process, so that the next one knows who may
//   have the mail already. After a power cut it is a hint only: a recipient that is missing in it
//   goes at once, one too many waits a little.
// Shapes: little-endian, mapped; slots of kOpenSlot octets. Slot 0: magic "PHOPEN01", u32 number of
//   the others when the file was made, CRC-32C u32 of those 12. Others: message i64 (0: empty),
//   index i64, copies u32, CRC-32C u32 of those 20 and the slot's number. Never synced: marking
//   costs no system call.
// Threads: mark() whoever carries that delivery; all else the queue's loop.
// Errors: damage is ignored and counted; a file that is none of ours is made anew.
// Not here: what follows for a recipient (interrupted.h).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "store/recipient.h"
#include "store/store.h"

namespace ph::queue {

inline constexpr size_t kOpenSlot = 64;  // a cache line: loops do not disturb each other

inline std::string open_deliveries_path(const std::string& data_directory) {
  return data_directory + "/open-deliveries";
}

using OpenSlot = uint32_t;  // 1 and up

struct OpenDelivery {
  OpenSlot slot = 0;
  store::RecipientKey key;
  uint32_t copies = 0;  // final dots sent whose end nobody knows
};

struct OpenFile {
  bool ours = false;   // magic and checksum of slot 0
  bool blank = false;  // slot 0 is zero, as while the file is being made
  std::vector<OpenDelivery> found;
  std::vector<OpenSlot> damaged;
};
// What a file of whatever bytes says.
OpenFile parse_open_deliveries(std::string_view bytes);
std::string encode_open_header(uint32_t slots);
std::string encode_open_slot(const OpenDelivery& delivery);

class OpenDeliveries {
 public:
  // Makes the file where there is none. What an earlier process left is in found(), and keeps its
  // slots until they are given back, also where it had more of them.
  static Result<std::shared_ptr<OpenDeliveries>> open(const std::string& path,
                                                      uint32_t slots = limits::kOpenDeliveries);
  ~OpenDeliveries();  // nobody marks any more
  OpenDeliveries(const OpenDeliveries&) = delete;
  OpenDeliveries& operator=(const OpenDeliveries&) = delete;

  const std::vector<OpenDelivery>& found() const { return file_.found; }
  const OpenFile& file() const { return file_; }

  bool full() const { return free_.empty(); }
  OpenSlot take();                          // not when full()
  void mark(const OpenDelivery& delivery);  // its slot is the caller's
  void clear(OpenSlot slot);                // stays the caller's
  void give_back(OpenSlot slot);            // cleared

 private:
  OpenDeliveries(std::span<char> mapped, OpenFile file, uint32_t slots);
  char* at(OpenSlot slot) const { return mapped_.data() + slot * kOpenSlot; }

  std::span<char> mapped_;
  OpenFile file_;
  uint32_t slots_;  // that are given out; there may be more, of an earlier process
  std::vector<OpenSlot> free_;
};

// For `posthouse fsck`, while no server runs: damage, and recipients that do not exist.
Result<std::vector<std::string>> check_open_deliveries(const std::string& path,
                                                       store::Store& store);

}  // namespace ph::queue
