// Purpose: what doors ask of people beside core's own: registration, passwords, invitations, second
//   factors, the audit log.
// Threads: any loop.
#pragma once

#include "core/audit_log.h"
#include "people/invitation.h"
#include "people/notice.h"
#include "people/password_reset.h"
#include "people/registration.h"
#include "people/second_factor.h"

namespace ph::people {

struct People {
  People(core::Context& context, core::Users& users, Notices& told)
      : notices(told),
        registration(context, told),
        password_reset(context, told),
        invitations(context, told),
        second_factors(context, users),
        audit(context) {}

  Notices& notices;
  Registration registration;
  PasswordReset password_reset;
  Invitations invitations;
  SecondFactors second_factors;
  core::AuditLog audit;
};

}  // namespace ph::people
