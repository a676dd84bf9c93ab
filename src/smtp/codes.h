// Purpose: reply codes and enhanced status codes: every number that SMTP puts on the wire has its
//   name here.
// Shapes: a code is 200..599; an enhanced status is class.subject.detail, class 0 when absent.
// Spec: RFC 5321 §4.2, RFC 3463, RFC 5248, RFC 4954 §6, RFC 6531 §3.5, RFC 7505.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ph::smtp {

enum Code : int {
  kHelpText = 214,
  kServiceReady = 220,
  kClosing = 221,
  kAuthSucceeded = 235,         // RFC 4954 §6
  kOk = 250,
  kCannotVerify = 252,
  kAuthContinue = 334,          // RFC 4954 §4
  kStartInput = 354,
  kNotAvailable = 421,
  kMailboxBusy = 450,
  kLocalError = 451,
  kNoStorage = 452,
  kAuthTemporary = 454,         // RFC 4954 §6, and RFC 3207 §4 for TLS
  kSyntaxError = 500,
  kBadParameter = 501,
  kNotImplemented = 502,
  kBadSequence = 503,
  kParameterNotImplemented = 504,
  kNotAuthenticated = 530,      // RFC 4954 §6, RFC 3207 §4
  kAuthRefused = 535,           // RFC 4954 §6
  kAuthNeedsTls = 538,          // RFC 4954 §6
  kMailboxUnavailable = 550,
  kTooMuch = 552,
  kBadMailbox = 553,
  kFailed = 554,
  kUnknownParameter = 555,      // RFC 5321 §4.1.1.11
};

struct EnhancedStatus {
  uint16_t klass = 0;  // 2, 4, 5; 0: none
  uint16_t subject = 0;
  uint16_t detail = 0;
  constexpr explicit operator bool() const { return klass != 0; }
  constexpr auto operator<=>(const EnhancedStatus&) const = default;
  std::string text() const;  // "5.1.1"; empty for none
};

// "5.1.1" at the front of a reply's text, followed by a space or the end (RFC 2034 §4).
std::optional<EnhancedStatus> parse_enhanced(std::string_view text);

// RFC 3463 §3 and the registry of RFC 5248.
namespace status {
inline constexpr EnhancedStatus kNone{};
inline constexpr EnhancedStatus kFine{2, 0, 0};
inline constexpr EnhancedStatus kSenderFine{2, 1, 0};
inline constexpr EnhancedStatus kRecipientFine{2, 1, 5};
inline constexpr EnhancedStatus kContentFine{2, 6, 0};
inline constexpr EnhancedStatus kAuthFine{2, 7, 0};
inline constexpr EnhancedStatus kNoSuchMailbox{5, 1, 1};
inline constexpr EnhancedStatus kBadRecipientSyntax{5, 1, 3};
inline constexpr EnhancedStatus kBadSenderSyntax{5, 1, 7};
inline constexpr EnhancedStatus kSystemBusy{4, 3, 2};
inline constexpr EnhancedStatus kMessageTooBig{5, 3, 4};
inline constexpr EnhancedStatus kConnectionLost{4, 4, 2};
inline constexpr EnhancedStatus kProtocol{5, 5, 0};
inline constexpr EnhancedStatus kTemporaryProtocol{4, 5, 0};
inline constexpr EnhancedStatus kInvalidCommand{5, 5, 1};
inline constexpr EnhancedStatus kSyntax{5, 5, 2};
inline constexpr EnhancedStatus kTooManyRecipients{4, 5, 3};
inline constexpr EnhancedStatus kBadArguments{5, 5, 4};
inline constexpr EnhancedStatus kBadContent{5, 6, 0};
inline constexpr EnhancedStatus kConversionNeeded{5, 6, 3};
inline constexpr EnhancedStatus kUtf8NotPermitted{5, 6, 7};   // RFC 6531 §3.5
inline constexpr EnhancedStatus kSecurity{5, 7, 0};
inline constexpr EnhancedStatus kTemporarySecurity{4, 7, 0};
inline constexpr EnhancedStatus kBadCredentials{5, 7, 8};     // RFC 4954 §6
inline constexpr EnhancedStatus kEncryptionNeeded{5, 7, 11};  // RFC 4954 §6
}  // namespace status

}  // namespace ph::smtp
