#include "core/message.h"

#include <algorithm>

#include "base/id_source.h"
#include "core/transaction.h"
#include "store/domain.h"

namespace ph::core {
namespace {

Outcome<AccountId> reader_account(const Actor& actor, AccountId named, Action action) {
  if (!allowed(actor, action)) return refuse(Reason::forbidden, "This key may not read that.");
  return acting_account(actor, named);
}

std::unexpected<Refusal> no_message() {
  return refuse(Reason::not_found, "There is no such message.");
}

// In a sandbox, where no mail goes out, the operator hands on what ours say.
store::SystemMails system_mails(const Actor& actor) {
  return allowed(actor, Action::operate) ? store::SystemMails::shown : store::SystemMails::hidden;
}

// Who is limited to some domains sees those domains' messages only.
Outcome<> check_domain_limit(sql::Connection& sql, const Actor& actor,
                             const store::MessageRow& message) {
  if (!of_some_domains(actor)) return {};
  auto domain = store::domain(sql, message.account_id, message.domain_id);
  if (domain && sees_domain(actor, domain->name)) return {};
  return no_message();
}

Outcome<store::MessageRow> find_message(sql::Connection& sql, const Actor& actor, AccountId account,
                                        MessageId id) {
  auto row = store::message(sql, account, id);
  if (!row && row.error().code == Errc::not_found) return no_message();
  store::MessageRow message = REFUSE_TRY(std::move(row));
  REFUSE_TRY(check_domain_limit(sql, actor, message));
  return message;
}

using MessageRows = std::vector<store::MessageRow>;

using DomainIds = std::vector<DomainId>;  // none: all

// Nothing where the wish names a domain that the actor does not see, or none of his is there.
Outcome<std::optional<DomainIds>> domains_wanted(sql::Connection& sql, const Actor& actor,
                                                 AccountId account, const std::string& wanted) {
  std::vector<std::string> names = seen_domains(actor);
  if (!wanted.empty()) {
    if (!sees_domain(actor, wanted)) return std::nullopt;
    names = {wanted};
  }
  if (names.empty()) return DomainIds{};
  DomainIds out;
  for (const std::string& name : names) {
    auto domain = store::domain_by_name(sql, account, name);
    if (!domain && domain.error().code == Errc::not_found) continue;
    out.push_back(REFUSE_TRY(std::move(domain)).id);
  }
  if (out.empty()) return std::nullopt;
  return out;
}

// Rows that are looked at for one answer: more wait behind `next`.
constexpr size_t kRowsLooked = 1000;

// Domain and state are compared here: an account's messages have no index by either, and the bound
// is one of rows that were read, not of those that fit.
Outcome<MessageList> narrowed(sql::Connection& sql, AccountId account, const DomainIds& only,
                              const std::string& state, store::Page page) {
  MessageList out;
  auto wanted = static_cast<size_t>(page.rows());
  if (!state.empty() || !only.empty()) page.limit = limits::kPageMost;
  for (size_t looked = 0; looked < kRowsLooked;) {
    MessageRows rows = REFUSE_TRY(store::messages(sql, account, {}, page));
    for (store::MessageRow& row : rows) {
      page.after = row.id.value;
      if (!only.empty() && std::ranges::find(only, row.domain_id) == only.end()) continue;
      auto states = REFUSE_TRY(store::recipient_states(sql, account, row.id));
      if (state.empty() || message_state(states) == state)
        out.rows.push_back({.message = std::move(row), .states = std::move(states)});
      if (out.rows.size() < wanted) continue;
      out.next = page.after;
      return out;
    }
    if (rows.size() < static_cast<size_t>(page.rows())) return out;
    looked += rows.size();
  }
  out.next = page.after;
  return out;
}

Outcome<MessageRows> newest(sql::Connection& sql, const Actor& actor, AccountId account,
                            store::Page page) {
  auto only = REFUSE_TRY(domains_wanted(sql, actor, account, ""));
  if (!only) return MessageRows{};
  auto list = REFUSE_TRY(narrowed(sql, account, *only, "", page));
  MessageRows out;
  for (ListedMessage& one : list.rows) out.push_back(std::move(one.message));
  return out;
}

}  // namespace

std::string message_state(std::span<const store::RecipientState> states) {
  using S = store::RecipientState;
  auto some = [states](S wanted) { return std::ranges::find(states, wanted) != states.end(); };
  if (some(S::queued)) return "queued";
  if (some(S::held)) return "held";
  bool failed = some(S::bounced) || some(S::expired) || some(S::cancelled);
  if (some(S::delivered)) return failed ? "partly_delivered" : "delivered";
  return "failed";
}

net::Task<Outcome<MessageView>> Messages::get(Actor actor, AccountId named, MessageId id) {
  AccountId account = CO_REFUSE_TRY(reader_account(actor, named, Action::read_message));
  auto job = [actor, account, id](sql::Connection& sql) -> Outcome<MessageView> {
    MessageView view;
    view.message = REFUSE_TRY(find_message(sql, actor, account, id));
    view.recipients = REFUSE_TRY(store::recipients(sql, account, id));
    for (const store::RecipientRow& recipient : view.recipients) {
      auto attempts = REFUSE_TRY(store::attempts(sql, account, recipient.key));
      std::ranges::move(attempts, std::back_inserter(view.attempts));
    }
    return view;
  };
  co_return co_await look<MessageView>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::MessageRow>>> Messages::list(Actor actor, AccountId named,
                                                                  MessageId before, size_t limit) {
  AccountId account = CO_REFUSE_TRY(reader_account(actor, named, Action::view));
  auto job = [actor, account, before, limit](sql::Connection& sql) {
    return newest(sql, actor, account, {.after = before.value, .limit = limit});
  };
  co_return co_await look<MessageRows>(context_, std::move(job));
}

net::Task<Outcome<MessageList>> Messages::list_with_states(Actor actor, AccountId named,
                                                           MessageWish wish, store::Page page) {
  AccountId account = CO_REFUSE_TRY(reader_account(actor, named, Action::view));
  // An id is as old as its message (base/id_source.h).
  if (wish.before)
    page.after = std::min(page.before(), std::max<int64_t>(1, id_floor(*wish.before)));
  auto job = [actor, account, wish, page](sql::Connection& sql) -> Outcome<MessageList> {
    auto only = REFUSE_TRY(domains_wanted(sql, actor, account, wish.domain));
    if (!only) return MessageList{};
    return narrowed(sql, account, *only, wish.state, page);
  };
  co_return co_await look<MessageList>(context_, std::move(job));
}

net::Task<Outcome<AccountId>> Messages::account_of(Actor actor, AccountId named,
                                                   std::vector<MessageId> ids) {
  AccountId account = CO_REFUSE_TRY(reader_account(actor, named, Action::read_message));
  auto job = [actor, account, ids = std::move(ids)](sql::Connection& sql) -> Outcome<AccountId> {
    for (MessageId id : ids) {
      auto found = find_message(sql, actor, account, id);
      if (!found && found.error().reason == Reason::not_found)
        return refuse(Reason::not_found, "There is no such message.", "messages");
      REFUSE_TRY(std::move(found));
    }
    return account;
  };
  co_return co_await look<AccountId>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::EventRow>>> Messages::events(Actor actor, AccountId named,
                                                                  EventId before, size_t limit) {
  if (of_some_domains(actor))
    co_return refuse(Reason::forbidden,
                     "Who is limited to some domains may not read the account's events.");
  AccountId account = CO_REFUSE_TRY(reader_account(actor, named, Action::view));
  using Rows = std::vector<store::EventRow>;
  auto job = [account, before, limit](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::events(sql, account, {.after = before.value, .limit = limit}));
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::CounterRow>>> Messages::counters(Actor actor, AccountId named,
                                                                      int64_t first_day,
                                                                      int64_t last_day) {
  if (of_some_domains(actor))
    co_return refuse(Reason::forbidden,
                     "Who is limited to some domains may not read the account's counters.");
  AccountId account = CO_REFUSE_TRY(reader_account(actor, named, Action::view));
  using Rows = std::vector<store::CounterRow>;
  auto job = [account, first_day, last_day](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::counters(sql, account, first_day, last_day));
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::HourRow>>> Messages::hour_counters(Actor actor,
                                                                        AccountId named,
                                                                        int64_t first_hour,
                                                                        int64_t last_hour) {
  if (of_some_domains(actor))
    co_return refuse(Reason::forbidden,
                     "Who is limited to some domains may not read the account's counters.");
  AccountId account = CO_REFUSE_TRY(reader_account(actor, named, Action::view));
  using Rows = std::vector<store::HourRow>;
  auto job = [account, first_hour, last_hour](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::hour_counters(sql, account, first_hour, last_hour));
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<std::string>> Messages::content(Actor actor, AccountId named, MessageId id) {
  AccountId account = CO_REFUSE_TRY(reader_account(actor, named, Action::view));
  auto job = [actor, account, id](sql::Connection& sql) {
    return find_message(sql, actor, account, id);
  };
  auto message = CO_REFUSE_TRY(co_await look<store::MessageRow>(context_, std::move(job)));
  // Whoever reads a link of ours is whom it was for.
  if ((message.flags & store::kOfSystem) != 0) co_return no_message();
  std::string bytes = CO_REFUSE_TRY(co_await context_.store.read_content(message.content));
  if ((message.flags & store::kRendered) == 0) co_return bytes;
  auto record = std::make_shared<const std::string>(std::move(bytes));
  co_return *CO_REFUSE_TRY(co_await renderer_.render(message, std::move(record)));
}

net::Task<Outcome<std::vector<store::InboxRow>>> Messages::inbox(Actor actor, AccountId named,
                                                                 int64_t before, size_t limit) {
  if (of_some_domains(actor))
    co_return refuse(Reason::forbidden,
                     "Who is limited to some domains may not read the inbox.");
  AccountId account = CO_REFUSE_TRY(reader_account(actor, named, Action::view));
  using Rows = std::vector<store::InboxRow>;
  auto job = [actor, account, before, limit](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::inbox(sql, account, {.after = before, .limit = limit},
                                   system_mails(actor)));
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<Messages::InboxMail>> Messages::inbox_mail(Actor actor, AccountId named,
                                                             int64_t id) {
  if (of_some_domains(actor))
    co_return refuse(Reason::forbidden,
                     "Who is limited to some domains may not read the inbox.");
  AccountId account = CO_REFUSE_TRY(reader_account(actor, named, Action::view));
  auto job = [actor, account, id](sql::Connection& sql) -> Outcome<store::InboxRow> {
    auto row = store::inbox_mail(sql, account, id, system_mails(actor));
    if (!row && row.error().code == Errc::not_found)
      return refuse(Reason::not_found, "There is no such mail in the inbox.");
    return REFUSE_TRY(std::move(row));
  };
  InboxMail mail;
  mail.row = CO_REFUSE_TRY(co_await look<store::InboxRow>(context_, std::move(job)));
  mail.content = CO_REFUSE_TRY(co_await context_.store.read_content(mail.row.content));
  co_return mail;
}

}  // namespace ph::core
