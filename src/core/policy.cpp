#include "core/policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "dns/domain_name.h"

namespace ph::core {
namespace {

constexpr std::string_view kActions[] = {"view",           "send",
                                         "read_message",   "manage_domains",
                                         "manage_addresses", "manage_keys",
                                         "manage_users"};
static_assert(std::size(kActions) == static_cast<size_t>(Action::operate));

Outcome<std::string> domain_of(const std::string& text, size_t index) {
  auto name = dns::DomainName::parse(text);
  if (name) return name->text();
  return refuse(Reason::invalid_field, name.error().message,
                fmt::format("policy.domains[{}]", index));
}

Outcome<uint32_t> bit_of(const std::string& word, size_t index) {
  const auto* found = std::ranges::find(kActions, word);
  if (found != std::end(kActions)) return 1u << (found - std::begin(kActions));
  return refuse(Reason::invalid_field,
                fmt::format("An action is one of {}.", fmt::join(kActions, ", ")),
                fmt::format("policy.actions[{}]", index));
}

Result<std::vector<std::string>> texts(const json::Reader& at, std::string_view name) {
  std::vector<std::string> out;
  for (const json::Reader& item : TRY(TRY(at.at(name)).items(limits::kPolicyDomains)))
    out.push_back(TRY(item.string(limits::kPath)));
  return out;
}

}  // namespace

std::span<const std::string_view> policy_actions() { return kActions; }

Outcome<Policy> make_policy(std::span<const std::string> domains,
                            std::span<const std::string> actions) {
  if (domains.size() > limits::kPolicyDomains)
    return refuse(Reason::too_large,
                  fmt::format("A policy names {} domains at most.", limits::kPolicyDomains),
                  "policy.domains");
  if (actions.size() > std::size(kActions))
    return refuse(Reason::too_large, "Each action stands once.", "policy.actions");
  Policy out;
  for (size_t i = 0; i < domains.size(); ++i) {
    std::string name = REFUSE_TRY(domain_of(domains[i], i));
    if (std::ranges::find(out.domains, name) == out.domains.end()) out.domains.push_back(name);
  }
  for (size_t i = 0; i < actions.size(); ++i) out.actions |= REFUSE_TRY(bit_of(actions[i], i));
  return out;
}

bool narrows(const Policy& policy) { return policy.actions != 0 || !policy.domains.empty(); }

json::Value policy_json(const Policy& policy) {
  if (!narrows(policy)) return nullptr;
  json::Value domains = json::Value::array(), actions = json::Value::array();
  for (const std::string& name : policy.domains) domains.push(name);
  for (size_t i = 0; i < std::size(kActions); ++i)
    if ((policy.actions & (1u << i)) != 0) actions.push(kActions[i]);
  return json::Value::object({{"domains", domains}, {"actions", actions}});
}

std::string policy_text(const Policy& policy) {
  return narrows(policy) ? json::serialize(policy_json(policy)) : std::string();
}

Result<std::shared_ptr<const Policy>> parse_policy(std::string_view text) {
  if (text.empty()) return nullptr;
  json::Value value = TRY(json::parse(text, limits::kPolicyText));
  json::Reader at(value, "policy");
  auto made = make_policy(TRY(texts(at, "domains")), TRY(texts(at, "actions")));
  if (!made) return fail(Errc::invalid, made.error().detail, made.error().field);
  if (!narrows(*made)) return nullptr;
  return std::make_shared<const Policy>(std::move(*made));
}

}  // namespace ph::core
