// The file of open deliveries as any bytes: what is called whole says the same when it is written
// again.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "queue/open_deliveries.h"

// Input: an octet says whether the header is made whole, and how a slot is added that is right.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if ((data[0] & 1) != 0) bytes = ph::queue::encode_open_header(data[0]) + bytes;
  if ((data[0] & 2) != 0 && bytes.size() >= ph::queue::kOpenSlot) {
    bytes.resize(bytes.size() / ph::queue::kOpenSlot * ph::queue::kOpenSlot);
    auto slot = static_cast<ph::queue::OpenSlot>(bytes.size() / ph::queue::kOpenSlot);
    bytes += ph::queue::encode_open_slot({slot, {ph::MessageId(data[0]), 7}, 1});
  }
  ph::queue::OpenFile file = ph::queue::parse_open_deliveries(bytes);
  PH_CHECK(file.ours || (file.found.empty() && file.damaged.empty()));
  for (const ph::queue::OpenDelivery& found : file.found) {
    std::string again = ph::queue::encode_open_slot(found);
    size_t at = found.slot * ph::queue::kOpenSlot;
    PH_CHECK(bytes.compare(at, 24, again, 0, 24) == 0);
  }
  return 0;
}
