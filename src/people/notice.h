// Purpose: mails of our own, through our own engine: from the system's sender address to a person
//   who registers, is invited, or has an account that something happened to.
// Shapes: the sender is the setting system.sender, and the mail is one of that address's account.
//   Texts are data (notice_text.cpp), English and Chinese; who chose no language gets what
//   system.language says. What a stranger typed stands in no mail to an address that nobody has
//   confirmed.
// Errors: false where no sender is set, or the mail was not accepted; the caller goes on without.
// Threads: any loop.
// Not here: tokens and what their links do (store/link.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/context.h"
#include "core/send.h"
#include "template/template.h"

namespace ph::people {

enum class NoticeKind : uint8_t {
  confirm,             // link, hours
  reset,               // link, hours
  invitation,          // link, days, account
  already_registered,  // link
  identity_approved,   // account, link
  identity_rejected,   // account, reason, link
  suspended,           // account, reason
  resumed,             // account
  package_exhausted,   // account, package, link
  arrears,             // account, until, link
  level_changed,       // account, domain, before, after, link
};

enum class NoticeLanguage : uint8_t { english, chinese, both };
// "en" and "zh"; both for every other word.
NoticeLanguage notice_language(std::string_view word);

struct NoticeText {
  std::string_view subject;
  std::string_view body;  // paragraphs with an empty line between; {{link}} alone is a button
};
struct NoticeForm {
  NoticeKind kind;
  std::string_view name;
  std::vector<std::string_view> values;  // that the texts may name
  NoticeText english, chinese;
};
const NoticeForm& notice_form(NoticeKind kind);

struct WrittenNotice {
  std::string subject, text, html;
};
WrittenNotice write_notice(NoticeKind kind, NoticeLanguage language,
                           const templates::Values& values);

struct Notice {
  NoticeKind kind = NoticeKind::confirm;
  std::string to;        // one address
  std::string language;  // "en", "zh", or empty: the installation's
  templates::Values values;
};

class Notices {
 public:
  Notices(core::Context& context, core::Sender& sender) : context_(context), sender_(sender) {}

  // Whether a sender is set that may send now.
  net::Task<bool> work();
  net::Task<bool> send(Notice notice);
  // To the owners and administrators of an account, each in his language. `account` is a value
  // already. Gives how many mails were accepted.
  net::Task<size_t> tell_account(AccountId account, NoticeKind kind, templates::Values values);
  // What links begin with, without a final slash: system.console_url, else the listener's.
  net::Task<std::string> console_url();
  // Before the doors open.
  void set_listening_at(std::string url) { listening_at_ = std::move(url); }

 private:
  core::Context& context_;
  core::Sender& sender_;
  std::string listening_at_;
};

}  // namespace ph::people
