// Purpose: sender addresses: only under a verified domain; each may have an SMTP password.
// Shapes: prefix 1 to 64 octets of RFC 5322 dot-atom; display name up to 64 code points of UTF-8,
//   no control characters. SMTP password: 10 to 20 characters, at least two digits, a lower and an
//   upper case letter; stored as Argon2id.
// Errors: domain_not_verified, address_limit, conflict, invalid_field, not_found.
#pragma once

#include <string>
#include <vector>

#include "core/access.h"
#include "core/context.h"
#include "core/login_memory.h"
#include "store/address.h"

namespace ph::core {

struct NewAddress {
  AccountId account;
  std::string email;
  std::string display_name;
  std::string smtp_password;  // empty: none
};

class Addresses {
 public:
  explicit Addresses(Context& context)
      : context_(context), memory_(context.clock, context.random) {}

  net::Task<Outcome<store::AddressRow>> create(Actor actor, NewAddress address);
  net::Task<Outcome<std::vector<store::AddressRow>>> list(Actor actor, AccountId account,
                                                          AddressId after, size_t limit);
  net::Task<Outcome<store::AddressRow>> get(Actor actor, AccountId account, std::string email);
  net::Task<Outcome<>> remove(Actor actor, AccountId account, std::string email);
  // Replace::with_another refuses the password that it has (conflict).
  enum class Replace : uint8_t { with_any, with_another };
  net::Task<Outcome<>> set_smtp_password(Actor actor, AccountId account, std::string email,
                                         std::string password, Replace replace = Replace::with_any);
  // AUTH of the submission door. `client` is throttled before anything is hashed; a right password
  // is remembered for ten minutes under a per-process HMAC (design decision 19).
  net::Task<Outcome<Actor>> smtp_login(std::string email, std::string password, IpAddress client);

 private:
  Context& context_;
  LoginMemory memory_;
};

// The strength rule alone, for forms: what is wrong, or nothing.
Outcome<> check_smtp_password(std::string_view password);

}  // namespace ph::core
