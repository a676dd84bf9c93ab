#include "people/notice.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "core/domain_state.h"
#include "core/settings.h"
#include "core/transaction.h"
#include "core/user.h"
#include "store/account.h"
#include "store/address.h"
#include "store/domain.h"
#include "store/setting.h"
#include "store/user.h"

namespace ph::people {
namespace {

using templates::Escape;
using templates::Values;

// The texts are ours: one that does not compile is a bug, which a test finds.
std::string render(std::string_view text, const Values& values, Escape escape) {
  auto compiled = templates::Template::compile(text);
  PH_CHECK(compiled.has_value());
  return compiled->render(values, escape);
}

std::vector<std::string_view> paragraphs(std::string_view body) {
  constexpr std::string_view kBetween = "\n\n";
  std::vector<std::string_view> out;
  for (;;) {
    size_t end = body.find(kBetween);
    out.push_back(body.substr(0, end));
    if (end == std::string_view::npos) return out;
    body.remove_prefix(end + kBetween.size());
  }
}

constexpr std::string_view kLink = "{{link}}";
constexpr std::string_view kParagraph =
    "<p style=\"margin:0 0 16px;white-space:pre-line\">{}</p>\n";
constexpr std::string_view kButton =
    "<p style=\"margin:0 0 16px\"><a href=\"{0}\" style=\"color:#0052d9;word-break:break-all\">{0}"
    "</a></p>\n";
constexpr std::string_view kPage =
    "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"></head>\n"
    "<body style=\"margin:0;padding:24px;font:15px/1.6 sans-serif;color:#181818\">\n"
    "<div style=\"max-width:560px;margin:0 auto\">\n{}</div>\n</body>\n</html>\n";
constexpr std::string_view kRule =
    "<hr style=\"border:0;border-top:1px solid #dcdcdc;margin:24px 0\">\n";

std::string html_of(std::string_view body, const Values& values) {
  std::string out;
  for (std::string_view paragraph : paragraphs(body)) {
    std::string shown = render(paragraph, values, Escape::html);
    out += fmt::format(fmt::runtime(paragraph == kLink ? kButton : kParagraph), shown);
  }
  return out;
}

WrittenNotice write_one(const NoticeText& text, std::string_view language, const Values& values) {
  return {.subject = render(text.subject, values, Escape::none),
          .text = render(text.body, values, Escape::none) + "\n",
          .html = fmt::format(fmt::runtime(kPage), language, html_of(text.body, values))};
}

WrittenNotice write_both(const NoticeForm& form, const Values& values) {
  auto one = [&](const NoticeText& text) { return write_one(text, "", values); };
  WrittenNotice english = one(form.english), chinese = one(form.chinese);
  std::string html =
      html_of(form.chinese.body, values) + std::string(kRule) + html_of(form.english.body, values);
  return {.subject = chinese.subject + " / " + english.subject,
          .text = chinese.text + "\n----\n\n" + english.text,
          .html = fmt::format(fmt::runtime(kPage), "zh", html)};
}

struct SystemSender {
  AccountId account;
  std::string email;
  std::string language;
};

// Nothing where none is set, or it may not send now.
core::Outcome<std::optional<SystemSender>> system_sender(sql::Connection& sql) {
  std::string email = REFUSE_TRY(core::setting_text(sql, {}, "system.sender"));
  if (email.empty()) return std::nullopt;
  auto address = store::address_for_sign_in(sql, email);
  if (!address && address.error().code == Errc::not_found) return std::nullopt;
  auto row = REFUSE_TRY(std::move(address));
  auto account = REFUSE_TRY(store::account(sql, row.account_id));
  auto domain = REFUSE_TRY(store::domain(sql, row.account_id, row.domain_id));
  if (account.state != store::AccountState::active || !core::may_send(domain.state))
    return std::nullopt;
  return SystemSender{.account = row.account_id,
                      .email = std::move(email),
                      .language = REFUSE_TRY(core::setting_text(sql, {}, "system.language"))};
}

// We ourselves, as the account of the sender's address.
core::Actor system_actor(const SystemSender& sender) {
  return {.kind = core::Actor::Kind::control,
          .account = sender.account,
          .role = core::Role::owner,
          .only_address = sender.email};
}

core::SendRequest request_of(const SystemSender& sender, const Notice& notice) {
  const std::string& language = notice.language.empty() ? sender.language : notice.language;
  WrittenNotice written = write_notice(notice.kind, notice_language(language), notice.values);
  core::SendRequest out;
  out.actor = system_actor(sender);
  out.account = sender.account;
  out.of_system = true;
  out.fields.emplace();
  out.fields->from = sender.email;
  out.fields->to = {notice.to};
  out.fields->subject = std::move(written.subject);
  out.fields->text = std::move(written.text);
  out.fields->html = std::move(written.html);
  // RFC 3834 §5: nobody's machine answers it.
  out.fields->headers = {{"Auto-Submitted", "auto-generated"}};
  return out;
}

struct Person {
  std::string email;
  std::string language;
};
struct Told {
  std::string account;
  std::vector<Person> people;
};

core::Outcome<Told> people_of(sql::Connection& sql, AccountId account) {
  Told out{.account = REFUSE_TRY(store::account(sql, account)).name, .people = {}};
  for (const store::UserRow& user : REFUSE_TRY(store::users(
           sql, account, {.after = 0, .limit = limits::kPageMost}))) {
    bool may_act = user.role == core::Role::owner || user.role == core::Role::administrator;
    if (user.disabled || !may_act || out.people.size() == limits::kNoticePeople) continue;
    auto language =
        REFUSE_TRY(store::setting(sql, core::language_setting(user.id))).value_or("");
    out.people.push_back({.email = user.email, .language = std::move(language)});
  }
  return out;
}

}  // namespace

NoticeLanguage notice_language(std::string_view word) {
  if (word == "en") return NoticeLanguage::english;
  if (word == "zh") return NoticeLanguage::chinese;
  return NoticeLanguage::both;
}

WrittenNotice write_notice(NoticeKind kind, NoticeLanguage language, const Values& values) {
  const NoticeForm& form = notice_form(kind);
  switch (language) {
    case NoticeLanguage::english:
      return write_one(form.english, "en", values);
    case NoticeLanguage::chinese:
      return write_one(form.chinese, "zh", values);
    case NoticeLanguage::both:
      break;
  }
  return write_both(form, values);
}

net::Task<bool> Notices::work() {
  using Found = std::optional<SystemSender>;
  auto found = co_await core::look<Found>(context_, system_sender);
  co_return found && *found;
}

net::Task<bool> Notices::send(Notice notice) {
  using Found = std::optional<SystemSender>;
  auto found = co_await core::look<Found>(context_, system_sender);
  if (!found || !*found) co_return false;
  auto sent = co_await sender_.send(request_of(**found, notice));
  // Not to whom: a log is no place for people's addresses.
  if (!sent)
    log::warn("a mail of our own was not accepted",
              {{"kind", notice_form(notice.kind).name},
               {"reason", core::reason_code(sent.error().reason)},
               {"detail", sent.error().detail}});
  co_return sent.has_value();
}

net::Task<size_t> Notices::tell_account(AccountId account, NoticeKind kind, Values values) {
  auto told = co_await core::look<Told>(
      context_, [account](sql::Connection& sql) { return people_of(sql, account); });
  if (!told) co_return 0;
  values.add("account", told->account);
  size_t sent = 0;
  for (const Person& person : told->people) {
    bool done = co_await send(
        {.kind = kind, .to = person.email, .language = person.language, .values = values});
    sent += done ? 1 : 0;
  }
  co_return sent;
}

net::Task<std::string> Notices::console_url() {
  auto url = co_await core::look<std::string>(
      context_, [](sql::Connection& sql) -> core::Outcome<std::string> {
        return REFUSE_TRY(core::setting_text(sql, {}, "system.console_url"));
      });
  co_return url && !url->empty() ? *url : listening_at_;
}

}  // namespace ph::people
