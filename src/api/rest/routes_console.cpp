// What the console's pages ask beside the product's own things: the installation, sums for its
// curves, the language of a person, and the sandbox's mail as a person reads it.
#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "base/id_source.h"
#include "core/mail_verdict.h"
#include "core/view_json.h"
#include "mime/address.h"
#include "mime/inline_pictures.h"
#include "mime/readable.h"
#include "net/worker_pool.h"
#include "store/event.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

// Of a page's script, style, frame, form and link nothing is left but how it looks: the frame is of
// no origin, and nothing is fetched from anywhere.
constexpr const char* kMailPolicy =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

// Octets of HTML with its own pictures in it: a message, and once more for base64 and repetition.
constexpr size_t kShownMost = 2 * limits::kMessageBytes;

Value texts_json(const std::vector<std::string>& texts) {
  Value out = Value::array();
  for (const std::string& text : texts) out.push(text);
  return out;
}

net::Task<Reply> installation_get(const Services& s, Call&) {
  const core::Installation& at = s.core.context.installation;
  co_return Answer{.body = Value::object({{"sandbox", static_cast<bool>(s.core.publish)},
                                          {"mail_host", at.mail_host},
                                          {"spf_name", at.spf_name},
                                          {"submission", texts_json(s.core.submission)},
                                          {"submission_tls", texts_json(s.core.submission_tls)}})};
}

// --- sums ---

constexpr int64_t kCurveDays = 30;

// From the last midnight of any place to now; 25 where clocks are set back.
constexpr int64_t kCurveHours = 25;

std::string day_text(int64_t day) {
  return format_iso8601(WallTime{} + std::chrono::days(day), false).substr(0, 10);
}

template <class Sum>
void put_sums(Value& one, Sum sum) {
  for (std::string_view kind : store::kStoreCounters) one.set(kind, sum(kind));
}

net::Task<Outcome<Value>> hours_value(const Services& s, Call& call) {
  int64_t last = store::hour_of(s.core.context.clock.wall());
  int64_t first = last - kCurveHours + 1;
  auto rows =
      CO_REFUSE_TRY(co_await s.core.messages.hour_counters(call.actor, call.account, first, last));
  Value out = Value::array();
  for (int64_t hour = first; hour <= last; ++hour) {
    Value one = Value::object({{"hour", core::time_json(WallTime{} + std::chrono::hours(hour))}});
    put_sums(one, [&](std::string_view kind) {
      auto found = std::ranges::find_if(
          rows, [&](const store::HourRow& row) { return row.hour == hour && row.kind == kind; });
      return found == rows.end() ? 0 : found->n;
    });
    out.push(std::move(one));
  }
  co_return out;
}

net::Task<Reply> statistics_get(const Services& s, Call& call) {
  int64_t today = store::day_of(s.core.context.clock.wall());
  int64_t first = today - kCurveDays + 1;
  auto rows =
      CO_REFUSE_TRY(co_await s.core.messages.counters(call.actor, call.account, first, today));
  Value days = Value::array();
  for (int64_t day = first; day <= today; ++day) {
    Value one = Value::object({{"day", day_text(day)}});
    put_sums(one, [&](std::string_view kind) {
      int64_t sum = 0;
      for (const store::CounterRow& row : rows)
        if (row.day == day && row.kind == kind) sum += row.n;
      return sum;
    });
    days.push(std::move(one));
  }
  Value hours = CO_REFUSE_TRY(co_await hours_value(s, call));
  co_return Answer{
      .body = Value::object({{"days", std::move(days)}, {"hours", std::move(hours)}})};
}

net::Task<Reply> language_set(const Services& s, Call& call) {
  CO_REFUSE_TRY(co_await s.core.users.set_language(call.actor, call.text("language")));
  co_return Answer{};
}

// --- a mail of the sandbox, to read ---

struct OpenedMail {
  core::Messages::InboxMail mail;
  mime::Readable readable;
};

// Reading and writing whole mails is no work for a loop.
template <class Work>
auto off_the_loop(const Services& s, Work work) {
  core::Context& context = s.core.context;
  return net::run_on(context.crypto_pool, std::move(work),
                     Deadline::in(context.clock, limits::kStoreWait));
}

net::Task<Outcome<OpenedMail>> open_mail(const Services& s, Call& call) {
  auto id = parse_id(call.params[0]);
  if (!id) co_return refuse(Reason::not_found, "There is no such mail in the inbox.");
  OpenedMail out;
  out.mail = CO_REFUSE_TRY(co_await s.core.messages.inbox_mail(call.actor, call.account, *id));
  // A message whose header cannot be read is shown as its source only.
  auto work = [content = out.mail.content] { return mime::read_message(content); };
  auto readable = co_await off_the_loop(s, std::move(work));
  if (readable) out.readable = std::move(*readable);
  co_return out;
}

std::string from_domain(const std::string& from) {
  auto list = mime::parse_header_addresses(from);
  return list && list->mailboxes.size() == 1 ? list->mailboxes[0].domain : std::string();
}

Value verdict_json(const core::MailVerdict& verdict) {
  Value dkim = Value::array();
  for (const core::SignatureVerdict& v : verdict.dkim)
    dkim.push(Value::object({{"domain", v.domain},
                             {"selector", v.selector},
                             {"algorithm", v.algorithm},
                             {"result", v.result}}));
  return Value::object({{"dkim", dkim}, {"spf", verdict.spf}, {"dmarc", verdict.dmarc}});
}

net::Task<Reply> inbox_read(const Services& s, Call& call) {
  OpenedMail opened = CO_REFUSE_TRY(co_await open_mail(s, call));
  const mime::Readable& mail = opened.readable;
  auto verdict = CO_REFUSE_TRY(co_await core::judge_mail(
      s.core.context, opened.mail.row, opened.mail.content, from_domain(mail.from)));
  Value attachments = Value::array();
  for (const mime::ReadablePart& part : mail.attachments)
    attachments.push(Value::object({{"filename", part.filename},
                                    {"content_type", part.type},
                                    {"size", static_cast<int64_t>(part.size)}}));
  Value out = core::inbox_json(opened.mail.row);
  out.set("subject", mail.subject);
  out.set("from", mail.from);
  out.set("to", mail.to);
  out.set("header", mail.header);
  out.set("text", mail.text);
  out.set("html", !mail.html.empty());
  out.set("attachments", std::move(attachments));
  out.set("verdict", verdict_json(verdict));
  co_return Answer{.body = std::move(out)};
}

net::Task<Reply> inbox_page(const Services& s, Call& call) {
  OpenedMail opened = CO_REFUSE_TRY(co_await open_mail(s, call));
  if (opened.readable.html.empty())
    co_return refuse(Reason::not_found, "This mail has no HTML.");
  auto work = [content = std::move(opened.mail.content), html = std::move(opened.readable.html)] {
    return mime::with_inline_pictures(content, html, kShownMost);
  };
  Answer out;
  out.raw = CO_REFUSE_TRY(co_await off_the_loop(s, std::move(work)));
  out.content_type = "text/html; charset=utf-8";
  out.shown = Shown::in_a_frame;
  out.headers = {{"Content-Security-Policy", kMailPolicy}, {"Referrer-Policy", "no-referrer"}};
  co_return out;
}

}  // namespace

std::span<const Route> console_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/installation",
       .operation = "installation_get",
       .summary = "Names and addresses of this installation",
       .action = Action::view,
       .response = &schemas::kInstallation,
       .run = installation_get},
      {.method = "GET",
       .path = "/api/v1/statistics",
       .operation = "statistics_get",
       .summary = "Recipients of the last 30 UTC days and 25 hours, by what became of them",
       .action = Action::view,
       .takes = Takes::account,
       .response = &schemas::kStatistics,
       .run = statistics_get},
      {.method = "PUT",
       .path = "/api/v1/language",
       .operation = "language_set",
       .summary = "The language in which this person reads the console",
       .action = Action::view,
       .request = &schemas::kLanguage,
       .status = 204,
       .run = language_set},
      {.method = "GET",
       .path = "/api/v1/sandbox/inbox/{mail}/reading",
       .operation = "inbox_read",
       .summary = "One mail as a person reads it, and what DKIM, SPF and DMARC say of it now",
       .action = Action::view,
       .takes = Takes::account,
       .response = &schemas::kReadMail,
       .reasons = {Reason::not_found},
       .run = inbox_read},
      {.method = "GET",
       .path = "/api/v1/sandbox/inbox/{mail}/page",
       .operation = "inbox_page",
       .summary = "Its HTML, for a sandboxed frame only",
       .action = Action::view,
       .takes = Takes::account,
       .reasons = {Reason::not_found},
       .run = inbox_page,
       .raw_type = "text/html"},
  };
  return routes;
}

}  // namespace ph::rest
