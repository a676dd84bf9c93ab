#include "api/tencent/refusal.h"

#include <algorithm>

namespace ph::tencent {
namespace {

bool is_list(const Action& action, std::string_view name) {
  auto found = std::ranges::find(action.parameters, name, &Parameter::name);
  return found != action.parameters.end() &&
         (found->kind == Kind::texts || found->kind == Kind::objects);
}

// core's "to[2]" as "Destination.2"; what it does not know of the action stays unnamed.
std::string parameter_of(const Action& action, std::string_view field) {
  size_t end = std::min(field.find_first_of("[."), field.size());
  for (const auto& [core_name, ours] : action.fields) {
    if (core_name != field.substr(0, end)) continue;
    std::string out(ours);
    size_t close = field.find(']');
    bool indexed = end < field.size() && field[end] == '[' && close != std::string_view::npos;
    if (indexed && is_list(action, ours))
      out += "." + std::string(field.substr(end + 1, close - end - 1));
    return out;
  }
  return {};
}

// The action's own code for a value of that parameter which breaks a rule.
Code wrong_value(const Action& action, std::string_view parameter, Code otherwise) {
  std::string_view first = parameter.substr(0, parameter.find('.'));
  auto found = std::ranges::find(action.parameters, first, &Parameter::name);
  bool own = found != action.parameters.end() && found->wrong != Code::invalid_value;
  return own ? found->wrong : otherwise;
}

// Limits of single parts of a request have codes of their own.
Code too_large(const Action& action, std::string_view field, std::string_view parameter) {
  if (field == "attachments") return Code::too_many_attachments;
  if (field.starts_with("attachments")) return Code::attachment_too_large;
  if (parameter.empty() || parameter == "Simple") return Code::content_too_large;
  return wrong_value(action, parameter, Code::too_long);
}

Code missing(std::string_view field) {
  if (field == "to" || field == "from") return Code::address_is_null;
  if (field == "text") return Code::missing_content;
  return Code::missing_parameter;
}

Code code_of(const Action& action, const core::Refusal& refusal, std::string_view parameter) {
  using core::Reason;
  switch (refusal.reason) {
    case Reason::malformed:
      return Code::not_json;
    case Reason::invalid_field:
      return wrong_value(action, parameter, Code::invalid_value);
    case Reason::missing_field:
      return missing(refusal.field);
    case Reason::unknown_field:
      return Code::unknown_parameter;
    case Reason::too_large:
      return too_large(action, refusal.field, parameter);
    case Reason::too_many_recipients:
      return Code::too_many_recipients;
    case Reason::idempotency_mismatch:
      return Code::signature_failure;
    case Reason::unauthenticated:
      return Code::secret_id_not_found;
    case Reason::forbidden:
    case Reason::second_factor_required:  // of people alone
      return Code::unauthorized_operation;
    case Reason::not_found:
      return action.absent;
    case Reason::conflict:
      return action.exists;
    case Reason::account_not_activated:
    case Reason::identity_required:
      return Code::account_not_activated;
    case Reason::account_suspended:
      return Code::account_suspended;
    case Reason::domain_not_verified:
    case Reason::domain_suspended:
      return action.domain_unfit;
    case Reason::domain_taken:
      return Code::created_by_other;
    case Reason::domain_in_use:
      return Code::domain_not_empty;
    case Reason::domain_public_suffix:
      return Code::public_suffix;
    case Reason::domain_hosts_mailboxes:
      return Code::hosts_mailboxes;
    case Reason::address_not_found:
    case Reason::sender_mismatch:
      return Code::not_authenticated_sender;
    case Reason::domain_limit:
      return Code::exceed_domain_limit;
    case Reason::address_limit:
      return Code::exceed_sender_limit;
    case Reason::daily_limit:
      return Code::daily_limit;
    case Reason::allowance_exhausted:
      return Code::insufficient_quota;
    case Reason::arrears:
      return Code::insufficient_balance;
    case Reason::domain_blocked:
      return Code::high_rejection_rate;
    case Reason::provider_blocked:
      return Code::temporary_blocked;
    case Reason::mailbox_rate_limit:
      return Code::frequency_limit;
    case Reason::request_rate_limit:
      return Code::request_rate;
    case Reason::bad_recipient:
      return Code::incorrect_email;
    case Reason::bad_message:
    case Reason::needs_smtputf8:
    case Reason::loop_detected:
      return Code::mail_wrong;
    case Reason::temporary:
    case Reason::storage_full:
    case Reason::shutting_down:
      return action.temporary;
    case Reason::key_limit:   // no action makes keys
    case Reason::user_limit:  // or users
    case Reason::internal:
      return Code::internal_error;
  }
  return Code::internal_error;
}

}  // namespace

Fault fault_of(const Action& action, const core::Refusal& refusal) {
  std::string parameter = parameter_of(action, refusal.field);
  Code code = code_of(action, refusal, parameter);
  return {code, code == Code::mail_wrong ? refusal.detail : parameter};
}

}  // namespace ph::tencent
