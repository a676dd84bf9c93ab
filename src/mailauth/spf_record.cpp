#include "mailauth/spf_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "mailauth/spf_macro.h"

namespace ph::mailauth {
namespace {

constexpr std::string_view kVersion = "v=spf1";

struct KindName {
  std::string_view name;
  SpfMechanismKind kind;
};

constexpr std::array kKinds = {
    KindName{"all", SpfMechanismKind::all},   KindName{"include", SpfMechanismKind::include},
    KindName{"a", SpfMechanismKind::a},       KindName{"mx", SpfMechanismKind::mx},
    KindName{"ptr", SpfMechanismKind::ptr},   KindName{"ip4", SpfMechanismKind::ip4},
    KindName{"ip6", SpfMechanismKind::ip6},   KindName{"exists", SpfMechanismKind::exists},
};

std::unexpected<Error> bad_term(std::string_view term, std::string_view why) {
  return fail(Errc::invalid, fmt::format("'{}': {}", term, why), std::string(term));
}

// The digits behind the last `slash` of `rest`, which loses them; none where none stand there.
std::optional<std::string_view> cut_prefix_length(std::string_view& rest, std::string_view slash) {
  size_t at = rest.rfind(slash);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view digits = rest.substr(at + slash.size());
  if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  rest = rest.substr(0, at);
  return digits;
}

// "0" / %x31-39 0*2DIGIT, at most `most`.
bool read_prefix(std::string_view digits, unsigned most, unsigned& out) {
  auto number = parse_number<unsigned>(digits);
  if (!number || *number > most || (digits.size() > 1 && digits[0] == '0')) return false;
  out = *number;
  return true;
}

bool cut_dual_cidr(std::string_view& rest, SpfMechanism& m) {
  if (auto six = cut_prefix_length(rest, "//"); six && !read_prefix(*six, 128, m.v6_prefix))
    return false;
  auto four = cut_prefix_length(rest, "/");
  return !four || read_prefix(*four, 32, m.v4_prefix);
}

Result<> read_network(std::string_view rest, SpfMechanism& m) {
  bool four = m.kind == SpfMechanismKind::ip4;
  if (!rest.starts_with(':')) return bad_term(m.text, "an address must follow");
  rest.remove_prefix(1);
  if (auto digits = cut_prefix_length(rest, "/");
      digits && !read_prefix(*digits, four ? 32 : 128, four ? m.v4_prefix : m.v6_prefix))
    return bad_term(m.text, "the prefix length is wrong");
  auto ip = IpAddress::parse(rest);
  bool is_six = rest.find(':') != std::string_view::npos;
  if (!ip || is_six == four) return bad_term(m.text, "not an address of its kind");
  m.network = ip->bytes();
  if (is_six && ip->is_v4()) {  // ::ffff:192.0.2.1, kept as the 16 octets that were written
    m.network = {};
    m.network[10] = m.network[11] = 0xff;
    std::copy_n(ip->bytes().begin(), 4, m.network.begin() + 12);
  }
  return {};
}

// What may follow a mechanism's name.
struct Form {
  bool domain;
  bool domain_needed;
  bool cidr;
};

Form form_of(SpfMechanismKind kind) {
  switch (kind) {
    case SpfMechanismKind::include:
    case SpfMechanismKind::exists:
      return {true, true, false};
    case SpfMechanismKind::a:
    case SpfMechanismKind::mx:
      return {true, false, true};
    case SpfMechanismKind::ptr:
      return {true, false, false};
    case SpfMechanismKind::all:
    case SpfMechanismKind::ip4:
    case SpfMechanismKind::ip6:
      break;
  }
  return {false, false, false};
}

Result<> read_arguments(std::string_view rest, SpfMechanism& m) {
  if (m.kind == SpfMechanismKind::ip4 || m.kind == SpfMechanismKind::ip6)
    return read_network(rest, m);
  Form form = form_of(m.kind);
  if (form.cidr && !cut_dual_cidr(rest, m)) return bad_term(m.text, "the prefix length is wrong");
  if (rest.empty())
    return form.domain_needed ? Result<>(bad_term(m.text, "a domain must follow")) : Result<>();
  if (!form.domain || !rest.starts_with(':')) return bad_term(m.text, "nothing may follow here");
  rest.remove_prefix(1);
  if (!valid_spf_domain_spec(rest)) return bad_term(m.text, "not a valid domain");
  m.domain_spec = rest;
  return {};
}

Result<SpfMechanism> read_mechanism(std::string_view term) {
  SpfMechanism m;
  m.text = term;
  std::string_view rest = term;
  constexpr std::string_view kQualifiers = "+-~?";
  constexpr SpfResultCode kResults[] = {SpfResultCode::pass, SpfResultCode::fail,
                                        SpfResultCode::softfail, SpfResultCode::neutral};
  if (size_t q = kQualifiers.find(rest[0]); q != std::string_view::npos) {
    m.result = kResults[q];
    rest.remove_prefix(1);
  }
  size_t end = std::min(rest.find_first_of(":/"), rest.size());
  std::string_view name = rest.substr(0, end);
  auto kind =
      std::ranges::find_if(kKinds, [&](const KindName& k) { return iequals(k.name, name); });
  if (kind == kKinds.end()) return bad_term(term, "no mechanism has this name");
  m.kind = kind->kind;
  TRY(read_arguments(rest.substr(end), m));
  return m;
}

bool is_modifier_name(std::string_view name) {
  return !name.empty() && is_alpha(name[0]) && std::ranges::all_of(name, [](char c) {
    return is_alnum(c) || c == '-' || c == '_' || c == '.';
  });
}

Result<> read_modifier(std::string_view term, size_t equals, SpfRecord& record) {
  std::string_view name = term.substr(0, equals), value = term.substr(equals + 1);
  std::optional<std::string>* slot = iequals(name, "redirect") ? &record.redirect
                                     : iequals(name, "exp")    ? &record.explanation
                                                               : nullptr;
  if (!slot) {
    bool fine = is_modifier_name(name) && valid_spf_macro_string(value, SpfMacroPlace::domain);
    return fine ? Result<>() : Result<>(bad_term(term, "not a valid modifier"));
  }
  if (*slot) return bad_term(term, "this modifier stands twice");  // RFC 7208 §6
  if (!valid_spf_domain_spec(value)) return bad_term(term, "not a valid domain");
  *slot = std::string(value);
  return {};
}

}  // namespace

const char* spf_result_name(SpfResultCode code) {
  switch (code) {
    case SpfResultCode::none: return "none";
    case SpfResultCode::neutral: return "neutral";
    case SpfResultCode::pass: return "pass";
    case SpfResultCode::fail: return "fail";
    case SpfResultCode::softfail: return "softfail";
    case SpfResultCode::temperror: return "temperror";
    case SpfResultCode::permerror: return "permerror";
  }
  return "none";
}

bool spf_counts_as_lookup(SpfMechanismKind kind) {
  return kind != SpfMechanismKind::all && kind != SpfMechanismKind::ip4 &&
         kind != SpfMechanismKind::ip6;
}

bool is_spf_record(std::string_view text) {
  return istarts_with(text, kVersion) &&
         (text.size() == kVersion.size() || text[kVersion.size()] == ' ');
}

std::vector<std::string> spf_records_of(const dns::Answer& answer) {
  std::vector<std::string> out;
  for (std::string& text : answer.texts())
    if (is_spf_record(text)) out.push_back(std::move(text));
  return out;
}

Result<SpfRecord> parse_spf_record(std::string_view text) {
  if (!is_spf_record(text)) return fail(Errc::invalid, "the record does not begin with v=spf1");
  if (text.size() > limits::kSpfRecordBytes)
    return fail(Errc::invalid, fmt::format("the record is longer than {} octets",
                                           limits::kSpfRecordBytes));
  SpfRecord record;
  for (std::string_view term : split(text.substr(kVersion.size()), ' ')) {
    if (term.empty()) continue;
    // "=" before any ":" or "/" makes a modifier (RFC 7208 §12).
    size_t mark = term.find_first_of("=:/");
    if (mark != std::string_view::npos && term[mark] == '=') {
      TRY(read_modifier(term, mark, record));
    } else {
      record.mechanisms.push_back(TRY(read_mechanism(term)));
    }
  }
  return record;
}

bool spf_network_contains(const std::array<uint8_t, 16>& network, unsigned bits,
                          const IpAddress& ip) {
  for (unsigned bit = 0; bit < bits; bit += 8) {
    unsigned rest = std::min(8u, bits - bit);
    auto mask = static_cast<uint8_t>(0xff00u >> rest);
    if ((ip.bytes()[bit / 8] & mask) != (network[bit / 8] & mask)) return false;
  }
  return true;
}

}  // namespace ph::mailauth
