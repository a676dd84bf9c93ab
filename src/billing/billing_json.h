// Purpose: money, packages, bills and levels as JSON and CSV, in one shape for REST, the command
//   line and the console.
// Shapes: amounts are integers in millionths, rates in hundredths of a per cent; null where there
//   is none. CSV has a first line of names; a text that a table would calculate gets a quote.
// Threads: pure.
#pragma once

#include <string>
#include <vector>

#include "billing/billing.h"
#include "billing/reputation.h"
#include "core/activation.h"
#include "json/json.h"

namespace ph::billing {

json::Value activation_json(const core::ActivationView& view);
json::Value billing_json(const BillingView& view);
json::Value package_json(const store::PackageRow& row, WallTime now);
json::Value offer_json(const store::OfferRow& row);
json::Value price_json(const store::PriceRow& row);
json::Value usage_json(const UsageRow& row);
json::Value bill_json(const store::BillRow& row);
json::Value bill_view_json(const store::BillRow& row);  // with its lines
json::Value ledger_json(const store::LedgerEntryRow& row);
json::Value quota_json(const QuotaView& view);

std::string usage_csv(const std::vector<UsageRow>& rows);
std::string ledger_csv(const std::vector<store::LedgerEntryRow>& rows);

}  // namespace ph::billing
