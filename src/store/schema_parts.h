// Purpose: migrations that schema.cpp has no room for. Private to store.
#pragma once

#include <string_view>

namespace ph::store {

extern const std::string_view kBillingTables;
extern const std::string_view kEarlierDomains;
extern const std::string_view kIdentityTables;

}  // namespace ph::store
