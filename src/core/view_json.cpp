#include "core/view_json.h"

#include "base/id_source.h"
#include "core/policy.h"

namespace ph::core {
namespace {

using json::Value;

constexpr size_t kEventData = 1u << 20;

Value recipient_json(const store::RecipientRow& row, const MessageView& view) {
  Value attempts = Value::array();
  for (const auto& attempt : view.attempts) {
    if (attempt.key.idx != row.key.idx) continue;
    attempts.push(Value::object({{"number", attempt.number},
                                 {"at", time_json(attempt.at)},
                                 {"host", attempt.host},
                                 {"address", attempt.address},
                                 {"tls", attempt.tls},
                                 {"code", attempt.code},
                                 {"reply", attempt.reply},
                                 {"duration_ms", attempt.duration.count() / 1000},
                                 {"transcript", attempt.transcript}}));
  }
  bool waits = row.state == store::RecipientState::queued;
  return Value::object({{"address", row.address},
                        {"state", store::recipient_state_name(row.state)},
                        {"cause", row.cause},
                        {"reply", row.reply},
                        {"attempts", row.attempts},
                        {"next_at", waits ? time_json(row.next_at) : Value()},
                        {"expires_at", time_json(row.expires_at)},
                        {"updated_at", time_json(row.updated_at)},
                        {"attempt_log", attempts}});
}

Value stored_policy_json(const std::string& text) {
  auto policy = parse_policy(text);
  return policy && *policy != nullptr ? policy_json(**policy) : Value();
}

}  // namespace

Value time_json(WallTime t) {
  if (t == WallTime{}) return nullptr;
  return format_iso8601(t, true);
}

Value account_json(const store::AccountRow& row) {
  const store::AccountLimits& l = row.limits;
  return Value::object({{"id", row.id.value},
                        {"app_id", row.app_id},
                        {"name", row.name},
                        {"state", store::account_state_name(row.state)},
                        {"limits", Value::object({{"daily_per_domain", l.daily_per_domain},
                                                  {"per_mailbox_hour", l.per_mailbox_hour},
                                                  {"requests_per_second", l.requests_per_second},
                                                  {"domains", l.domains},
                                                  {"addresses", l.addresses}})},
                        {"created_at", time_json(row.created_at)},
                        {"activated_at", time_json(row.activated_at)}});
}

Value user_json(const store::UserRow& row) {
  return Value::object({{"id", row.id.value},
                        {"account", row.account_id ? Value(row.account_id.value) : Value()},
                        {"email", row.email},
                        {"role", store::role_name(row.role)},
                        {"disabled", row.disabled},
                        {"second_factor", row.second_factor},
                        {"policy", stored_policy_json(row.policy)},
                        {"last_seen_at", time_json(row.last_seen_at)},
                        {"created_at", time_json(row.created_at)}});
}

Value key_json(const store::ApiKeyRow& row) {
  return Value::object({{"id", row.id.value},
                        {"kind", store::key_kind_name(row.kind)},
                        {"public_id", row.public_id},
                        {"scope", store::key_scope_name(row.scope)},
                        {"domain", row.domain_name.empty() ? Value() : Value(row.domain_name)},
                        {"name", row.name},
                        {"created_at", time_json(row.created_at)},
                        {"revoked_at", time_json(row.revoked_at)},
                        {"last_used_at", time_json(row.last_used_at)},
                        {"user_id", row.user_id ? Value(row.user_id.value) : Value()}});
}

Value made_key_json(const MadeKey& key) {
  Value out = key_json(key.row);
  if (key.row.kind == KeyKind::bearer) {
    out.set("token", key.token);
  } else {
    out.set("secret_id", key.secret_id);
    out.set("secret_key", key.secret_key);
  }
  return out;
}

Value domain_json(const DomainView& view) {
  Value out = domain_check_json(view.row.name, view.state, view.check);
  out.set("id", view.row.id.value);
  out.set("created_at", time_json(view.row.created_at));
  out.set("verified_at", time_json(view.row.verified_at));
  out.set("checked_at", time_json(view.row.checked_at));
  out.set("forced", view.row.forced_reason.empty() ? Value() : Value(view.row.forced_reason));
  Value tags = Value::array();
  for (const std::string& tag : view.row.tags) tags.push(tag);
  out.set("tags", std::move(tags));
  if (view.sent_today) out.set("sent_today", *view.sent_today);
  return out;
}

Value address_json(const store::AddressRow& row) {
  return Value::object({{"id", row.id.value},
                        {"address", row.email},
                        {"name", row.display_name},
                        {"smtp", !row.smtp_hash.empty()},
                        {"created_at", time_json(row.created_at)}});
}

Value message_json(const store::MessageRow& row) {
  return Value::object({{"id", format_id(row.id.value)},
                        {"door", store::door_name(row.door)},
                        {"from", row.header_from},
                        {"subject", row.subject},
                        {"message_id", row.header_message_id},
                        {"size", row.size},
                        {"recipient_count", row.recipient_count},
                        {"created_at", time_json(row.created_at)}});
}

Value listed_message_json(const ListedMessage& listed) {
  Value out = message_json(listed.message);
  out.set("state", message_state(listed.states));
  return out;
}

Value message_view_json(const MessageView& view) {
  Value recipients = Value::array();
  for (const auto& row : view.recipients) recipients.push(recipient_json(row, view));
  Value out = message_json(view.message);
  std::vector<store::RecipientState> states;
  for (const auto& row : view.recipients) states.push_back(row.state);
  out.set("state", message_state(states));
  out.set("recipients", recipients);
  return out;
}

Value event_json(const store::EventRow& row) {
  auto data = json::parse(row.data, kEventData);
  return Value::object(
      {{"id", format_id(row.id.value)},
       {"type", row.type},
       {"at", time_json(row.at)},
       {"message", row.message_id ? Value(format_id(row.message_id.value)) : Value()},
       {"recipient", row.message_id ? Value(row.idx) : Value()},
       {"data", data ? *data : Value::object()}});
}

Value inbox_json(const store::InboxRow& row) {
  return Value::object(
      {{"id", format_id(row.id)},
       {"received_at", time_json(row.received_at)},
       {"mail_from", row.mail_from},
       {"rcpt_to", row.rcpt_to},
       {"helo", row.helo},
       {"tls", row.tls},
       {"size", row.content.length},
       {"message", row.message_id ? Value(format_id(row.message_id.value)) : Value()}});
}

Value inbox_mail_json(const Messages::InboxMail& mail) {
  Value out = inbox_json(mail.row);
  out.set("content", mail.content);
  return out;
}

}  // namespace ph::core
