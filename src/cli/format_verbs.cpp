// The verbs address parse, name and mime parse: formats alone, no DNS and no store.
#include "base/ip.h"
#include "base/text.h"
#include "cli/dns_source.h"
#include "dns/domain_name.h"
#include "dns/public_suffix.h"
#include "json/json.h"
#include "mime/address.h"
#include "mime/parse.h"

namespace ph::cli {
namespace {

using json::Value;
using K = OptionKind;

// "domain" as it was given, "ascii" the whole address with A-labels.
Value mailbox_json(const mime::Mailbox& mailbox) {
  mime::Mailbox ascii = mailbox;
  if (ascii.ascii.empty() && is_ascii(ascii.local) && !mime::literal_address(ascii.domain))
    if (auto name = dns::DomainName::parse(ascii.domain))
      mime::set_ascii_domain(ascii, name->text());
  return Value::object({{"name", mailbox.name},
                        {"local", mailbox.local},
                        {"domain", mailbox.domain},
                        {"ascii", ascii.ascii}});
}

Result<std::vector<mime::Mailbox>> parse_by_form(const Invocation& i, const std::string& text) {
  if (i.has("smtp")) return std::vector{TRY(mime::parse_smtp_mailbox(text))};
  if (i.has("header")) return TRY(mime::parse_header_addresses(text)).mailboxes;
  return std::vector{TRY(mime::parse_api_address(text))};
}

int address_parse(const Invocation& i) {
  if (i.has("smtp") + i.has("header") + i.has("api") > 1)
    return usage("--smtp, --header and --api: one of them");
  auto mailboxes = parse_by_form(i, i.text("string"));
  if (!mailboxes)
    return print_verdict(Value::object({{"valid", false}, {"reason", mailboxes.error().message}}));
  Value list = Value::array();
  for (const mime::Mailbox& mailbox : *mailboxes) list.push(mailbox_json(mailbox));
  return print_verdict(Value::object({{"valid", true}, {"mailboxes", list}}));
}

using Convert = Result<std::string> (*)(const dns::DomainName&);

template <Convert convert>
int name_verb(const Invocation& i) {
  auto name = dns::DomainName::parse(i.text("name"), dns::NameRule::owner);
  auto result = name ? convert(*name) : std::unexpected(name.error());
  if (!result) return print_verdict(Value::object({{"error", result.error().message}}));
  return print_verdict(Value::object({{"result", *result}}));
}

Result<std::string> org(const dns::DomainName& name) {
  if (IpAddress::parse(name.text())) return fail(Errc::invalid, "an address has no organization");
  auto found = dns::PublicSuffix::system().organizational_domain(name);
  if (!found) return fail(Errc::invalid, "the name is a public suffix");
  return found->text();
}
Result<std::string> to_ascii(const dns::DomainName& name) {
  return name.text();
}
Result<std::string> to_unicode(const dns::DomainName& name) {
  return name.to_unicode();
}

Value part_json(const mime::PartSummary& part) {
  Value parts = Value::array();
  for (const mime::PartSummary& inner : part.parts) parts.push(part_json(inner));
  return Value::object({{"type", part.type},
                        {"charset", part.charset},
                        {"filename", part.filename},
                        {"size", part.size},
                        {"sha256", part.sha256},
                        {"parts", parts}});
}

int mime_parse(const Invocation&) {
  auto message = read_stdin();
  if (!message) return usage(message.error().message);
  auto tree = mime::parse_mime(*message);
  if (!tree) return usage(tree.error().message);
  return print_verdict(part_json(mime::summarize(tree->root)));
}

std::vector<Command> make_commands() {
  const Option name{"name", K::positional, Need::required, "domain name"};
  return {
      {"address parse",
       "an address or a list of them, as JSON",
       {{"string", K::positional, Need::required, "the text"},
        {"smtp", K::flag, Need::optional, "as in MAIL and RCPT"},
        {"header", K::flag, Need::optional, "as in From and To"},
        {"api", K::flag, Need::optional, "as in our REST (default)"}},
       address_parse},
      {"name org", "the organizational domain by the public suffix list", {name}, name_verb<org>},
      {"name to-ascii", "A-labels", {name}, name_verb<to_ascii>},
      {"name to-unicode", "U-labels", {name}, name_verb<to_unicode>},
      {"mime parse", "the parts of the message on standard input", {}, mime_parse},
  };
}

}  // namespace

std::span<const Command> format_commands() {
  static const std::vector<Command> commands = make_commands();
  return commands;
}

}  // namespace ph::cli
