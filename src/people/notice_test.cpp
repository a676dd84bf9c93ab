#include "people/notice.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/core_fixture_test.h"
#include "core/settings.h"
#include "store/inbox.h"

namespace ph {
namespace {

using namespace ph::people;
using core::Role;

constexpr NoticeKind kLast = NoticeKind::level_changed;

struct Fixture : core_test::CoreFixture {
  void set(std::string name, std::string value) {
    now(settings.put(boss, {}, {{std::move(name), std::move(value)}}));
  }
  bool send(std::string to, std::string language = "en") {
    templates::Values values;
    values.add("link", "https://mail.example.com/confirm#token=abc");
    values.add("hours", "48");
    return run(notices.send({.kind = NoticeKind::confirm,
                             .to = std::move(to),
                             .language = std::move(language),
                             .values = std::move(values)}));
  }
  void make_user(AccountId account, std::string email, Role role) {
    now(users.create(
        boss, {.email = std::move(email), .password = "a long password", .role = role,
               .account = account}));
  }
  std::string last_content() {
    REQUIRE_FALSE(handed_over.empty());
    return *handed_over.back().content;
  }
  std::string last_to() {
    REQUIRE_FALSE(handed_over.empty());
    return handed_over.back().recipients.at(0).address;
  }

  core::Settings settings{context};
  Notices notices{context, sender};
};

}  // namespace

TEST_CASE("every notice is written in both languages with the values that it names and no other") {
  for (int k = 0; k <= static_cast<int>(kLast); ++k) {
    const NoticeForm& form = notice_form(static_cast<NoticeKind>(k));
    CAPTURE(form.name);
    for (const NoticeText* text : {&form.english, &form.chinese}) {
      std::vector<std::string> named;
      for (std::string_view part : {text->subject, text->body}) {
        auto compiled = templates::Template::compile(part);
        REQUIRE(compiled);
        for (const std::string& name : compiled->variables()) named.push_back(name);
      }
      for (const std::string& name : named)
        CHECK(std::ranges::find(form.values, name) != form.values.end());
      for (std::string_view value : form.values)
        CHECK(std::ranges::find(named, value) != named.end());
      CHECK_FALSE(text->subject.empty());
    }
  }
}

TEST_CASE("a value is text in the HTML of a notice, and no second template") {
  templates::Values values;
  values.add("account", "<b>acme</b> & {{reason}}");
  values.add("reason", "<script>alert(1)</script>");
  values.add("link", "https://mail.example.com/?a=\"><img src=x>");
  auto written =
      write_notice(NoticeKind::identity_rejected, NoticeLanguage::both, values);
  CHECK(written.html.find("<script>") == std::string::npos);
  CHECK(written.html.find("<b>") == std::string::npos);
  CHECK(written.html.find("<img") == std::string::npos);
  CHECK(written.html.find("&lt;b&gt;acme&lt;/b&gt; &amp; {{reason}}") != std::string::npos);
  CHECK(written.text.find("<b>acme</b> & {{reason}}") != std::string::npos);
}

TEST_CASE("who chose no language gets both, and who chose one gets that") {
  auto in = [](NoticeLanguage language) {
    return write_notice(NoticeKind::confirm, language, {});
  };
  CHECK(in(NoticeLanguage::english).text.find("确认") == std::string::npos);
  CHECK(in(NoticeLanguage::english).html.find("lang=\"en\"") != std::string::npos);
  CHECK(in(NoticeLanguage::chinese).text.find("Confirm") == std::string::npos);
  WrittenNotice both = in(NoticeLanguage::both);
  CHECK(both.subject == "确认您的邮箱地址 / Confirm your e-mail address");
  CHECK(both.text.find("确认") < both.text.find("confirm it here"));
  CHECK(notice_language("fr") == NoticeLanguage::both);
}

TEST_CASE_FIXTURE(Fixture, "without a sender nothing is sent, and the caller is told") {
  CHECK_FALSE(run(notices.work()));
  CHECK_FALSE(send("anna@example.net"));
  CHECK(handed_over.empty());
}

TEST_CASE_FIXTURE(Fixture, "a notice goes out as a mail of the system sender's account") {
  AccountId system = sending_account("system", "house.example");
  set("system.sender", "a@house.example");
  CHECK(run(notices.work()));
  REQUIRE(send("anna@example.net"));
  REQUIRE(handed_over.size() == 1);
  CHECK(handed_over[0].message.account_id == system);
  CHECK(handed_over[0].message.header_from == "a@house.example");
  CHECK(last_to() == "anna@example.net");
  std::string content = last_content();
  CHECK(content.find("Auto-Submitted: auto-generated\r\n") != std::string::npos);
  CHECK(content.find("Subject: Confirm your e-mail address\r\n") != std::string::npos);
  CHECK(content.find("https://mail.example.com/confirm#token=") != std::string::npos);
  CHECK(content.find("text/html") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "our own mails are read by nobody, in a sandbox by the operator") {
  AccountId system = sending_account("system", "house.example");
  set("system.sender", "a@house.example");
  REQUIRE(send("anna@example.net"));
  MessageId ours = handed_over.back().message.id;
  auto theirs = now(sender.send(fields(owner(system), "a@house.example", {"b@example.net"}))).id;
  for (const core::Actor& who : {boss, owner(system), key_actor(system, {})}) {
    auto read_it = [&](MessageId id) {
      return core_test::refusal(run(messages.content(who, system, id)));
    };
    CHECK(read_it(ours) == "not_found");
    CHECK(read_it(theirs) == "granted");
  }
  // As the sandbox's receiver keeps them.
  for (MessageId id : {ours, theirs})
    store_test::need(context.store.write_now<void>([&](store::Tx& tx) -> Result<> {
      return store::insert_inbox(tx.sql(), system,
                                 {.id = id.value,
                                  .received_at = tx.now(),
                                  .content = TRY(tx.put_content("text")),
                                  .message_id = id});
    }));
  for (const core::Actor& who : {boss, owner(system), key_actor(system, {})}) {
    auto opened = run(messages.inbox_mail(who, system, ours.value));
    CHECK(core_test::refusal(opened) == (who.is_operator() ? "granted" : "not_found"));
    CHECK(now(messages.inbox(who, system, 0, 10)).size() == (who.is_operator() ? 2 : 1));
    now(messages.inbox_mail(who, system, theirs.value));
  }
}

TEST_CASE_FIXTURE(Fixture, "a sender that may not send any more is none") {
  AccountId system = sending_account("system", "house.example");
  set("system.sender", "a@house.example");
  REQUIRE(run(notices.work()));
  now(addresses.remove(boss, system, "a@house.example"));
  CHECK_FALSE(run(notices.work()));
  CHECK_FALSE(send("anna@example.net"));
}

TEST_CASE_FIXTURE(Fixture, "an address that is none is refused and does no harm") {
  sending_account("system", "house.example");
  set("system.sender", "a@house.example");
  for (const char* to : {"", "anna", "a@b@c", "anna@example.net\r\nBcc: x@y.example",
                         "anna@example.net, bob@example.net"})
    CHECK_FALSE(send(to));
  CHECK(handed_over.empty());
}

TEST_CASE_FIXTURE(Fixture, "an account's owners and administrators are told, in their language") {
  sending_account("system", "house.example");
  set("system.sender", "a@house.example");
  AccountId acme = account("acme");
  make_user(acme, "owner@acme.example", Role::owner);
  make_user(acme, "admin@acme.example", Role::administrator);
  make_user(acme, "dev@acme.example", Role::developer);
  auto listed = now(users.list(boss, acme, {}, 10));
  for (const store::UserRow& user : listed) {
    core::Actor actor = person(acme, user.role);
    actor.user = user.id;
    now(users.set_language(actor, user.role == Role::owner ? "zh" : "en"));
  }
  templates::Values values;
  values.add("reason", "Too many complaints.");
  CHECK(run(notices.tell_account(acme, NoticeKind::suspended, values)) == 2);
  REQUIRE(handed_over.size() == 2);
  std::vector<std::string> told;
  for (const core::Accepted& mail : handed_over) told.push_back(mail.recipients.at(0).address);
  CHECK(told == std::vector<std::string>{"owner@acme.example", "admin@acme.example"});
  CHECK(handed_over[0].message.subject == "acme 已被暂停发信");
  CHECK(handed_over[1].message.subject == "acme may not send any more");
}

TEST_CASE_FIXTURE(Fixture, "links begin with the console's address, or with the listener's") {
  notices.set_listening_at("http://127.0.0.1:8080");
  CHECK(run(notices.console_url()) == "http://127.0.0.1:8080");
  set("system.console_url", "https://mail.example.com/");
  CHECK(run(notices.console_url()) == "https://mail.example.com");
}

}  // namespace ph
