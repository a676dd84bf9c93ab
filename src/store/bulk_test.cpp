// Bulk jobs over SQLite and PostgreSQL.
#include "store/bulk.h"

#include "store/fsck.h"
#include "store/message.h"
#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;
using ph::sql_test::each_engine;

namespace {

struct Fixture : StoreFixture {
  explicit Fixture(sql::Engine which) : StoreFixture(which), one(make_account("one")) {}

  // A job that has begun, with so many rows in one chunk.
  BulkJobRow begun(int64_t rows) {
    BulkJobRow job = uploading();
    return need(write<BulkJobRow>([&](Tx& tx) -> Result<BulkJobRow> {
      BulkChunkRow chunk{.id = tx.new_id(), .job_id = job.id, .account_id = one, .first_row = 1};
      chunk.content = TRY(tx.put_content("lines"));
      REQUIRE(TRY(insert_bulk_chunk(tx.sql(), chunk, tx.now())));
      job.rows_total = rows;
      REQUIRE(TRY(begin_bulk_job(tx.sql(), job, tx.now())));
      return bulk_job(tx.sql(), one, job.id);
    }));
  }
  BulkJobRow uploading() {
    return need(write<BulkJobRow>([&](Tx& tx) -> Result<BulkJobRow> {
      BulkJobRow job{.id = BulkId(tx.new_id()), .account_id = one, .domain_id = DomainId(1)};
      job.subject = "Hi {{name}}";
      job.content = TRY(tx.put_content("content"));
      job.created_at = job.updated_at = job.next_at = tx.now();
      TRY(insert_bulk_job(tx.sql(), job));
      return job;
    }));
  }
  BulkJobRow again(const BulkJobRow& job) {
    return need(read<BulkJobRow>([&](sql::Connection& c) { return bulk_job(c, one, job.id); }));
  }
  Result<bool> move(const BulkJobRow& job, BulkState from, BulkState to,
                    BulkSweep sweep = BulkSweep::none) {
    return write<bool>([&](Tx& tx) {
      return move_bulk_job(tx.sql(), job, {.from = from, .to = to, .sweep = sweep, .cause = {}},
                           tx.now());
    });
  }
  bool advance(const BulkJobRow& before, int64_t rows) {
    BulkJobRow after = before;
    after.rows_done += rows;
    after.accepted += rows;
    return need(
        write<bool>([&](Tx& tx) { return advance_bulk_job(tx.sql(), before, after, tx.now()); }));
  }
  std::vector<BulkJobRow> work() {
    return need(read<std::vector<BulkJobRow>>([&](sql::Connection& c) {
      return bulk_work_for_queue(c, clock.wall(), clock.wall() - std::chrono::hours(1));
    }));
  }

  AccountId one;
};

}  // namespace

TEST_CASE("a job is there for its account once its upload has ended") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    BulkJobRow hidden = f.uploading();
    BulkJobRow job = f.begun(7);
    CHECK(job.state == BulkState::expanding);
    CHECK_EQ(job.rows_total, 7);
    CHECK_EQ(job.subject, "Hi {{name}}");
    auto list = [&](AccountId of, DomainId domain) {
      return need(f.read<std::vector<BulkJobRow>>(
                      [&](sql::Connection& c) { return bulk_jobs(c, of, domain, {.limit = 10}); }))
          .size();
    };
    CHECK_EQ(list(f.one, {}), 1);
    CHECK_EQ(list(f.one, DomainId(1)), 1);
    CHECK_EQ(list(f.one, DomainId(2)), 0);
    CHECK_EQ(list(f.make_account("two"), {}), 0);
    CHECK_FALSE(
        need(f.write<bool>([&](Tx& tx) { return abandon_bulk_job(tx.sql(), f.one, job.id); })));
    CHECK(
        need(f.write<bool>([&](Tx& tx) { return abandon_bulk_job(tx.sql(), f.one, hidden.id); })));
    CHECK_FALSE(need(f.write<bool>([&](Tx& tx) {
      return insert_bulk_chunk(
          tx.sql(), {.id = tx.new_id(), .job_id = hidden.id, .account_id = f.one}, tx.now());
    })));
    CHECK_FALSE(
        need(f.write<bool>([&](Tx& tx) { return begin_bulk_job(tx.sql(), hidden, tx.now()); })));
  });
}

TEST_CASE("the cursor moves only from where its mover saw it, and only while the job runs") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    BulkJobRow job = f.begun(10);
    CHECK(f.advance(job, 3));
    CHECK_FALSE(f.advance(job, 3));
    BulkJobRow next = f.again(job);
    CHECK_EQ(next.rows_done, 3);
    CHECK_EQ(next.accepted, 3);
    CHECK(need(f.move(next, BulkState::expanding, BulkState::paused, BulkSweep::hold)));
    CHECK_FALSE(need(f.move(next, BulkState::expanding, BulkState::paused)));
    CHECK_FALSE(f.advance(next, 3));
    CHECK(need(f.move(next, BulkState::paused, BulkState::expanding)));
    CHECK(f.advance(next, 3));
    CHECK_EQ(f.again(job).rows_done, 6);
  });
}

TEST_CASE("a sweep goes on from where it was, and a new one begins at the first row") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    BulkJobRow job = f.begun(10);
    CHECK(need(f.move(job, BulkState::expanding, BulkState::paused, BulkSweep::hold)));
    BulkJobRow seen = f.again(job);
    auto sweep = [&](const BulkJobRow& before, BulkSweep to, int64_t row) {
      return need(
          f.write<bool>([&](Tx& tx) { return advance_bulk_sweep(tx.sql(), before, to, row); }));
    };
    CHECK(sweep(seen, BulkSweep::hold, 5));
    CHECK_FALSE(sweep(seen, BulkSweep::hold, 5));
    CHECK(need(f.move(job, BulkState::paused, BulkState::expanding, BulkSweep::release)));
    BulkJobRow anew = f.again(job);
    CHECK(anew.sweep == BulkSweep::release);
    CHECK_EQ(anew.sweep_row, 0);
    CHECK(sweep(anew, BulkSweep::none, 10));
    CHECK(f.again(job).sweep == BulkSweep::none);
  });
}

TEST_CASE("work is what runs and is due, what is swept, and what uploads left") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    BulkJobRow upload = f.uploading();
    CHECK(f.work().empty());
    BulkJobRow job = f.begun(10);
    CHECK_EQ(f.work().size(), 1);
    CHECK(need(f.write<bool>([&](Tx& tx) {
      return delay_bulk_job(tx.sql(), job, tx.now() + std::chrono::minutes(1), "daily_limit");
    })));
    CHECK(f.work().empty());
    CHECK_EQ(f.again(job).cause, "daily_limit");
    f.clock.advance(std::chrono::minutes(1));
    CHECK_EQ(f.work().size(), 1);
    CHECK(need(f.move(job, BulkState::expanding, BulkState::paused)));
    CHECK(f.work().empty());
    CHECK(need(f.move(job, BulkState::paused, BulkState::cancelled, BulkSweep::cancel)));
    CHECK_EQ(f.work().size(), 1);
    f.clock.advance(std::chrono::hours(2));
    CHECK_EQ(f.work().size(), 2);
    CHECK(
        need(f.write<bool>([&](Tx& tx) { return abandon_bulk_job(tx.sql(), f.one, upload.id); })));
    CHECK_EQ(f.work().size(), 2);
  });
}

TEST_CASE("counts are of the recipients of a job's messages") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    BulkJobRow job = f.begun(3);
    std::vector<BulkMessageRow> places;
    for (int64_t row = 1; row <= 3; ++row) {
      MessageRow message = f.accept(f.one, {"ann@there.example"});
      places.push_back({job.id, row, f.one, message.id});
    }
    f.accept(f.one, {"nobody.of.it@there.example"});
    need(f.write([&](Tx& tx) -> Result<> {
      TRY(insert_bulk_messages(tx.sql(), places));
      TRY(tx.sql().exec("UPDATE recipient SET state = 'delivered' WHERE message_id = $1",
                        {places[0].message_id}));
      TRY(tx.sql().exec("UPDATE recipient SET attempts = 2 WHERE message_id = $1",
                        {places[1].message_id}));
      return insert_bulk_refusals(tx.sql(),
                                  {{job.id, 9, f.one, "bad_recipient", "to", "Why \xff"}});
    }));
    auto counts =
        need(f.read<BulkCounts>([&](sql::Connection& c) { return bulk_counts(c, f.one, job.id); }));
    CHECK_EQ(counts.delivered, 1);
    CHECK_EQ(counts.deferred, 1);
    CHECK_EQ(counts.queued, 1);
    job.rows_done = 3;
    auto fresh = [&](int64_t most) {
      return need(
          f.read<int64_t>([&](sql::Connection& c) { return bulk_never_attempted(c, job, most); }));
    };
    CHECK_EQ(fresh(10), 1);
    auto refusals = need(f.read<std::vector<BulkRefusalRow>>(
        [&](sql::Connection& c) { return bulk_refusals(c, f.one, job.id); }));
    REQUIRE(refusals.size() == 1);
    CHECK_EQ(refusals[0].row_number, 9);
    auto after = need(f.read<std::vector<BulkMessageRow>>(
        [&](sql::Connection& c) { return bulk_messages_after(c, job, 1, 10); }));
    CHECK_EQ(after.size(), 2);
  });
}

TEST_CASE("a dropped chunk and a dropped job release their content once") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    BulkJobRow job = f.begun(1);
    auto chunks = need(f.read<std::vector<BulkChunkRow>>(
        [&](sql::Connection& c) { return bulk_chunks(c, job, 10); }));
    REQUIRE(chunks.size() == 1);
    for (int i = 0; i < 2; ++i)
      need(f.write([&](Tx& tx) { return drop_bulk_chunk(tx, chunks[0]); }));
    for (int i = 0; i < 2; ++i) need(f.write([&](Tx& tx) { return drop_bulk_job(tx, job); }));
    CHECK(need(fsck(*f.store)).empty());
  });
}

TEST_CASE("fsck sees a job whose parts do not agree") {
  each_engine([](sql::Engine engine) {
    struct Damage {
      const char* sql;
      FindingKind kind;
    };
    const Damage damages[] = {
        {"UPDATE bulk_job SET rows_done = rows_done + 1", FindingKind::bulk_job},
        {"UPDATE bulk_job SET accepted = 1, rows_done = 1", FindingKind::bulk_job},
        {"DELETE FROM bulk_chunk", FindingKind::bulk_job},
        {"DELETE FROM bulk_job", FindingKind::orphan_row},
        {"UPDATE bulk_chunk SET content_length = 3", FindingKind::content_missing}};
    for (const Damage& damage : damages) {
      INFO(damage.sql);
      Fixture f(engine);
      f.begun(5);
      CHECK(need(fsck(*f.store)).empty());
      need(f.write<int64_t>([&](Tx& tx) { return tx.sql().exec(damage.sql); }));
      auto found = need(fsck(*f.store));
      CHECK(std::ranges::count(found, damage.kind, &Finding::kind) >= 1);
    }
  });
}
