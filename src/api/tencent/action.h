// Purpose: the shape of one action, and the lists by noun that action_table.cpp joins. Private to
//   tencent.
// Shapes: `codes` are the documented ones beside those that every action may give
//   (general_codes()). `fields` turns core's names of what is wrong into the action's parameters;
//   core's "to[2]" becomes Destination.2.
// Threads: the table is made once and never changes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/tencent/parameter.h"
#include "api/tencent/tencent_api.h"

namespace ph::tencent {

struct Action;

// One request on its way through a handler.
struct Call {
  const TencentServices& services;
  const Action& action;
  core::Actor actor;
  int64_t app_id = 0;
  core::Idempotency once;  // the same for each replay of one signed request
  json::Value parameters;  // checked against the action's

  const json::Value* find(std::string_view name) const;  // null and absent are nullptr
  const std::string& text(std::string_view name) const;  // "" when absent
  std::optional<int64_t> number(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
};

using Reply = Judged<json::Value>;  // an object; RequestId is added
using Handler = net::Task<Reply> (*)(Call&);

struct Action {
  std::string_view name;
  core::Action access;
  std::vector<Parameter> parameters;
  std::vector<Code> codes;
  std::vector<std::pair<std::string_view, std::string_view>> fields;  // core's → ours
  // What core's not_found, conflict, temporary and other general reasons mean here.
  Code absent = Code::invalid_value;
  Code exists = Code::invalid_value;
  Code temporary = Code::unavailable;
  Code domain_unfit = Code::domain_not_verified;
  Handler run = nullptr;
};

std::span<const Action> domain_actions();
std::span<const Action> address_actions();
std::span<const Action> send_actions();

const std::vector<const Action*>& all_actions();
const Action* find_action(std::string_view name);
// Codes that any action may give.
std::span<const Code> general_codes();

}  // namespace ph::tencent
