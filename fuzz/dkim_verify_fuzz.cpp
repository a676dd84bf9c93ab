// Whole messages of strangers: verifying never fails but by a verdict, what we sign verifies, and
// the pieces in which a body comes do not matter.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "mailauth/dkim_testing.h"

using namespace ph;
using namespace ph::mailauth;
using namespace ph::mailauth::testing;

namespace {

const crypto::PrivateKey& key() {
  static const auto made = crypto::PrivateKey::from_ed25519_seed(std::string(32, 'k')).value();
  return made;
}

void check_signing(const std::string& message) {
  if (message.starts_with("From ")) return;  // an mbox line is none any more below our field
  auto field = dkim_sign(message, request(key()));
  if (!field) return;
  auto verdicts = verify(*field + message, records_of(key()));
  if (!verdicts) return;  // the field brought the header section over a bound
  PH_CHECK(verdicts->at(0).result == DkimResult::pass);
}

void check_pieces(std::string_view body) {
  for (Canonical form : {Canonical::simple, Canonical::relaxed}) {
    BodyHasher hasher(form);
    for (size_t at = 0; at < body.size(); at += 1 + at % 3)
      hasher.add(body.substr(at, 1 + at % 3));
    PH_CHECK(hasher.finish().digest == hash_body(form, body).digest);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string message = crlf({reinterpret_cast<const char*>(data), size});
  auto verifier = DkimVerifier::parse(message, {.now = kNow, .min_rsa_bits = 512});
  if (verifier) {
    std::string open = print_dkim_key_record(key().public_key());
    TxtAnswer answer{TxtAnswer::State::found, {"k=rsa; p=", open}};
    std::vector<TxtAnswer> answers(verifier->names().size(), answer);
    for (const DkimVerdict& verdict : verifier->judge(answers))
      PH_CHECK(verdict.result == DkimResult::pass || !verdict.reason.empty());
  }
  check_signing(message);
  check_pieces({reinterpret_cast<const char*>(data), size});
  return 0;
}
