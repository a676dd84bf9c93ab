// Purpose: a new password for who forgot his: a link to his address, good for an hour and once.
// Shapes: sessions end with it; a second factor stays, and is asked for at the next sign-in.
// Errors: not_found in `token` (link.h). begin() answers the same for an address without a user,
//   after the same work.
// Threads: any loop.
#pragma once

#include <string>

#include "core/user.h"
#include "people/notice.h"

namespace ph::people {

class PasswordReset {
 public:
  PasswordReset(core::Context& context, Notices& notices)
      : context_(context), notices_(notices) {}

  net::Task<core::Outcome<>> begin(std::string email, std::string language);
  net::Task<core::Outcome<>> confirm(std::string token, std::string password, std::string from);

 private:
  core::Context& context_;
  Notices& notices_;
};

}  // namespace ph::people
