#include <fmt/format.h>

#include <unordered_set>

#include "base/text.h"
#include "core/domain_state.h"
#include "core/recipient.h"
#include "core/send_draft.h"
#include "core/transaction.h"
#include "mime/rewrite.h"
#include "store/allowance.h"

namespace ph::core {
namespace {

Outcome<mime::Mailbox> parse_field_address(const std::string& text, const std::string& field) {
  auto mailbox = mime::parse_api_address(text);
  if (!mailbox) return refuse(Reason::bad_recipient, mailbox.error().message, field);
  REFUSE_TRY(give_ascii_domain(*mailbox, field));
  return std::move(*mailbox);
}

// The one From of a message that came as bytes (RFC 5322 §3.6.2 allows several; a signature that
// binds the sender does not).
Outcome<mime::Mailbox> raw_sender(Draft& draft) {
  const RawContent& raw = *draft.request.raw;
  auto read = mime::inspect_submission(raw.bytes);
  // A bound of the reader, which no later try gets past.
  if (!read && read.error().code == Errc::limit)
    return refuse(Reason::too_large, read.error().message);
  auto facts = REFUSE_TRY(std::move(read));
  auto bad = [](std::string why) { return refuse(Reason::bad_message, std::move(why), "from"); };
  if (facts.wrong_line)
    return refuse(Reason::bad_message, fmt::format("Line {} of the header is no header field: {}",
                                                   facts.wrong_line->line, facts.wrong_line->why));
  if (facts.received_fields > limits::kReceivedFields)
    return refuse(Reason::loop_detected, "The message has passed too many servers.");
  if (!facts.repeated.empty())
    return bad(fmt::format("The field {} may stand only once.", facts.repeated));
  if (!facts.problem.empty()) return bad(facts.problem);
  if (facts.from_fields != 1 || facts.from.size() != 1 || facts.from_has_group)
    return bad("A message needs exactly one From field with exactly one address.");
  if (facts.has_route) return bad("The address in From or Sender has a source route.");
  if (facts.sender_fields > 0 &&
      (facts.sender.size() != 1 || facts.sender[0].address() != facts.from[0].address()))
    return bad("A Sender field must name the same address as From.");
  draft.subject = std::move(facts.subject);
  draft.raw_message_id = std::move(facts.message_id);
  return std::move(facts.from[0]);
}

}  // namespace

net::Task<Outcome<>> step_permission(Draft& draft) {
  const SendRequest& request = draft.request;
  if (!allowed(request.actor, Action::send))
    co_return refuse(Reason::forbidden, "This key or role may not send.");
  draft.account = CO_REFUSE_TRY(acting_account(request.actor, request.account));
  if (request.idempotency.key.size() > limits::kIdempotencyKey)
    co_return refuse(Reason::invalid_field, "An Idempotency-Key has at most 256 octets.",
                     "Idempotency-Key");
  co_return Outcome<>{};
}

net::Task<Outcome<>> step_sender(Draft& draft) {
  if (draft.raw()) {
    draft.from = CO_REFUSE_TRY(raw_sender(draft));
  } else {
    const std::string& from = draft.request.fields->from;
    if (from.empty()) co_return refuse(Reason::missing_field, "Say who sends.", "from");
    auto mailbox = mime::parse_api_address(from);
    if (!mailbox) co_return refuse(Reason::invalid_field, mailbox.error().message, "from");
    draft.from = std::move(*mailbox);
  }
  if (auto domain = give_ascii_domain(draft.from, "from"); !domain)
    co_return refuse(Reason::invalid_field, domain.error().detail, "from");
  draft.from_domain = draft.from.domain;
  co_return Outcome<>{};
}

namespace {

using Facts = SenderFacts::Facts;

Outcome<Facts> read_facts(sql::Connection& sql, AccountId account, const mime::Mailbox& from) {
  auto maybe = [](auto row, auto& out) -> Outcome<> {
    if (row) {
      out = std::move(*row);
    } else if (row.error().code != Errc::not_found) {
      return lift(row.error());
    }
    return {};
  };
  Facts facts;
  auto row = store::account(sql, account);
  if (!row && row.error().code == Errc::not_found)
    return refuse(Reason::not_found, "There is no such account.", "account");
  facts.account = REFUSE_TRY(std::move(row));
  facts.requests_per_second = facts.account.limits.requests_per_second;
  if (facts.requests_per_second == 0 && facts.account.plan == store::Plan::customer)
    facts.requests_per_second = REFUSE_TRY(store::allowance(sql, account)).requests_second;
  REFUSE_TRY(maybe(store::domain_by_name(sql, account, from.domain), facts.domain));
  REFUSE_TRY(maybe(store::address_by_email(sql, account, from.local + "@" + from.domain),
                   facts.address));
  return facts;
}

}  // namespace

net::Task<Outcome<>> step_facts(Draft& draft) {
  Context& context = draft.context;
  std::string email = draft.from.local + "@" + draft.from_domain;
  MonoTime now = context.clock.mono();
  draft.facts = context.sender_facts->find(draft.account, email, now);
  if (!draft.facts) {
    uint64_t version = context.sender_facts->version();
    auto job = [account = draft.account, from = draft.from](sql::Connection& sql) {
      return read_facts(sql, account, from);
    };
    draft.facts = std::make_shared<const Facts>(
        CO_REFUSE_TRY(co_await look<Facts>(context, std::move(job))));
    // A refusal is read anew: another node may have lifted it.
    bool may = draft.facts->domain && may_send(draft.facts->domain->state);
    if (may) context.sender_facts->keep(email, draft.facts, version, now);
  }
  draft.account_row = &draft.facts->account;
  draft.domain_row = draft.facts->domain ? &*draft.facts->domain : nullptr;
  draft.address_row = draft.facts->address ? &*draft.facts->address : nullptr;
  co_return Outcome<>{};
}

net::Task<Outcome<>> step_request_rate(Draft& draft) {
  if (!draft.context.request_rate.take(draft.account))
    co_return refuse(Reason::request_rate_limit,
                     "More requests a second than the account allows. Try again in a second.");
  co_return Outcome<>{};
}

net::Task<Outcome<>> step_account_state(Draft& draft) {
  draft.context.request_rate.set(draft.account, draft.facts->requests_per_second);
  switch (draft.account_row->state) {
    case store::AccountState::active:
      co_return Outcome<>{};
    case store::AccountState::created:
      co_return refuse(Reason::account_not_activated, "The account is not activated yet.");
    case store::AccountState::suspended:
      break;
  }
  co_return refuse(Reason::account_suspended, "The account is suspended.");
}

net::Task<Outcome<>> step_sender_allowed(Draft& draft) {
  const Actor& actor = draft.request.actor;
  std::string email = draft.from.local + "@" + draft.from_domain;
  if (!actor.only_address.empty() && actor.only_address != email)
    co_return refuse(
        Reason::sender_mismatch,
        fmt::format("You are signed in as {}: From must be that address.", actor.only_address),
        "from");
  if (!sees_domain(actor, draft.from_domain))
    co_return refuse(
        Reason::forbidden,
        fmt::format("You send for {} only.", fmt::join(seen_domains(actor), ", ")), "from");
  if (!draft.domain_row)
    co_return refuse(Reason::domain_not_verified,
                     fmt::format("{} is no sender domain of the account.", draft.from_domain),
                     "from");
  if (draft.domain_row->state == DomainState::suspended)
    co_return refuse(Reason::domain_suspended,
                     fmt::format("{} is suspended: its DNS records are gone.", draft.from_domain),
                     "from");
  if (!may_send(draft.domain_row->state))
    co_return refuse(Reason::domain_not_verified,
                     fmt::format("{} is {}. Verify it before sending.", draft.from_domain,
                                 store::domain_state_name(draft.domain_row->state)),
                     "from");
  // The relay listener is bound to verified domains, not to single addresses (contract).
  if (!draft.address_row && draft.request.door != Door::relay)
    co_return refuse(Reason::address_not_found,
                     fmt::format("{} is no sender address of the account.", email), "from");
  co_return Outcome<>{};
}

net::Task<Outcome<>> step_recipients(Draft& draft) {
  std::unordered_set<std::string> seen;
  auto add = [&](mime::Mailbox mailbox) {
    std::string domain = mailbox.domain;
    if (seen.insert(mailbox.local + "@" + domain).second)
      draft.recipients.push_back({std::move(mailbox), std::move(domain)});
  };
  auto read_list = [&](const std::vector<std::string>& list, const char* name,
                       std::vector<mime::Mailbox>* keep) -> Outcome<> {
    for (size_t i = 0; i < list.size(); ++i) {
      auto mailbox = REFUSE_TRY(parse_field_address(list[i], fmt::format("{}[{}]", name, i)));
      if (keep != nullptr) keep->push_back(mailbox);
      add(std::move(mailbox));
    }
    return {};
  };
  if (draft.raw()) {
    const auto& list = draft.request.raw->recipients;
    for (size_t i = 0; i < list.size(); ++i) {
      std::string field = fmt::format("recipients[{}]", i);
      auto mailbox = mime::parse_smtp_mailbox(list[i]);
      if (!mailbox) co_return refuse(Reason::bad_recipient, mailbox.error().message, field);
      CO_REFUSE_TRY(give_ascii_domain(*mailbox, field));
      add(std::move(*mailbox));
    }
  } else {
    const FieldContent& fields = *draft.request.fields;
    size_t count = fields.to.size() + fields.cc.size() + fields.bcc.size();
    if (count > limits::kRecipients)
      co_return refuse(Reason::too_many_recipients,
                       fmt::format("A message has at most {} recipients.", limits::kRecipients),
                       "to");
    CO_REFUSE_TRY(read_list(fields.to, "to", &draft.to));
    CO_REFUSE_TRY(read_list(fields.cc, "cc", &draft.cc));
    CO_REFUSE_TRY(read_list(fields.bcc, "bcc", nullptr));
  }
  if (draft.recipients.empty())
    co_return refuse(Reason::missing_field, "A message needs a recipient.", "to");
  if (draft.recipients.size() > limits::kRecipients)
    co_return refuse(Reason::too_many_recipients,
                     fmt::format("A message has at most {} recipients.", limits::kRecipients),
                     "to");
  co_return Outcome<>{};
}

net::Task<Outcome<>> step_size(Draft& draft) {
  if (draft.bytes.size() > limits::kMessageBytes)
    co_return refuse(Reason::too_large,
                     fmt::format("A message has at most {} bytes; this one has {}.",
                                 limits::kMessageBytes, draft.bytes.size()));
  co_return Outcome<>{};
}

}  // namespace ph::core
