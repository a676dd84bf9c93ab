#include "billing/billing_json.h"

#include <fmt/format.h>

#include "base/id_source.h"
#include "base/limits.h"
#include "billing/day.h"
#include "core/metering.h"
#include "core/view_json.h"

namespace ph::billing {
namespace {

using core::time_json;
using json::Value;

constexpr size_t kStoredLines = 64u << 10;
constexpr int64_t kNearPercent = 80;

Value number_or_null(std::optional<int64_t> n) { return n ? Value(*n) : Value(); }

std::string_view package_state(const store::PackageRow& row, WallTime now) {
  if (row.left() <= 0) return "used_up";
  return row.expires_at <= now ? "expired" : "active";
}

Value figures_json(const Figures& day) {
  return Value::object({{"sent", day.sent()},
                        {"delivered_rate", number_or_null(rate(day.delivered, day.sent()))},
                        {"invalid_rate", number_or_null(rate(day.invalid, day.sent()))},
                        {"spam_rate", Value()},
                        {"complaint_rate", Value()},
                        {"open_rate", Value()}});
}

Value domain_quota_json(const DomainQuota& domain) {
  Value needs = Value::array(), history = Value::array();
  for (const RiseNeed& need : domain.needs)
    needs.push(Value::object({{"what", need.what},
                              {"needed", need.needed},
                              {"have", number_or_null(need.have)},
                              {"met", need.met}}));
  for (const auto& row : domain.history)
    history.push(Value::object({{"day", day_text(row.day)},
                                {"level", row.level},
                                {"sent", row.sent},
                                {"why", row.why}}));
  int64_t used = domain.today.accepted;
  Value left = domain.limit ? Value(std::max<int64_t>(0, *domain.limit - used)) : Value();
  Value daily = Value::object(
      {{"limit", number_or_null(domain.limit)}, {"used", used}, {"left", std::move(left)}});
  return Value::object({{"domain", domain.domain},
                        {"mode", domain.levels ? "levels" : "fixed"},
                        {"level", domain.level},
                        {"daily", std::move(daily)},
                        {"blocked_until", time_json(domain.blocked_until)},
                        {"blocked_reason", domain.blocked_why},
                        {"today", figures_json(domain.today)},
                        {"yesterday", figures_json(domain.yesterday)},
                        {"to_rise", std::move(needs)},
                        {"history", std::move(history)}});
}

// "=1+1" in a cell would be calculated by who opens it.
std::string cell(const std::string& text) {
  std::string out = "\"";
  if (!text.empty() && std::string_view("=+-@\t\r").contains(text[0])) out += '\'';
  for (char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace

Value activation_json(const core::ActivationView& view) {
  return Value::object(
      {{"state", store::account_state_name(view.state)},
       {"identity_ok", view.identity_ok},
       {"identity_mode", core::identity_mode_name(view.identity_mode)},
       {"agreement_version", view.agreement_version},
       {"accepted_version",
        view.accepted_version.empty() ? Value() : Value(view.accepted_version)},
       {"free_mails", view.free_mails}});
}

Value package_json(const store::PackageRow& row, WallTime now) {
  return Value::object({{"id", row.id.value},
                        {"name", row.name},
                        {"mails", row.mails},
                        {"used", row.used},
                        {"left", row.left()},
                        {"expires_at", time_json(row.expires_at)},
                        {"state", package_state(row, now)},
                        {"source", store::package_origin_name(row.origin)}});
}

Value billing_json(const BillingView& view) {
  const State& state = view.state;
  const store::AllowanceRow& row = state.facts.row;
  Value packages = Value::array();
  for (const store::PackageRow& package : view.packages)
    packages.push(package_json(package, view.now));
  int64_t already = 0;
  Value today = Value::object({{"free", 0}, {"package", 0}, {"post_paid", 0}});
  for (const store::UsageDayRow& use : view.today) {
    if (use.source == store::UseSource::post_paid) already = use.n;
    if (use.source == store::UseSource::earlier) continue;
    today.set(store::use_source_name(use.source), use.n);
  }
  today.set("amount", view.today_amount);
  int64_t price = 0;
  for (const core::Tier& tier : state.tiers)
    if (tier.from <= already) price = tier.price;
  return Value::object(
      {{"currency", view.currency},
       {"plan", store::plan_name(row.plan)},
       {"free", Value::object({{"granted", row.free_granted},
                               {"used", row.free_used},
                               {"left", state.facts.free_left()}})},
       {"packages", std::move(packages)},
       {"post_paid", Value::object({{"enabled", row.post_paid},
                                    {"price", price},
                                    {"tiers", core::tiers_json(state.tiers)}})},
       {"balance", row.balance},
       {"credit_limit", row.credit_limit},
       {"standing", standing_name(state.standing)},
       {"grace_until", time_json(row.stop_at)},
       {"today", std::move(today)},
       {"next_source", next_source_name(state.next)}});
}

Value offer_json(const store::OfferRow& row) {
  return Value::object({{"id", row.id.value},
                        {"name", row.name},
                        {"mails", row.mails},
                        {"price", row.price},
                        {"days", row.days},
                        {"on_sale", row.on_sale}});
}

Value price_json(const store::PriceRow& row) {
  return Value::object({{"from", day_text(row.from_day)},
                        {"tiers", core::tiers_json(core::tiers_of_day({row}, row.from_day))}});
}

Value usage_json(const UsageRow& row) {
  return Value::object({{"day", day_text(row.day)},
                        {"free", row.free},
                        {"package", row.package},
                        {"post_paid", row.post_paid},
                        {"amount", row.amount}});
}

Value bill_json(const store::BillRow& row) {
  return Value::object({{"id", row.id},
                        {"day", day_text(row.day)},
                        {"mails", row.mails},
                        {"amount", row.amount},
                        {"state", row.balance_after < 0 ? "due" : "paid"},
                        {"balance_after", row.balance_after}});
}

Value bill_view_json(const store::BillRow& row) {
  Value out = bill_json(row);
  auto lines = json::parse(row.lines, kStoredLines);
  out.set("lines", lines ? std::move(*lines) : Value::array());
  return out;
}

Value ledger_json(const store::LedgerEntryRow& row) {
  return Value::object({{"id", format_id(row.id)},
                        {"at", time_json(row.at)},
                        {"what", store::ledger_what_name(row.what)},
                        {"amount", row.amount},
                        {"balance_after", row.balance_after},
                        {"reference", row.reference}});
}

Value quota_json(const QuotaView& view) {
  Value domains = Value::array(), providers = Value::array(), near = Value::array();
  for (const DomainQuota& domain : view.domains) {
    domains.push(domain_quota_json(domain));
    bool is_near = domain.limit && domain.today.accepted * 100 >= *domain.limit * kNearPercent;
    if (is_near)
      near.push(Value::object({{"what", domain.domain},
                               {"limit", *domain.limit},
                               {"used", domain.today.accepted}}));
  }
  for (const store::ProviderBlockRow& row : view.providers)
    providers.push(Value::object({{"provider", row.provider},
                                  {"blocked_until", time_json(row.until)},
                                  {"why", row.why}}));
  return Value::object(
      {{"requests_per_second", Value::object({{"limit", view.requests_per_second}})},
       {"per_mailbox_hour", Value::object({{"limit", view.per_mailbox_hour}})},
       {"domains", std::move(domains)},
       {"providers", std::move(providers)},
       {"near", std::move(near)}});
}

std::string usage_csv(const std::vector<UsageRow>& rows) {
  std::string out = "day,free,package,post_paid,amount_millionths\r\n";
  for (const UsageRow& row : rows)
    out += fmt::format("{},{},{},{},{}\r\n", day_text(row.day), row.free, row.package,
                       row.post_paid, row.amount);
  return out;
}

std::string ledger_csv(const std::vector<store::LedgerEntryRow>& rows) {
  std::string out = "id,at,what,amount_millionths,balance_after_millionths,reference\r\n";
  for (const store::LedgerEntryRow& row : rows)
    out += fmt::format("{},{},{},{},{},{}\r\n", row.id, format_iso8601(row.at),
                       store::ledger_what_name(row.what), row.amount, row.balance_after,
                       cell(row.reference));
  return out;
}

}  // namespace ph::billing
