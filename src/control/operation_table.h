// Purpose: the shape of one operation, and the lists that operations.cpp joins. Private to control.
#pragma once

#include <optional>
#include <span>

#include "control/operations.h"

namespace ph::control {

// Arguments of one call, read with errors that name them.
class Arguments {
 public:
  Arguments(const Services& services, const json::Value& value) : services_(services), at_(value) {}

  core::Outcome<std::string> text(std::string_view name) const;  // must be there
  core::Outcome<std::string> text_or(std::string_view name, std::string otherwise = {}) const;
  core::Outcome<int64_t> number_or(std::string_view name, int64_t otherwise) const;
  core::Outcome<std::vector<std::string>> texts(std::string_view name) const;  // [] when absent
  const json::Value* value(std::string_view name) const { return at_.value().find(name); }
  json::Reader reader() const { return at_; }

  // The account that `account` names, or the only one.
  net::Task<core::Outcome<AccountId>> account() const;
  // The same, else the one account with this sender domain.
  net::Task<core::Outcome<AccountId>> account_of_domain(std::string name) const;
  // The same by the domain of an address.
  net::Task<core::Outcome<AccountId>> account_of_address(std::string email) const;

 private:
  const Services& services_;
  json::Reader at_;
};

using Handler = net::Task<Answer> (*)(const Services&, const Arguments&);

struct Operation {
  std::string_view name;
  std::vector<std::string_view> arguments;  // what may be given
  Handler run;
};

std::span<const Operation> account_operations();   // account, user, key
std::span<const Operation> identity_operations();  // domain, address
std::span<const Operation> mail_operations();      // send, message, inbox
std::span<const Operation> people_operations();  // registration, user, audit
std::span<const Operation> queue_operations();
std::span<const Operation> bulk_operations();
std::span<const Operation> customer_operations();  // setting, identity, customer
std::span<const Operation> billing_operations();   // plans, money, levels

}  // namespace ph::control
