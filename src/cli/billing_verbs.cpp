// The verbs of plans, packages, prices, usage and levels, as data: each is an operation of the
// control door.
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
  const Option which{"account", K::positional, kMust, "account name or number"};
  const Option account{"account", K::text, kMay, "account name or number"};
  const Option name{"name", K::positional, kMust, "name"};
  const Option id{"id", K::positional, kMust, "its number"};
  const Option domain{"domain", K::positional, kMust, "sender domain"};
  const Option mails{"mails", K::number, kMust, "how many mails"};
  const Option days{"days", K::number, kMay, "until it expires; 365"};
  return {
      operation("account plan", "in_house, or a customer who pays",
                {which,
                 {"plan", K::positional, kMust, "in_house or customer"},
                 {"credit-limit", K::number, kMay, "millionths that may be owed"},
                 {"post-paid", K::text, kMay, "on or off"}},
                "account.plan"),
      operation("account grant", "gives it a package",
                {which, mails, days, {"name", K::text, kMay, "the package's name"}},
                "account.grant"),
      operation("account pay", "records a payment",
                {which,
                 {"amount", K::number, kMust, "millionths of the currency"},
                 {"reference", K::text, kMust, "counts once"},
                 {"note", K::text, kMay, "for the ledger's reader"}},
                "account.pay"),
      operation("offer add", "a package on sale",
                {name, mails, {"price", K::number, kMust, "millionths"}, days}, "offer.add"),
      operation("offer list", "all offers", {}, "offer.list"),
      operation("offer sale", "puts it on sale or takes it off",
                {id, {"sale", K::positional, kMust, "on or off"}}, "offer.sale"),
      operation("price add", "a price of post-paid mails from a day on",
                {{"from", K::positional, kMust, "2026-12-01"},
                 {"tiers", K::positionals, kMust, "FROM:PRICE in millionths, the first from 0"}},
                "price.add"),
      operation("price list", "all versions of the price", {}, "price.list"),
      operation("billing show", "what an account has and owes", {account}, "billing.show"),
      operation("billing usage", "mails by day and source; the last 30 days",
                {account,
                 {"from", K::text, kMay, "the first day"},
                 {"to", K::text, kMay, "the last day"}},
                "billing.usage"),
      operation("billing bills", "daily bills", {account}, "billing.bills"),
      operation("billing ledger", "movements of the balance", {account}, "billing.ledger"),
      operation("quota show", "limits, and the figures behind levels", {account}, "quota.show"),
      operation("quota level", "sets a sender domain's level",
                {domain, {"level", K::positional, kMust, "0 to 20"}, account}, "quota.level"),
      operation("quota unblock", "lifts a sender domain's block", {domain, account},
                "quota.unblock"),
  };
}

}  // namespace

std::span<const Command> billing_commands() {
  static const std::vector<Command> commands = make_commands();
  return commands;
}

}  // namespace ph::cli
