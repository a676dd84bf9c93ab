#include "control/operations.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/operation_table.h"

namespace ph::control {
namespace {

const Operation* find_operation(std::string_view name) {
  for (auto list :
       {account_operations(), people_operations(), identity_operations(), mail_operations(),
        queue_operations(), bulk_operations(), customer_operations(), billing_operations()}) {
    auto found = std::ranges::find(list, name, &Operation::name);
    if (found != list.end()) return &*found;
  }
  return nullptr;
}

core::Outcome<> check_arguments(const Operation& operation, const json::Value& arguments) {
  if (!arguments.is_object())
    return core::refuse(core::Reason::malformed, "Arguments are a JSON object.");
  for (const json::Member& member : arguments.as_object()) {
    if (std::ranges::find(operation.arguments, member.name) == operation.arguments.end())
      return core::refuse(core::Reason::unknown_field,
                          fmt::format("{} has no argument of this name.", operation.name),
                          member.name);
  }
  return {};
}

}  // namespace

net::Task<Answer> Operations::run(std::string name, json::Value arguments) {
  const Operation* operation = find_operation(name);
  if (operation == nullptr)
    co_return core::refuse(core::Reason::not_found, "There is no operation " + name + ".");
  CO_REFUSE_TRY(check_arguments(*operation, arguments));
  Arguments read(services_, arguments);
  co_return co_await operation->run(services_, read);
}

std::vector<std::string_view> operation_names() {
  std::vector<std::string_view> out;
  for (auto list :
       {account_operations(), people_operations(), identity_operations(), mail_operations(),
        queue_operations(), bulk_operations(), customer_operations(), billing_operations()})
    for (const Operation& operation : list) out.push_back(operation.name);
  return out;
}

}  // namespace ph::control
