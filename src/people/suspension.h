// Purpose: the operator stops an account, and lets it go on.
// Shapes: suspended, it accepts no mail; its people sign in and see everything; what is queued
//   already leaves, unless the operator holds it (queue/). Resumed, it is what it was before.
// Errors: conflict (suspended already, or not suspended), missing_field (the reason), not_found,
//   forbidden.
// Threads: any loop.
#pragma once

#include <string>

#include "core/context.h"
#include "people/notice.h"
#include "store/account.h"

namespace ph::people {

enum class TellThem : uint8_t { no, by_mail };

class Suspensions {
 public:
  Suspensions(core::Context& context, Notices& notices) : context_(context), notices_(notices) {}

  net::Task<core::Outcome<store::AccountRow>> suspend(core::Actor actor, AccountId account,
                                                      std::string reason, TellThem tell);
  net::Task<core::Outcome<store::AccountRow>> resume(core::Actor actor, AccountId account);

 private:
  core::Context& context_;
  Notices& notices_;
};

// A reason that a customer reads: given, not too long, without control characters but line ends.
core::Outcome<std::string> good_reason(const std::string& given);

}  // namespace ph::people
