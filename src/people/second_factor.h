// Purpose: a person's second factor, from his own first code to its end.
// Shapes: a secret counts once a code of it was given; with that come ten recovery codes, shown
//   once. The password stands before each step, and a code before each that weakens.
// Errors: invalid_field (password, code), conflict (there is one, there is none), forbidden (no
//   person), request_rate_limit (too many wrong codes).
// Threads: any loop.
// Not here: how a code is judged (core/second_factor.h).
#pragma once

#include <string>
#include <vector>

#include "core/user.h"

namespace ph::people {

struct NewFactor {
  std::string secret;  // base32
  std::string uri;     // for the picture that an app reads
};

// A person, who proves himself.
struct Proof {
  core::Actor actor;
  std::string password;
  std::string code;
  core::Familiar familiar = core::Familiar::no;
  std::string session;  // the token that he asks with: what weakens or strengthens ends the others
};

class SecondFactors {
 public:
  SecondFactors(core::Context& context, core::Users& users) : context_(context), users_(users) {}

  net::Task<core::Outcome<NewFactor>> begin(Proof proof);
  // By proof.code alone. What was signed in without the factor ends.
  net::Task<core::Outcome<std::vector<std::string>>> confirm(Proof proof);
  net::Task<core::Outcome<>> remove(Proof proof);
  net::Task<core::Outcome<std::vector<std::string>>> renew_codes(Proof proof);
  net::Task<core::Outcome<int64_t>> codes_left(core::Actor actor);
  // Of another, who lost his, by a person who may take him over; his sessions end.
  net::Task<core::Outcome<>> reset(core::Actor actor, AccountId account, UserId user);

 private:
  core::Context& context_;
  core::Users& users_;
};

}  // namespace ph::people
