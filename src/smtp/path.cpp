#include "smtp/path.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"

namespace ph::smtp {

namespace {

Result<> check_path(const mime::SmtpPath& path, PathRole role) {
  if (path.has_route)  // RFC 5321 §4.1.1.3 and appendix F.2: relaying by route is refused
    return fail(Errc::unsupported, "source routes are not taken", "path");
  if (path.is_null && role == PathRole::forward)
    return fail(Errc::invalid, "the null path cannot receive", "path");
  if (path.is_postmaster && role == PathRole::reverse)
    return fail(Errc::invalid, "the address has no domain", "path");
  if (path.mailbox.local.find_first_of("<>") != std::string::npos)
    return fail(Errc::invalid, "'<' and '>' are not taken in a local part", "path");
  return {};
}

bool is_keyword(std::string_view text) {
  return !text.empty() && is_alnum(text[0]) &&
         std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_value(std::string_view text) {
  auto fits = [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != '=' && byte != 0x7f;
  };
  return !text.empty() && std::ranges::all_of(text, fits) && is_utf8(text);
}

// RFC 5321 §4.1.2: esmtp-param = esmtp-keyword ["=" esmtp-value].
Result<Parameter> parse_parameter(std::string_view text) {
  size_t equals = text.find('=');
  std::string_view keyword = text.substr(0, equals);
  if (!is_keyword(keyword)) return fail(Errc::invalid, "malformed parameter", "parameter");
  Parameter parameter{upper(keyword), std::nullopt};
  if (equals == std::string_view::npos) return parameter;
  std::string_view value = text.substr(equals + 1);
  if (!is_value(value))
    return fail(Errc::invalid, "malformed value of " + parameter.keyword, parameter.keyword);
  parameter.value = std::string(value);
  return parameter;
}

Result<std::vector<Parameter>> parse_parameters(std::string_view text) {
  std::vector<Parameter> parameters;
  for (std::string_view piece : split(text, ' ')) {
    if (piece.empty()) continue;
    if (parameters.size() == limits::kSmtpParameters)
      return fail(Errc::limit, "too many parameters", "parameter");
    Parameter parameter = TRY(parse_parameter(piece));
    auto same = [&](const Parameter& other) { return other.keyword == parameter.keyword; };
    if (std::ranges::any_of(parameters, same))
      return fail(Errc::invalid, parameter.keyword + " is given twice", parameter.keyword);
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

// RFC 1870 §4: 1*20DIGIT. What no number can hold is more than every limit.
Result<uint64_t> read_size(const std::string& value) {
  if (value.size() > 20 || !std::ranges::all_of(value, is_digit))
    return fail(Errc::invalid, "SIZE is a number of octets", "SIZE");
  return parse_number<uint64_t>(value).value_or(UINT64_MAX);
}

Result<Body> read_body(const std::string& value) {
  if (iequals(value, "7BIT")) return Body::seven_bit;
  if (iequals(value, "8BITMIME")) return Body::eight_bit;
  if (iequals(value, "BINARYMIME"))  // RFC 3030 §3: not offered
    return fail(Errc::unsupported, "BODY=BINARYMIME is not offered", "BODY");
  return fail(Errc::invalid, "BODY is 7BIT or 8BITMIME", "BODY");
}

Result<> read_parameter(const Parameter& given, OfferedParameters offered, MailParameters& out) {
  std::string_view keyword = given.keyword;
  bool takes_value = keyword == "SIZE" || keyword == "BODY" || keyword == "AUTH";
  if (takes_value && !given.value)
    return fail(Errc::invalid, given.keyword + " needs a value", given.keyword);
  if (keyword == "SIZE") {
    out.size = TRY(read_size(*given.value));
  } else if (keyword == "BODY") {
    out.body = TRY(read_body(*given.value));
  } else if (keyword == "AUTH" && offered.auth) {
    out.auth = TRY(xtext_decode(*given.value));
  } else if (keyword == "SMTPUTF8" && offered.smtputf8) {
    if (given.value) return fail(Errc::invalid, "SMTPUTF8 has no value", "SMTPUTF8");
    out.smtputf8 = true;
  } else {
    return fail(Errc::unsupported, given.keyword + " is not offered", given.keyword);
  }
  return {};
}

}  // namespace

Result<PathArgument> parse_path_argument(std::string_view text, PathRole role) {
  while (!text.empty() && text[0] == ' ') text.remove_prefix(1);
  if (text.empty() || text[0] != '<')
    return fail(Errc::invalid, "the address stands in <>", "path");
  PathArgument out;
  auto path = mime::read_smtp_path(text);
  if (!path) return fail(path.error().code, path.error().message, "path");
  out.path = std::move(*path);
  TRY(check_path(out.path, role));
  text.remove_prefix(std::min(out.path.size, text.size()));
  if (!text.empty() && text[0] != ' ')
    return fail(Errc::invalid, "nothing but a space may follow the address", "path");
  out.parameters = TRY(parse_parameters(text));
  return out;
}

Result<MailParameters> read_mail_parameters(const std::vector<Parameter>& given,
                                            OfferedParameters offered) {
  MailParameters out;
  for (const Parameter& parameter : given) TRY(read_parameter(parameter, offered, out));
  return out;
}

// RFC 3461 §4: xtext = *( xchar / hexchar ), hexchar = "+" with two upper-case digits.
Result<std::string> xtext_decode(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c <= 0x20 || c > 0x7e || c == '=') return fail(Errc::invalid, "not xtext");
    if (c != '+') {
      out += c;
      continue;
    }
    std::string_view digits = text.substr(at + 1, 2);
    auto bad = [](char d) { return !is_digit(d) && !(d >= 'A' && d <= 'F'); };
    if (digits.size() < 2 || std::ranges::any_of(digits, bad))
      return fail(Errc::invalid, "not xtext");
    out += static_cast<char>(*parse_number<unsigned>(digits, 16));
    at += 2;
  }
  return out;
}

std::string xtext_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = c > 0x20 && c <= 0x7e && c != '+' && c != '=';
    if (plain) out += c;
    else out += fmt::format("+{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string path_text(const mime::SmtpPath& path) {
  if (path.is_null) return "<>";
  if (path.is_postmaster) return "<" + path.mailbox.local + ">";
  return "<" + path.mailbox.address() + ">";
}

Result<mime::SmtpPath> make_path(std::string_view address) {
  mime::SmtpPath path;
  if (address.empty()) {
    path.is_null = true;
    return path;
  }
  path.mailbox = TRY(mime::parse_smtp_mailbox(address));
  TRY(check_path(path, PathRole::forward));
  return path;
}

bool path_needs_utf8(const mime::SmtpPath& path) {
  return !is_ascii(path.mailbox.local) || !is_ascii(path.mailbox.domain);
}

}  // namespace ph::smtp
