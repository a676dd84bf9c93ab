// A receiver's replies as any octets: however they are split, the same replies come out, and what
// comes out is printable and can be written and read again.
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "smtp/reply.h"

using namespace ph;
using namespace ph::smtp;

namespace {

struct Read {
  std::vector<Reply> replies;
  bool broken = false;
};

// The pieces are `step` octets long, or as long as the octets themselves say.
Read read(std::string_view bytes, size_t step) {
  Read out;
  ReplyParser parser;
  while (!bytes.empty() && !out.broken) {
    size_t size = step > 0 ? step : 1 + static_cast<uint8_t>(bytes.front()) % 17;
    parser.feed(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    for (;;) {
      auto next = parser.next();
      if (!next) PH_CHECK(next.error().code == Errc::invalid || next.error().code == Errc::limit);
      out.broken = !next;
      if (!next || !*next) break;
      out.replies.push_back(std::move(**next));
    }
  }
  if (!out.broken) PH_CHECK(parser.rest().size() <= limits::kSmtpReplyLine);
  return out;
}

void check(const Reply& reply) {
  PH_CHECK(reply.code >= 200 && reply.code <= 599);
  PH_CHECK(is_utf8(reply.text()) && !has_control(reply.text()));
  PH_CHECK(is_utf8(reply.line()) && !has_control(reply.line()));
  Read again = read(reply.wire(), 0);
  PH_CHECK(!again.broken && again.replies.size() == 1 && again.replies[0].code == reply.code);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Read whole = read(bytes, size + 1);
  for (const Reply& reply : whole.replies) check(reply);
  for (size_t step : {size_t{0}, size_t{1}, size_t{3}}) {
    Read split = read(bytes, step);
    PH_CHECK(split.broken == whole.broken && split.replies.size() == whole.replies.size());
    for (size_t i = 0; i < split.replies.size(); ++i)
      PH_CHECK(split.replies[i].line() == whole.replies[i].line());
  }
  return 0;
}
