#include "core/address.h"

#include <fmt/format.h>

#include "base/text.h"
#include "core/domain_state.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/transaction.h"
#include "core/user.h"
#include "json/json.h"
#include "dns/domain_name.h"
#include "mime/address.h"
#include "store/account.h"
#include "store/domain.h"

namespace ph::core {
namespace {

struct Parts {
  std::string local;
  std::string domain;  // A-labels
  std::string email() const { return local + "@" + domain; }
};

// RFC 5322 §3.2.3 dot-atom in ASCII: what every receiver takes without quoting.
Outcome<Parts> split_email(std::string_view email) {
  auto mailbox = mime::parse_api_address(email);
  if (!mailbox) return refuse(Reason::invalid_field, mailbox.error().message, "email");
  if (!mailbox->name.empty())
    return refuse(Reason::invalid_field, "Give the address alone; the name has its own field.",
                  "email");
  if (!is_ascii(mailbox->local) || mime::quote_local(mailbox->local) != mailbox->local)
    return refuse(
        Reason::invalid_field,
        "The prefix has letters, digits and . ! # $ % & ' * + - / = ? ^ _ ` { | } ~ only.",
        "email");
  auto domain = dns::DomainName::parse(mailbox->domain);
  if (!domain) return refuse(Reason::invalid_field, domain.error().message, "email");
  return Parts{mailbox->local, domain->text()};
}

Outcome<> check_display_name(std::string_view name) {
  if (is_utf8(name) && !has_control(name) && utf8_length(name) <= limits::kSenderName) return {};
  return refuse(Reason::invalid_field,
                "A sender name has at most 64 characters and no control characters.", "name");
}

Outcome<AccountId> account_to_change(const Actor& actor, AccountId named) {
  if (!allowed(actor, Action::manage_addresses))
    return refuse(Reason::forbidden, "Your role may not manage sender addresses.");
  return acting_account(actor, named);
}

std::unexpected<Refusal> no_address() {
  return refuse(Reason::not_found, "There is no such sender address.", "email");
}

Outcome<store::AddressRow> find_address(sql::Connection& sql, AccountId account,
                                        const std::string& email) {
  auto row = store::address_by_email(sql, account, email);
  if (!row && row.error().code == Errc::not_found) return no_address();
  return REFUSE_TRY(std::move(row));
}

std::unexpected<Refusal> no_sender_domain(const std::string& name) {
  return refuse(
      Reason::domain_not_verified,
      fmt::format("{} is no sender domain of the account. Add it and verify it first.", name),
      "email");
}

std::string audited_address(const store::AddressRow& row) {
  return json::serialize(json::Value::object({{"email", row.email},
                                              {"name", row.display_name},
                                              {"smtp_password", !row.smtp_hash.empty()}}));
}

// The domain above the address must be one that may send.
Outcome<store::DomainRow> sending_domain(sql::Connection& sql, AccountId account,
                                         const std::string& name) {
  auto row = store::domain_by_name(sql, account, name);
  if (!row && row.error().code == Errc::not_found) return no_sender_domain(name);
  auto found = REFUSE_TRY(std::move(row));
  if (!may_send(found.state))
    return refuse(Reason::domain_not_verified,
                  fmt::format("{} is {}. A sender address needs a verified domain.", name,
                              domain_state_name(found.state)),
                  "email");
  return found;
}

Outcome<store::AddressRow> insert(store::Tx& tx, const Actor& actor, AccountId account,
                                  const Parts& parts, const store::AddressRow& wanted) {
  auto account_row = REFUSE_TRY(store::account(tx.sql(), account));
  auto domain = REFUSE_TRY(sending_domain(tx.sql(), account, parts.domain));
  int64_t limit = account_row.limits.addresses;
  int64_t count = REFUSE_TRY(store::address_count(tx.sql(), account, domain.id));
  if (limit > 0 && count >= limit)
    return refuse(
        Reason::address_limit,
        fmt::format("{} has {} sender addresses, as many as it may have.", domain.name, count));
  store::AddressRow row = wanted;
  row.account_id = account;
  row.domain_id = domain.id;
  row.local = parts.local;
  row.email = parts.email();
  row.created_at = tx.now();
  auto id = store::insert_address(tx.sql(), row);
  if (!id && id.error().code == Errc::conflict)
    return refuse(Reason::conflict, "This sender address exists.", "email");
  row.id = REFUSE_TRY(std::move(id));
  REFUSE_TRY(record_event(
      tx, {.account_id = account, .type = event::kAddressCreated, .domain_id = domain.id}));
  REFUSE_TRY(record_change(tx, actor,
                           {.account = account,
                            .action = "address.create",
                            .object = "address:" + row.email,
                            .after = audited_address(row)}));
  return row;
}

}  // namespace

Outcome<> check_smtp_password(std::string_view password) {
  auto wrong = [](const char* why) { return refuse(Reason::invalid_field, why, "smtp_password"); };
  if (password.size() < 10 || password.size() > 20)
    return wrong("An SMTP password has 10 to 20 characters.");
  int digits = 0, lowers = 0, uppers = 0;
  for (char c : password) {
    if (c <= ' ' || c > '~') return wrong("An SMTP password has printable ASCII without spaces.");
    digits += is_digit(c);
    lowers += is_alpha(c) && to_lower(c) == c;
    uppers += is_alpha(c) && to_upper(c) == c;
  }
  if (digits < 2 || lowers < 1 || uppers < 1)
    return wrong(
        "An SMTP password has two digits, a lower-case and an upper-case letter at least.");
  return {};
}

namespace {

Actor smtp_actor(AccountId account, std::string email) {
  return {.kind = Actor::Kind::smtp_login,
          .account = account,
          .role = Role::developer,
          .scope = Scope::send,
          .only_address = std::move(email)};
}

// Whoever knows such a password sends by it, also after he has left.
Outcome<> may_set_smtp_password(const Actor& actor) {
  Actor login = smtp_actor(actor.account, {});
  for (Action action : {Action::send, Action::read_message})
    if (allowed(login, action) && !allowed(actor, action))
      return refuse(Reason::forbidden, "Only who may send sets an SMTP password.",
                    "smtp_password");
  return {};
}

}  // namespace

net::Task<Outcome<store::AddressRow>> Addresses::create(Actor actor, NewAddress wanted) {
  AccountId account = CO_REFUSE_TRY(account_to_change(actor, wanted.account));
  Parts parts = CO_REFUSE_TRY(split_email(wanted.email));
  if (!sees_domain(actor, parts.domain)) co_return no_sender_domain(parts.domain);
  CO_REFUSE_TRY(check_display_name(wanted.display_name));
  store::AddressRow row{.display_name = wanted.display_name};
  if (!wanted.smtp_password.empty()) {
    CO_REFUSE_TRY(may_set_smtp_password(actor));
    CO_REFUSE_TRY(check_smtp_password(wanted.smtp_password));
    row.smtp_hash = CO_REFUSE_TRY(co_await hash_password(context_, wanted.smtp_password));
  }
  auto job = [actor, account, parts, row](store::Tx& tx) {
    return insert(tx, actor, account, parts, row);
  };
  co_return co_await transact<store::AddressRow>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::AddressRow>>> Addresses::list(Actor actor, AccountId named,
                                                                   AddressId after, size_t limit) {
  if (!allowed(actor, Action::view)) co_return refuse(Reason::forbidden, "This key may not read.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  using Rows = std::vector<store::AddressRow>;
  // Not filtered afterwards: a page with fewer rows than asked for is the last one.
  auto job = [actor, account, after, limit](sql::Connection& sql) -> Outcome<Rows> {
    store::Page page{.after = after.value, .limit = limit};
    if (!of_some_domains(actor)) return REFUSE_TRY(store::addresses(sql, account, page));
    Rows out;
    for (const std::string& name : seen_domains(actor)) {
      auto domain = store::domain_by_name(sql, account, name);
      if (!domain && domain.error().code == Errc::not_found) continue;
      DomainId id = REFUSE_TRY(std::move(domain)).id;
      std::ranges::move(REFUSE_TRY(store::addresses_of_domain(sql, account, id, page)),
                        std::back_inserter(out));
    }
    std::ranges::sort(out, std::less(), &store::AddressRow::id);
    if (out.size() > static_cast<size_t>(page.rows()))
      out.resize(static_cast<size_t>(page.rows()));
    return out;
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<store::AddressRow>> Addresses::get(Actor actor, AccountId named,
                                                     std::string email) {
  if (!allowed(actor, Action::view)) co_return refuse(Reason::forbidden, "This key may not read.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  Parts parts = CO_REFUSE_TRY(split_email(email));
  if (!sees_domain(actor, parts.domain)) co_return no_address();
  auto job = [account, parts](sql::Connection& sql) {
    return find_address(sql, account, parts.email());
  };
  co_return co_await look<store::AddressRow>(context_, std::move(job));
}

net::Task<Outcome<>> Addresses::remove(Actor actor, AccountId named, std::string email) {
  AccountId account = CO_REFUSE_TRY(account_to_change(actor, named));
  Parts parts = CO_REFUSE_TRY(split_email(email));
  if (!sees_domain(actor, parts.domain)) co_return no_address();
  auto job = [actor, account, parts](store::Tx& tx) -> Outcome<> {
    auto row = REFUSE_TRY(find_address(tx.sql(), account, parts.email()));
    REFUSE_TRY(store::delete_address(tx.sql(), account, row.id));
    REFUSE_TRY(record_event(
        tx, {.account_id = account, .type = event::kAddressDeleted, .domain_id = row.domain_id}));
    REFUSE_TRY(record_change(tx, actor,
                             {.account = account,
                              .action = "address.delete",
                              .object = "address:" + row.email,
                              .before = audited_address(row)}));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

net::Task<Outcome<>> Addresses::set_smtp_password(Actor actor, AccountId named, std::string email,
                                                  std::string password, Replace replace) {
  AccountId account = CO_REFUSE_TRY(account_to_change(actor, named));
  Parts parts = CO_REFUSE_TRY(split_email(email));
  if (!sees_domain(actor, parts.domain)) co_return no_address();
  CO_REFUSE_TRY(may_set_smtp_password(actor));
  CO_REFUSE_TRY(check_smtp_password(password));
  if (replace == Replace::with_another) {
    auto find = [account, parts](sql::Connection& sql) {
      return find_address(sql, account, parts.email());
    };
    auto row = CO_REFUSE_TRY(co_await look<store::AddressRow>(context_, std::move(find)));
    if (!row.smtp_hash.empty() &&
        CO_REFUSE_TRY(co_await check_password(context_, row.smtp_hash, password)))
      co_return refuse(Reason::conflict, "The address has this SMTP password already.",
                       "smtp_password");
  }
  std::string hash = CO_REFUSE_TRY(co_await hash_password(context_, std::move(password)));
  auto job = [actor, account, parts, hash](store::Tx& tx) -> Outcome<> {
    auto row = REFUSE_TRY(find_address(tx.sql(), account, parts.email()));
    REFUSE_TRY(store::set_address_smtp_hash(tx.sql(), account, row.id, hash));
    REFUSE_TRY(record_event(
        tx, {.account_id = account, .type = event::kAddressPassword, .domain_id = row.domain_id}));
    REFUSE_TRY(record_change(
        tx, actor,
        {.account = account, .action = "address.password", .object = "address:" + row.email}));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

net::Task<Outcome<Actor>> Addresses::smtp_login(std::string email, std::string password,
                                                IpAddress client) {
  auto wrong = [] {
    return refuse(Reason::unauthenticated, "The user name or the password is wrong.");
  };
  auto parts = split_email(email);
  std::string name = parts ? parts->email() : email.substr(0, limits::kPath);
  using Row = store::AddressRow;
  auto find = [parts](sql::Connection& sql) -> Outcome<Row> {
    if (!parts) return Row{};
    auto row = store::address_for_sign_in(sql, parts->email());
    if (!row && row.error().code == Errc::not_found) return Row{};
    return REFUSE_TRY(std::move(row));
  };
  Row row = CO_REFUSE_TRY(co_await look<Row>(context_, std::move(find)));
  Actor actor = smtp_actor(row.account_id, row.email);
  std::string mark = memory_.mark(name, password, row.version);
  if (row.id && memory_.remembers(mark) && memory_.may_recall(name, client)) co_return actor;
  if (co_await memory_.turn(name, client))
    co_return refuse(Reason::temporary, "Too many wrong passwords. Try again later.");
  if (row.id && memory_.remembers(mark)) {  // another connection was right meanwhile
    memory_.give_back(name, client);
    memory_.welcome(name, client);
    co_return actor;
  }
  // Who does not exist, or has no password, costs the same work.
  bool usable = row.id && !row.smtp_hash.empty() && check_smtp_password(password);
  auto right = co_await check_password(context_, usable ? row.smtp_hash : kNobodysHash, password);
  bool judged_wrong = right && (!*right || !usable);
  if (judged_wrong) memory_.keep(name, client);
  else memory_.give_back(name, client);
  if (!CO_REFUSE_TRY(std::move(right)) || !usable) co_return wrong();
  memory_.welcome(name, client);
  memory_.remember(mark);
  co_return actor;
}

}  // namespace ph::core
