#include "api/rest/schemas.h"

#include "base/limits.h"
#include "base/text.h"

namespace ph::rest::schemas {
namespace {

using K = FieldKind;
constexpr Presence kMust = Presence::required;
constexpr Presence kMay = Presence::optional;
constexpr Presence kNull = Presence::nullable;

constexpr int64_t kName = 256;  // octets of a name; core counts code points
constexpr int64_t kAddressText = 1024;
constexpr auto kHeaderText = static_cast<int64_t>(limits::kCustomHeaderValue);
constexpr auto kBody = static_cast<int64_t>(limits::kMessageBytes);

const std::vector<Field> kLimitFields = {
    {"daily_per_domain", K::integer, kMust},    {"per_mailbox_hour", K::integer, kMust},
    {"requests_per_second", K::integer, kMust}, {"domains", K::integer, kMust},
    {"addresses", K::integer, kMust},
};

const std::vector<Field> kMessageFields = {
    {"id", K::text, kMust},
    {"door", K::text, kMust},
    {"from", K::text, kMust},
    {"subject", K::text, kMust},
    {"message_id", K::text, kMust},
    {"size", K::integer, kMust},
    {"recipient_count", K::integer, kMust},
    {"created_at", K::text, kMust},
    {"state", K::text, kMust, 0, "", {"queued", "held", "delivered", "partly_delivered", "failed"}},
};

Field recipients(std::string_view name) {
  return {.name = name,
          .kind = K::texts,
          .most = limits::kRecipients,
          .item_most = kAddressText,
          .over = core::Reason::too_many_recipients};
}

std::vector<Field> with(std::vector<Field> fields, const std::vector<Field>& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

const std::vector<Field> kKeyFields = {
    {"id", K::integer, kMust},        {"kind", K::text, kMust, 0, "", {"bearer", "tencent"}},
    {"public_id", K::text, kMust},    {"scope", K::text, kMust, 0, "", {"full", "send", "read"}},
    {"domain", K::text, kNull},       {"name", K::text, kMust},
    {"created_at", K::text, kMust},   {"revoked_at", K::text, kNull},
    {"last_used_at", K::text, kNull},
    {"user_id", K::integer, kNull, 0, "who made it"},
};

const std::vector<Field> kPolicyFields = {
    {"domains", K::texts, kMust, 0, "sender domains; none: all"},
    {"actions", K::texts, kMust, 0, "none: those of the role"},
};

const std::vector<Field> kAttemptFields = {
    {"number", K::integer, kMust},  {"at", K::text, kMust},
    {"host", K::text, kMust},       {"address", K::text, kMust},
    {"tls", K::text, kMust},        {"code", K::integer, kMust},
    {"reply", K::text, kMust},      {"duration_ms", K::integer, kMust},
    {"transcript", K::text, kMust},
};

const std::vector<Field> kBulkFields = {
    {"id", K::text, kMust},
    {"state", K::text, kMust, 0, "", {"expanding", "paused", "done", "cancelled", "failed"}},
    {"subject", K::text, kMust, 0, "with its variables"},
    {"rows", K::integer, kMust, 0, "recipients of the upload"},
    {"decided", K::integer, kMust, 0, "of them, accepted or refused"},
    {"accepted", K::integer, kMust},
    {"refused", K::integer, kMust},
    {"cause", K::text, kMust, 0, "the reason for which it waits or has failed"},
    {"next_at", K::text, kNull, 0, "when it tries again, while it waits"},
    {"created_at", K::text, kMust},
    {"finished_at", K::text, kNull},
};

const std::vector<Field> kInboxFields = {
    {"id", K::text, kMust},      {"received_at", K::text, kMust}, {"mail_from", K::text, kMust},
    {"rcpt_to", K::text, kMust}, {"helo", K::text, kMust},        {"tls", K::text, kMust},
    {"size", K::integer, kMust}, {"message", K::text, kNull},
};

const std::vector<Field> kSumFields = {
    {"accepted", K::integer, kMust},
    {"delivered", K::integer, kMust},
    {"deferred", K::integer, kMust, 0, "attempts that ended so"},
    {"bounced", K::integer, kMust},
    {"expired", K::integer, kMust},
    {"cancelled", K::integer, kMust},
};

const std::vector<Field> kAttachmentFields = {
    {"filename", K::text, kMust, kAddressText},
    {"content_type", K::text, kMay, kAddressText},
    {"content", K::text, kMust, static_cast<int64_t>(limits::kHttpBodyBytes), "base64"},
    {"content_id", K::text, kMay, kAddressText, "inline, as cid:… in html"},
};

}  // namespace

// --- requests ---

const Schema kSignIn{
    "SignIn",
    {{"email", K::text, kMust, kAddressText},
     {"password", K::text, kMust, limits::kPasswordMost},
     {"code", K::text, kMay, 256, "of the second factor: six digits, or a recovery code"}}};
const Schema kNewAccount{"NewAccount", {{"name", K::text, kMust, kName}}};
const Schema kLimits{
    "Limits",
    {{"daily_per_domain", K::integer, kMay, 0, "mails of one sender domain a day; 0 = no limit"},
     {"per_mailbox_hour", K::integer, kMay, 0, "mails to one mailbox an hour"},
     {"requests_per_second", K::integer, kMay},
     {"domains", K::integer, kMay, 0, "sender domains"},
     {"addresses", K::integer, kMay, 0, "sender addresses of one domain"}}};
const Schema kNewUser{
    "NewUser",
    {{"email", K::text, kMust, kAddressText},
     {"password", K::text, kMust, limits::kPasswordMost, "at least 10 characters"},
     {"role",
      K::text,
      kMust,
      0,
      "",
      {"operator", "owner", "administrator", "developer", "viewer"}}}};
const Schema kPassword{"Password", {{"password", K::text, kMust, limits::kPasswordMost}}};
const Schema kNewKey{"NewKey",
                     {{"kind", K::text, kMay, 0, "bearer where absent", {"bearer", "tencent"}},
                      {"scope", K::text, kMay, 0, "full where absent", {"full", "send", "read"}},
                      {"domain", K::text, kMay, kAddressText, "this sender domain only"},
                      {"name", K::text, kMay, kName}}};
const Schema kNewDomain{"NewDomain", {{"name", K::text, kMust, kAddressText}}};
const Schema kTags{"Tags",
                   {{"tags", K::texts, kMust, 10, "1 to 32 characters each", {}, {}, kName}}};
const Schema kMessageWish{
    "MessageWish",
    {{"messages", K::texts, kMust, limits::kMessagesAtOnce, "their ids", {}, {}, kAddressText}}};
const Schema kQueueWish{
    "QueueWish",
    {{"domain", K::text, kMay, kAddressText, "recipients of this domain"},
     {"account", K::integer, kMay, INT64_MAX, "recipients of this account's mail"}}};
const Schema kForce{"Force", {{"reason", K::text, kMust, kAddressText, "empty undoes it"}}};
const Schema kNewAddress{"NewAddress",
                         {{"address", K::text, kMust, kAddressText, "prefix@verified-domain"},
                          {"name", K::text, kMay, kName, "sender name"},
                          {"smtp_password", K::text, kMay, kName,
                           "10 to 20 characters, two digits, lower and upper case"}}};
const Schema kSmtpPassword{"SmtpPassword", {{"smtp_password", K::text, kMust, kName}}};
const Schema kNewMessage{
    "NewMessage",
    {{"from", K::text, kMust, kAddressText, "Name <prefix@domain>"},
     recipients("to"),
     recipients("cc"),
     recipients("bcc"),
     {"reply_to", K::texts, kMay, limits::kReplyTo, "", {}, {}, kAddressText},
     {"subject", K::text, kMay, limits::kSubject * kUtf8Most},
     {"text", K::text, kMay, kBody},
     {"html", K::text, kMay, kBody},
     {"headers", K::text_map, kMay, limits::kCustomHeaders, "", {}, {}, kHeaderText},
     {"attachments", K::objects, kMay, limits::kAttachments, "", {}, kAttachmentFields}}};
const Schema kNewBulk{
    "NewBulk",
    {{"from", K::text, kMust, kAddressText, "Name <prefix@domain>"},
     {"reply_to", K::texts, kMay, limits::kReplyTo, "", {}, {}, kAddressText},
     {"subject", K::text, kMay, limits::kSubject * kUtf8Most, "{{variables}} as in text"},
     {"text", K::text, kMay, kBody, "{{name}} stands for data.name of each recipient"},
     {"html", K::text, kMay, kBody, "values are escaped"},
     {"headers", K::text_map, kMay, limits::kCustomHeaders, "", {}, {}, kHeaderText},
     {"attachments", K::objects, kMay, limits::kAttachments, "", {}, kAttachmentFields},
     {"missing", K::text, kMay, 0, "a variable without a value", {"refuse", "empty"}},
     {"recipients",
      K::objects,
      kMust,
      limits::kBulkListed,
      "",
      {},
      {{"to", K::text, kMust, kAddressText}, {"data", K::object, kMay}},
      0,
      core::Reason::too_many_recipients}}};

const Schema kLanguage{"Language", {{"language", K::text, kMust, 0, "", {"en", "zh"}}}};

const Schema kSetup{"Setup",
                    {{"token", K::text, kMust, kAddressText, "from the server's log"},
                     {"email", K::text, kMust, kAddressText, "of the operator"},
                     {"password", K::text, kMust, limits::kPasswordMost, "at least 10 characters"},
                     {"account", K::text, kMust, kName, "the first account's name"}}};

// --- responses ---

const Schema kSession{"Session",
                      {{"signed_in", K::boolean, kMust},
                       {"email", K::text, kMay},
                       {"role", K::text, kMay},
                       {"account", K::integer, kMay},
                       {"account_id", K::integer, kMay},
                       {"account_name", K::text, kMay},
                       {"account_state", K::text, kMay},
                       {"second_factor", K::boolean, kMay},
                       {"impersonating",
                        K::object,
                        kMay,
                        0,
                        "the account that the operator acts for",
                        {},
                        {{"account_id", K::integer, kMust},
                         {"account_name", K::text, kMust},
                         {"reason", K::text, kMust}}},
                       {"policy",
                        K::object,
                        kMay,
                        0,
                        "narrows the role",
                        {},
                        {{"domains", K::texts, kMust}, {"actions", K::texts, kMust}}},
                       {"token", K::text, kMay, 0, "shown once, at sign-in"},
                       {"csrf", K::text, kMay},
                       {"setup", K::boolean, kMay, 0, "nobody can sign in yet"},
                       {"language", K::text, kMay, 0, "that the person chose for the console"},
                       {"expires_at", K::text, kMay}}};
const Schema kAccount{"Account",
                      {{"id", K::integer, kMust},
                       {"app_id", K::integer, kMust},
                       {"name", K::text, kMust},
                       {"state", K::text, kMust, 0, "", {"created", "active", "suspended"}},
                       {"limits", K::object, kMust, 0, "0 = no limit", {}, kLimitFields},
                       {"created_at", K::text, kMust},
                       {"activated_at", K::text, kNull}}};
const Schema kUser{"User",
                   {{"id", K::integer, kMust},
                    {"account", K::integer, kNull},
                    {"email", K::text, kMust},
                    {"role", K::text, kMust},
                    {"disabled", K::boolean, kMust},
                    {"second_factor", K::boolean, kMust},
                    {"policy", K::object, kNull, 0, "narrows the role", {}, kPolicyFields},
                    {"last_seen_at", K::text, kNull},
                    {"created_at", K::text, kMust}}};
const Schema kKey{"Key", kKeyFields};
const Schema kMadeKey{"MadeKey",
                      with(kKeyFields, {{"token", K::text, kMay, 0, "bearer: shown once"},
                                        {"secret_id", K::text, kMay},
                                        {"secret_key", K::text, kMay, 0, "tencent: shown once"}})};
const Schema kDomain{
    "Domain",
    {{"domain", K::text, kMust},
     {"state",
      K::text,
      kMust,
      0,
      "",
      {"pending", "verified", "failing", "suspended", "conflicting", "lapsed"}},
     {"records",
      K::objects,
      kMust,
      0,
      "",
      {},
      {{"check", K::text, kMust, 0, "", {"mx", "spf", "dkim", "dmarc"}},
       {"host", K::text, kMust, 0, "absolute owner name"},
       {"type", K::text, kMust},
       {"expected", K::text, kMust},
       {"found", K::texts, kMust},
       {"state", K::text, kMust, 0, "", {"ok", "missing", "wrong", "conflicting", "unknown"}},
       {"advice", K::text, kMust},
       {"ttl", K::integer, kMust},
       {"optional", K::boolean, kMay},
       {"secure", K::boolean, kMay, 0, "the answer is proven by DNSSEC"}}},
     {"id", K::integer, kMust},
     {"created_at", K::text, kMust},
     {"verified_at", K::text, kNull},
     {"checked_at", K::text, kNull},
     {"forced", K::text, kNull},
     {"tags", K::texts, kMust, 0, "words of its owner to sort it by"},
     {"sent_today", K::integer, kMay, 0,
      "recipients of this UTC day, of which daily_per_domain counts; where it is read"}}};
const Schema kAddress{"Address",
                      {{"id", K::integer, kMust},
                       {"address", K::text, kMust},
                       {"name", K::text, kMust},
                       {"smtp", K::boolean, kMust, 0, "has an SMTP password"},
                       {"created_at", K::text, kMust}}};
const Schema kAccepted{"Accepted", {{"id", K::text, kMust}}};
const Schema kMessage{"Message", kMessageFields};
const Schema kMessageView{
    "MessageView",
    with(kMessageFields, {{"recipients",
                           K::objects,
                           kMust,
                           0,
                           "",
                           {},
                           {{"address", K::text, kMust},
                            {"state", K::text, kMust},
                            {"cause", K::text, kMust},
                            {"reply", K::text, kMust},
                            {"attempts", K::integer, kMust},
                            {"next_at", K::text, kNull},
                            {"expires_at", K::text, kMust},
                            {"updated_at", K::text, kMust},
                            {"attempt_log", K::objects, kMust, 0, "", {}, kAttemptFields}}}})};
const Schema kBulk{"Bulk", kBulkFields};
const Schema kBulkView{"BulkView",
                       with(kBulkFields, {{"recipients",
                                           K::object,
                                           kMust,
                                           0,
                                           "those accepted, by state",
                                           {},
                                           {{"queued", K::integer, kMust, 0, "never attempted"},
                                            {"deferred", K::integer, kMust},
                                            {"held", K::integer, kMust},
                                            {"delivered", K::integer, kMust},
                                            {"bounced", K::integer, kMust},
                                            {"expired", K::integer, kMust},
                                            {"cancelled", K::integer, kMust}}},
                                          {"refusals",
                                           K::objects,
                                           kMust,
                                           0,
                                           "the first 100",
                                           {},
                                           {{"row", K::integer, kMust},
                                            {"reason", K::text, kMust},
                                            {"field", K::text, kMust},
                                            {"detail", K::text, kMust}}}})};
const Schema kEvent{"Event",
                    {{"id", K::text, kMust},
                     {"type", K::text, kMust},
                     {"at", K::text, kMust},
                     {"message", K::text, kNull},
                     {"recipient", K::integer, kNull},
                     {"data", K::object, kMust},
                     {"account", K::integer, kMay, 0, "in a stream of all accounts"}}};
const Schema kInboxMail{
    "InboxMail", with(kInboxFields, {{"content", K::text, kMay, 0, "of one mail"}})};
const Schema kReadMail{
    "ReadMail",
    with(kInboxFields,
         {{"subject", K::text, kMust},
          {"from", K::text, kMust},
          {"to", K::text, kMust},
          {"header", K::text, kMust, 0, "the header section"},
          {"text", K::text, kMust},
          {"html", K::boolean, kMust, 0, "there is HTML to show"},
          {"attachments",
           K::objects,
           kMust,
           0,
           "",
           {},
           {{"filename", K::text, kMust},
            {"content_type", K::text, kMust},
            {"size", K::integer, kMust, 0, "octets, decoded"}}},
          {"verdict",
           K::object,
           kMust,
           0,
           "",
           {},
           {{"dkim",
             K::objects,
             kMust,
             0,
             "",
             {},
             {{"domain", K::text, kMust},
              {"selector", K::text, kMust},
              {"algorithm", K::text, kMust},
              {"result", K::text, kMust}}},
            {"spf", K::text, kMust},
            {"dmarc", K::text, kMust}}}})};
const Schema kQueueSummary{"QueueSummary",
                           {{"queued", K::integer, kMust},
                            {"ready", K::integer, kMust},
                            {"in_flight", K::integer, kMust},
                            {"deferred", K::integer, kMust},
                            {"held", K::integer, kMust}}};
const Schema kQueueLate{
    "QueueLate",
    {{"recipients",
      K::objects,
      kMust,
      0,
      "the oldest first",
      {},
      {{"message", K::text, kMust},
       {"account", K::integer, kMust},
       {"address", K::text, kMust},
       {"cause", K::text, kMust, 0, "why, since the last attempt"},
       {"reply", K::text, kMust, 0, "what the receiver said"},
       {"attempts", K::integer, kMust},
       {"accepted_at", K::text, kMust},
       {"next_at", K::text, kMust},
       {"expires_at", K::text, kMust}}}}};
const Schema kQueueSites{
    "QueueSites",
    {{"sites",
      K::objects,
      kMust,
      0,
      "the fullest first",
      {},
      {{"site", K::text, kMust},
       {"ready", K::integer, kMust, 0, "recipients that wait for a session"},
       {"in_flight", K::integer, kMust},
       {"window", K::integer, kMust, 0, "sessions that it may have now"},
       {"hangs", K::boolean, kMust, 0, "its sessions end without a word"},
       {"accounts",
        K::objects,
        kMust,
        0,
        "",
        {},
        {{"account", K::integer, kMust}, {"ready", K::integer, kMust}}}}}}};
const Schema kQueueExplanation{"QueueExplanation",
                               {{"id", K::text, kMust},
                                {"recipients",
                                 K::objects,
                                 kMust,
                                 0,
                                 "",
                                 {},
                                 {{"address", K::text, kMust},
                                  {"state", K::text, kMust},
                                  {"cause", K::text, kMust},
                                  {"next", K::text, kNull},
                                  {"limit", K::text, kNull},
                                  {"history",
                                   K::objects,
                                   kMust,
                                   0,
                                   "",
                                   {},
                                   {{"at", K::text, kMust},
                                    {"code", K::integer, kMust},
                                    {"reply", K::text, kMust},
                                    {"host", K::text, kMust},
                                    {"tls", K::text, kMust}}}}}}};
const Schema kChanged{"Changed", {{"changed", K::integer, kMust}}};
const Schema kInstallation{
    "Installation",
    {{"sandbox", K::boolean, kMust, 0, "nothing leaves the machine"},
     {"mail_host", K::text, kMust},
     {"spf_name", K::text, kMust},
     {"submission", K::texts, kMust, 0, "SMTP with STARTTLS, as address and port"},
     {"submission_tls", K::texts, kMust}}};
const Schema kStatistics{
    "Statistics",
    {{"days",
      K::objects,
      kMust,
      0,
      "the oldest first",
      {},
      with({{"day", K::text, kMust}}, kSumFields)},
     {"hours",
      K::objects,
      kMust,
      0,
      "the oldest first, the last is not over",
      {},
      with({{"hour", K::text, kMust, 0, "its beginning"}}, kSumFields)}}};
const Schema kProblem{"Problem",
                      {{"type", K::text, kMust},
                       {"title", K::text, kMust},
                       {"status", K::integer, kMust},
                       {"reason", K::text, kMust},
                       {"field", K::text, kMay},
                       {"detail", K::text, kMust}}};

std::span<const Schema* const> all() {
  static const Schema* const list[] = {&kSignIn,       &kNewAccount,   &kLimits,
                                       &kNewUser,      &kPassword,     &kNewKey,
                                       &kNewDomain,    &kQueueWish,    &kForce,
                                       &kTags,         &kMessageWish,
                                       &kNewAddress,   &kSmtpPassword, &kNewMessage,
                                       &kNewBulk,      &kSetup,        &kLanguage,
                                       &kBulk,         &kBulkView,     &kSession,
                                       &kAccount,      &kUser,         &kKey,
                                       &kMadeKey,      &kDomain,       &kAddress,
                                       &kAccepted,     &kMessage,      &kMessageView,
                                       &kEvent,        &kInboxMail,    &kReadMail,
                                       &kQueueSummary, &kQueueLate,    &kQueueSites,
                                       &kQueueExplanation,
                                       &kChanged,      &kInstallation, &kStatistics,
                                       &kProblem};
  static const auto joined = [] {
    std::vector<const Schema*> out(std::begin(list), std::end(list));
    for (auto more : {people_schemas(), customer_schemas(), billing_schemas()})
      out.insert(out.end(), more.begin(), more.end());
    return out;
  }();
  return joined;
}

}  // namespace ph::rest::schemas
