#include "core/message_id.h"

#include <fmt/format.h>

#include "base/id_source.h"
#include "base/text.h"

namespace ph::core {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPrefix = "qcloudses-30-";
constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t kValueDigits = 11;  // of base 62 for 64 bits
constexpr Duration kChinaTime = 8h;

// Two rounds of a bijection on 64 bits: an odd factor and a shift that is undone.
constexpr uint64_t kFactors[] = {0xbf58476d1ce4e5b9, 0x94d049bb133111eb};

constexpr uint64_t inverse_of(uint64_t odd) {
  uint64_t x = odd;  // right in the lowest three bits; each step doubles them
  for (int i = 0; i < 5; ++i) x *= 2 - odd * x;
  return x;
}

uint64_t mix(uint64_t x) {
  for (uint64_t factor : kFactors) {
    x ^= x >> 32;
    x *= factor;
  }
  return x ^ (x >> 32);
}

uint64_t unmix(uint64_t x) {
  x ^= x >> 32;
  for (uint64_t factor : {kFactors[1], kFactors[0]}) {
    x *= inverse_of(factor);
    x ^= x >> 32;
  }
  return x;
}

char check_of(std::string_view value) {
  size_t sum = 0;
  for (size_t i = 0; i < value.size(); ++i) sum += (i + 3) * kDigits.find(value[i]);
  return kDigits[sum % kDigits.size()];
}

std::string twelve_of(MessageId id) {
  uint64_t left = mix(static_cast<uint64_t>(id.value));
  std::string out;
  for (size_t i = 0; i < kValueDigits; ++i, left /= kDigits.size())
    out += kDigits[left % kDigits.size()];
  return check_of(out) + out;
}

std::string time_of(MessageId id) {
  std::string iso = format_iso8601(id_time(id.value) + kChinaTime);  // 2026-11-21T22:11:45Z
  std::string out;
  for (char c : iso)
    if (is_digit(c)) out += c;
  return out;
}

}  // namespace

std::string format_tencent_message_id(const TencentMessageId& id) {
  return fmt::format("{}{}-date-{}-{}1", kPrefix, id.app_id, time_of(id.id), twelve_of(id.id));
}

Result<TencentMessageId> parse_tencent_message_id(std::string_view text) {
  auto wrong = [] { return fail(Errc::invalid, "this is no MessageId of ours", "MessageId"); };
  auto pieces = split(text, '-');
  if (pieces.size() != 6 || pieces[5].size() != kValueDigits + 2) return wrong();
  auto app_id = parse_number<int64_t>(pieces[2]);
  if (!app_id) return wrong();
  uint64_t value = 0;
  for (size_t i = kValueDigits; i > 0; --i) {
    size_t digit = kDigits.find(pieces[5][i]);
    if (digit == std::string_view::npos) return wrong();
    value = value * kDigits.size() + digit;
  }
  TencentMessageId out{*app_id, MessageId(static_cast<int64_t>(unmix(value)))};
  // One way to write each: what the numbers say must give the same text again.
  if (out.id.value <= 0 || format_tencent_message_id(out) != text) return wrong();
  return out;
}

Outcome<MessageId> read_message_id(std::string_view text, std::string field) {
  if (auto own = parse_id(text)) return MessageId(*own);
  if (auto imitated = parse_tencent_message_id(text)) return imitated->id;
  return refuse(Reason::not_found, "There is no such message.", std::move(field));
}

}  // namespace ph::core
