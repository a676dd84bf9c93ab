#include "delivery/reply_cause.h"

#include <array>

#include "base/limits.h"
#include "base/text.h"

namespace ph::delivery {
namespace {

// Words that receivers use; the reply codes alone do not tell.
constexpr std::array<std::string_view, 6> kGreylistWords = {
    "greylist", "graylist", "grey list", "gray list", "grey-list", "gray-list"};
constexpr std::array<std::string_view, 8> kRateWords = {
    "rate limit",  "ratelimit",          "rate-limit",           "too many",
    "too fast",    "throttl",            "exceeded the rate",    "sending rate"};

template <size_t N>
bool says_any(std::string_view text, const std::array<std::string_view, N>& words) {
  std::string low = lower(text);
  for (std::string_view word : words) {
    if (low.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

core::Cause cause_of_temporary(const smtp::Reply& reply) {
  std::string text = reply.text();
  if (says_any(text, kGreylistWords)) return core::Cause::greylisted;
  if (says_any(text, kRateWords)) return core::Cause::rate_limited;
  // RFC 5321 §3.8: 421 alone says that the service closes. RFC 3463 §3.8: X.7.Z is a policy's, and
  // what a policy ends for a while is a sender's pace.
  bool policy = reply.status && reply.status.subject == 7;
  if (reply.code == smtp::kNotAvailable && policy) return core::Cause::rate_limited;
  return core::Cause::temporary_reply;
}

core::Cause cause_of_permanent(const smtp::Reply& reply) {
  if (reply.status == smtp::status::kMessageTooBig) return core::Cause::message_too_large;
  // RFC 6531 §3.5: 5.6.7 and X.6.9 say that the address or message needs SMTPUTF8.
  if (reply.status == smtp::status::kUtf8NotPermitted) return core::Cause::needs_smtputf8;
  // Said by us: a receiver that answers 5.6.3 has its own reasons.
  bool ours = reply.code == 0;
  if (ours && reply.status == smtp::status::kConversionNeeded) return core::Cause::needs_8bitmime;
  return core::Cause::permanent_reply;
}

std::string kept_reply(std::string text) {
  if (text.size() <= limits::kReplyKept) return text;
  size_t end = limits::kReplyKept;
  // RFC 3629 §3: an octet 10xxxxxx continues a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text;
}

}  // namespace ph::delivery
