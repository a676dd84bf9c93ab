#include "mailauth/dkim_signature.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "mailauth/dkim_tags.h"

namespace ph::mailauth {
namespace {

constexpr size_t kTimeDigits = 12;    // RFC 6376 §3.5, t= and x=
constexpr size_t kAlgorithmShown = 32;  // characters of an unknown a= that a result repeats
constexpr size_t kLengthDigits = 76;  // RFC 6376 §3.5, l=

std::unexpected<Error> bad(std::string_view tag, std::string_view what) {
  return fail(Errc::invalid, fmt::format("{}= {}", tag, what), std::string(tag));
}

std::unexpected<Error> unknown(std::string_view tag, std::string_view what) {
  return fail(Errc::unsupported, fmt::format("{}= {}", tag, what), std::string(tag));
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= limits::kLabel && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, [](char c) {
           return is_alnum(c) || c == '-' || c == '_';  // "_" is seen in selectors
         });
}

Result<std::string> read_name(std::string_view tag, std::string_view value) {
  if (!is_ascii(value)) return unknown(tag, "is an internationalised name, not A-labels");
  if (value.size() > limits::kDomain || !std::ranges::all_of(split(value, '.'), is_label))
    return bad(tag, "is not a name");
  return lower(value);
}

Result<std::string_view> need(const DkimTags& tags, std::string_view name) {
  auto value = tags.find(name);
  if (!value) return bad(name, "is missing");
  return *value;
}

Result<std::string> read_base64(std::string_view tag, std::string_view value) {
  auto bytes = base64_decode(without_white_space(value));
  if (!bytes || bytes->empty()) return bad(tag, "is not base64");
  return *bytes;
}

Result<Canonical> read_form(std::string_view word) {
  if (iequals(word, "simple")) return Canonical::simple;
  if (iequals(word, "relaxed")) return Canonical::relaxed;
  return unknown("c", "names a canonical form that is not known");
}

Result<std::optional<int64_t>> read_time(const DkimTags& tags, std::string_view name) {
  auto value = tags.find(name);
  if (!value) return std::nullopt;
  auto number = parse_number<uint64_t>(*value);
  if (!number || value->size() > kTimeDigits) return bad(name, "is not a time");
  return static_cast<int64_t>(*number);
}

Result<> read_length(const DkimTags& tags, DkimSignature& out) {
  auto value = tags.find("l");
  if (!value) return {};
  if (value->empty() || value->size() > kLengthDigits || !std::ranges::all_of(*value, is_digit))
    return bad("l", "is not a length");
  // More digits than 64 bits hold say the same as the greatest number: beyond any body.
  out.length = parse_number<uint64_t>(*value).value_or(UINT64_MAX);
  return {};
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// RFC 6376 §2.11: dkim-quoted-printable; white space is none of the value's.
Result<std::string> decode_quoted(std::string_view value) {
  std::string text = without_white_space(value);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return bad("i", "has a bad \"=\" sequence");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// RFC 6376 §3.5 i=: its domain is that of d= or under it.
Result<> read_identity(const DkimTags& tags, DkimSignature& out) {
  out.identity = "@" + out.domain;
  auto value = tags.find("i");
  if (!value) return {};
  std::string identity = TRY(decode_quoted(*value));
  if (has_control(identity) || !is_utf8(identity)) return bad("i", "has control characters");
  size_t at = identity.rfind('@');
  if (at == std::string::npos) return bad("i", "has no \"@\"");
  std::string domain = TRY(read_name("i", std::string_view(identity).substr(at + 1)));
  if (domain != out.domain && !domain.ends_with("." + out.domain))
    return bad("i", "is not of the domain of d=");
  out.identity = identity.substr(0, at + 1) + domain;
  return {};
}

Result<> read_signed_names(const DkimTags& tags, DkimSignature& out) {
  std::string_view list = TRY(need(tags, "h"));
  out.names = split_colons(list);
  if (out.names.size() > limits::kDkimSignedNames)
    return bad("h", fmt::format("lists more than {} fields", limits::kDkimSignedNames));
  bool from = false;
  for (std::string_view name : out.names) {
    if (name.empty() || name.find_first_of(" \t\r\n") != std::string_view::npos)
      return bad("h", "is not a list of field names");
    from = from || iequals(name, "From");
  }
  if (!from) return bad("h", "does not sign From");  // RFC 6376 §5.4
  return {};
}

Result<> read_algorithm(const DkimTags& tags, DkimSignature& out) {
  std::string_view algorithm = TRY(need(tags, "a"));
  if (iequals(algorithm, "rsa-sha256")) {
    out.kind = crypto::KeyKind::rsa;
  } else if (iequals(algorithm, "ed25519-sha256")) {
    out.kind = crypto::KeyKind::ed25519;
  } else if (iequals(algorithm, "rsa-sha1")) {
    return bad("a", "is rsa-sha1, which proves nothing any more");  // RFC 8301 §3.1
  } else {
    return unknown("a", "names an algorithm that is not known");
  }
  return {};
}

Result<> read_forms(const DkimTags& tags, DkimSignature& out) {
  auto value = tags.find("c");
  if (!value) return {};
  size_t slash = value->find('/');
  out.header = TRY(read_form(value->substr(0, slash)));
  if (slash != std::string_view::npos) out.body = TRY(read_form(value->substr(slash + 1)));
  return {};
}

Result<> read_query(const DkimTags& tags) {
  auto value = tags.find("q");
  if (!value) return {};
  for (std::string_view method : split_colons(*value))
    if (iequals(method, "dns/txt")) return {};
  return unknown("q", "names no query method that is known");
}

Result<> read_times(const DkimTags& tags, DkimSignature& out) {
  out.time = TRY(read_time(tags, "t"));
  out.expires = TRY(read_time(tags, "x"));
  if (out.time && out.expires && *out.expires <= *out.time) return bad("x", "is not after t=");
  return {};
}

// What names the signature, so that a refusal for any reason can still say whose it is.
void note_names(const DkimTags& tags, DkimSignature& out) {
  if (auto domain = read_name("d", tags.find("d").value_or(""))) out.domain = *domain;
  if (auto selector = read_name("s", tags.find("s").value_or(""))) out.selector = *selector;
  std::string_view algorithm = tags.find("a").value_or("");
  bool plain = std::ranges::all_of(algorithm, [](char c) { return is_alnum(c) || c == '-'; });
  if (plain && algorithm.size() <= kAlgorithmShown) out.algorithm = lower(algorithm);
}

Result<> read_all(const DkimTags& tags, DkimSignature& out) {
  note_names(tags, out);
  if (TRY(need(tags, "v")) != "1") return bad("v", "is not 1");
  std::string_view domain = TRY(need(tags, "d"));
  out.domain = TRY(read_name("d", domain));
  if (out.domain.find('.') == std::string::npos) return bad("d", "is a single label");
  std::string_view selector = TRY(need(tags, "s"));
  out.selector = TRY(read_name("s", selector));
  TRY(read_algorithm(tags, out));
  std::string_view signature = TRY(need(tags, "b"));
  out.signature = TRY(read_base64("b", signature));
  std::string_view body_hash = TRY(need(tags, "bh"));
  out.body_hash = TRY(read_base64("bh", body_hash));
  TRY(read_signed_names(tags, out));
  TRY(read_identity(tags, out));
  TRY(read_forms(tags, out));
  TRY(read_query(tags));
  TRY(read_length(tags, out));
  TRY(read_times(tags, out));
  if (out.body_hash.size() != sizeof(crypto::Digest)) return bad("bh", "is not a SHA-256 digest");
  return {};
}

}  // namespace

DkimSignature parse_dkim_signature(const RawField& field) {
  DkimSignature out;
  out.field = field.raw;
  auto tags = DkimTags::parse(field.value());
  if (!tags) {
    out.problem = tags.error();
    return out;
  }
  if (auto read = read_all(*tags, out); !read) out.problem = read.error();
  return out;
}

void append_signature_field(std::string& out, Canonical form, std::string_view field) {
  std::string emptied;
  emptied.reserve(field.size());
  size_t at = field.find(':') + 1;
  emptied += field.substr(0, at);
  while (at <= field.size()) {
    size_t end = std::min(field.find(';', at), field.size());
    std::string_view piece = field.substr(at, end - at);
    size_t equals = piece.find('=');
    bool is_b = equals != std::string_view::npos && trim(piece.substr(0, equals)) == "b";
    emptied += is_b ? piece.substr(0, equals + 1) : piece;
    if (end < field.size()) emptied += ';';
    at = end + 1;
  }
  append_canonical_field(out, form, emptied);
}

}  // namespace ph::mailauth
