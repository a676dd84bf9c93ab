// Purpose: the operator's customers: each account with who owns it, what it sent, has and owes.
// Errors: forbidden, not_found, invalid_field (the search).
// Threads: any loop.
#pragma once

#include <string>
#include <vector>

#include "billing/standing.h"
#include "core/access.h"
#include "core/context.h"
#include "store/customer.h"

namespace ph::billing {

struct Customer {
  store::CustomerRow row;
  int64_t balance = 0;
  Standing standing = Standing::good;
};

struct CustomerView {
  Customer customer;
  int64_t users = 0;
  int64_t domains = 0;
};

struct CustomerSearch {
  std::string state;  // "created", "active", "suspended"; empty: all
  std::string text;
};

class Customers {
 public:
  explicit Customers(core::Context& context) : context_(context) {}

  net::Task<Outcome<std::vector<Customer>>> list(core::Actor actor, CustomerSearch search,
                                                 store::Page page);
  net::Task<Outcome<CustomerView>> get(core::Actor actor, AccountId account);

 private:
  core::Context& context_;
};

}  // namespace ph::billing
