// Purpose: settings as JSON, in one shape for REST and the command line.
// Threads: pure.
#pragma once

#include "core/settings.h"
#include "json/json.h"

namespace ph::core {

json::Value setting_json(const SettingView& view);

}  // namespace ph::core
