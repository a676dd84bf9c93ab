#include "billing/customer.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "core/transaction.h"
#include "store/domain.h"
#include "store/event.h"
#include "store/user.h"

namespace ph::billing {
namespace {

constexpr int64_t kDaysBefore = 29;  // 30 with today

int64_t sent_since(WallTime now) { return store::day_of(now) - kDaysBefore; }

Outcome<> need_operator(const core::Actor& actor) {
  if (core::allowed(actor, core::Action::operate)) return {};
  return refuse(Reason::forbidden, "Only the operator may do this.");
}

Outcome<Customer> with_standing(sql::Connection& sql, store::CustomerRow row, WallTime now) {
  State state = REFUSE_TRY(read_state(sql, row.account.id, now));
  return Customer{.row = std::move(row),
                  .balance = state.facts.row.balance,
                  .standing = state.standing};
}

}  // namespace

net::Task<Outcome<std::vector<Customer>>> Customers::list(core::Actor actor, CustomerSearch search,
                                                          store::Page page) {
  using All = std::vector<Customer>;
  CO_REFUSE_TRY(need_operator(actor));
  std::string text(trim(search.text));
  if (text.size() > limits::kCustomerSearch || !is_utf8(text) || has_control(text))
    co_return refuse(Reason::invalid_field,
                     fmt::format("A search has at most {} octets.", limits::kCustomerSearch),
                     "search");
  WallTime now = context_.clock.wall();
  store::CustomerFilter filter{.state = std::move(search.state),
                               .search = std::move(text),
                               .sent_since = sent_since(now)};
  auto job = [filter, page, now](sql::Connection& sql) -> Outcome<All> {
    All out;
    for (store::CustomerRow& row :
         REFUSE_TRY(store::customers_for_operator(sql, filter, page)))
      out.push_back(REFUSE_TRY(with_standing(sql, std::move(row), now)));
    return out;
  };
  co_return co_await core::look<All>(context_, std::move(job));
}

net::Task<Outcome<CustomerView>> Customers::get(core::Actor actor, AccountId account) {
  CO_REFUSE_TRY(need_operator(actor));
  WallTime now = context_.clock.wall();
  auto job = [account, now](sql::Connection& sql) -> Outcome<CustomerView> {
    auto row = store::customer_for_operator(sql, account, sent_since(now));
    if (!row && row.error().code == Errc::not_found)
      return refuse(Reason::not_found, "There is no such account.", "account");
    CustomerView out;
    out.customer = REFUSE_TRY(with_standing(sql, REFUSE_TRY(std::move(row)), now));
    out.users = REFUSE_TRY(store::user_count(sql, account));
    out.domains = REFUSE_TRY(store::domain_count(sql, account));
    return out;
  };
  co_return co_await core::look<CustomerView>(context_, std::move(job));
}

}  // namespace ph::billing
