// Purpose: a sub-user's policy as text: what rows keep, and what doors take and show.
// Shapes: {"domains":["m.example.com"],"actions":["view","send"]}; empty lists narrow nothing, and
//   a policy of two empty lists is none. Domains are lower-case A-labels, each once.
// Errors: invalid_field in policy.domains[i] or policy.actions[i], too_large.
// Threads: pure.
// Not here: what it means (access.h).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/access.h"
#include "json/json.h"

namespace ph::core {

// "view", "manage_domains": the words of policies, in the order of Action; without "operate".
std::span<const std::string_view> policy_actions();

Outcome<Policy> make_policy(std::span<const std::string> domains,
                            std::span<const std::string> actions);
bool narrows(const Policy& policy);
// Empty where it narrows nothing.
std::string policy_text(const Policy& policy);
// Of a row. Null: none.
Result<std::shared_ptr<const Policy>> parse_policy(std::string_view text);
// null where there is none.
json::Value policy_json(const Policy& policy);

}  // namespace ph::core
