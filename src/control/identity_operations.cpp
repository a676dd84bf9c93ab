#include "control/operation_table.h"
#include "core/view_json.h"
#include "dns/zone_fake.h"

namespace ph::control {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

struct Named {
  std::string name;
  AccountId account;
};

net::Task<Outcome<Named>> named_domain(const Arguments& a) {
  Named out;
  out.name = CO_REFUSE_TRY(a.text("name"));
  out.account = CO_REFUSE_TRY(co_await a.account_of_domain(out.name));
  co_return out;
}

net::Task<Answer> domain_add(const Services& s, const Arguments& a) {
  std::string name = CO_REFUSE_TRY(a.text("name"));
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  co_return core::domain_json(
      CO_REFUSE_TRY(co_await s.domains.create(control_actor(), account, name)));
}

net::Task<Answer> domain_list(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  DomainId after(CO_REFUSE_TRY(a.number_or("after", 0)));
  auto views =
      CO_REFUSE_TRY(co_await s.domains.list(control_actor(), account, after, limits::kPageMost));
  Value items = Value::array();
  for (const core::DomainView& view : views) items.push(core::domain_json(view));
  co_return Value::object({{"items", items}});
}

net::Task<Answer> domain_records(const Services& s, const Arguments& a) {
  Named d = CO_REFUSE_TRY(co_await named_domain(a));
  co_return core::domain_json(
      CO_REFUSE_TRY(co_await s.domains.get(control_actor(), d.account, d.name)));
}

// With `dns`: judged against that table instead of the DNS, and nothing is stored.
net::Task<Answer> check_against(const Services& s, Named d, std::string dns_json) {
  auto zone = dns::ZoneFake::from_json(dns_json);
  if (!zone) co_return refuse(Reason::invalid_field, zone.error().message, "dns");
  auto view = CO_REFUSE_TRY(co_await s.domains.get(control_actor(), d.account, d.name));
  core::DomainWants wants{.name = view.row.name,
                          .selector = view.row.selector,
                          .dkim_public = view.row.dkim_public,
                          .ed_selector = view.row.ed_selector,
                          .ed_public = view.row.ed_public};
  core::DomainCheck check =
      co_await core::check_domain(*zone, s.context.clock, wants, s.context.installation,
                                  Deadline::in(s.context.clock, limits::kDnsEvaluation));
  co_return core::domain_check_json(view.row.name, view.state, check);
}

net::Task<Answer> domain_check(const Services& s, const Arguments& a) {
  Named d = CO_REFUSE_TRY(co_await named_domain(a));
  std::string dns_json = CO_REFUSE_TRY(a.text_or("dns"));
  if (!dns_json.empty()) co_return co_await check_against(s, d, std::move(dns_json));
  co_return core::domain_json(
      CO_REFUSE_TRY(co_await s.domains.check(control_actor(), d.account, d.name)));
}

net::Task<Answer> domain_verify(const Services& s, const Arguments& a) {
  Named d = CO_REFUSE_TRY(co_await named_domain(a));
  const Value* force = a.value("force");
  if (force != nullptr) {
    std::string reason = CO_REFUSE_TRY(a.text("force"));
    co_return core::domain_json(
        CO_REFUSE_TRY(co_await s.domains.force(control_actor(), d.account, d.name, reason)));
  }
  co_return core::domain_json(
      CO_REFUSE_TRY(co_await s.domains.verify(control_actor(), d.account, d.name)));
}

net::Task<Answer> domain_publish(const Services& s, const Arguments& a) {
  Named d = CO_REFUSE_TRY(co_await named_domain(a));
  if (!s.publish)
    co_return refuse(Reason::conflict,
                     "Only a sandbox server publishes by itself. Put the records of "
                     "`posthouse domain records` into your DNS.");
  auto view = CO_REFUSE_TRY(co_await s.domains.get(control_actor(), d.account, d.name));
  CO_REFUSE_TRY(co_await s.publish(view));
  co_return core::domain_json(
      CO_REFUSE_TRY(co_await s.domains.check(control_actor(), d.account, d.name)));
}

net::Task<Answer> domain_remove(const Services& s, const Arguments& a) {
  Named d = CO_REFUSE_TRY(co_await named_domain(a));
  CO_REFUSE_TRY(co_await s.domains.remove(control_actor(), d.account, d.name));
  co_return Value::object({{"removed", d.name}});
}

// --- address ---

struct NamedAddress {
  std::string email;
  AccountId account;
};

net::Task<Outcome<NamedAddress>> named_address(const Arguments& a) {
  NamedAddress out;
  out.email = CO_REFUSE_TRY(a.text("email"));
  out.account = CO_REFUSE_TRY(co_await a.account_of_address(out.email));
  co_return out;
}

net::Task<Answer> address_add(const Services& s, const Arguments& a) {
  NamedAddress named = CO_REFUSE_TRY(co_await named_address(a));
  core::NewAddress address{.account = named.account, .email = named.email};
  address.display_name = CO_REFUSE_TRY(a.text_or("name"));
  address.smtp_password = CO_REFUSE_TRY(a.text_or("smtp_password"));
  co_return core::address_json(
      CO_REFUSE_TRY(co_await s.addresses.create(control_actor(), std::move(address))));
}

net::Task<Answer> address_list(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  AddressId after(CO_REFUSE_TRY(a.number_or("after", 0)));
  auto rows =
      CO_REFUSE_TRY(co_await s.addresses.list(control_actor(), account, after, limits::kPageMost));
  Value items = Value::array();
  for (const store::AddressRow& row : rows) items.push(core::address_json(row));
  co_return Value::object({{"items", items}});
}

net::Task<Answer> address_remove(const Services& s, const Arguments& a) {
  NamedAddress named = CO_REFUSE_TRY(co_await named_address(a));
  CO_REFUSE_TRY(co_await s.addresses.remove(control_actor(), named.account, named.email));
  co_return Value::object({{"removed", named.email}});
}

net::Task<Answer> address_password(const Services& s, const Arguments& a) {
  NamedAddress named = CO_REFUSE_TRY(co_await named_address(a));
  std::string password = CO_REFUSE_TRY(a.text("smtp_password"));
  CO_REFUSE_TRY(co_await s.addresses.set_smtp_password(control_actor(), named.account, named.email,
                                                       password));
  co_return Value::object({{"changed", named.email}});
}

}  // namespace

std::span<const Operation> identity_operations() {
  static const Operation operations[] = {
      {"domain.add", {"name", "account"}, domain_add},
      {"domain.list", {"account", "after"}, domain_list},
      {"domain.records", {"name", "account"}, domain_records},
      {"domain.check", {"name", "account", "dns"}, domain_check},
      {"domain.verify", {"name", "account", "force"}, domain_verify},
      {"domain.publish", {"name", "account"}, domain_publish},
      {"domain.remove", {"name", "account"}, domain_remove},
      {"address.add", {"email", "account", "name", "smtp_password"}, address_add},
      {"address.list", {"account", "after"}, address_list},
      {"address.remove", {"email", "account"}, address_remove},
      {"address.password", {"email", "account", "smtp_password"}, address_password},
  };
  return operations;
}

}  // namespace ph::control
