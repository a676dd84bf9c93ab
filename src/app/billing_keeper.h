// Purpose: the keeper of bills and levels, with the mails that tell of what it does.
// Threads: made by the main thread; runs on one loop.
#pragma once

#include <memory>

#include "app/services.h"
#include "billing/keeper.h"

namespace ph::app {

std::shared_ptr<billing::Keeper> make_billing_keeper(Services& services);

}  // namespace ph::app
