#include "core/identity_rights.h"

#include "core/settings.h"

namespace ph::core {

std::string_view identity_mode_name(IdentityMode mode) {
  switch (mode) {
    case IdentityMode::required:
      return "required";
    case IdentityMode::optional:
      return "optional";
    case IdentityMode::off:
      break;
  }
  return "off";
}

Result<IdentityMode> identity_mode(sql::Connection& sql) {
  std::string mode = TRY(setting_text(sql, {}, "identity.mode"));
  if (mode == identity_mode_name(IdentityMode::required)) return IdentityMode::required;
  if (mode == identity_mode_name(IdentityMode::optional)) return IdentityMode::optional;
  return IdentityMode::off;
}

Result<IdentityRights> identity_rights(sql::Connection& sql, AccountId account) {
  IdentityRights out{.mode = TRY(identity_mode(sql))};
  auto claim = store::identity_claim(sql, account);
  if (!claim && claim.error().code == Errc::not_found) return out;
  store::IdentityClaimRow row = TRY(std::move(claim));
  out.state = row.state;
  out.kind = row.kind;
  return out;
}

}  // namespace ph::core
