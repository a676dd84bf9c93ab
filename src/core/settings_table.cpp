#include "core/settings.h"

namespace ph::core {
namespace {

constexpr auto kNumber = SettingKind::number;
constexpr auto kTruth = SettingKind::truth;
constexpr auto kWord = SettingKind::word;
constexpr auto kText = SettingKind::text;
constexpr auto kSecret = SettingKind::secret;
constexpr auto kAccounts = SettingReach::accounts;
constexpr int64_t kWhole = 10'000;  // hundredths of a per cent
constexpr int64_t kMany = 1'000'000'000;

std::vector<Setting> people_settings() {
  return {
      {"registration.mode", kWord, "closed", 0, 0, {"open", "invitation", "closed"},
       "Who may make an account: anybody, whom the operator invited, or nobody."},
      {"identity.mode", kWord, "off", 0, 0, {"required", "optional", "off"},
       "Whether a customer says who he is before he sends."},
      {"identity.evidence_days", kNumber, "180", 0, 36'500, {},
       "How long evidence is kept after the decision, in days."},
      {"system.sender", kText, "", 0, 320, {},
       "The sender address, of a verified domain, of our own mails. Without one the operator "
       "hands out links."},
      {"system.console_url", kText, "", 0, 255, {},
       "Where people find the console, as https://mail.example.com. Without one links begin with "
       "the listener's address."},
      {"system.language", kWord, "both", 0, 0, {"en", "zh", "both"},
       "The language of our own mails to who has chosen none."},
  };
}

std::vector<Setting> billing_settings() {
  return {
      {"billing.currency", kText, "CNY", 3, 3, {},
       "Three letters (ISO 4217). Amounts are not converted."},
      {"billing.day_offset_minutes", kNumber, "480", 0, 1'439, {},
       "When the billing day begins, in minutes before midnight UTC: 480 is China's midnight."},
      {"billing.free_mails", kNumber, "1000", 0, kMany, {},
       "Mails that an account gets once, when it is activated.", kAccounts},
      {"billing.count_bounces", kTruth, "true", 0, 0, {},
       "Whether a mail that bounces counts as sent.", kAccounts},
      {"billing.grace_hours", kNumber, "24", 0, 8'760, {},
       "How long an account in arrears still sends, in hours.", kAccounts},
      {"billing.low_percent", kNumber, "20", 0, 100, {},
       "With less than this share of a package or of the credit left the account is told.",
       kAccounts},
      {"billing.webhook_secret", kSecret, "", 16, 255, {},
       "What the payment provider signs its calls with."},
  };
}

std::vector<Setting> quota_settings() {
  return {
      {"quota.mode", kWord, "levels", 0, 0, {"fixed", "levels"},
       "Whether a customer's sender domain has the daily volume of its level, or the account's "
       "limit. Accounts in house have the limit.",
       kAccounts},
      {"quota.level_volumes", kText,
       "500,1000,2000,5000,10000,20000,40000,60000,80000,100000,150000,200000,300000,400000,"
       "500000,600000,700000,800000,900000,1000000",
       1, 400, {}, "Mails a day of a sender domain of level 1, 2, 3 and so on.", kAccounts},
      {"quota.first_level", kNumber, "1", 0, 20, {}, "The level of a new sender domain.",
       kAccounts},
      {"quota.levels_a_day", kNumber, "1", 0, 20, {},
       "How many levels a sender domain may rise in a day; 0: as many as it earns.", kAccounts},
      {"quota.per_mailbox_hour", kNumber, "10", 0, kMany, {},
       "Mails of one sender to one mailbox in an hour; 0: no limit.", kAccounts},
      {"quota.requests_per_second", kNumber, "20", 0, kMany, {},
       "Requests of an account a second, of each action; 0: no limit.", kAccounts},
      {"quota.provider_block_minutes", kNumber, "10", 0, 1'440, {},
       "How long sending to a provider pauses that limited us.", kAccounts},
      {"quota.unblocks", kNumber, "3", 0, kMany, {},
       "How often a customer may ask to unblock a sender domain.", kAccounts},
  };
}

// Rates are hundredths of a per cent.
std::vector<Setting> level_settings() {
  auto rate = [](std::string_view name, std::string_view fallback, std::string_view help) {
    return Setting{name, kNumber, fallback, 0, kWhole, {}, help, kAccounts};
  };
  auto count = [](std::string_view name, std::string_view fallback, std::string_view help) {
    return Setting{name, kNumber, fallback, 0, kMany, {}, help, kAccounts};
  };
  return {
      rate("quota.rise_volume_least", "7000", "To rise: this much of the day's quota was sent."),
      rate("quota.rise_invalid_below", "500", "To rise: invalid addresses below."),
      rate("quota.rise_delivered_above", "9200", "To rise: delivered above."),
      rate("quota.rise_spam_below", "250", "To rise: bounced as spam below."),
      rate("quota.rise_complaints_below", "10", "To rise: complaints below."),
      rate("quota.rise_opened_delivered_above", "9000",
           "To rise by opens instead: delivered above."),
      rate("quota.rise_opened_above", "5000", "To rise by opens instead: opened above."),
      count("quota.fall_sent_above", "300", "To fall: more mails than this were sent that day."),
      rate("quota.fall_invalid_above", "900", "To fall: invalid addresses above."),
      rate("quota.fall_delivered_below", "6500", "To fall: delivered below."),
      rate("quota.fall_spam_above", "500", "To fall: bounced as spam above."),
      rate("quota.fall_complaints_above", "50", "To fall: complaints above."),
      count("quota.block_sent_above", "300",
            "To be blocked for the day: more mails than this were sent."),
      rate("quota.block_invalid_above", "1100", "To be blocked: invalid addresses above."),
      rate("quota.block_spam_above", "1500", "To be blocked: bounced as spam above."),
  };
}

}  // namespace

std::span<const Setting> setting_table() {
  static const auto table = [] {
    std::vector<Setting> out;
    for (auto part : {people_settings(), billing_settings(), quota_settings(), level_settings()})
      out.insert(out.end(), part.begin(), part.end());
    return out;
  }();
  return table;
}

}  // namespace ph::core
