// The verbs of the operator of many customers, as data: setting, agreement, identity, customer, and
// an account suspended and resumed.
#include <cstdio>

#include "base/encoding.h"
#include "base/files.h"
#include "base/limits.h"
#include "cli/administration.h"
#include "cli/command.h"

namespace ph::cli {
namespace {

using K = OptionKind;
constexpr Need kMust = Need::required;
constexpr Need kMay = Need::optional;

int fail_usage(const std::string& why) {
  std::fprintf(stderr, "posthouse: %s\n", why.c_str());
  return kUsage;
}

// agreement set VERSION --en FILE --zh FILE
int agreement_set(const Invocation& i) {
  json::Value arguments = json::Value::object({{"version", i.text("version")}});
  for (const char* language : {"en", "zh"}) {
    auto text = read_file(i.text(language), limits::kAgreementBytes);
    if (!text) return fail_usage(text.error().message);
    arguments.set(std::string("text_") + language, *text);
  }
  return print_answer(i.global, run_operation(i.global, "agreement.set", std::move(arguments)));
}

// What a stranger uploaded goes into a file, and not to the terminal.
Result<json::Value> saved(Result<json::Value> answer, const std::string& path) {
  if (!answer) return answer;
  const json::Value* result = answer->find("result");
  const json::Value* content = result != nullptr ? result->find("content") : nullptr;
  if (content == nullptr) return answer;
  TRY(write_file_durably(path, TRY(base64_decode(content->as_string()))));
  json::Value rest = json::Value::object();
  for (const json::Member& member : result->as_object())
    if (member.name != "content") rest.set(member.name, member.value);
  rest.set("saved", path);
  return json::Value::object({{"ok", true}, {"result", std::move(rest)}});
}

// identity evidence A ID --to FILE
int identity_evidence(const Invocation& i) {
  auto answer = run_operation(
      i.global, "identity.evidence",
      json::Value::object({{"account", i.text("account")}, {"id", i.text("id")}}));
  return print_answer(i.global, saved(std::move(answer), i.text("to")));
}

Command operation(std::string_view path, std::string_view summary, std::vector<Option> options,
                  std::string_view name) {
  return {path, summary, std::move(options), nullptr, name};
}

std::vector<Command> make_commands() {
  const Option which{"account", K::positional, kMust, "account name or number"};
  const Option account{"account", K::text, kMay, "account name or number"};
  const Option name{"name", K::positional, kMust, "its name"};
  const Option reason{"reason", K::text, kMust, "the customer reads it"};
  return {
      operation("setting list", "what may be set while the server runs",
                {{"account", K::text, kMay, "what this account may have of its own"}},
                "setting.list"),
      operation("setting get", "one of them", {name, account}, "setting.get"),
      operation("setting set", "an empty value goes back to what it is without",
                {name, {"value", K::positional, kMay, "its value"}, account}, "setting.set"),
      operation("agreement show", "the service agreement in force", {}, "agreement.show"),
      {"agreement set",
       "a new version, in force from now on",
       {{"version", K::positional, kMust, "its name: letters, digits, dots and dashes"},
        {"en", K::text, kMust, "file with the English text"},
        {"zh", K::text, kMust, "file with the Chinese text"}},
       agreement_set},
      operation("identity list", "identities that were submitted, the oldest first",
                {{"state", K::text, kMay, "submitted, approved or rejected"}}, "identity.list"),
      operation("identity show", "one with its whole number", {which}, "identity.show"),
      {"identity evidence",
       "saves an uploaded file",
       {which,
        {"id", K::positional, kMust, "its id"},
        {"to", K::text, kMust, "the file to write"}},
       identity_evidence},
      operation("identity approve", "it is who it says", {which}, "identity.approve"),
      operation("identity reject", "it is not, or that cannot be seen", {which, reason},
                "identity.reject"),
      operation("customer list", "all accounts with who owns them, what they sent and owe",
                {{"state", K::text, kMay, "created, active or suspended"},
                 {"search", K::text, kMay, "in names and addresses, or an AppId"}},
                "customer.list"),
      operation("customer show", "one of them", {which}, "customer.show"),
      operation("account suspend", "it accepts no mail until it is resumed",
                {which, reason, {"notice", K::flag, kMay, "tell its people by mail"}},
                "account.suspend"),
      operation("account resume", "it is what it was before", {which}, "account.resume"),
  };
}

}  // namespace

std::span<const Command> customer_commands() {
  static const std::vector<Command> commands = make_commands();
  return commands;
}

}  // namespace ph::cli
