// Purpose: customers as JSON, in one shape for REST and the command line.
// Shapes: amounts are millionths of the currency.
// Threads: pure.
#pragma once

#include "billing/customer.h"
#include "json/json.h"

namespace ph::billing {

json::Value customer_json(const Customer& customer);
json::Value customer_view_json(const CustomerView& view);

}  // namespace ph::billing
