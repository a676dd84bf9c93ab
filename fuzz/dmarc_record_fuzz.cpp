// DMARC: each line of the input is the record that the next question finds. A verdict comes within
// the queries that the tree walks allow.
#include <cstdint>
#include <cstdlib>

#include "base/limits.h"
#include "base/text.h"
#include "mailauth/dmarc_check.h"

using namespace ph;
using namespace ph::mailauth;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto lines = split({reinterpret_cast<const char*>(data), size}, '\n');
  for (std::string_view line : lines) {
    auto record = parse_dmarc_record(line);
    if (record && !is_dmarc_record(line)) std::abort();
  }
  auto inquiry = dmarc_inquiry({"a.b.c.d.e.f.g.h.example.com",
                                {"x.e.f.g.h.example.com", "example.com"},
                                "bounce.example.com"},
                               dns::PublicSuffix::system());
  size_t asked = 0;
  while (const dns::Question* question = inquiry.wanted()) {
    if (asked > 4 * limits::kDmarcTreeQueries + 2) std::abort();
    dns::Answer answer = dns::Answer::failed(dns::Status::nxdomain);
    std::string_view line = asked < lines.size() ? lines[asked] : std::string_view();
    if (line == "F") answer.status = dns::Status::timeout;
    if (line.size() > 1) {
      answer.status = dns::Status::ok;
      for (std::string_view text : split(line, '|'))
        answer.records.push_back(dns::txt_record(question->name, dns::Txt::of(text), 60));
    }
    inquiry.answer(std::move(answer));
    ++asked;
  }
  (void)inquiry.take();
  return 0;
}
