// Any octets: every split reads the same; what DotStuffer wrote comes back and ends where it should
// end.
#include <cstdint>

#include "base/check.h"
#include "smtp/data_reader.h"

using namespace ph::smtp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  DataReader whole, cut;
  std::string content, pieces;
  size_t used = whole.feed(bytes, content), at = 0;
  while (at < bytes.size() && !cut.done()) at += cut.feed(bytes.substr(at, 1 + data[0]), pieces);
  PH_CHECK(used == at && whole.done() == cut.done() && whole.fault() == cut.fault());
  if (whole.fault() == ContentFault::none) PH_CHECK(content == pieces);
  if (whole.done()) PH_CHECK(bytes.substr(0, used).ends_with(".\r\n"));

  std::string wire, back;
  DotStuffer stuffer;
  stuffer.feed(bytes, wire);
  stuffer.finish(wire);
  DataReader reader;
  PH_CHECK(reader.feed(wire, back) == wire.size());
  PH_CHECK(reader.done() && reader.fault() == ContentFault::none);
  std::string again;
  DotStuffer second;
  second.feed(back, again);
  second.finish(again);
  PH_CHECK(again == wire);
  return 0;
}
