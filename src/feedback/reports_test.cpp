#include "feedback/reports.h"

#include <doctest/doctest.h>

#include "core/context_fixture_test.h"
#include "core/event.h"
#include "feedback/report_sample_test.h"
#include "store/inbox.h"

using namespace ph;
using namespace ph::feedback;
using feedback_test::delivery_report;
using feedback_test::ReportSample;
using store::RecipientState;
using store_test::need;

namespace {

struct House : core_test::ContextFixture {
  Reports reports{context};
  AccountId account = make_active_account("acme");
  DomainId domain = make_domain(account, "acme.example", store::DomainState::verified);

  // Two recipients, both delivered.
  store::MessageRow delivered() {
    auto message = accept(account, {"u@dest.example", "v@dest.example"});
    for (int32_t idx : {0, 1}) finish(message, idx, RecipientState::delivered);
    return message;
  }
  void finish(const store::MessageRow& message, int32_t idx, RecipientState state) {
    auto row = recipients_of(message)[static_cast<size_t>(idx)];
    store::Outcome outcome{.key = row.key,
                           .account_id = account,
                           .domain_id = message.domain_id,
                           .epoch = row.epoch,
                           .state = state,
                           .cause = "delivered",
                           .at = clock.wall()};
    auto recorded = need(write<std::vector<bool>>([&](store::Tx& tx) {
      return store::record_outcomes_for_queue(tx, {outcome});
    }));
    CHECK(recorded.at(0));
  }
  smtp::ReturnPath path(const store::MessageRow& message, uint32_t idx) {
    return {.message = message.id, .recipient = idx, .expires = {}};
  }
  core::Outcome<> take(std::vector<smtp::ReturnPath> paths, std::string content) {
    return loop->run_until(reports.take({.paths = std::move(paths), .content = content}));
  }
  core::Outcome<> take(const store::MessageRow& message, std::string content) {
    return take({path(message, 0)}, std::move(content));
  }
  std::vector<RecipientState> states(const store::MessageRow& message) {
    std::vector<RecipientState> out;
    for (const auto& row : recipients_of(message)) out.push_back(row.state);
    return out;
  }
  std::vector<store::InboundRow> kept() {
    return need(read<std::vector<store::InboundRow>>(
        [&](sql::Connection& c) { return store::inbound(c, account, {}); }));
  }
  std::vector<store::EventRow> events(const char* type) {
    auto all = need(read<std::vector<store::EventRow>>(
        [&](sql::Connection& c) { return store::events(c, account, {}); }));
    std::erase_if(all, [&](const auto& row) { return row.type != type; });
    return all;
  }
  int64_t counted(const char* kind) {
    return need(read<int64_t>([&](sql::Connection& c) {
      return store::counter(c, account,
                            {.day = store::day_of(clock.wall()), .domain_id = DomainId(1),
                             .kind = kind});
    }));
  }
};

constexpr auto kDelivered = RecipientState::delivered;
constexpr auto kBounced = RecipientState::bounced;

}  // namespace

TEST_CASE("a report is judged by its action and status") {
  struct Case {
    ReportSample sample;
    const char* kind;
  };
  const Case table[] = {
      {{}, "failure"},
      {{.action = "FAILED (really)"}, "failure"},
      {{.action = "delayed", .status = "4.4.1"}, "delay"},
      {{.action = "delayed", .status = "5.4.1"}, "delay"},
      {{.action = "failed", .status = "4.4.7"}, "report"},
      {{.action = "failed", .status = "nonsense"}, "report"},
      {{.action = "delivered", .status = "2.0.0"}, "report"},
      {{.action = "relayed", .status = "2.0.0"}, "report"},
      {{.action = "unheard-of", .status = "5.0.0"}, "report"},
      {{.action = "delivered",
        .status = "2.0.0",
        .more_recipients = "\r\nFinal-Recipient: rfc822; w@dest.example\r\n"
                           "Action: failed\r\nStatus: 5.2.2\r\n"},
       "failure"},
  };
  for (const Case& one : table) {
    CAPTURE(one.sample.action);
    CAPTURE(one.sample.status);
    CHECK(judge_report(delivery_report(one.sample)).kind == one.kind);
  }
  CHECK(judge_report(delivery_report({})).reply == "550 5.1.1 no such user");
  CHECK(judge_report(delivery_report({.diagnostic = ""})).reply == "5.1.1");
}

TEST_CASE("what is no report is a reply, whatever its bytes") {
  const std::string table[] = {
      "",
      "\r\n",
      "Subject: out of office\r\nAuto-Submitted: auto-replied\r\n\r\nback on Monday\r\n",
      "no header at all",
      std::string(100, '\0'),
      "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b",
      "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
      "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\n--b--\r\n",
      // Somebody forwards a report: it speaks of another mail.
      "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
      "--x\r\nContent-Type: message/rfc822\r\n\r\n" +
          delivery_report({}) + "--x--\r\n",
      std::string(300'000, '('),
  };
  for (const std::string& content : table) CHECK(judge_report(content).kind == "reply");
}

TEST_CASE("a diagnostic of any bytes and length is cut and kept") {
  std::string report = delivery_report({.diagnostic = "smtp; " + std::string(5000, 'x')});
  std::string reply = judge_report(report).reply;
  CHECK(reply.starts_with("xxx"));
  CHECK(reply.size() <= limits::kReplyKept);
}

TEST_CASE_FIXTURE(House, "a failure marks the recipient of the return path, and no other") {
  auto message = delivered();
  CHECK(take(message, delivery_report({})).has_value());
  CHECK(states(message) == std::vector{kBounced, kDelivered});
  CHECK(recipients_of(message)[0].cause == "bounced_later");
  CHECK(recipients_of(message)[0].reply == "550 5.1.1 no such user");
  CHECK(counted("bounced") == 1);
  CHECK(counted("delivered") == 1);
  REQUIRE(kept().size() == 1);
  CHECK(kept()[0].kind == "failure");
  CHECK(need(store->read_content_now(kept()[0].content)) == delivery_report({}));
  REQUIRE(events(core::event::kBounced).size() == 1);
  CHECK(events(core::event::kBounced)[0].idx == 0);
  CHECK(events(core::event::kInbound).size() == 1);
}

TEST_CASE_FIXTURE(House, "the same failure twice bounces once") {
  auto message = delivered();
  CHECK(take(message, delivery_report({})).has_value());
  CHECK(take(message, delivery_report({})).has_value());
  CHECK(counted("bounced") == 1);
  CHECK(events(core::event::kBounced).size() == 1);
  CHECK(events(core::event::kInbound).size() == 2);
}

TEST_CASE_FIXTURE(House, "a delay, a success and a reply are events and change nothing") {
  auto message = delivered();
  CHECK(take(message, delivery_report({.action = "delayed", .status = "4.4.1"})).has_value());
  CHECK(take(message, delivery_report({.action = "delivered", .status = "2.0.0"})).has_value());
  CHECK(take(message, "Subject: Re: hello\r\n\r\nThanks!\r\n").has_value());
  CHECK(states(message) == std::vector{kDelivered, kDelivered});
  CHECK(events(core::event::kBounced).empty());
  CHECK(events(core::event::kInbound).size() == 3);
  CHECK(kept().size() == 3);
}

TEST_CASE_FIXTURE(House, "a failure that names another address still counts for its path alone") {
  auto message = delivered();
  std::string text = delivery_report({});
  text.replace(text.find("u@dest.example"), 14, "v@dest.example");
  CHECK(take({path(message, 1)}, text).has_value());
  CHECK(states(message) == std::vector{kDelivered, kBounced});
}

TEST_CASE_FIXTURE(House, "a failure to several return paths is kept for each and marks nobody") {
  auto message = delivered();
  CHECK(take({path(message, 0), path(message, 1)}, delivery_report({})).has_value());
  CHECK(states(message) == std::vector{kDelivered, kDelivered});
  CHECK(kept().size() == 2);
}

TEST_CASE_FIXTURE(House, "a report about what is gone is taken and forgotten") {
  auto message = delivered();
  CHECK(take({{.message = MessageId(12345), .recipient = 0, .expires = {}}}, delivery_report({}))
            .has_value());
  CHECK(take({path(message, 99)}, delivery_report({})).has_value());
  CHECK(kept().empty());
}

TEST_CASE_FIXTURE(House, "a diagnostic that is no UTF-8 does not stop the store") {
  auto message = delivered();
  CHECK(take(message, delivery_report({.diagnostic = "smtp; 550 \xff\xfe\x80 \x01 \"quoted\""}))
            .has_value());
  CHECK(states(message)[0] == kBounced);
  auto data = json::parse(events(core::event::kBounced).at(0).data, 10'000);
  CHECK(data.has_value());
}

TEST_CASE_FIXTURE(House, "reports of one recipient are kept up to a number a day") {
  auto message = delivered();
  for (unsigned i = 0; i < limits::kReportsKept; ++i)
    CHECK(take(message, "Subject: spam\r\n\r\nx\r\n").has_value());
  auto refused = take(message, "Subject: spam\r\n\r\nx\r\n");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == core::Reason::mailbox_rate_limit);
  CHECK(kept().size() == limits::kReportsKept);
  CHECK(take({path(message, 1)}, "Subject: other\r\n\r\nx\r\n").has_value());
  clock.advance(limits::kReportsWindow);
  CHECK(take(message, "Subject: next day\r\n\r\nx\r\n").has_value());
}

TEST_CASE_FIXTURE(House, "a store that cannot write keeps nothing and says so") {
  auto message = delivered();
  files.free = 0;
  auto refused = take(message, delivery_report({}));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == core::Reason::temporary);
  files.free = 1ULL << 40;
  CHECK(states(message)[0] == kDelivered);
  CHECK(events(core::event::kInbound).empty());
}

TEST_CASE("the count of reports is bounded itself") {
  FakeClock clock;
  ReportRate rate(clock);
  for (int64_t i = 1; i <= int64_t{limits::kReportMemory} + 10; ++i)
    CHECK_MESSAGE(rate.take({MessageId(i), 0}), i);
}
