// SPF: the first line of the input is the record of the checked domain, each further line the
// answer to the next question: "T text", "A ip", "M host", "P name", "N" (nothing), "X" (no such
// name) or "F" (failure). However answers fall, a verdict comes within the limits.
#include <cstdint>
#include <cstdlib>

#include "base/limits.h"
#include "base/text.h"
#include "dns/wire_name.h"
#include "mailauth/spf_check.h"
#include "mailauth/spf_judge.h"

using namespace ph;
using namespace ph::mailauth;

namespace {

dns::Answer answer_of(const dns::Question& question, std::string_view line) {
  dns::Answer out;
  out.status = dns::Status::ok;
  out.canonical = question.name;
  std::string_view rest = line.size() > 2 ? line.substr(2) : std::string_view();
  auto add = [&](dns::RecordData data) {
    out.records.push_back({question.name, question.type, 60, std::move(data)});
  };
  switch (line.empty() ? 'X' : line[0]) {
    case 'T':
      for (std::string_view text : split(rest, '|')) add(dns::Txt::of(text));
      break;
    case 'A':
      for (std::string_view text : split(rest, '|'))
        if (auto ip = IpAddress::parse(text)) add(*ip);
      break;
    case 'M':
      for (std::string_view text : split(rest, '|'))
        if (auto name = dns::name_from_text(text)) add(dns::Mx{10, *name});
      break;
    case 'P':
      for (std::string_view text : split(rest, '|'))
        if (auto name = dns::name_from_text(text)) add(dns::Target{*name});
      break;
    case 'N':
      out.status = dns::Status::nodata;
      break;
    case 'F':
      out.status = dns::Status::servfail;
      break;
    default:
      out.status = dns::Status::nxdomain;
  }
  if (out.records.empty() && out.ok()) out.status = dns::Status::nodata;
  return out;
}

template <class T>
T run(dns::Inquiry<T> inquiry, const std::vector<std::string_view>& lines) {
  // Ten terms, each with ten hosts or names, the names of the client, texts and an explanation.
  constexpr size_t kMostQuestions = 250;
  size_t asked = 0;
  while (const dns::Question* question = inquiry.wanted()) {
    if (asked >= kMostQuestions) std::abort();
    if (!dns::name_labels(question->name)) std::abort();
    inquiry.answer(answer_of(*question, asked < lines.size() ? lines[asked] : "X"));
    ++asked;
  }
  return inquiry.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto lines = split({reinterpret_cast<const char*>(data), size}, '\n');
  (void)parse_spf_record(lines[0]);
  std::string first = "T " + std::string(lines[0]);
  auto answers = lines;
  answers[0] = first;
  for (const char* ip : {"192.0.2.1", "2001:db8::1"}) {
    SpfInput input{.ip = *IpAddress::parse(ip), .helo = "h.example.com",
                   .mail_from = "a.b-c+d@sub.example.com"};
    SpfResult result = run(spf_inquiry(input), answers);
    if (result.lookups > limits::kSpfLookups + 1) std::abort();
    if (result.void_lookups > limits::kSpfVoidLookups + 1) std::abort();
  }
  (void)run(spf_judge_inquiry({"sub.example.com", "spf.example.net",
                               {*IpAddress::parse("192.0.2.1")}}), answers);
  return 0;
}
