#include "core/bulk.h"

#include <set>

#include "base/id_source.h"
#include "base/text.h"
#include "core/bulk_expand.h"
#include "core/core_fixture_test.h"
#include "core/event.h"
#include "store/fsck.h"

using namespace ph;
using namespace ph::core_test;
using store::BulkState;

namespace {

constexpr const char* kContent =
    R"({"from":"a@m.acme.example","subject":"Hi {{name}}","text":"Dear {{name}}, {{n}}.",)"
    R"("html":"<p>{{name}}</p>","headers":{"List-Unsubscribe":"<https://x.example/{{n}}>"}})";

std::string row_of(int n, const std::string& name = "Ann") {
  return fmt::format(R"({{"to":"{} <r{}@there.example>","data":{{"name":"{}","n":{}}}}})", name, n,
                     name, n);
}

struct Fixture : CoreFixture {
  explicit Fixture(sql::Engine which = sql::Engine::sqlite) : CoreFixture(which) {
    acme = sending_account("acme", "m.acme.example");
  }

  Outcome<BulkAnswer> upload(std::string lines, BulkRequest request = {}) {
    request.actor = owner(acme);
    auto one = bulks.upload(std::move(request));
    Outcome<> taken = run(one->add(std::move(lines)));
    Outcome<BulkAnswer> out = BulkAnswer{};
    if (taken)
      out = run(one->finish());
    else
      out = lift(taken.error());
    if (!out) run(one->abandon());
    return out;
  }
  static std::string lines(int rows, const std::string& content = kContent) {
    std::string out = content + "\n";
    for (int i = 1; i <= rows; ++i) out += row_of(i) + "\n";
    return out;
  }
  BulkId begun(int rows) { return granted(upload(lines(rows))).id; }

  BulkView view(BulkId id) { return now(bulks.get(owner(acme), {}, id)); }
  // Steps of at most so many rows, until nothing moves.
  BulkProgress expand(BulkId id, size_t most) {
    BulkExpansion expansion(context, renderer, id);
    for (;;) {
      BulkStep step = now(expansion.step(most));
      if (step.progress != BulkProgress::moved) return step.progress;
    }
  }
  std::multiset<std::string> addresses_handed_over() {
    std::multiset<std::string> out;
    for (const Accepted& one : handed_over)
      for (const auto& recipient : one.recipients) out.insert(recipient.address);
    return out;
  }
  void check_house() {
    for (const store::Finding& finding : need(store::fsck(*store))) FAIL_CHECK(finding.what);
  }
  std::string content_of(const Accepted& accepted) {
    return now(messages.content(owner(acme), {}, accepted.message.id));
  }

  Bulks bulks{context};
  BulkRenderer renderer{context};
  AccountId acme;
};

}  // namespace

TEST_CASE("every row becomes one message, whatever the slices") {
  sql_test::each_engine([](sql::Engine engine) {
    for (size_t most : {size_t{1}, size_t{3}, size_t{100}}) {
      Fixture f(engine);
      BulkId id = f.begun(10);
      CHECK(f.view(id).job.state == BulkState::expanding);
      CHECK_EQ(f.view(id).job.rows_total, 10);
      CHECK(f.expand(id, most) == BulkProgress::finished);
      BulkView done = f.view(id);
      CHECK(done.job.state == BulkState::done);
      CHECK_EQ(done.job.rows_done, 10);
      CHECK_EQ(done.job.accepted, 10);
      CHECK_EQ(done.counts.queued, 10);
      std::multiset<std::string> wanted;
      for (int i = 1; i <= 10; ++i) wanted.insert(fmt::format("r{}@there.example", i));
      CHECK(f.addresses_handed_over() == wanted);
      CHECK_EQ(f.message_count(f.acme), 10);
      f.check_house();
    }
  });
}

TEST_CASE("a slice that was done already is not done again, and a cut one is done whole") {
  sql_test::each_engine([](sql::Engine engine) {
    Fixture f(engine);
    BulkId id = f.begun(7);
    // Two that both know the job as it was, as two nodes or a process and its successor.
    BulkExpansion one(f.context, f.renderer, id);
    BulkExpansion two(f.context, f.renderer, id);
    for (int i = 0; i < 20; ++i) {
      std::vector<net::Task<Outcome<BulkStep>>> both;
      both.push_back(one.step(2));
      both.push_back(two.step(2));
      auto steps = f.run(net::gather(std::move(both)));
      for (const auto& step : steps) CHECK(step.has_value());
      f.check_house();
      if (f.view(id).job.state == BulkState::done) break;
    }
    CHECK(f.view(id).job.state == BulkState::done);
    std::multiset<std::string> handed = f.addresses_handed_over();
    CHECK_EQ(handed.size(), 7);
    CHECK_EQ(std::set<std::string>(handed.begin(), handed.end()).size(), 7);
  });
}

TEST_CASE_FIXTURE(Fixture, "a start in the midst of a job goes on at the next row") {
  BulkId id = begun(9);
  {
    BulkExpansion expansion(context, renderer, id);
    CHECK(now(expansion.step(4)).rows == 4);
  }
  CHECK(expand(id, 2) == BulkProgress::finished);
  CHECK_EQ(addresses_handed_over().size(), 9);
  CHECK_EQ(message_count(acme), 9);
}

TEST_CASE_FIXTURE(Fixture, "a mail is rendered of its row, the same each time") {
  BulkId id =
      granted(upload(std::string(kContent) + "\n" +
                     R"({"to":"Ann <ann@there.example>","data":{"name":"<\"Bob\">","n":7}})" +
                     "\n" + row_of(2, "\xc3\x84nn")))
          .id;
  expand(id, 10);
  REQUIRE(handed_over.size() == 2);
  std::string first = content_of(handed_over[0]);
  CHECK(first.contains("From: A <a@m.acme.example>\r\n"));
  CHECK(first.contains("To: Ann <ann@there.example>\r\n"));
  CHECK(first.contains("Subject: Hi <\"Bob\">\r\n"));
  CHECK(first.contains("Dear <\"Bob\">, 7."));
  CHECK(first.contains("<p>&lt;&quot;Bob&quot;&gt;</p>"));
  CHECK(first.contains("List-Unsubscribe: <https://x.example/7>\r\n"));
  CHECK(first.contains("Message-ID: <" + handed_over[0].message.header_message_id + ">\r\n"));
  clock.advance(std::chrono::hours(5));
  CHECK(content_of(handed_over[0]) == first);
  BulkRenderer another(context);
  auto record = std::make_shared<const std::string>(
      need(store->read_content_now(handed_over[0].message.content)));
  CHECK(*need(run(another.render(handed_over[0].message, record))) == first);
  std::string second = content_of(handed_over[1]);
  CHECK(second.contains("=?utf-8?"));
  CHECK(is_ascii(second));
  CHECK(handed_over[1].message.subject == "Hi \xc3\x84nn");
  CHECK(handed_over[0].message.flags == store::kRendered);
}

TEST_CASE_FIXTURE(Fixture, "what a job refuses names line and field, and keeps nothing") {
  struct Bad {
    std::string body;
    const char* words;
  };
  const std::string good = kContent;
  std::string deep(200, '[');
  std::string many = R"({"to":"a@b.example","data":{)";
  for (int i = 0; i <= 100; ++i) many += fmt::format(R"({}"v{}":1)", i == 0 ? "" : ",", i);
  many += "}}";
  const Bad bad[] = {
      {"", "missing_field lines[1]"},
      {"\n", "malformed"},
      {"[]", "malformed"},
      {"{", "malformed"},
      {R"({"from":"a@m.acme.example"})", "missing_field text"},
      {R"({"text":"x"})", "missing_field from"},
      {R"({"from":"a@m.acme.example","text":"x"})", "missing_field lines[2]"},
      {R"({"from":"a@m.acme.example","text":"x","to":["a@b.example"]})", "unknown_field to"},
      {R"({"from":"a@m.acme.example","text":"{{"})", "invalid_field text"},
      {R"({"from":"a@m.acme.example","text":"x","subject":"{{a b}}"})", "invalid_field subject"},
      {R"({"from":"a@m.acme.example","text":"x","headers":{"X-A":"{{}}"}})",
       "invalid_field headers.X-A"},
      {R"({"from":"a@m.acme.example","text":"x","headers":{"Bcc":"a"}})",
       "invalid_field headers.Bcc"},
      {R"({"from":"a@m.acme.example","text":"x","subject":"a\nb"})", "invalid_field subject"},
      {R"({"from":"a@m.acme.example","text":"x\u0000"})", "invalid_field text"},
      {R"({"from":"a@m.acme.example","text":"x","missing":"maybe"})", "invalid_field missing"},
      {R"({"from":"b@m.acme.example","text":"x"})", "address_not_found from"},
      {R"({"from":"a@elsewhere.example","text":"x"})", "domain_not_verified from"},
      {R"({"from":"a@m.acme.example","text":"x","attachments":[{"content":"%"}]})",
       "invalid_field attachments[0].content"},
      {good + "\n\n" + row_of(1), "malformed lines[2]"},
      {good + "\n" + row_of(1) + "\n{\n", "malformed lines[3]"},
      {good + "\n" + row_of(1) + "\n" + deep, "malformed lines[3]"},
      {good + "\nnull", "malformed lines[2]"},
      {good + "\n{}", "missing_field lines[2].to"},
      {good + "\n" + R"({"to":7})", "invalid_field lines[2].to"},
      {good + "\n" + R"({"to":"nobody"})", "bad_recipient lines[2].to"},
      {good + "\n" + R"({"to":"a@b.example\r\nBcc: x@y.example"})", "bad_recipient lines[2].to"},
      {good + "\n" + R"({"to":"a@b.example","cc":"x"})", "unknown_field lines[2].cc"},
      {good + "\n" + R"({"to":"a@b.example","to":"c@b.example"})", "malformed lines[2]"},
      {good + "\n" + R"({"to":"a@b.example","data":[]})", "invalid_field lines[2].data"},
      {good + "\n" + R"({"to":"a@b.example","data":{"name":[]}})",
       "invalid_field lines[2].data.name"},
      {good + "\n" + R"({"to":"a@b.example","data":{"n a":1}})", "invalid_field lines[2].data.n a"},
      {good + "\n" + R"({"to":"a@b.example","data":{"name":"x"}})",
       "missing_field lines[2].data.n"},
      {good + "\n" + R"({"to":"a@b.example","data":{"name":null,"n":1}})",
       "missing_field lines[2].data.name"},
      {good + "\n" + R"({"to":"a@b.example","data":{"name":"a\r\nBcc: b@c.example","n":1}})",
       "invalid_field lines[2].data.name"},
      {good + "\n" + R"({"to":"a@b.example","data":{"name":"a\u0000","n":1}})",
       "invalid_field lines[2].data.name"},
      {good + "\n" + R"({"to":"a@b.example","data":{"name":"a)" + "\xff" + R"(","n":1}})",
       "malformed lines[2]"},
      {good + "\n" + many, "too_large lines[2].data"},
      {good + "\n" + R"({"to":"a@b.example","data":{"n":1,"name":")" + std::string(999, 'n') +
           R"("}})",
       "too_large lines[2].subject"},
      {good + "\n" + R"({"to":"a@b.example","data":{"name":"x","n":")" + std::string(900, 'n') +
           R"("}})",
       "too_large lines[2].headers.List-Unsubscribe"},
      {good + "\n" + row_of(1, std::string(limits::kBulkLine, 'n')), "too_large lines[2]"},
      {good + "\n" + row_of(1) + "\n" + std::string(limits::kBulkLine + 1, ' '),
       "too_large lines[3]"},
  };
  for (const Bad& one : bad) {
    INFO(one.body.substr(0, 200));
    CHECK_EQ(refusal(upload(one.body)), one.words);
  }
  CHECK(now(bulks.list(owner(acme), {}, {}, 10)).empty());
  check_house();
}

TEST_CASE_FIXTURE(Fixture,
                  "lines come split anywhere, with CRLF or LF, and the last without an end") {
  std::string all = lines(3);
  all.pop_back();
  for (size_t i = all.find('\n'); i != std::string::npos; i = all.find('\n', i + 2))
    all.insert(i, 1, '\r');
  for (size_t piece : {size_t{1}, size_t{7}, all.size()}) {
    auto one = bulks.upload({.actor = owner(acme)});
    for (size_t at = 0; at < all.size(); at += piece) granted(run(one->add(all.substr(at, piece))));
    BulkId id = granted(run(one->finish())).id;
    CHECK_EQ(view(id).job.rows_total, 3);
    CHECK(expand(id, 2) == BulkProgress::finished);
  }
  CHECK_EQ(handed_over.size(), 9);
  check_house();
}

TEST_CASE_FIXTURE(Fixture, "one account does not take all places for uploads") {
  AccountId other = sending_account("other", "m.other.example");
  std::vector<std::unique_ptr<BulkUpload>> open;
  auto begin = [&](AccountId who, const std::string& domain) {
    open.push_back(bulks.upload({.actor = owner(who)}));
    std::string line = fmt::format("{{\"from\":\"a@{}\",\"text\":\"x\"}}\n", domain);
    return refusal(run(open.back()->add(std::move(line))));
  };
  for (unsigned i = 0; i < limits::kBulkUploads / 2; ++i)
    CHECK_EQ(begin(acme, "m.acme.example"), "granted");
  CHECK_EQ(begin(acme, "m.acme.example"), "temporary");
  open.pop_back();
  CHECK_EQ(begin(other, "m.other.example"), "granted");
  open.erase(open.begin());
  CHECK_EQ(begin(acme, "m.acme.example"), "granted");
}

TEST_CASE_FIXTURE(Fixture, "uploads that say nothing yet keep no more places than others") {
  AccountId other = sending_account("other", "m.other.example");
  std::vector<std::unique_ptr<BulkUpload>> silent;
  for (unsigned i = 0; i < 2 * limits::kBulkUploads; ++i)
    silent.push_back(bulks.upload({.actor = owner(acme)}));
  auto theirs = bulks.upload({.actor = owner(other)});
  granted(run(theirs->add("{\"from\":\"a@m.other.example\",\"text\":\"x\"}\n")));
}

TEST_CASE_FIXTURE(Fixture, "jobs that have not ended are bounded, each account for itself") {
  AccountId other = sending_account("other", "m.other.example");
  BulkId first = begun(1);
  for (int64_t i = 1; i < limits::kBulkJobsOpen; ++i) begun(1);
  CHECK_EQ(refusal(upload(lines(1))), "request_rate_limit");
  auto theirs = bulks.upload({.actor = owner(other)});
  granted(run(theirs->add("{\"from\":\"a@m.other.example\",\"text\":\"x\"}\n")));
  CHECK(expand(first, 2) == BulkProgress::finished);
  granted(upload(lines(1)));
  CHECK_EQ(refusal(upload(lines(1))), "request_rate_limit");
  check_house();
}

TEST_CASE_FIXTURE(Fixture, "an upload may come octet by octet") {
  auto one = bulks.upload({.actor = owner(acme)});
  std::string all = lines(3);
  for (char c : all.substr(0, all.size() - 1)) granted(run(one->add(std::string(1, c))));
  BulkId id = granted(run(one->finish())).id;
  CHECK_EQ(view(id).job.rows_total, 3);
  CHECK(expand(id, 10) == BulkProgress::finished);
}

TEST_CASE_FIXTURE(Fixture, "an upload of several chunks is used up chunk by chunk") {
  std::string pad(900, 'x');
  std::string all = std::string(kContent) + "\n";
  for (int i = 1; i <= 700; ++i)
    all += fmt::format(R"({{"to":"r{}@there.example","data":{{"name":"n","n":1,"pad":"{}"}}}})", i,
                       pad) +
           "\n";
  BulkId id = granted(upload(std::move(all))).id;
  auto chunks = [&] {
    return need(read<std::vector<store::BulkChunkRow>>(
                    [&](sql::Connection& c) { return store::bulk_chunks(c, view(id).job, 100); }))
        .size();
  };
  CHECK_EQ(chunks(), 3);
  BulkExpansion expansion(context, renderer, id);
  while (chunks() == 3) now(expansion.step(500));
  CHECK_LT(view(id).job.rows_done, 700);
  check_house();
  CHECK(expand(id, 500) == BulkProgress::finished);
  CHECK_EQ(chunks(), 0);
  CHECK_EQ(addresses_handed_over().size(), 700);
  check_house();
}

TEST_CASE_FIXTURE(Fixture,
                  "a key makes a repeated upload the same job, and another one a conflict") {
  BulkId first = granted(upload(lines(2), {.idempotency_key = "k"})).id;
  auto again = granted(upload(lines(2), {.idempotency_key = "k"}));
  CHECK(again.repeated);
  CHECK(again.id == first);
  CHECK_EQ(refusal(upload(lines(3), {.idempotency_key = "k"})),
           "idempotency_mismatch Idempotency-Key");
  CHECK_EQ(now(bulks.list(owner(acme), {}, {}, 10)).size(), 1);
}

TEST_CASE_FIXTURE(Fixture, "missing values may be nothing") {
  std::string content = R"({"from":"a@m.acme.example","text":"[{{a}}]","missing":"empty"})";
  BulkId id = granted(upload(content + "\n" + R"({"to":"a@b.example"})")).id;
  expand(id, 1);
  CHECK(content_of(handed_over.at(0)).contains("[]"));
}

TEST_CASE_FIXTURE(Fixture, "a mailbox over its rate is refused and listed, and stops nobody") {
  now(accounts.set_limits(boss, acme, {{"per_mailbox_hour", 2}}));
  std::string all = lines(0);
  for (int i = 0; i < 4; ++i) all += row_of(1) + "\n";
  all += row_of(2) + "\n";
  BulkId id = granted(upload(std::move(all))).id;
  CHECK(expand(id, 2) == BulkProgress::finished);
  BulkView seen = view(id);
  CHECK_EQ(seen.job.accepted, 3);
  CHECK_EQ(seen.job.refused, 2);
  REQUIRE(seen.refusals.size() == 2);
  CHECK_EQ(seen.refusals[0].row_number, 3);
  CHECK_EQ(seen.refusals[0].reason, "mailbox_rate_limit");
  CHECK_EQ(seen.refusals[1].row_number, 4);
  check_house();
}

TEST_CASE_FIXTURE(Fixture, "a daily limit lets a job wait for the next day") {
  now(accounts.set_limits(boss, acme, {{"daily_per_domain", 3}}));
  BulkId id = begun(5);
  CHECK(expand(id, 2) == BulkProgress::waits);
  CHECK_EQ(view(id).job.accepted, 3);
  CHECK_EQ(view(id).job.cause, "daily_limit");
  CHECK(view(id).job.next_at > clock.wall());
  clock.advance(std::chrono::hours(24));
  CHECK(expand(id, 2) == BulkProgress::finished);
  CHECK_EQ(view(id).job.accepted, 5);
  CHECK_EQ(view(id).job.cause, "");
}

TEST_CASE_FIXTURE(Fixture, "a suspended account's job waits, and loses no row") {
  BulkId id = begun(4);
  BulkExpansion expansion(context, renderer, id);
  now(expansion.step(2));
  need(write([&](store::Tx& tx) {
    return store::set_account_state(tx.sql(), acme, store::AccountState::suspended, tx.now());
  }));
  CHECK(now(expansion.step(2)).progress == BulkProgress::waits);
  CHECK_EQ(view(id).job.cause, "account_suspended");
  CHECK_EQ(view(id).job.rows_done, 2);
  need(write([&](store::Tx& tx) {
    return store::set_account_state(tx.sql(), acme, store::AccountState::active, tx.now());
  }));
  CHECK(expand(id, 2) == BulkProgress::finished);
  CHECK_EQ(addresses_handed_over().size(), 4);
}

TEST_CASE_FIXTURE(Fixture,
                  "a job is paused, resumed and cancelled, each once and in its states only") {
  BulkId id = begun(4);
  auto move = [&](BulkVerb verb) { return refusal(run(bulks.move(owner(acme), {}, id, verb))); };
  CHECK_EQ(move(BulkVerb::resume), "granted");
  CHECK_EQ(move(BulkVerb::pause), "granted");
  CHECK_EQ(move(BulkVerb::pause), "granted");
  CHECK(view(id).job.sweep == store::BulkSweep::hold);
  CHECK(expand(id, 2) == BulkProgress::stands);
  CHECK(handed_over.empty());
  CHECK_EQ(move(BulkVerb::resume), "granted");
  CHECK(expand(id, 2) == BulkProgress::finished);
  CHECK_EQ(move(BulkVerb::resume), "conflict");
  CHECK_EQ(move(BulkVerb::pause), "granted");
  CHECK_EQ(move(BulkVerb::cancel), "granted");
  CHECK(view(id).job.state == BulkState::cancelled);
  CHECK_EQ(move(BulkVerb::pause), "conflict");
  CHECK_EQ(move(BulkVerb::cancel), "granted");
}

TEST_CASE_FIXTURE(Fixture, "jobs are seen by their account and by keys of their domain only") {
  BulkId id = begun(1);
  AccountId other = sending_account("other", "m.other.example");
  CHECK_EQ(refusal(run(bulks.get(owner(other), {}, id))), "not_found");
  CHECK_EQ(refusal(run(bulks.move(owner(other), {}, id, BulkVerb::cancel))), "not_found");
  CHECK(now(bulks.list(owner(other), {}, {}, 10)).empty());
  now(domains.create(owner(acme), {}, "second.acme.example"));
  Actor second = key_actor(acme, {.only_domain = "second.acme.example"});
  CHECK_EQ(refusal(run(bulks.get(second, {}, id))), "not_found");
  CHECK(now(bulks.list(second, {}, {}, 10)).empty());
  Actor first = key_actor(acme, {.only_domain = "m.acme.example"});
  CHECK_EQ(now(bulks.list(first, {}, {}, 10)).size(), 1);
  Actor reads = key_actor(acme, {.scope = Scope::read});
  CHECK_EQ(refusal(run(bulks.move(reads, {}, id, BulkVerb::pause))), "forbidden");
  auto forbidden = bulks.upload({.actor = reads});
  CHECK_EQ(refusal(run(forbidden->add(lines(1)))), "forbidden");
}

TEST_CASE_FIXTURE(Fixture, "the table of jobs forgets what was purged") {
  BulkId id = begun(3);
  expand(id, 10);
  need(write([&](store::Tx& tx) -> Result<> {
    TRY(tx.sql().exec("UPDATE recipient SET state = 'delivered', updated_at = $1", {tx.now()}));
    return {};
  }));
  clock.advance(std::chrono::hours(24 * 100));
  auto purge = [&] {
    return need(write<int64_t>([&](store::Tx& tx) {
      return store::purge_bulk_for_operator(tx, tx.now() - std::chrono::hours(24), 500);
    }));
  };
  CHECK_EQ(purge(), 0);
  need(write<int64_t>(
      [&](store::Tx& tx) { return store::purge_messages_for_operator(tx, tx.now(), 500); }));
  CHECK_EQ(purge(), 3);
  CHECK_EQ(purge(), 1);
  CHECK_EQ(refusal(run(bulks.get(owner(acme), {}, id))), "not_found");
  CHECK_EQ(purge(), 0);
}
