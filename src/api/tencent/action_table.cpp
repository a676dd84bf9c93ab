#include "api/tencent/action.h"

namespace ph::tencent {

const std::vector<const Action*>& all_actions() {
  static const auto actions = [] {
    std::vector<const Action*> out;
    for (auto list : {domain_actions(), address_actions(), send_actions()})
      for (const Action& action : list) out.push_back(&action);
    return out;
  }();
  return actions;
}

const Action* find_action(std::string_view name) {
  for (const Action* action : all_actions())
    if (action->name == name) return action;
  return nullptr;
}

std::span<const Code> general_codes() {
  static constexpr Code kGeneral[] = {
      Code::invalid_authorization,
      Code::secret_id_not_found,
      Code::signature_expire,
      Code::signature_failure,
      Code::token_failure,
      Code::unauthorized_operation,
      Code::no_such_version,
      Code::unsupported_region,
      Code::unsupported_protocol,
      Code::invalid_request,
      Code::request_too_large,
      Code::request_rate,
      Code::missing_parameter,
      Code::unknown_parameter,
      Code::repeated_parameter,
      Code::not_json,
      Code::not_form,
      Code::not_text,
      Code::not_integer,
      Code::not_boolean,
      Code::not_array,
      Code::not_object,
      Code::invalid_value,
      Code::too_long,
      Code::control_character,
      Code::unsupported,
      Code::internal_error,
      Code::unavailable,
  };
  return kGeneral;
}

const json::Value* Call::find(std::string_view name) const {
  const json::Value* value = parameters.find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const std::string& Call::text(std::string_view name) const {
  static const std::string kNone;
  const json::Value* value = find(name);
  return value == nullptr ? kNone : value->as_string();
}

std::optional<int64_t> Call::number(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return std::nullopt;
  return value->as_int();
}

std::vector<std::string> Call::texts(std::string_view name) const {
  std::vector<std::string> out;
  if (const json::Value* value = find(name))
    for (const json::Value& item : value->as_array()) out.push_back(item.as_string());
  return out;
}

}  // namespace ph::tencent
