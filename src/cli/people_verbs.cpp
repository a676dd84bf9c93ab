// The verbs of registration, users beside their making, and the audit log, as data: each is an
// operation of the control door.
#include "cli/command.h"

namespace ph::cli {
namespace {

using K = OptionKind;
constexpr Need kMust = Need::required;
constexpr Need kMay = Need::optional;

Command operation(std::string_view path, std::string_view summary, std::vector<Option> options,
                  std::string_view name) {
  return {path, summary, std::move(options), nullptr, name};
}

std::vector<Command> make_commands() {
  const Option account{"account", K::text, kMay, "account name or number"};
  const Option id{"id", K::positional, kMust, "its number"};
  const Option email{"email", K::positional, kMust, "e-mail address"};
  return {
      operation("registration mode", "who may register: open, invitation or closed",
                {{"mode", K::positional, kMay, "the new mode; without it the present one"}},
                "registration.mode"),
      operation("registration invite", "invites a person to make an account",
                {email, {"name", K::text, kMay, "the account's name"}}, "registration.invite"),
      operation("registration links", "links that are open, to be handed out", {},
                "registration.links"),
      operation("user role", "another role",
                {id, account, {"role", K::text, kMust, "as of user create"}}, "user.role"),
      operation("user policy", "narrows a user's role; without domains and actions: no more",
                {id,
                 account,
                 {"domain", K::texts, kMay, "a sender domain, may be repeated"},
                 {"action", K::texts, kMay,
                  "view, send, read_message, manage_domains, manage_addresses, manage_keys or "
                  "manage_users, may be repeated"}},
                "user.policy"),
      operation("user enable", "a removed user may sign in again", {id, account}, "user.enable"),
      operation("user invite", "invites a person to an account",
                {email,
                 {"role", K::text, kMust, "owner, administrator, developer or viewer"},
                 account},
                "user.invite"),
      operation("user second-factor", "for who lost it: signs in by password alone", {id, account},
                "user.second_factor_reset"),
      operation("user sessions", "where a user is signed in", {id, account}, "user.sessions"),
      operation("audit list", "who changed what; without an account, what belongs to none",
                {account,
                 {"actor", K::text, kMay, "user:7, key:3 or control"},
                 {"action", K::text, kMay, "domain, or domain.create"},
                 {"object", K::text, kMay, "domain:mail.example.com"}},
                "audit.list"),
  };
}

}  // namespace

std::span<const Command> people_commands() {
  static const std::vector<Command> commands = make_commands();
  return commands;
}

}  // namespace ph::cli
