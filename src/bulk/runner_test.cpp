#include "bulk/runner.h"

#include <map>
#include <set>

#include "core/bulk.h"
#include "core/core_fixture_test.h"
#include "store/fsck.h"

using namespace ph;
using namespace ph::bulk;
using namespace ph::core_test;
using store::BulkState;

namespace {

// The clock of these tests stands still.
net::Task<> no_pause(Duration) {
  co_return;
}

struct Fixture : CoreFixture {
  Fixture() { acme = sending_account("acme", "m.acme.example"); }
  ~Fixture() { loop.reset(); }

  MessagesVerb noting(std::multiset<MessageId>& into) {
    return [&into](AccountId, std::vector<MessageId> ids) -> net::Task<Result<int64_t>> {
      into.insert(ids.begin(), ids.end());
      co_return static_cast<int64_t>(ids.size());
    };
  }
  std::unique_ptr<Runner> runner() {
    return std::make_unique<Runner>(RunnerOptions{.context = &context,
                                                  .renderer = &renderer,
                                                  .loop = loop.get(),
                                                  .hold = noting(held),
                                                  .release = noting(released),
                                                  .cancel = noting(cancelled),
                                                  .pause = no_pause});
  }
  BulkId begun(int rows) {
    auto upload = bulks.upload({.actor = owner(acme)});
    std::string lines = "{\"from\":\"a@m.acme.example\",\"text\":\"{{n}}\"}\n";
    for (int i = 0; i < rows; ++i)
      lines += fmt::format(R"({{"to":"r{}@there.example","data":{{"n":{}}}}})", i, i) + "\n";
    granted(run(upload->add(std::move(lines))));
    return granted(run(upload->finish())).id;
  }
  store::BulkJobRow job(BulkId id) { return now(bulks.get(owner(acme), {}, id)).job; }
  void move(BulkId id, BulkVerb verb) { now(bulks.move(owner(acme), {}, id, verb)); }
  void until_still(Runner& runner) {
    while (need(run(runner.turn()))) {
    }
  }
  int64_t count(const std::string& table) {
    return need(read<int64_t>([&](sql::Connection& c) -> Result<int64_t> {
      return TRY(c.query("SELECT count(*) FROM " + table))[0].integer(0);
    }));
  }
  void check_house() {
    for (const store::Finding& finding : need(store::fsck(*store))) FAIL_CHECK(finding.what);
  }

  Bulks bulks{context};
  BulkRenderer renderer{context};
  std::multiset<MessageId> held, released, cancelled;
  AccountId acme;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "jobs take turns until all rows are decided") {
  BulkId one = begun(300);
  BulkId two = begun(200);
  auto runs = runner();
  until_still(*runs);
  CHECK(job(one).state == BulkState::done);
  CHECK(job(two).state == BulkState::done);
  CHECK_EQ(handed_over.size(), 500);
  check_house();
}

TEST_CASE_FIXTURE(Fixture, "a pause, a resume and a cancel reach every message once") {
  BulkId id = begun(250);
  auto runs = runner();
  until_still(*runs);
  move(id, BulkVerb::pause);
  until_still(*runs);
  CHECK_EQ(held.size(), 250);
  CHECK(job(id).sweep == store::BulkSweep::none);
  move(id, BulkVerb::resume);
  until_still(*runs);
  CHECK_EQ(released, held);
  CHECK(job(id).state == BulkState::done);
  move(id, BulkVerb::cancel);
  until_still(*runs);
  CHECK_EQ(cancelled, held);
  CHECK_EQ(handed_over.size(), 250);
  check_house();
}

TEST_CASE_FIXTURE(Fixture, "a sweep that another runner began is ended by the next") {
  BulkId id = begun(250);
  until_still(*runner());
  move(id, BulkVerb::pause);
  CHECK(need(run(runner()->turn())));
  CHECK_EQ(held.size(), 100);
  until_still(*runner());
  CHECK_EQ(held.size(), 250);
  CHECK_EQ(std::set<MessageId>(held.begin(), held.end()).size(), 250);
}

TEST_CASE_FIXTURE(Fixture, "a job whose upload cannot be read keeps no other one") {
  BulkId damaged = begun(5);
  BulkId sound = begun(5);
  need(write<int64_t>([&](store::Tx& tx) {
    return tx.sql().exec("UPDATE bulk_chunk SET content_offset = content_offset + 1"
                         " WHERE job_id = $1",
                         {damaged});
  }));
  auto runs = runner();
  until_still(*runs);
  CHECK(job(sound).state == BulkState::done);
  CHECK(job(damaged).state == BulkState::expanding);
  // It is tried again, and goes on when it can.
  need(write<int64_t>([&](store::Tx& tx) {
    return tx.sql().exec("UPDATE bulk_chunk SET content_offset = content_offset - 1"
                         " WHERE job_id = $1",
                         {damaged});
  }));
  clock.advance(limits::kBulkLook);
  until_still(*runs);
  CHECK(job(damaged).state == BulkState::done);
  CHECK_EQ(handed_over.size(), 10);
}

TEST_CASE_FIXTURE(Fixture, "a cancelled job makes no more mails and its upload goes") {
  BulkId id = begun(50);
  move(id, BulkVerb::cancel);
  until_still(*runner());
  CHECK(handed_over.empty());
  CHECK_EQ(count("bulk_chunk"), 0);
  CHECK(job(id).state == BulkState::cancelled);
  check_house();
}

TEST_CASE_FIXTURE(Fixture, "an upload that never ended is removed, at once when it was given up") {
  auto given_up = bulks.upload({.actor = owner(acme)});
  auto forgotten = bulks.upload({.actor = owner(acme)});
  std::string lines = "{\"from\":\"a@m.acme.example\",\"text\":\"x\"}\n";
  for (int i = 0; i < 6000; ++i) lines += "{\"to\":\"somebody.with.a.name@there.example\"}\n";
  granted(run(given_up->add(lines)));
  granted(run(forgotten->add(lines)));
  CHECK_EQ(count("bulk_job"), 2);
  CHECK_EQ(count("bulk_chunk"), 2);
  run(given_up->abandon());
  until_still(*runner());
  CHECK_EQ(count("bulk_job"), 1);
  clock.advance(limits::kBulkUploadKept + std::chrono::seconds(1));
  until_still(*runner());
  CHECK_EQ(count("bulk_job"), 0);
  CHECK_EQ(count("bulk_chunk"), 0);
  CHECK_EQ(refusal(run(forgotten->finish())), "temporary");
  check_house();
}

TEST_CASE_FIXTURE(Fixture, "the content that the store holds is what jobs want, at any moment") {
  begun(120);
  auto runs = runner();
  for (bool more = true; more;) {
    more = need(run(runs->turn()));
    check_house();
  }
}
