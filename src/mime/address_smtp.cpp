#include <algorithm>

#include "base/limits.h"
#include "mime/address.h"
#include "mime/address_scan.h"
#include "mime/encoded_word.h"

namespace ph::mime {
namespace {

// Characters that an unquoted display name may not hold in an API string: each would be read as
// syntax by some other parser.
constexpr std::string_view kNameSpecials = "()<>[]:;@\\,\"";

Mailbox to_mailbox(AddrSpec spec) {
  Mailbox mailbox;
  mailbox.local = std::move(spec.local);
  set_ascii_domain(mailbox, spec.domain);
  return mailbox;
}

// "@a,@b:" in front of an address: RFC 5321 appendix C. Returns the octets read.
Result<size_t> read_route(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && text[at] == '@') {
    size_t end = text.find_first_of(",:", at);
    if (end == std::string_view::npos) return fail(Errc::invalid, "the source route has no end");
    TRY(check_domain(text.substr(at + 1, end - at - 1)));
    at = end + 1;
    if (text[end] == ':') return at;
  }
  return fail(Errc::invalid, "the source route is malformed");
}

// The display name of an API string; `at` is left behind it.
Result<std::string> read_api_name(std::string_view text, size_t& at) {
  if (text.starts_with('"')) {
    QuotedString quoted = TRY(read_quoted_smtp(text));
    at = quoted.size;
    return std::move(quoted.content);
  }
  at = std::min(text.find('<'), text.size());
  std::string_view name = trim(text.substr(0, at));
  if (name.find_first_of(kNameSpecials) != std::string_view::npos)
    return fail(Errc::invalid,
                "the name must stand in double quotes, because of a character in it");
  return decode_encoded_words(name);
}

}  // namespace

bool is_dot_atom(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) { return is_atext(c) || c == '.'; });
}

Result<QuotedString> read_quoted_smtp(std::string_view text) {
  QuotedString out;
  for (size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      out.size = i + 1;
      return out;
    }
    if (c == '\\') {
      if (++i == text.size()) break;
      c = text[i];
      if (is_high(c)) return fail(Errc::invalid, "a backslash stands before a non-ASCII character");
    }
    if (!is_high(c) && (c < 0x20 || c == 0x7f))
      return fail(Errc::invalid, "a control character stands in a quoted string");
    out.content += c;
  }
  return fail(Errc::invalid, "a quoted string has no end");
}

Result<> check_written_local(std::string_view written, std::string_view local) {
  if (written.size() > limits::kLocalPart)
    return fail(Errc::limit, "the local part is longer than 64 octets");
  if (!is_utf8(local)) return fail(Errc::invalid, "the local part is not UTF-8");
  if (has_encoded_word(local))
    return fail(Errc::invalid, "the local part holds an encoded-word, which only names may");
  return {};
}

Result<AddrSpec> read_addr_spec_smtp(std::string_view text) {
  AddrSpec spec;
  size_t at = 0;
  if (text.starts_with('"')) {
    QuotedString quoted = TRY(read_quoted_smtp(text));
    spec.local = std::move(quoted.content);
    at = quoted.size;
  } else {
    while (at < text.size() && (is_atext(text[at]) || text[at] == '.')) ++at;
    spec.local = text.substr(0, at);
    if (spec.local.empty()) return fail(Errc::invalid, "there is no local part");
    if (!is_dot_atom(spec.local))
      return fail(Errc::invalid, "a dot begins or ends the local part, or follows another");
  }
  if (at == text.size() || text[at] != '@')
    return fail(Errc::invalid, at == text.size()
                                   ? "there is no domain"
                                   : "a character that needs quotes is in the local part");
  TRY(check_written_local(text.substr(0, at), spec.local));
  if (has_control(spec.local))
    return fail(Errc::invalid, "a control character stands in the local part");
  size_t start = ++at;
  if (at < text.size() && text[at] == '[') {
    size_t end = text.find(']', at);
    if (end == std::string_view::npos) return fail(Errc::invalid, "the address literal has no end");
    at = end + 1;
  } else {
    while (at < text.size() &&
           (is_alnum(text[at]) || is_high(text[at]) || text[at] == '-' || text[at] == '.'))
      ++at;
  }
  spec.domain = text.substr(start, at - start);
  TRY(check_domain(spec.domain));
  if (at > limits::kPath - 2)  // RFC 5321 §4.5.3.1.3 counts the brackets
    return fail(Errc::limit, "the address is longer than 254 octets");
  spec.size = at;
  return spec;
}

Result<Mailbox> parse_smtp_mailbox(std::string_view text) {
  AddrSpec spec = TRY(read_addr_spec_smtp(text));
  if (spec.size != text.size())
    return fail(Errc::invalid, "something that is no domain follows the address");
  return to_mailbox(std::move(spec));
}

Result<SmtpPath> read_smtp_path(std::string_view text) {
  if (!text.starts_with('<')) return fail(Errc::invalid, "the path does not begin with <");
  SmtpPath path;
  if (text.starts_with("<>")) {
    path.is_null = true;
    path.size = 2;
    return path;
  }
  constexpr std::string_view kPostmaster = "<postmaster>";
  if (istarts_with(text, kPostmaster)) {
    path.is_postmaster = true;
    path.mailbox.local = text.substr(1, kPostmaster.size() - 2);
    path.size = kPostmaster.size();
    return path;
  }
  size_t at = 1;
  if (text.substr(at).starts_with('@')) {
    // The whole path, route included, has one bound.
    at += TRY(read_route(text.substr(at, std::min(text.size() - at, limits::kSmtpCommandLine))));
    path.has_route = true;
  }
  AddrSpec spec = TRY(read_addr_spec_smtp(text.substr(at)));
  at += spec.size;
  if (at == text.size() || text[at] != '>')
    return fail(Errc::invalid, "the path does not end with >");
  path.size = at + 1;
  path.mailbox = to_mailbox(std::move(spec));
  return path;
}

Result<Mailbox> parse_api_address(std::string_view text) {
  if (text.size() > limits::kDisplayName * 3 + limits::kPath)  // encoded-words are longer
    return fail(Errc::limit, "the address is too long");
  if (!is_utf8(text) || has_control(text))
    return fail(Errc::invalid, "the address has a control character or is not UTF-8");
  text = trim(text);
  if (!text.ends_with('>')) return parse_smtp_mailbox(text);
  size_t at = 0;
  std::string name = TRY(read_api_name(text, at));
  while (at < text.size() && text[at] == ' ') ++at;
  if (at == text.size() || text[at] != '<')
    return fail(Errc::invalid, "something stands between the name and <");
  Mailbox mailbox = TRY(parse_smtp_mailbox(text.substr(at + 1, text.size() - at - 2)));
  mailbox.name = std::move(name);
  TRY(check_mailbox(mailbox));
  return mailbox;
}

}  // namespace ph::mime
