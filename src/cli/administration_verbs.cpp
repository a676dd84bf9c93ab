// The verbs account, user, key, domain, address, send and message, as data: each is an operation of
// the control door.
#include <cstdio>

#include "base/encoding.h"
#include "base/files.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/administration.h"
#include "cli/command.h"

namespace ph::cli {
namespace {

using K = OptionKind;
constexpr Need kMust = Need::required;
constexpr Need kMay = Need::optional;

Option account_option() {
  return {"account", K::text, kMay, "account name or number"};
}

int fail_usage(const std::string& why) {
  std::fprintf(stderr, "posthouse: %s\n", why.c_str());
  return kUsage;
}

// account limits A KEY=VALUE...
int account_limits(const Invocation& i) {
  json::Value limits = json::Value::object();
  for (const std::string& pair : i.texts("limits")) {
    size_t equals = pair.find('=');
    auto value =
        equals == std::string::npos ? std::nullopt : parse_number<int64_t>(pair.substr(equals + 1));
    if (!value) return fail_usage("limits are KEY=NUMBER, and " + pair + " is not");
    limits.set(pair.substr(0, equals), *value);
  }
  return print_answer(
      i.global,
      run_operation(i.global, "account.limits",
                    json::Value::object({{"account", i.text("account")}, {"limits", limits}})));
}

// domain check NAME [--dns FILE.json]
int domain_check(const Invocation& i) {
  json::Value arguments = json::Value::object({{"name", i.text("name")}});
  if (i.has("account")) arguments.set("account", i.text("account"));
  if (i.has("dns")) {
    auto text = read_file(i.text("dns"), limits::kControlRequest);
    if (!text) return fail_usage(text.error().message);
    arguments.set("dns", *text);
  }
  return print_answer(i.global, run_operation(i.global, "domain.check", std::move(arguments)));
}

// send --from A --to B --subject S [--text T] [--html H] [--attach F]...
int send(const Invocation& i) {
  json::Value arguments = json::Value::object();
  for (const char* name : {"from", "subject", "text", "html", "account"})
    if (i.has(name)) arguments.set(name, i.text(name));
  json::Value to = json::Value::array();
  for (const std::string& address : i.texts("to")) to.push(address);
  arguments.set("to", to);
  json::Value attachments = json::Value::array();
  for (const std::string& path : i.texts("attach")) {
    auto bytes = read_file(path, limits::kMessageBytes);
    if (!bytes) return fail_usage(bytes.error().message);
    attachments.push(json::Value::object(
        {{"filename", path.substr(path.rfind('/') + 1)}, {"content", base64_encode(*bytes)}}));
  }
  arguments.set("attachments", attachments);
  return print_answer(i.global, run_operation(i.global, "send", std::move(arguments)));
}

Command operation(std::string_view path, std::string_view summary, std::vector<Option> options,
                  std::string_view name) {
  return {path, summary, std::move(options), nullptr, name};
}

std::vector<Command> account_commands() {
  const Option name{"name", K::positional, kMust, "name"};
  const Option account = account_option();
  const Option which{"account", K::positional, kMust, "account name or number"};
  const Option id{"id", K::positional, kMust, "its number"};
  const Option email{"email", K::positional, kMust, "e-mail address"};
  return {
      operation("account create", "a new account", {name}, "account.create"),
      operation("account list", "all accounts", {}, "account.list"),
      operation("account show", "one account", {which}, "account.show"),
      operation("account activate", "let it send", {which}, "account.activate"),
      {"account limits",
       "KEY=VALUE...: daily_per_domain, per_mailbox_hour, requests_per_second, "
       "domains, addresses; 0 = none",
       {which, {"limits", K::positionals, kMust, "KEY=VALUE"}},
       account_limits},
      operation("user create", "a person who may sign in",
                {email,
                 {"password", K::text, kMust, "at least 10 characters"},
                 {"role", K::text, kMust, "operator, owner, administrator, developer or viewer"},
                 account},
                "user.create"),
      operation("user list", "users of an account; without one, the operators", {account},
                "user.list"),
      operation("user remove", "sign-in ends at once", {id, account}, "user.remove"),
      operation("user password", "a new password; sessions end",
                {id, account, {"password", K::text, kMust, "at least 10 characters"}},
                "user.password"),
      operation("key create", "a key for a program; its secret is shown once",
                {account,
                 {"kind", K::text, kMay, "bearer or tencent"},
                 {"scope", K::text, kMay, "full, send or read"},
                 {"domain", K::text, kMay, "one sender domain only"},
                 {"name", K::text, kMay, "for lists"}},
                "key.create"),
      operation("key list", "keys of an account", {account}, "key.list"),
      operation("key revoke", "ends a key at once", {id, account}, "key.revoke"),
  };
}

std::vector<Command> mail_commands() {
  const Option account = account_option();
  const Option domain{"name", K::positional, kMust, "domain name"};
  const Option email{"email", K::positional, kMust, "address"};
  return {
      operation("domain add", "a sender domain", {domain, account}, "domain.add"),
      operation("domain list", "sender domains", {account}, "domain.list"),
      operation("domain records", "the records it needs", {domain, account}, "domain.records"),
      {"domain check",
       "asks the DNS now",
       {domain, account, {"dns", K::text, kMay, "judge against FILE.json; stores nothing"}},
       domain_check},
      operation(
          "domain verify", "submits it for verification",
          {domain,
           account,
           {"force", K::text, kMay, "verified by the operator's word; an empty reason undoes"}},
          "domain.verify"),
      operation("domain publish", "puts the records into the sandbox zone", {domain, account},
                "domain.publish"),
      operation("domain remove", "deletes it; addresses first", {domain, account}, "domain.remove"),
      operation("address add", "a sender address under a verified domain",
                {email,
                 {"name", K::text, kMay, "sender name"},
                 {"smtp-password", K::text, kMay, "10 to 20 characters"},
                 account},
                "address.add"),
      operation("address list", "sender addresses", {account}, "address.list"),
      operation("address remove", "deletes it", {email, account}, "address.remove"),
      operation("address password", "a new SMTP password",
                {email, account, {"smtp-password", K::text, kMust, "10 to 20 characters"}},
                "address.password"),
      {"send",
       "sends a mail",
       {{"from", K::text, kMust, "Name <a@d>"},
        {"to", K::texts, kMust, "recipient, may be repeated"},
        {"subject", K::text, kMay, "subject"},
        {"text", K::text, kMay, "plain text body"},
        {"html", K::text, kMay, "HTML body"},
        {"attach", K::texts, kMay, "file, may be repeated"},
        account},
       send},
      operation("message show", "what became of a message",
                {{"id", K::positional, kMust, "message id"}}, "message.show"),
      operation("message list", "latest messages", {account}, "message.list"),
      operation("inbox list", "the sandbox's inbox", {account}, "inbox.list"),
      operation("inbox show", "one mail of the sandbox's inbox",
                {{"id", K::positional, kMust, "its id"}, account}, "inbox.show"),
  };
}

std::vector<Command> make_commands() {
  std::vector<Command> out = account_commands(), more = mail_commands();
  for (Command& command : more) out.push_back(std::move(command));
  return out;
}

}  // namespace

std::span<const Command> administration_commands() {
  static const std::vector<Command> commands = make_commands();
  return commands;
}

}  // namespace ph::cli
