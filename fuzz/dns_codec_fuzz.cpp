// DNS packets: what decodes must encode, and decode to the same again; no packet may harm the
// name server or the reading of answers.
#include <cstdint>
#include <cstdlib>

#include "dns/codec.h"
#include "dns/server.h"

using namespace ph;
using namespace ph::dns;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view packet(reinterpret_cast<const char*>(data), size);
  static const std::shared_ptr<Zone> zones[] = {[] {
    auto zone = std::make_shared<Zone>("example", Soa{"ns.example", "root.example"}, 60);
    (void)zone->add(cname_record("a.example", "b.example", 60));
    (void)zone->add(txt_record("b.example", Txt::of("text"), 60));
    return zone;
  }()};
  for (Transport transport : {Transport::udp, Transport::tcp})
    if (auto response = respond(zones, packet, transport))
      if (!decode(*response)) std::abort();

  auto message = decode(packet);
  if (!message) return 0;
  std::string unfollowed;
  Question question = message->questions.empty() ? Question{"a.example", Type::txt}
                                                 : message->questions[0];
  (void)interpret(*message, question, &unfollowed);
  for (const Record& record : message->answers) (void)data_text(record);
  // Larger than a message may be: compression differs, so this is no fault.
  auto bytes = encode(*message);
  if (!bytes) return 0;
  auto again = decode(*bytes);
  if (!again) std::abort();
  if (!again->truncated && !(*again == *message)) std::abort();
  return 0;
}
