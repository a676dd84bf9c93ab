// Schemas of people: registration, invitations, second factors, sessions, the audit log.
#include "api/rest/schemas.h"
#include "base/limits.h"

namespace ph::rest::schemas {
namespace {

using K = FieldKind;
constexpr Presence kMust = Presence::required;
constexpr Presence kMay = Presence::optional;
constexpr Presence kNull = Presence::nullable;

constexpr int64_t kText = 1024;  // octets of a name or an address; core counts its own
constexpr int64_t kToken = 256;
constexpr auto kPasswordText = static_cast<int64_t>(limits::kPasswordMost);

Field new_password(std::string_view name) {
  return {name, K::text, kMust, kPasswordText, "at least 10 characters"};
}

Field language() { return {"language", K::text, kMay, 0, "", {"en", "zh"}}; }

Field role_of_account() {
  return {"role", K::text, kMust, 0, "", {"owner", "administrator", "developer", "viewer"}};
}

std::vector<Field> policy_fields(Presence presence) {
  return {{"domains", K::texts, presence, limits::kPolicyDomains, "none: all", {}, {}, kText},
          {"actions",
           K::texts,
           presence,
           16,
           "none: those of the role; else of view, send, read_message, manage_domains, "
           "manage_addresses, manage_keys, manage_users",
           {},
           {},
           kText}};
}

Field policy_wish() {
  return {"policy", K::object, kMay, 0, "narrows the role", {}, policy_fields(kMay)};
}

Field policy_view() {
  return {"policy", K::object, kNull, 0, "narrows the role", {}, policy_fields(kMust)};
}

const std::vector<Field> kInvitationFields = {
    {"id", K::integer, kMust},
    {"email", K::text, kMust},
    {"role", K::text, kMust},
    {"state", K::text, kMust, 0, "", {"open", "used", "withdrawn", "expired"}},
    {"created_at", K::text, kMust},
    {"expires_at", K::text, kMust},
    {"link", K::text, kNull, 0, "to be handed out, where no mail carries it"},
};

std::vector<Field> with(std::vector<Field> fields, Field more) {
  fields.push_back(std::move(more));
  return fields;
}

}  // namespace

// --- requests ---

const Schema kNewRegistration{"NewRegistration",
                              {{"email", K::text, kMust, kText},
                               new_password("password"),
                               {"account", K::text, kMust, kText, "the account's name"},
                               language(),
                               {"invitation", K::text, kMay, kToken, "its token"}}};
const Schema kLinkToken{"LinkToken", {{"token", K::text, kMust, kToken, "of the link"}}};
const Schema kRegistrationProof{
    "RegistrationProof",
    {{"token", K::text, kMust, kToken, "of the link"},
     {"password", K::text, kMust, kPasswordText, "of the registration"}}};
const Schema kResetWish{"ResetWish", {{"email", K::text, kMust, kText}, language()}};
const Schema kResetAnswer{
    "ResetAnswer",
    {{"token", K::text, kMust, kToken, "of the link"}, new_password("password")}};
const Schema kOwnPassword{
    "OwnPassword",
    {{"current", K::text, kMust, kPasswordText}, new_password("password")}};
const Schema kPasswordProof{"PasswordProof", {{"password", K::text, kMust, kPasswordText}}};
const Schema kCodeProof{"CodeProof", {{"code", K::text, kMust, kToken, "six digits"}}};
const Schema kProof{"Proof",
                    {{"password", K::text, kMust, kPasswordText},
                     {"code", K::text, kMust, kToken, "six digits, or a recovery code"}}};
const Schema kUserChange{
    "UserChange",
    {{"role", K::text, kMay, 0, "", {"operator", "owner", "administrator", "developer", "viewer"}},
     {"disabled", K::boolean, kMay},
     policy_wish()}};
const Schema kNewInvitation{
    "NewInvitation", {{"email", K::text, kMust, kText}, role_of_account(), policy_wish()}};
const Schema kInvitationAnswer{"InvitationAnswer",
                               {{"token", K::text, kMust, kToken, "of the link"},
                                new_password("password"),
                                language()}};
const Schema kNewRegistrationInvitation{
    "NewRegistrationInvitation",
    {{"email", K::text, kMust, kText},
     {"account", K::text, kMay, kText, "the name of the account to be made"}}};
const Schema kImpersonation{
    "Impersonation",
    {{"account", K::integer, kMust, INT64_MAX}, {"reason", K::text, kMust, kText * 2}}};

// --- responses ---

const Schema kNothing{"Nothing", {}};
const Schema kRegistration{
    "Registration",
    {{"mode", K::text, kMust, 0, "who may register", {"open", "invitation", "closed"}},
     {"mail", K::boolean, kMust, 0, "links are mailed; else the operator hands them out"}}};
const Schema kConfirmed{"Confirmed", {{"email", K::text, kMust, 0, "who may sign in now"}}};
const Schema kMe{"Me",
                 {{"id", K::integer, kMust},
                  {"email", K::text, kMust},
                  {"role", K::text, kMust},
                  {"account_id", K::integer, kNull},
                  {"second_factor", K::boolean, kMust},
                  {"recovery_codes_left", K::integer, kMust},
                  {"created_at", K::text, kMust},
                  policy_view()}};
const Schema kNewSecondFactor{
    "NewSecondFactor",
    {{"secret", K::text, kMust, 0, "base32, shown once"},
     {"uri", K::text, kMust, 0, "otpauth, for the picture that an app reads"}}};
const Schema kRecoveryCodes{"RecoveryCodes",
                            {{"recovery_codes", K::texts, kMust, 0, "shown once"}}};
const Schema kMySessions{
    "MySessions",
    {{"items",
      K::objects,
      kMust,
      0,
      "",
      {},
      {{"id", K::text, kMust},
       {"created_at", K::text, kMust},
       {"seen_at", K::text, kMust, 0, "to the minute"},
       {"from", K::text, kMust, 0, "the address that signed in"},
       {"agent", K::text, kMust},
       {"current", K::boolean, kMust}}},
     {"next_cursor", K::text, kNull, 0, "null: all are here"}}};
const Schema kEnded{"Ended", {{"ended", K::integer, kMust}}};
const Schema kInvitation{"Invitation", with(kInvitationFields, policy_view())};
const Schema kRegistrationInvitation{
    "RegistrationInvitation",
    with(kInvitationFields, {"account", K::text, kMust, 0, "the name of the account to be made"})};
const Schema kInvited{"Invited",
                      {{"email", K::text, kMust},
                       {"account", K::text, kMust, 0, "its name"},
                       {"role", K::text, kMust}}};
const Schema kOpenLink{
    "OpenLink",
    {{"id", K::integer, kMust},
     {"kind", K::text, kMust, 0, "", {"confirm", "reset", "invitation"}},
     {"email", K::text, kMust},
     {"link", K::text, kMust, 0, "to be handed out"},
     {"expires_at", K::text, kMust}}};
const Schema kAuditRow{
    "AuditRow",
    {{"id", K::text, kMust},
     {"at", K::text, kMust},
     {"account_id", K::integer, kNull},
     {"actor",
      K::object,
      kMust,
      0,
      "",
      {},
      {{"kind",
        K::text,
        kMust,
        0,
        "",
        {"operator", "user", "key", "smtp_login", "relay", "control"}},
       {"id", K::integer, kMust, 0, "of the user or key; 0: it has none"},
       {"name", K::text, kMust}}},
     {"behind", K::text, kNull, 0, "the operator who acted for the account"},
     {"from", K::text, kMust, 0, "the client's address"},
     {"action", K::text, kMust, 0, "as domain.create"},
     {"object", K::text, kMust, 0, "as domain:mail.example.com"},
     {"before", K::object, kNull},
     {"after", K::object, kNull}}};

std::span<const Schema* const> people_schemas() {
  static const Schema* const list[] = {
      &kNewRegistration, &kLinkToken,     &kRegistrationProof, &kResetWish,        &kResetAnswer,
      &kOwnPassword,     &kPasswordProof, &kCodeProof,        &kProof,
      &kUserChange,      &kNewInvitation, &kInvitationAnswer, &kNewRegistrationInvitation,
      &kImpersonation,   &kNothing,       &kRegistration,     &kConfirmed,
      &kMe,              &kNewSecondFactor, &kRecoveryCodes,  &kMySessions,
      &kEnded,           &kInvitation,    &kRegistrationInvitation, &kInvited,
      &kOpenLink,        &kAuditRow};
  return list;
}

}  // namespace ph::rest::schemas
