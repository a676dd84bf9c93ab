#include "cli/request_file.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ph::cli {
namespace {

// Takes one line off the text, without its end.
std::string_view take_line(std::string_view& text) {
  size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The target stands between the first and the last blank.
Result<> take_request_line(std::string_view line, net::HttpRequest& request) {
  size_t first = line.find(' ');
  size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || first == 0 ||
      !line.substr(last + 1).starts_with("HTTP/"))
    return fail(Errc::invalid, "the first line is not METHOD TARGET HTTP/VERSION");
  request.method = line.substr(0, first);
  request.target = trim(line.substr(first + 1, last - first - 1));
  std::string_view target = request.target;
  // RFC 9112 §3.2.2: of an absolute target, what follows the authority.
  if (size_t scheme = target.find("://"); !target.starts_with('/') && scheme != target.npos) {
    size_t slash = target.find('/', scheme + 3);
    target = slash == target.npos ? "/" : target.substr(slash);
  }
  size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != target.npos) request.query = target.substr(question + 1);
  if (!request.path.starts_with('/'))
    return fail(Errc::invalid, "the target does not begin with /");
  return {};
}

Result<> take_header(std::string_view line, net::HttpRequest& request) {
  if (is_wsp(line[0])) {
    if (request.headers.empty())
      return fail(Errc::invalid, "the first header line begins with a blank");
    request.headers.back().value += fmt::format("\n{}", line);
    return {};
  }
  size_t colon = line.find(':');
  bool name =
      colon != std::string_view::npos && colon > 0 &&
      std::ranges::all_of(line.substr(0, colon), [](char c) { return c > ' ' && c <= '~'; });
  if (!name) return fail(Errc::invalid, "a header line is not NAME: VALUE");
  if (request.headers.size() == limits::kHttpHeaders)
    return fail(Errc::limit, "there are too many headers");
  request.headers.push_back(
      {std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
  return {};
}

bool is_line_ends(std::string_view text) {
  return text.find_first_not_of("\r\n") == std::string_view::npos;
}

// What editors and scripts leave at the end of a file is no body, and none of one that says how
// long it is (RFC 9112 §2.2, §6.3).
void drop_last_line_ends(net::HttpRequest& request) {
  size_t said = parse_number<size_t>(request.header("content-length").value_or("0")).value_or(0);
  if (said <= request.body.size() && is_line_ends(std::string_view(request.body).substr(said)))
    request.body.resize(said);
}

Result<> check_length(const net::HttpRequest& request) {
  if (request.header("transfer-encoding"))
    return fail(Errc::invalid, "the body has a transfer coding");
  auto said = request.header("content-length");
  if (!said) return {};
  if (parse_number<size_t>(*said) != request.body.size())
    return fail(Errc::invalid, fmt::format("the body has {} bytes, not what Content-Length says",
                                           request.body.size()));
  return {};
}

}  // namespace

Result<net::HttpRequest> parse_request_file(std::string_view text) {
  net::HttpRequest request;
  size_t whole = text.size();
  TRY(take_request_line(take_line(text), request));
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (line.empty()) break;
    if (whole - text.size() > limits::kHttpHeaderBytes)
      return fail(Errc::limit, "the headers are too long");
    TRY(take_header(line, request));
  }
  request.body = text;
  drop_last_line_ends(request);
  TRY(check_length(request));
  return request;
}

}  // namespace ph::cli
