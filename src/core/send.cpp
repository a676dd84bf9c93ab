#include "core/send.h"

#include <array>
#include <map>

#include "base/text.h"
#include "core/cause.h"
#include "core/event.h"
#include "core/metering.h"
#include "core/provider_block.h"
#include "core/send_draft.h"
#include "core/send_limits.h"
#include "core/transaction.h"
#include "store/idempotency.h"
#include "store/message.h"

namespace ph::core {
namespace {

constexpr int64_t kReturnPathKey = 1;  // the key that signs return paths (app holds the ring)

struct NamedStep {
  std::string_view name;
  SendStep run;
};

// The sending policy. What is refused at a step has had no effect; accept is the only one that
// writes.
constexpr NamedStep kSteps[] = {
    {"permission", step_permission},          // may this actor send at all
    {"request_rate", step_request_rate},      // requests_per_second of the account
    {"sender", step_sender},                  // exactly one From, readable
    {"facts", step_facts},                    // account, sender domain and address, in one read
    {"account_state", step_account_state},    // activated, not suspended
    {"sender_allowed", step_sender_allowed},  // From is the actor's to use, its domain may send
    {"recipients", step_recipients},          // readable, not too many, none twice
    {"content", step_content},                // built, or rewritten and re-encoded
    {"size", step_size},
};

store::MessageRow message_row(const Draft& draft, WallTime now) {
  store::MessageRow row;
  row.id = draft.id;
  row.account_id = draft.account;
  row.domain_id = draft.domain_row->id;
  row.address_id = draft.address_row ? draft.address_row->id : AddressId{};
  row.door = draft.request.door;
  // The domain of its return paths; the local part is signed for each recipient at delivery.
  row.mail_from = draft.domain_row->return_path_host.empty() ? draft.from_domain
                                                             : draft.domain_row->return_path_host;
  row.header_from = draft.from.address();
  row.subject = draft.subject;
  row.header_message_id = draft.header_message_id;
  row.size = static_cast<int64_t>(draft.bytes.size());
  row.flags = (draft.smtputf8 ? store::kSmtpUtf8 : 0) | (draft.eight_bit ? store::kEightBit : 0) |
              (draft.request.of_system ? store::kOfSystem : 0);
  row.created_at = now;
  return row;
}

std::vector<store::RecipientRow> recipient_rows(const Draft& draft, WallTime now) {
  std::vector<store::RecipientRow> rows;
  rows.reserve(draft.recipients.size());
  for (const DraftRecipient& recipient : draft.recipients)
    rows.push_back(new_recipient(recipient, now));
  return rows;
}

// Nothing: the key is free and now ours. Else the answer that it has already.
Outcome<std::optional<SendAnswer>> earlier_answer(store::Tx& tx, const Draft& draft) {
  const Idempotency& given = draft.request.idempotency;
  if (given.key.empty()) return std::nullopt;
  store::IdempotencyRow row{.account_id = draft.account,
                            .idem_key = given.key,
                            .body_hash = given.body_hash,
                            .status = 202,
                            .answer = format_id(draft.id.value),
                            .created_at = tx.now()};
  auto had = REFUSE_TRY(store::take_idempotency_key(tx, draft.account, row,
                                                    tx.now() - limits::kIdempotencyKept));
  if (!had) return std::nullopt;
  if (had->body_hash != given.body_hash)
    return refuse(Reason::idempotency_mismatch,
                  "This Idempotency-Key was used with another body in the last 24 hours.",
                  "Idempotency-Key");
  return SendAnswer{.id = MessageId(REFUSE_TRY(parse_id(had->answer))), .repeated = true};
}

// What may have changed since step_facts, and the limits that count. Counts the mails last.
Outcome<> still_allowed(store::Tx& tx, const Draft& draft) {
  AddressId address = draft.address_row ? draft.address_row->id : AddressId{};
  SenderNow sender =
      REFUSE_TRY(sender_still_allowed(tx, draft.account, draft.domain_row->id, address));
  auto wanted = static_cast<int64_t>(draft.recipients.size());
  if (REFUSE_TRY(room_of_today(tx, sender)) < wanted)
    return refuse(Reason::daily_limit, "The sender domain's mails of today are used up.");
  std::map<std::string, int64_t> here;
  for (size_t i = 0; i < draft.recipients.size() && sender.facts.per_mailbox_hour > 0; ++i) {
    const mime::Mailbox& mailbox = draft.recipients[i].mailbox;
    std::string to = mailbox.ascii.empty() ? mailbox.address() : mailbox.ascii;
    REFUSE_TRY(mailbox_has_room(tx, sender, to, here[lower(to)]++,
                                "to[" + std::to_string(i) + "]"));
  }
  for (size_t i = 0; i < draft.recipients.size() && !sender.facts.pauses.empty(); ++i)
    REFUSE_TRY(provider_takes(sender.facts, tx.now(), draft.recipients[i].domain,
                              "to[" + std::to_string(i) + "]"));
  return meter(tx, draft.account, wanted);
}

Outcome<SendAnswer> accept(store::Tx& tx, Draft& draft) {
  // First: it may wait for another node, and what is read later is then as that one left it.
  REFUSE_TRY(tx.usage(draft.account, store::UsageDepth::free));
  if (auto earlier = REFUSE_TRY(earlier_answer(tx, draft))) return *earlier;
  REFUSE_TRY(still_allowed(tx, draft));
  WallTime now = tx.now();
  store::MessageRow message = message_row(draft, now);
  std::vector<store::RecipientRow> recipients = recipient_rows(draft, now);
  auto content = tx.put_content(draft.bytes);
  if (!content && content.error().code == Errc::limit)
    return refuse(Reason::storage_full, "The service is short of disk space. Try again later.");
  message.content = REFUSE_TRY(std::move(content));
  REFUSE_TRY(store::insert_message_with_recipients(tx, message, recipients));
  REFUSE_TRY(record_event(tx, {.account_id = draft.account,
                               .type = event::kAccepted,
                               .message_id = message.id,
                               .domain_id = message.domain_id}));
  tx.after_commit([&context = draft.context, message, recipients = std::move(recipients),
                   bytes = std::move(draft.bytes)]() mutable {
    if (!context.on_accepted) return;
    context.on_accepted({.message = message,
                         .recipients = std::move(recipients),
                         .content = std::make_shared<const std::string>(std::move(bytes))});
  });
  return SendAnswer{.id = message.id};
}

}  // namespace

store::RecipientRow new_recipient(const DraftRecipient& recipient, WallTime now) {
  store::RecipientRow row;
  row.address =
      recipient.mailbox.ascii.empty() ? recipient.mailbox.address() : recipient.mailbox.ascii;
  row.domain = recipient.domain;
  row.cause = cause_name(Cause::accepted);
  row.next_at = now;
  row.expires_at = now + limits::kQueueLifetime;
  row.token_key = kReturnPathKey;
  row.updated_at = now;
  return row;
}

std::span<const std::string_view> send_step_names() {
  static const auto names = [] {
    std::array<std::string_view, std::size(kSteps) + 1> out;
    for (size_t i = 0; i < std::size(kSteps); ++i) out[i] = kSteps[i].name;
    out.back() = "accept";
    return out;
  }();
  return names;
}

std::span<const SendStep> steps_about_sender() {
  static const auto steps = [] {
    std::vector<SendStep> out;
    for (const NamedStep& step : kSteps) {
      if (step.run == step_recipients) break;
      out.push_back(step.run);
    }
    return out;
  }();
  return steps;
}

net::Task<Outcome<SendAnswer>> Sender::send(SendRequest request) {
  // Shared with the writer: a caller that goes away does not take the draft with it.
  auto held = std::make_shared<SendRequest>(std::move(request));
  auto draft = std::make_shared<Draft>(Draft{.context = context_, .request = *held});
  for (const NamedStep& step : kSteps) CO_REFUSE_TRY(co_await step.run(*draft));
  auto job = [held, draft](store::Tx& tx) { return accept(tx, *draft); };
  co_return co_await transact<SendAnswer>(context_, std::move(job), Changes::mail);
}

}  // namespace ph::core
