#include "cli/administration.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/offline.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/print.h"
#include "control/control_door.h"

namespace ph::cli {
namespace {

// Long enough for a send that waits for its turn, and for a check of slow name servers.
constexpr Duration kAnswerWait = std::chrono::seconds(60);

json::Value argument_of(const Option& option, const Invocation& invocation) {
  switch (option.kind) {
    case OptionKind::flag:
      return true;
    case OptionKind::number:
      return invocation.number(option.name).value_or(0);
    case OptionKind::texts:
    case OptionKind::positionals: {
      json::Value out = json::Value::array();
      for (const std::string& text : invocation.texts(option.name)) out.push(text);
      return out;
    }
    case OptionKind::text:
    case OptionKind::positional:
      break;
  }
  return invocation.text(option.name);
}

}  // namespace

Result<json::Value> run_operation(const GlobalOptions& global, const std::string& operation,
                                  json::Value arguments) {
  auto loop = net::Loop::make();
  auto answer =
      loop->run_until(control::call(global.data, operation, arguments, loop->in(kAnswerWait)));
  // Only when nobody took it: what a server may have begun is not done a second time.
  if (answer || answer.error().code != Errc::not_found) return answer;
  app::ConfigSources sources{.file = global.config, .sets = global.sets};
  return app::run_offline(sources, global.data, operation, std::move(arguments));
}

int print_answer(const GlobalOptions& global, const Result<json::Value>& answer) {
  if (!answer) {
    std::string why = answer.error().message;
    std::ranges::replace(why, '\n', ' ');
    std::fprintf(stderr, "posthouse: %s\n", why.c_str());
    return kRefused;
  }
  const json::Value* result = answer->find("result");
  if (result != nullptr) {
    std::string text = global.json ? json::serialize(*result) + "\n" : for_people(*result);
    std::fputs(text.c_str(), stdout);
    return kDone;
  }
  const json::Value* error = answer->find("error");
  auto text = [&](const char* name) {
    const json::Value* value = error != nullptr ? error->find(name) : nullptr;
    return value != nullptr && value->is_string() ? value->as_string() : std::string();
  };
  if (global.json) std::fputs((json::serialize(*answer) + "\n").c_str(), stdout);
  std::string field = text("field");
  std::fprintf(stderr, "posthouse: %s%s [%s]\n", field.empty() ? "" : (field + ": ").c_str(),
               text("detail").c_str(), text("reason").c_str());
  return kRefused;
}

int administer(const Command& command, const Invocation& invocation) {
  json::Value arguments = json::Value::object();
  for (const Option& option : command.options) {
    if (!invocation.has(option.name)) continue;
    std::string name(option.name);
    std::ranges::replace(name, '-', '_');
    arguments.set(name, argument_of(option, invocation));
  }
  return print_answer(
      invocation.global,
      run_operation(invocation.global, std::string(command.operation), std::move(arguments)));
}

}  // namespace ph::cli
