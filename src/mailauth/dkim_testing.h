// Purpose: for tests and nothing else: keys, a map in the place of DNS, verifying in one call.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "mailauth/dkim_sign.h"
#include "mailauth/dkim_verify.h"

namespace ph::mailauth::testing {

inline const WallTime kNow = WallTime::from_seconds(1'700'000'000);

// Owner name to TXT texts. The one text "TEMPERROR" is a temporary error.
using Records = std::map<std::string, std::vector<std::string>>;

inline const crypto::PrivateKey& rsa_key() {
  static const auto key = crypto::PrivateKey::generate(crypto::NewKey::rsa_1024).value();
  return key;
}

inline const crypto::PrivateKey& ed25519_key() {
  static const auto key = crypto::PrivateKey::generate(crypto::NewKey::ed25519).value();
  return key;
}

inline TxtAnswer answer_from(const Records& records, const std::string& name) {
  auto at = records.find(name);
  if (at == records.end()) return {};
  if (at->second == std::vector<std::string>{"TEMPERROR"})
    return {TxtAnswer::State::temporary, {}};
  return {TxtAnswer::State::found, at->second};
}

inline Result<std::vector<DkimVerdict>> verify(std::string_view message, const Records& records,
                                               DkimOptions options = {.now = kNow}) {
  auto verifier = TRY(DkimVerifier::parse(message, options));
  std::vector<TxtAnswer> answers;
  for (const std::string& name : verifier.names()) answers.push_back(answer_from(records, name));
  return verifier.judge(answers);
}

inline std::string crlf(std::string_view text) { return with_crlf_line_ends(text); }

inline DkimSignRequest request(const crypto::PrivateKey& key) {
  return {.domain = "example.org", .selector = "ph1", .key = key, .time = kNow};
}

inline Records records_of(const crypto::PrivateKey& key) {
  return {{"ph1._domainkey.example.org", {print_dkim_key_record(key.public_key())}}};
}

inline std::string signed_with(const DkimSignRequest& how, const std::string& message) {
  return dkim_sign(message, how).value() + message;
}

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  size_t at = text.find(from);
  if (at == std::string::npos) return "the test's text does not hold what is replaced";
  return text.replace(at, from.size(), to);
}

}  // namespace ph::mailauth::testing
