#include "mailauth/dkim_message.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ph::mailauth {
namespace {

constexpr std::string_view kCrlf = "\r\n";

// RFC 5322 §3.6.8: printable ASCII but the colon.
bool is_field_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
}

// Where the field that begins at `at` ends: before the CRLF that no white space follows.
size_t field_end(std::string_view message, size_t at) {
  while (true) {
    size_t end = message.find(kCrlf, at);
    if (end == std::string_view::npos) return message.size();
    if (end + 2 >= message.size() || !is_wsp(message[end + 2])) return end;
    at = end + 2;
  }
}

Result<RawField> read_field(std::string_view raw, size_t number) {
  auto bad = [&](const char* what) {
    return fail(Errc::invalid, fmt::format("header field {}: {}", number, what));
  };
  if (is_wsp(raw[0])) return bad("a continuation of nothing");
  size_t colon = raw.find(':');
  if (colon == std::string_view::npos) return bad("no colon");
  std::string_view name = raw.substr(0, colon);
  while (!name.empty() && is_wsp(name.back())) name.remove_suffix(1);  // RFC 5322 §4.5
  if (!is_field_name(name)) return bad("a name with other characters");
  return RawField{name, raw};
}

}  // namespace

Result<RawMessage> split_message(std::string_view message) {
  RawMessage out;
  out.fields.reserve(32);
  size_t at = 0;
  if (message.starts_with("From ")) {
    size_t end = message.find(kCrlf);
    at = end == std::string_view::npos ? message.size() : end + 2;
  }
  while (at < message.size()) {
    if (message.substr(at, 2) == kCrlf) {
      out.body = message.substr(at + 2);
      break;
    }
    size_t end = field_end(message, at);
    if (end > limits::kHeaderBytes)
      return fail(Errc::limit,
                  fmt::format("a header section of more than {} bytes", limits::kHeaderBytes));
    if (out.fields.size() == limits::kHeaderFields)
      return fail(Errc::limit, fmt::format("more than {} header fields", limits::kHeaderFields));
    out.fields.push_back(
        TRY(read_field(message.substr(at, end - at), out.fields.size() + 1)));
    at = end + 2;
  }
  return out;
}

std::string with_crlf_line_ends(std::string_view message) {
  size_t bare = 0;
  for (size_t lf = message.find('\n'); lf != std::string_view::npos;
       lf = message.find('\n', lf + 1)) {
    if (lf == 0 || message[lf - 1] != '\r') ++bare;
  }
  std::string out;
  out.reserve(message.size() + bare);
  size_t at = 0;
  for (size_t lf = message.find('\n'); lf != std::string_view::npos; lf = message.find('\n', at)) {
    out += message.substr(at, lf - at);
    if (lf == 0 || message[lf - 1] != '\r') out += '\r';
    out += '\n';
    at = lf + 1;
  }
  out += message.substr(at);
  return out;
}

}  // namespace ph::mailauth
