#include "core/terms.h"

#include <tuple>

#include "base/text.h"
#include "core/settings.h"

namespace ph::core {
namespace {

auto terms_of(const store::AllowanceRow& row) {
  return std::tuple(row.day_offset, row.level_daily, row.mailbox_hour, row.requests_second);
}

}  // namespace

Result<int64_t> volume_of_level(sql::Connection& sql, AccountId account, int64_t level) {
  if (level <= 0) return 0;
  std::string text = TRY(setting_text(sql, account, "quota.level_volumes"));
  int64_t out = 0;
  int64_t at = 0;
  for (std::string_view part : split(text, ',')) {
    int64_t volume = parse_number<int64_t>(trim(part)).value_or(0);
    if (volume > 0) out = volume;
    if (++at == level) break;
  }
  return out;
}

Result<bool> has_levels(sql::Connection& sql, const store::AllowanceRow& row) {
  if (row.plan == store::Plan::in_house) return false;
  return TRY(setting_text(sql, row.account_id, "quota.mode")) == "levels";
}

Result<bool> apply_terms(sql::Connection& sql, store::AllowanceRow& row) {
  auto before = terms_of(row);
  AccountId account = row.account_id;
  row.day_offset = TRY(setting_number(sql, account, "billing.day_offset_minutes"));
  row.level_daily = store::kNoDailyLimit;
  row.mailbox_hour = 0;
  row.requests_second = 0;
  if (row.plan == store::Plan::customer) {
    row.mailbox_hour = TRY(setting_number(sql, account, "quota.per_mailbox_hour"));
    row.requests_second = TRY(setting_number(sql, account, "quota.requests_per_second"));
  }
  if (TRY(has_levels(sql, row))) {
    int64_t first = TRY(setting_number(sql, account, "quota.first_level"));
    row.level_daily = TRY(volume_of_level(sql, account, first));
  }
  return terms_of(row) != before;
}

}  // namespace ph::core
