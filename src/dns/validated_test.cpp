#include "dns/validated.h"

#include <doctest/doctest.h>

#include "dns/zone_fake.h"
#include "net/loop.h"

using namespace ph;
using namespace ph::dns;
using namespace std::chrono_literals;

namespace {

// Answers as a fake zone does, each answer marked as told.
struct Marked : Resolver {
  ZoneFake zone;
  bool secure = false;
  std::optional<Status> broken;
  unsigned asked = 0;
  net::Task<Answer> query(Question question, Deadline) override {
    ++asked;
    Answer out = broken ? Answer::failed(*broken) : zone.lookup(question);
    out.secure = secure && !out.temporary();
    co_return out;
  }
};

struct Borrowed : Resolver {
  explicit Borrowed(Resolver& r) : to(r) {}
  Resolver& to;
  net::Task<Answer> query(Question question, Deadline deadline) override {
    co_return co_await to.query(std::move(question), deadline);
  }
};

net::Task<bool> say(bool what) {
  co_return what;
}

struct Fixture {
  std::unique_ptr<net::Loop> loop = net::Loop::make();
  Marked direct, cached, fresh;
  bool validates = true;
  ValidatedResolver resolver{{.direct = &direct,
                              .validator = &cached,
                              .validates = [this](Deadline) { return say(validates); },
                              .fresh = [this] { return std::make_unique<Borrowed>(fresh); }}};

  Fixture() {
    cached.secure = fresh.secure = true;
    for (Marked* one : {&direct, &cached, &fresh}) one->zone.add_txt("a.example", "one");
  }
  Answer ask(const char* name = "a.example") {
    return loop->run_until(resolver.query({name, Type::txt}, loop->in(5s)));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "what the validator says as well is secure, an absence too") {
  Answer answer = ask();
  CHECK(answer.texts() == std::vector<std::string>{"one"});
  CHECK(answer.secure);
  CHECK(fresh.asked == 0);
  Answer absent = ask("none.example");
  CHECK(absent.absent());
  CHECK(absent.secure);
}

TEST_CASE_FIXTURE(Fixture, "a bogus answer is bogus, whatever the direct servers say") {
  cached.broken = Status::bogus;
  Answer answer = ask();
  CHECK(answer.status == Status::bogus);
  CHECK(answer.records.empty());
  CHECK(ask("none.example").temporary());
}

TEST_CASE_FIXTURE(Fixture, "an unsigned answer counts as it is, and so does one nobody can prove") {
  cached.secure = false;
  CHECK(ask().texts() == std::vector<std::string>{"one"});
  CHECK_FALSE(ask().secure);
  cached.broken = Status::servfail;
  CHECK(ask().ok());
  CHECK(fresh.asked == 0);
}

TEST_CASE_FIXTURE(Fixture, "a direct failure stays one") {
  direct.broken = Status::timeout;
  CHECK(ask().status == Status::timeout);
}

TEST_CASE_FIXTURE(Fixture, "a record changed a moment ago is seen now, and is proven anew") {
  direct.zone.add_txt("a.example", "two");
  fresh.zone.add_txt("a.example", "two");
  Answer answer = ask();
  CHECK(answer.records.size() == 2);
  CHECK(answer.secure);
  CHECK(fresh.asked == 1);
}

TEST_CASE_FIXTURE(Fixture, "a forged record beside a good cached one is not believed") {
  direct.zone.add_txt("a.example", "forged");
  Answer answer = ask();
  CHECK(answer.texts() == std::vector<std::string>{"one"});
  CHECK(answer.secure);
  fresh.broken = Status::bogus;
  CHECK(ask().status == Status::bogus);
  fresh.broken.reset();
  fresh.zone.add_txt("a.example", "forged");
  fresh.secure = false;
  CHECK(ask().status == Status::bogus);
}

TEST_CASE_FIXTURE(Fixture, "where nothing validates nobody else is asked") {
  validates = false;
  cached.broken = Status::bogus;
  CHECK(ask().ok());
  CHECK(cached.asked == 0);
}
