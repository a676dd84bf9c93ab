// Purpose: a domain name as people type it and as mail carries it: one value, always A-labels.
// Shapes: text() is lower case without a final dot, 1 to 253 octets, labels of 1 to 63 octets of
//   letters, digits and hyphens; a default-made DomainName is empty and means "no name".
// Threads: any.
// Errors: Errc::invalid with one sentence that names the rule.
// Spec: RFC 5890 §2.3, RFC 5891, UTS #46 (non-transitional), RFC 1123 §2.1, RFC 1035 §2.3.4.
// Not here: names inside DNS messages, which may hold any octet (wire_name.h).
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ph::dns {

// Who may hold the name: a host or mail domain, or any owner of records (`_dmarc`, `_domainkey`).
enum class NameRule : uint8_t { host, owner };

class DomainName {
 public:
  DomainName() = default;
  static Result<DomainName> parse(std::string_view text, NameRule rule = NameRule::host);

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  std::string to_unicode() const;  // labels that are no valid A-label stay as they are
  std::vector<std::string_view> labels() const;
  size_t label_count() const;
  std::optional<DomainName> parent() const;           // none above a single label
  bool is_subdomain_of(const DomainName& other) const;  // below it, not equal
  bool is_within(const DomainName& other) const;        // equal or below
  // The last `count` labels; the whole name where it has fewer.
  DomainName suffix(size_t count) const;

  auto operator<=>(const DomainName&) const = default;

 private:
  explicit DomainName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace ph::dns

template <>
struct std::hash<ph::dns::DomainName> {
  size_t operator()(const ph::dns::DomainName& name) const noexcept {
    return std::hash<std::string>()(name.text());
  }
};
