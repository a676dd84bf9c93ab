// Purpose: mailboxes and address lists, in the three forms in which strangers write them: a header
//   field (everything RFC 5322 allows), an SMTP command, and an API string.
// Shapes: Mailbox.local has no quotes and no escapes; Mailbox.domain is lower case, as given (A- or
//   U-labels), or an address literal with its brackets.
// Threads: any.
// Errors: invalid for syntax, limit for a bound; the message says what is wrong and where.
// Spec: RFC 5322 §3.4 and §4.4, RFC 6532 §3.2, RFC 5321 §4.1.2 and §4.1.3, RFC 6531 §3.3.
// Not here: IDNA (dns/domain_name.h), whether a domain exists or may be used.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/result.h"

namespace ph::mime {

struct Mailbox {
  std::string name;  // display name, decoded, UTF-8; empty when there is none
  std::string local;
  std::string domain;
  // local@domain in ASCII, quoted where needed; empty while local or domain is not ASCII. Who
  // converts a U-label domain fills it in (set_ascii_domain).
  std::string ascii;

  std::string address() const;  // local@domain as given, the local part quoted where needed
  bool operator==(const Mailbox&) const = default;
};

struct AddressList {
  std::vector<Mailbox> mailboxes;  // members of groups included, in order
  bool has_group = false;
  bool has_route = false;  // an obsolete source route stood before an address and was dropped
};

// A header field's value: comments, groups, quoted and obsolete forms; encoded-words are decoded in
// display names only and refused elsewhere.
Result<AddressList> parse_header_addresses(std::string_view value);

// "Name <a@d>", "\"Name, Inc.\" <a@d>" or "a@d": no comments, groups, routes or controls.
Result<Mailbox> parse_api_address(std::string_view text);

// RFC 5321 §4.1.2 Mailbox, UTF-8 as RFC 6531 §3.3 allows; no angle brackets.
Result<Mailbox> parse_smtp_mailbox(std::string_view text);

struct SmtpPath {
  Mailbox mailbox;             // empty for <> ; only local for <Postmaster>
  bool is_null = false;        // <>
  bool is_postmaster = false;  // <Postmaster> without a domain, RFC 5321 §4.5.1
  bool has_route = false;      // a source route stood before it and was dropped, RFC 5321 §4.1.1.3
  size_t size = 0;             // octets read, with both brackets: parameters may follow
};
// Reads a path from the front of an SMTP argument ("<@a,@b:c@d> SIZE=9").
Result<SmtpPath> read_smtp_path(std::string_view text);

// A mailbox from parts that come from elsewhere (a database row, a form).
Result<Mailbox> make_mailbox(std::string_view name, std::string_view local,
                             std::string_view domain);
// The same rules over a mailbox that somebody filled by hand.
Result<> check_mailbox(const Mailbox& mailbox);
// LDH or UTF-8 labels with their limits, or an address literal.
Result<> check_domain(std::string_view domain);

// Replaces the domain by its A-label form and fills `ascii` where the local part allows.
void set_ascii_domain(Mailbox& mailbox, std::string_view a_labels);
// The address cannot be written in ASCII.
bool needs_smtputf8(const Mailbox& mailbox);

// As it stands before "@": a dot-atom, or a quoted string.
std::string quote_local(std::string_view local);
// The address inside [1.2.3.4] or [IPv6:…] by RFC 5321 §4.1.3; nothing for any other domain.
std::optional<IpAddress> literal_address(std::string_view domain);

}  // namespace ph::mime
