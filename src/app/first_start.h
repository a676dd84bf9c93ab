// Purpose: the sandbox's first start: an operator, a first and activated account with its owner,
//   and how to log in, printed once.
// Shapes: does nothing when an account exists.
#pragma once

#include "app/doors.h"
#include "app/services.h"

namespace ph::app {

net::Task<Result<>> first_start(Services& services, DoorAddresses addresses);

}  // namespace ph::app
