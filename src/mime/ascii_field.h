// Purpose: one header field of a submitted message as it may go out: in ASCII, with domains in
//   their proper form, without blanks before the colon.
// Threads: any.
// Errors: invalid where octets above 0x7f cannot be written in ASCII; unsupported where an address
//   needs SMTPUTF8. The message names the field.
// Spec: RFC 2047 §5, RFC 2231 §4, RFC 5322 §4.5, RFC 6531 §3.4.
// Not here: IDNA itself (dns/domain_name.h); whoever is above hands it in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mime/header.h"

namespace ph::mime {

// Octets above 0x7f in the header: kept for SMTPUTF8, or written as RFC 2047 has it.
enum class RawUtf8 : uint8_t { keep, encode };

struct DomainForms {
  std::string a_labels;
  std::string u_labels;
};
// Nothing for what is no domain name.
using DomainReader = std::optional<DomainForms> (*)(std::string_view domain);

// From, To, Reply-To, …: fields of addresses. Subject and others have text; the rest a syntax of
// its own, which has no place for encoded-words.
bool is_address_field(std::string_view name);

// The field under `name`, ending with CRLF. Without a reader no domain is converted.
Result<std::string> ascii_field(std::string_view name, const HeaderField& field,
                                DomainReader domains);

// The field of addresses with A-labels, where a domain in it is not as IDNA writes it (fullwidth
// letters, capitals): else other readers see another domain. Nothing where all is well.
std::optional<std::string> field_of_proper_domains(std::string_view name, const HeaderField& field,
                                                   DomainReader domains);

// Octets of white space between the field's name and its colon.
size_t blanks_before_colon(const HeaderField& field);

}  // namespace ph::mime
