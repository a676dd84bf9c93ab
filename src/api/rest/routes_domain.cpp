#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "core/view_json.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Reason;
using core::refuse;

Reply view_answer(core::Outcome<core::DomainView> view) {
  return Answer{.body = core::domain_json(REFUSE_TRY(std::move(view)))};
}

// The member of this request that core calls `from`.
template <class T>
core::Outcome<T> renamed(core::Outcome<T> outcome, std::string_view from, const char* to) {
  if (!outcome && outcome.error().field == from) outcome.error().field = to;
  return outcome;
}

// In a path, what can be no address is as absent as one that is not there.
template <class T>
core::Outcome<T> by_path(core::Outcome<T> outcome) {
  if (!outcome && outcome.error().reason == Reason::invalid_field &&
      outcome.error().field == "email")
    return refuse(Reason::not_found, "There is no such sender address.", "address");
  return renamed(std::move(outcome), "email", "address");
}

// --- domains ---

net::Task<Reply> domain_list(const Services& s, Call& call) {
  auto views = CO_REFUSE_TRY(
      co_await s.core.domains.list(call.actor, call.account, DomainId(call.after), call.limit));
  co_return page_of(views, call, core::domain_json,
                    [](const core::DomainView& view) { return view.row.id.value; });
}

net::Task<Reply> domain_create(const Services& s, Call& call) {
  auto made = co_await s.core.domains.create(call.actor, call.account, call.text("name"));
  co_return view_answer(renamed(std::move(made), "domain", "name"));
}

net::Task<Reply> domain_get(const Services& s, Call& call) {
  co_return view_answer(co_await s.core.domains.get(call.actor, call.account, call.params[0]));
}

net::Task<Reply> domain_check(const Services& s, Call& call) {
  co_return view_answer(co_await s.core.domains.check(call.actor, call.account, call.params[0]));
}

net::Task<Reply> domain_verify(const Services& s, Call& call) {
  co_return view_answer(co_await s.core.domains.verify(call.actor, call.account, call.params[0]));
}

net::Task<Reply> domain_force(const Services& s, Call& call) {
  co_return view_answer(
      co_await s.core.domains.force(call.actor, call.account, call.params[0], call.text("reason")));
}

net::Task<Reply> domain_publish(const Services& s, Call& call) {
  auto view = CO_REFUSE_TRY(co_await s.core.domains.get(call.actor, call.account, call.params[0]));
  if (!s.core.publish)
    co_return refuse(Reason::conflict,
                     "Only a sandbox server publishes by itself. Put the records into your DNS.");
  CO_REFUSE_TRY(co_await s.core.publish(view));
  co_return view_answer(co_await s.core.domains.check(call.actor, call.account, call.params[0]));
}

net::Task<Reply> domain_tags(const Services& s, Call& call) {
  co_return view_answer(co_await s.core.domains.set_tags(call.actor, call.account, call.params[0],
                                                         call.texts("tags")));
}

net::Task<Reply> domain_delete(const Services& s, Call& call) {
  CO_REFUSE_TRY(co_await s.core.domains.remove(call.actor, call.account, call.params[0]));
  co_return Answer{};
}

// --- addresses ---

net::Task<Reply> address_list(const Services& s, Call& call) {
  auto rows = CO_REFUSE_TRY(
      co_await s.core.addresses.list(call.actor, call.account, AddressId(call.after), call.limit));
  co_return page_of(rows, call, core::address_json,
                    [](const store::AddressRow& row) { return row.id.value; });
}

net::Task<Reply> address_create(const Services& s, Call& call) {
  core::NewAddress address{.account = call.account,
                           .email = call.text("address"),
                           .display_name = call.text("name"),
                           .smtp_password = call.text("smtp_password")};
  auto made = co_await s.core.addresses.create(call.actor, std::move(address));
  co_return Answer{.body = core::address_json(
                       CO_REFUSE_TRY(renamed(std::move(made), "email", "address")))};
}

net::Task<Reply> address_get(const Services& s, Call& call) {
  auto row = co_await s.core.addresses.get(call.actor, call.account, call.params[0]);
  co_return Answer{.body = core::address_json(CO_REFUSE_TRY(by_path(std::move(row))))};
}

net::Task<Reply> address_delete(const Services& s, Call& call) {
  CO_REFUSE_TRY(
      by_path(co_await s.core.addresses.remove(call.actor, call.account, call.params[0])));
  co_return Answer{};
}

net::Task<Reply> address_password(const Services& s, Call& call) {
  CO_REFUSE_TRY(by_path(co_await s.core.addresses.set_smtp_password(
      call.actor, call.account, call.params[0], call.text("smtp_password"))));
  co_return Answer{};
}

}  // namespace

std::span<const Route> domain_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/domains",
       .operation = "domain_list",
       .summary = "Sender domains",
       .action = Action::view,
       .takes = Takes::page,
       .response = &schemas::kDomain,
       .run = domain_list},
      {.method = "POST",
       .path = "/api/v1/domains",
       .operation = "domain_create",
       .summary = "A sender domain; answers with the records that it needs",
       .action = Action::manage_domains,
       .takes = Takes::account,
       .request = &schemas::kNewDomain,
       .response = &schemas::kDomain,
       .reasons = {Reason::domain_public_suffix, Reason::domain_hosts_mailboxes,
                   Reason::domain_taken, Reason::domain_limit, Reason::conflict},
       .status = 201,
       .run = domain_create},
      {.method = "GET",
       .path = "/api/v1/domains/{domain}",
       .operation = "domain_get",
       .summary = "Its records and the last check",
       .action = Action::view,
       .takes = Takes::account,
       .response = &schemas::kDomain,
       .reasons = {Reason::not_found},
       .run = domain_get},
      {.method = "PUT",
       .path = "/api/v1/domains/{domain}/tags",
       .operation = "domain_tags",
       .summary = "Words to sort domains by, in place of those before",
       .action = Action::manage_domains,
       .takes = Takes::account,
       .request = &schemas::kTags,
       .response = &schemas::kDomain,
       .reasons = {Reason::not_found},
       .run = domain_tags},
      {.method = "DELETE",
       .path = "/api/v1/domains/{domain}",
       .operation = "domain_delete",
       .summary = "Delete it; its addresses first",
       .action = Action::manage_domains,
       .takes = Takes::account,
       .reasons = {Reason::not_found, Reason::domain_in_use},
       .status = 204,
       .run = domain_delete},
  };
  return routes;
}

std::span<const Route> domain_verb_routes() {
  static const Route routes[] = {
      {.method = "POST",
       .path = "/api/v1/domains/{domain}/check",
       .operation = "domain_check",
       .summary = "Ask the DNS now",
       .action = Action::manage_domains,
       .takes = Takes::account,
       .response = &schemas::kDomain,
       .reasons = {Reason::not_found},
       .run = domain_check},
      {.method = "POST",
       .path = "/api/v1/domains/{domain}/verify",
       .operation = "domain_verify",
       .summary = "Submit for verification",
       .action = Action::manage_domains,
       .takes = Takes::account,
       .response = &schemas::kDomain,
       .reasons = {Reason::not_found, Reason::domain_hosts_mailboxes},
       .run = domain_verify},
      {.method = "POST",
       .path = "/api/v1/domains/{domain}/force",
       .operation = "domain_force",
       .summary = "Verified by the operator's word",
       .action = Action::operate,
       .takes = Takes::account,
       .request = &schemas::kForce,
       .response = &schemas::kDomain,
       .reasons = {Reason::not_found, Reason::domain_taken},
       .run = domain_force},
      {.method = "POST",
       .path = "/api/v1/domains/{domain}/publish",
       .operation = "domain_publish",
       .summary = "Put the records into the sandbox zone",
       .action = Action::manage_domains,
       .takes = Takes::account,
       .response = &schemas::kDomain,
       .reasons = {Reason::not_found, Reason::conflict},
       .run = domain_publish},
  };
  return routes;
}

std::span<const Route> address_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/addresses",
       .operation = "address_list",
       .summary = "Sender addresses",
       .action = Action::view,
       .takes = Takes::page,
       .response = &schemas::kAddress,
       .run = address_list},
      {.method = "POST",
       .path = "/api/v1/addresses",
       .operation = "address_create",
       .summary = "A sender address under a verified domain",
       .action = Action::manage_addresses,
       .takes = Takes::account,
       .request = &schemas::kNewAddress,
       .response = &schemas::kAddress,
       .reasons = {Reason::domain_not_verified, Reason::address_limit, Reason::conflict},
       .status = 201,
       .run = address_create},
      {.method = "GET",
       .path = "/api/v1/addresses/{address}",
       .operation = "address_get",
       .summary = "One sender address",
       .action = Action::view,
       .takes = Takes::account,
       .response = &schemas::kAddress,
       .reasons = {Reason::not_found},
       .run = address_get},
      {.method = "DELETE",
       .path = "/api/v1/addresses/{address}",
       .operation = "address_delete",
       .summary = "Delete it",
       .action = Action::manage_addresses,
       .takes = Takes::account,
       .reasons = {Reason::not_found},
       .status = 204,
       .run = address_delete},
      {.method = "PUT",
       .path = "/api/v1/addresses/{address}/smtp-password",
       .operation = "address_smtp_password",
       .summary = "A new SMTP password",
       .action = Action::manage_addresses,
       .takes = Takes::account,
       .request = &schemas::kSmtpPassword,
       .reasons = {Reason::not_found},
       .status = 204,
       .run = address_password},
  };
  return routes;
}

}  // namespace ph::rest
