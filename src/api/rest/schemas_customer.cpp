// The schemas of who customers are, and of the operator who looks after them.
#include "api/rest/schemas.h"
#include "base/limits.h"

namespace ph::rest::schemas {
namespace {

using K = FieldKind;
constexpr Presence kMust = Presence::required;
constexpr Presence kMay = Presence::optional;
constexpr Presence kNull = Presence::nullable;

constexpr int64_t kName = 4 * static_cast<int64_t>(limits::kIdentityName);
constexpr int64_t kNumber = 2 * static_cast<int64_t>(limits::kDocumentNumber);
constexpr int64_t kReason = 4 * static_cast<int64_t>(limits::kReasonText);
constexpr auto kText = static_cast<int64_t>(limits::kAgreementBytes);
constexpr int64_t kSettingsAtOnce = 200;
constexpr int64_t kSettingValue = 1024;

const std::vector<std::string_view> kStates = {"none", "submitted", "approved", "rejected"};
const std::vector<std::string_view> kAccountStates = {"created", "active", "suspended"};

const std::vector<Field> kEvidenceFields = {
    {"id", K::text, kMust},           {"filename", K::text, kMust},
    {"content_type", K::text, kMust}, {"size", K::integer, kMust, 0, "octets"},
    {"created_at", K::text, kMust},
};

const std::vector<Field> kHistoryFields = {
    {"at", K::text, kMust},
    {"state", K::text, kMust, 0, "", kStates},
    {"reason", K::text, kMust},
};

const std::vector<Field> kCustomerFields = {
    {"account_id", K::integer, kMust},
    {"app_id", K::integer, kMust},
    {"name", K::text, kMust},
    {"state", K::text, kMust, 0, "", kAccountStates},
    {"plan", K::text, kMust, 0, "", {"in_house", "customer"}},
    {"identity", K::text, kMust, 0, "", kStates},
    {"owner", K::text, kMust, 0, "the first owner's e-mail address"},
    {"created_at", K::text, kMust},
    {"activated_at", K::text, kNull},
    {"sent_30_days", K::integer, kMust, 0, "recipients accepted, today included"},
    {"balance", K::amount, kMust, 0, "millionths of the currency"},
    {"standing", K::text, kMust, 0, "", {"good", "low", "grace", "arrears", "exhausted"}},
};

std::vector<Field> with(std::vector<Field> fields, const std::vector<Field>& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

}  // namespace

const Schema kIdentityWish{
    "IdentityWish",
    {{"kind", K::text, kMust, 0, "", {"individual", "enterprise"}},
     {"name", K::text, kMay, kName, "of an individual"},
     {"document_number", K::text, kMay, kNumber, "of an individual"},
     {"company", K::text, kMay, kName, "of an enterprise"},
     {"registration_number", K::text, kMay, kNumber, "of an enterprise"},
     {"contact", K::text, kMay, kName, "of an enterprise: who is to be asked"}}};
const Schema kSettingValues{"SettingValues",
                            {{.name = "values",
                              .kind = K::text_map,
                              .presence = kMust,
                              .most = kSettingsAtOnce,
                              .help = "by name; an empty value goes back to what it is without",
                              .item_most = kSettingValue}}};
const Schema kNewAgreement{
    "NewAgreement",
    {{"version", K::text, kMust, static_cast<int64_t>(limits::kAgreementVersion)},
     {"text_en", K::text, kMust, kText, "plain text"},
     {"text_zh", K::text, kMust, kText, "plain text"}}};
const Schema kSuspend{"Suspend",
                      {{"reason", K::text, kMust, kReason, "the customer reads it"},
                       {"notice", K::boolean, kMay, 0, "tell the account's people by mail"}}};
const Schema kRejection{"Rejection",
                        {{"reason", K::text, kMust, kReason, "the customer reads it"}}};

const Schema kIdentity{
    "Identity",
    {{"mode", K::text, kMust, 0, "", {"required", "optional", "off"}},
     {"state", K::text, kMust, 0, "", kStates},
     {"kind", K::text, kMust, 0, "", {"individual", "enterprise", ""}},
     {"name", K::text, kMust},
     {"document_number", K::text, kMust, 0, "masked, but in a review"},
     {"company", K::text, kMust},
     {"registration_number", K::text, kMust, 0, "masked, but in a review"},
     {"contact", K::text, kMust},
     {"reason", K::text, kMust, 0, "of a rejection"},
     {"evidence", K::objects, kMust, 0, "", {}, kEvidenceFields},
     {"submitted_at", K::text, kNull},
     {"decided_at", K::text, kNull},
     {"history", K::objects, kMust, 0, "the oldest first", {}, kHistoryFields}}};
const Schema kEvidence{"Evidence", kEvidenceFields};
const Schema kIdentityReview{"IdentityReview",
                             {{"account_id", K::integer, kMust},
                              {"account_name", K::text, kMust},
                              {"kind", K::text, kMust, 0, "", {"individual", "enterprise"}},
                              {"name", K::text, kMust},
                              {"company", K::text, kMust},
                              {"state", K::text, kMust, 0, "", kStates},
                              {"submitted_at", K::text, kMust}}};
const Schema kSetting{"Setting",
                      {{"name", K::text, kMust},
                       {"kind", K::text, kMust, 0, "",
                        {"number", "truth", "word", "text", "secret"}},
                       {"value", K::text, kMust, 0, "in force; of a secret whether it is set"},
                       {"own", K::boolean, kMust, 0, "set here, and not further out"},
                       {"fallback", K::text, kMust},
                       {"words", K::texts, kMust},
                       {"help", K::text, kMust},
                       {"least", K::integer, kMust},
                       {"most", K::integer, kMust},
                       {"per_account", K::boolean, kMust}}};
const Schema kAgreement{"Agreement", {{"version", K::text, kMust}, {"text", K::text, kMust}}};
const Schema kCustomer{"Customer", kCustomerFields};
const Schema kCustomerView{
    "CustomerView",
    with(kCustomerFields, {{"limits",
                            K::object,
                            kMust,
                            0,
                            "0: none",
                            {},
                            {{"daily_per_domain", K::integer, kMust},
                             {"per_mailbox_hour", K::integer, kMust},
                             {"requests_per_second", K::integer, kMust},
                             {"domains", K::integer, kMust},
                             {"addresses", K::integer, kMust}}},
                           {"users", K::integer, kMust},
                           {"domains", K::integer, kMust},
                           {"suspended_reason", K::text, kMust},
                           {"suspended_at", K::text, kNull}})};

std::span<const Schema* const> customer_schemas() {
  static const Schema* const list[] = {
      &kIdentityWish, &kSettingValues, &kNewAgreement, &kSuspend,  &kRejection,
      &kIdentity,     &kEvidence,      &kIdentityReview, &kSetting, &kAgreement,
      &kCustomer,     &kCustomerView};
  return list;
}

}  // namespace ph::rest::schemas
