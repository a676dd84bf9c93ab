#include "mime/ascii_field.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "mime/address.h"
#include "mime/content_type.h"
#include "mime/encoded_word.h"
#include "mime/header_writer.h"

namespace ph::mime {
namespace {

constexpr std::array<std::string_view, 9> kAddressFields = {
    "From",        "Sender",        "Reply-To",  "To",       "Cc",
    "Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc"};

// Fields with a syntax that has no place for encoded-words. A name that ends with "-" stands for
// all that begin with it.
constexpr std::array<std::string_view, 14> kStructured = {
    "Date",        "Message-ID",   "In-Reply-To",    "References",  "Received",
    "Return-Path", "MIME-Version", "Content-",       "List-",       "DKIM-Signature",
    "ARC-",        "Resent-",      "Auto-Submitted", "Received-SPF"};

bool names(std::span<const std::string_view> list, std::string_view name) {
  return std::ranges::any_of(list, [&](std::string_view one) {
    return one.ends_with('-') ? istarts_with(name, one) : iequals(name, one);
  });
}

Error not_ascii(Errc code, std::string_view name, const char* why) {
  return Error{.code = code,
               .message = "The header field " + std::string(name) + " has 8-bit octets " + why +
                          "; use RFC 2047 or SMTPUTF8"};
}

// RFC 6531 §3.4: a domain has another form in ASCII, a local part has none.
Result<std::string> ascii_addresses(std::string_view name, const HeaderField& field,
                                    DomainReader domains) {
  auto list = parse_header_addresses(field.value);
  if (!list || list->has_group)
    return std::unexpected(not_ascii(Errc::invalid, name, "and is no plain list of addresses"));
  for (Mailbox& mailbox : list->mailboxes) {
    if (domains == nullptr || is_ascii(mailbox.domain)) continue;
    auto forms = domains(mailbox.domain);
    if (!forms) return std::unexpected(not_ascii(Errc::invalid, name, "in what is no domain name"));
    set_ascii_domain(mailbox, forms->a_labels);
  }
  if (std::ranges::any_of(list->mailboxes, needs_smtputf8))
    return std::unexpected(not_ascii(Errc::unsupported, name, "in an address"));
  HeaderWriter writer;
  if (!writer.mailboxes(name, list->mailboxes))
    return std::unexpected(not_ascii(Errc::invalid, name, "that may not be there"));
  return writer.take();
}

// RFC 2231 §4: parameters have a form of their own.
Result<std::string> ascii_parameters(std::string_view name, const HeaderField& field) {
  HeaderWriter writer;
  std::string value;
  std::vector<Parameter> parameters;
  if (iequals(name, "Content-Type")) {
    ContentType type = TRY(parse_content_type(field.value));
    // Delimiters are compared octet for octet.
    if (!is_ascii(type.parameter("boundary"))) return fail(Errc::invalid, "boundary");
    value = type.full();
    parameters = std::move(type.parameters);
  } else {
    ContentDisposition disposition = TRY(parse_content_disposition(field.value));
    value = disposition.kind;
    parameters = std::move(disposition.parameters);
  }
  TRY(writer.parameters(name, value, parameters));
  return writer.take();
}

}  // namespace

bool is_address_field(std::string_view name) {
  return names(kAddressFields, name);
}

Result<std::string> ascii_field(std::string_view name, const HeaderField& field,
                                DomainReader domains) {
  if (!is_utf8(field.value))
    return std::unexpected(not_ascii(Errc::invalid, name, "that are no UTF-8"));
  if (is_address_field(name)) return ascii_addresses(name, field, domains);
  if (iequals(name, "Content-Type") || iequals(name, "Content-Disposition")) {
    if (auto written = ascii_parameters(name, field)) return written;
    return std::unexpected(not_ascii(Errc::invalid, name, "that may not be there"));
  }
  HeaderWriter writer;
  bool text = iequals(name, "Content-Description") || !names(kStructured, name);
  if (!text || !writer.unstructured(name, decode_encoded_words(unfold(field.value))))
    return std::unexpected(not_ascii(Errc::invalid, name, "that may not be there"));
  return writer.take();
}

std::optional<std::string> field_of_proper_domains(std::string_view name, const HeaderField& field,
                                                   DomainReader domains) {
  if (domains == nullptr || !is_address_field(name)) return std::nullopt;
  auto list = parse_header_addresses(field.value);
  if (!list || list->has_group) return std::nullopt;
  bool odd = false;
  for (Mailbox& mailbox : list->mailboxes) {
    if (is_ascii(mailbox.domain)) continue;
    auto forms = domains(mailbox.domain);
    if (!forms || forms->u_labels == mailbox.domain) continue;
    set_ascii_domain(mailbox, forms->a_labels);
    odd = true;
  }
  HeaderWriter writer;
  if (!odd || !writer.mailboxes(name, list->mailboxes)) return std::nullopt;
  return writer.take();
}

size_t blanks_before_colon(const HeaderField& field) {
  return static_cast<size_t>(field.value.data() - field.raw.data()) - 1 - field.name.size();
}

}  // namespace ph::mime
