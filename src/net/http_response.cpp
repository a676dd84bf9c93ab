#include "net/http_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "net/http_wire.h"

namespace ph::net {
namespace {

struct Phrase {
  int status;
  const char* text;
};
constexpr Phrase kPhrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char* phrase(int status) {
  auto at = std::ranges::find(kPhrases, status, &Phrase::status);
  return at == std::end(kPhrases) ? "" : at->text;
}

// Ours to write, whatever the handler gave.
bool is_framing(std::string_view name) {
  return iequals(name, "content-length") || iequals(name, "transfer-encoding") ||
         iequals(name, "connection") || iequals(name, "date");
}

bool writable(const HttpResponse& response) {
  return response.status >= 200 && response.status <= 599 &&
         std::ranges::all_of(response.headers, [](const HttpHeader& header) {
           return is_http_token(header.name) && is_http_field_value(header.value);
         });
}

std::string make_http_date(WallTime now) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::chrono::sys_seconds at{std::chrono::seconds(now.seconds())};
  auto day = std::chrono::floor<std::chrono::days>(at);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[std::chrono::weekday(day).c_encoding()], unsigned(date.day()),
                     kMonths[unsigned(date.month()) - 1], int(date.year()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

// IMF-fixdate (RFC 9110 §5.6.7), the same text for a second.
const std::string& http_date(WallTime now) {
  thread_local int64_t second = INT64_MIN;
  thread_local std::string text;
  if (second != now.seconds()) {
    second = now.seconds();
    text = make_http_date(now);
  }
  return text;
}

}  // namespace

namespace {

// The stable word that every problem of the service has (RFC 9457 extension member).
const char* reason_of(int status) {
  switch (status) {
    case 413:
    case 414:
    case 431: return "too_large";
    case 408:
    case 503: return "temporary";
    case 500: return "internal";
    default: return "malformed";
  }
}

}  // namespace

HttpResponse http_problem(int status, std::string_view detail) {
  HttpResponse out;
  out.status = status;
  out.headers.push_back({"Content-Type", "application/problem+json"});
  out.body = fmt::format(
      R"({{"type":"about:blank","title":{},"status":{},"reason":"{}","detail":{}}})",
      log::json_quote(phrase(status)), status, reason_of(status), log::json_quote(detail));
  return out;
}

std::string write_http_response(HttpResponse response, AfterResponse after, WithBody with_body,
                                WallTime now) {
  if (!writable(response)) {
    log::error("a response could not be written", {{"status", response.status}});
    response = http_problem(500, "internal error");
  }
  PH_CHECK(response.source == nullptr || after == AfterResponse::close);
  bool bodiless = response.status == 204 || response.status == 304;
  size_t head = 128;
  for (const auto& header : response.headers)
    head += header.name.size() + header.value.size() + 4;
  std::string out;
  out.reserve(head + (bodiless ? 0 : response.body.size()));
  auto to = std::back_inserter(out);
  fmt::format_to(to, "HTTP/1.1 {} {}\r\n", response.status, phrase(response.status));
  for (const auto& header : response.headers) {
    if (is_framing(header.name)) continue;
    out.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  // RFC 9110 §8.6: no Content-Length with 204; with 304 it would describe another body.
  if (!bodiless && response.source == nullptr)
    fmt::format_to(to, "Content-Length: {}\r\n", response.body.size());
  out.append("Date: ").append(http_date(now)).append("\r\n");
  out += after == AfterResponse::close ? "Connection: close\r\n\r\n" : "\r\n";
  if (!bodiless && with_body == WithBody::yes) out += response.body;
  return out;
}

}  // namespace ph::net
