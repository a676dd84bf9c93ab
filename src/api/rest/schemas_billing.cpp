// The schemas of activation, what is sent and paid, and of quotas and levels. Amounts are
// millionths of the currency, rates hundredths of a per cent.
#include "api/rest/schemas.h"
#include "base/limits.h"

namespace ph::rest::schemas {
namespace {

using K = FieldKind;
constexpr Presence kMust = Presence::required;
constexpr Presence kMay = Presence::optional;
constexpr Presence kNull = Presence::nullable;

constexpr int64_t kName = 4 * static_cast<int64_t>(limits::kBillingName);
constexpr auto kReference = static_cast<int64_t>(limits::kPaymentReference);
constexpr auto kNote = static_cast<int64_t>(limits::kPaymentNote);
constexpr int64_t kDomainName = 255;
constexpr int64_t kDay = 10;
constexpr int64_t kWhy = 4 * static_cast<int64_t>(limits::kUnblockReason);

const std::vector<Field> kTierFields = {
    {"from", K::integer, kMust, limits::kMailsMost, "mails of the day before it"},
    {"price", K::integer, kMust, limits::kPriceMost, "of each mail"}};

Field tiers() {
  return {.name = "tiers",
          .kind = K::objects,
          .presence = kMust,
          .most = static_cast<int64_t>(limits::kPriceTiers),
          .fields = kTierFields};
}

const std::vector<Field> kPackageFields = {
    {"id", K::integer, kMust},
    {"name", K::text, kMust},
    {"mails", K::integer, kMust},
    {"used", K::integer, kMust},
    {"left", K::integer, kMust},
    {"expires_at", K::text, kMust},
    {"state", K::text, kMust, 0, "", {"active", "used_up", "expired"}},
    {"source", K::text, kMust, 0, "", {"bought", "granted"}}};

const std::vector<Field> kBillFields = {
    {"id", K::integer, kMust},
    {"day", K::text, kMust},
    {"mails", K::integer, kMust},
    {"amount", K::integer, kMust},
    {"state", K::text, kMust, 0, "whether the balance covered it", {"paid", "due"}},
    {"balance_after", K::amount, kMust}};

const std::vector<Field> kFigureFields = {
    {"sent", K::integer, kMust, 0, "delivered, bounced and expired"},
    {"delivered_rate", K::integer, kNull},
    {"invalid_rate", K::integer, kNull},
    {"spam_rate", K::integer, kNull, 0, "null: such events do not come in yet"},
    {"complaint_rate", K::integer, kNull, 0, "null: such events do not come in yet"},
    {"open_rate", K::integer, kNull, 0, "null: such events do not come in yet"}};

Field object(std::string_view name, std::vector<Field> fields) {
  return {.name = name, .kind = K::object, .presence = kMust, .fields = std::move(fields)};
}
Field objects(std::string_view name, std::vector<Field> fields) {
  return {.name = name, .kind = K::objects, .presence = kMust, .fields = std::move(fields)};
}

const std::vector<Field> kDomainQuotaFields = {
    {"domain", K::text, kMust},
    {"mode", K::text, kMust, 0, "", {"fixed", "levels"}},
    {"level", K::integer, kMust},
    object("daily", {{"limit", K::integer, kNull, 0, "null: none"},
                     {"used", K::integer, kMust},
                     {"left", K::integer, kNull}}),
    {"blocked_until", K::text, kNull},
    {"blocked_reason", K::text, kMust},
    object("today", kFigureFields),
    object("yesterday", kFigureFields),
    objects("to_rise", {{"what", K::text, kMust},
                        {"needed", K::integer, kMust},
                        {"have", K::integer, kNull},
                        {"met", K::boolean, kMust}}),
    objects("history", {{"day", K::text, kMust},
                        {"level", K::integer, kMust},
                        {"sent", K::integer, kMust},
                        {"why", K::text, kMust}})};

}  // namespace

const Schema kAccept{"Accept",
                     {{"agreement_version", K::text, kMust,
                       static_cast<int64_t>(limits::kAgreementVersion)}}};
const Schema kPostPaid{"PostPaid", {{"enabled", K::boolean, kMust}}};
const Schema kPurchase{"Purchase", {{"offer", K::integer, kMust}}};
const Schema kPlanChange{"PlanChange",
                         {{"plan", K::text, kMust, 0, "", {"in_house", "customer"}},
                          {"credit_limit", K::integer, kMay, limits::kMoneyMost},
                          {"post_paid", K::boolean, kMay}}};
const Schema kNewGrant{"NewGrant",
                       {{"mails", K::integer, kMust, limits::kMailsMost},
                        {"days", K::integer, kMust, limits::kPackageDaysMost},
                        {"name", K::text, kMust, kName}}};
const Schema kNewPayment{"NewPayment",
                         {{"amount", K::amount, kMust, 0, "below 0: taken back"},
                          {"reference", K::text, kMust, kReference, "counts once"},
                          {"note", K::text, kMay, kNote}}};
const Schema kNewOffer{"NewOffer",
                       {{"name", K::text, kMust, kName},
                        {"mails", K::integer, kMust, limits::kMailsMost},
                        {"price", K::integer, kMust, limits::kMoneyMost},
                        {"days", K::integer, kMust, limits::kPackageDaysMost}}};
const Schema kOfferChange{"OfferChange", {{"on_sale", K::boolean, kMust}}};
const Schema kNewPrice{"NewPrice",
                       {{"from", K::text, kMust, kDay, "the first billing day"}, tiers()}};
const Schema kPaymentEvent{"PaymentEvent",
                           {{"event_id", K::text, kMust, kReference, "counts once"},
                            {"account", K::integer, kMust, 0, "its AppId"},
                            {"amount", K::integer, kMust, limits::kMoneyMost},
                            {"reference", K::text, kMust, kReference}}};
const Schema kUnblockWish{
    "UnblockWish", {{"domain", K::text, kMust, kDomainName}, {"why", K::text, kMust, kWhy}}};
const Schema kNewLevel{"NewLevel",
                       {{"domain", K::text, kMust, kDomainName},
                        {"level", K::integer, kMust,
                         static_cast<int64_t>(limits::kLevelsMost)}}};
const Schema kUnblock{"Unblock", {{"domain", K::text, kMust, kDomainName}}};

const Schema kActivation{
    "Activation",
    {{"state", K::text, kMust, 0, "", {"created", "active", "suspended"}},
     {"identity_ok", K::boolean, kMust},
     {"identity_mode", K::text, kMust, 0, "", {"required", "optional", "off"}},
     {"agreement_version", K::text, kMust},
     {"accepted_version", K::text, kNull},
     {"free_mails", K::integer, kMust}}};
const Schema kBilling{
    "Billing",
    {{"currency", K::text, kMust},
     {"plan", K::text, kMust, 0, "", {"in_house", "customer"}},
     object("free", {{"granted", K::integer, kMust},
                     {"used", K::integer, kMust},
                     {"left", K::integer, kMust}}),
     objects("packages", kPackageFields),
     object("post_paid", {{"enabled", K::boolean, kMust},
                          {"price", K::integer, kMust, 0, "of the next mail"},
                          tiers()}),
     {"balance", K::amount, kMust},
     {"credit_limit", K::integer, kMust},
     {"standing", K::text, kMust, 0, "", {"good", "low", "grace", "arrears", "exhausted"}},
     {"grace_until", K::text, kNull},
     object("today", {{"free", K::integer, kMust},
                      {"package", K::integer, kMust},
                      {"post_paid", K::integer, kMust},
                      {"amount", K::integer, kMust}}),
     {"next_source", K::text, kMust, 0, "", {"free", "package", "post_paid", "none"}}}};
const Schema kPackage{"Package", kPackageFields};
const Schema kOffer{"Offer",
                    {{"id", K::integer, kMust},
                     {"name", K::text, kMust},
                     {"mails", K::integer, kMust},
                     {"price", K::integer, kMust},
                     {"days", K::integer, kMust},
                     {"on_sale", K::boolean, kMust}}};
const Schema kPrice{"Price", {{"from", K::text, kMust}, tiers()}};
const Schema kUsage{"Usage",
                    {{"day", K::text, kMust},
                     {"free", K::integer, kMust},
                     {"package", K::integer, kMust},
                     {"post_paid", K::integer, kMust},
                     {"amount", K::integer, kMust}}};
const Schema kBill{"Bill", kBillFields};
const Schema kBillView{
    "BillView",
    {{"id", K::integer, kMust},
     {"day", K::text, kMust},
     {"mails", K::integer, kMust},
     {"amount", K::integer, kMust},
     {"state", K::text, kMust, 0, "whether the balance covered it", {"paid", "due"}},
     {"balance_after", K::amount, kMust},
     objects("lines", {{"what", K::text, kMust},
                       {"mails", K::integer, kMust},
                       {"price", K::integer, kMust},
                       {"amount", K::integer, kMust}})}};
const Schema kLedgerEntry{
    "LedgerEntry",
    {{"id", K::text, kMust},
     {"at", K::text, kMust},
     {"what", K::text, kMust, 0, "", {"payment", "package", "bill", "adjustment"}},
     {"amount", K::amount, kMust, 0, "below 0: charged"},
     {"balance_after", K::amount, kMust},
     {"reference", K::text, kMust}}};
const Schema kQuota{
    "Quota",
    {object("requests_per_second", {{"limit", K::integer, kMust, 0, "0: none"}}),
     object("per_mailbox_hour", {{"limit", K::integer, kMust, 0, "0: none"}}),
     objects("domains", kDomainQuotaFields),
     objects("providers", {{"provider", K::text, kMust},
                           {"blocked_until", K::text, kMust},
                           {"why", K::text, kMust}}),
     objects("near", {{"what", K::text, kMust, 0, "a sender domain's mails a day"},
                      {"limit", K::integer, kMust},
                      {"used", K::integer, kMust}})}};
const Schema kAsked{"Asked", {{"left", K::integer, kMust, 0, "how often it may ask again"}}};

std::span<const Schema* const> billing_schemas() {
  static const Schema* const list[] = {
      &kAccept,      &kPostPaid,  &kPurchase,     &kPlanChange,  &kNewGrant, &kNewPayment,
      &kNewOffer,    &kOfferChange, &kNewPrice,   &kPaymentEvent, &kUnblockWish, &kNewLevel,
      &kUnblock,     &kActivation, &kBilling,     &kPackage,     &kOffer,    &kPrice,
      &kUsage,       &kBill,      &kBillView,     &kLedgerEntry, &kQuota,    &kAsked};
  return list;
}

}  // namespace ph::rest::schemas
