// Purpose: what routes of people share: who calls, throttles of guesses, readings of bodies.
//   Private to rest.
// Threads: as handlers.
#pragma once

#include <string>

#include "api/rest/route.h"
#include "core/policy.h"
#include "people/people.h"

namespace ph::rest {

// Refuses where people are not served by this process.
core::Outcome<people::People*> people_of(const Services& s);

core::Outcome<core::Policy> policy_in(const json::Value* given);
json::Value policy_of_row(const std::string& text);

// A row's number in a path; what is no number does not exist.
core::Outcome<int64_t> row_number(const Call& call, size_t index, const char* what);

std::unexpected<core::Refusal> too_many_guesses(Duration wait);
// What a stranger asks for an address (a registration, a reset) counts, whatever comes of it.
net::Task<core::Outcome<>> count_asking(const Services& s, const Call& call, std::string email);

// A guess at a password or code of who is signed in: counted before it is judged, and kept where
// the refusal says that it was wrong.
class OwnGuess {
 public:
  static net::Task<core::Outcome<OwnGuess>> begin(const Services& s, const Call& call);
  void judged(const core::Refusal* refusal);
  core::Familiar familiar() const { return familiar_; }

 private:
  OwnGuess(core::LoginMemory& logins, std::string name, IpAddress client)
      : logins_(&logins), name_(std::move(name)), client_(client) {}
  core::LoginMemory* logins_;
  std::string name_;
  IpAddress client_;
  core::Familiar familiar_ = core::Familiar::no;
};

// What the console shows of who is signed in.
json::Value session_value(const core::Standing& standing, const std::string& token);

}  // namespace ph::rest
