#include "httpauth/authorization.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ph::httpauth {
namespace {

constexpr size_t kSignatureDigits = 64;

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

// RFC 9110 §5.6.2, without upper case.
bool is_header_name(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || kMarks.contains(c);
  });
}

bool take(std::string_view field, std::string_view name, std::string_view& value) {
  if (!field.starts_with(name) || !value.empty()) return false;
  value = field.substr(name.size());
  return !value.empty();
}

}  // namespace

std::optional<Authorization> read_fields(std::string_view fields) {
  Authorization out;
  std::vector<std::string_view> pieces = split(fields, ',');
  if (pieces.size() != 3) return std::nullopt;
  for (std::string_view piece : pieces) {
    std::string_view field = trim(piece);
    if (!is_visible(field)) return std::nullopt;
    if (!take(field, "Credential=", out.credential) &&
        !take(field, "SignedHeaders=", out.signed_headers) &&
        !take(field, "Signature=", out.signature))
      return std::nullopt;
  }
  return out;
}

std::optional<std::vector<std::string_view>> credential_parts(std::string_view credential,
                                                              size_t parts) {
  if (credential.size() > parts * (limits::kCredentialPart + 1)) return std::nullopt;
  std::vector<std::string_view> out = split(credential, '/');
  bool fit = out.size() == parts && std::ranges::all_of(out, [](std::string_view part) {
               return !part.empty() && part.size() <= limits::kCredentialPart && is_visible(part);
             });
  if (!fit) return std::nullopt;
  return out;
}

std::optional<std::vector<std::string_view>> signed_header_names(std::string_view list) {
  std::vector<std::string_view> names = split(list, ';');
  if (names.size() > limits::kSignedHeaders || !std::ranges::all_of(names, is_header_name))
    return std::nullopt;
  if (!std::ranges::is_sorted(names, std::ranges::less_equal{})) return std::nullopt;
  if (std::ranges::find(names, "authorization") != names.end()) return std::nullopt;
  return names;
}

bool is_signature(std::string_view text) {
  return text.size() == kSignatureDigits &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

size_t count_headers(std::span<const net::HttpHeader> headers, std::string_view name) {
  return static_cast<size_t>(std::ranges::count_if(
      headers, [&](const net::HttpHeader& header) { return iequals(header.name, name); }));
}

}  // namespace ph::httpauth
