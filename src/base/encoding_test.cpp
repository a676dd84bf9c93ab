#include "base/encoding.h"

#include <doctest/doctest.h>

#include "base/id_source.h"
#include "base/random.h"

using namespace ph;

TEST_CASE("base64 follows RFC 4648 section 10") {
  const char* rows[][2] = {{"", ""},         {"f", "Zg=="},       {"fo", "Zm8="},
                           {"foo", "Zm9v"},  {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (auto& [plain, coded] : rows) {
    CHECK_EQ(base64_encode(plain), coded);
    CHECK_EQ(base64_decode(coded).value(), plain);
  }
}

TEST_CASE("base64 refuses what is not canonical") {
  for (const char* bad : {"Zg=", "Zg", "Zh==", "Z===", "====", "Zm8 ", "Zm9v\n", "Zm9_", "=Zm9"})
    CHECK_FALSE(base64_decode(bad).has_value());
}

TEST_CASE("every alphabet round-trips") {
  FakeRandom random(7);
  for (size_t n = 0; n < 70; ++n) {
    std::string bytes = random.bytes(n);
    CHECK_EQ(base64_decode(base64_encode(bytes)).value(), bytes);
    CHECK_EQ(base64url_decode(base64url_encode(bytes)).value(), bytes);
    CHECK_EQ(base32_decode(base32_encode(bytes)).value(), bytes);
    CHECK_EQ(hex_decode(hex_encode(bytes)).value(), bytes);
  }
}

TEST_CASE("ids are ordered, unique while the clock stands or steps back, and round-trip") {
  FakeClock clock;
  IdSource source(clock, 3);
  int64_t last = 0;
  for (int i = 0; i < 20000; ++i) {
    if (i == 10000) clock.set_wall(clock.wall() - std::chrono::hours(1));
    int64_t id = source.next();
    REQUIRE(id > last);
    REQUIRE_EQ(parse_id(format_id(id)).value(), id);
    last = id;
  }
  for (const char* bad :
       {"", "a", "aaaaaaaaaaaaa", "777777777777z", "0000000000000", "AAAAAAAAAAAAB"})
    CHECK_FALSE(parse_id(bad).has_value());
}

TEST_CASE("ids begin after what is stored, whatever the clock says") {
  FakeClock clock;
  IdSource before(clock, 900);
  int64_t last = 0;
  for (int i = 0; i < 5000; ++i) last = before.next();
  clock.set_wall(clock.wall() - std::chrono::hours(24));
  IdSource after(clock, 1);
  after.start_after(last);
  CHECK(after.next() > last);
  after.start_after(0);
  CHECK(after.next() > last);
}

TEST_CASE("the floor of a time stays inside what an id can say") {
  auto at = [](const char* text) { return id_floor(*parse_iso8601(text)); };
  CHECK(at("1970-01-01T00:00:00Z") == 0);
  CHECK(at("2020-01-01T00:00:00Z") == 0);
  CHECK(at("2020-01-01T00:00:01Z") == int64_t{1000} << 22);
  CHECK(at("2100-01-01T00:00:00Z") > at("2089-01-01T00:00:00Z"));
  CHECK(at("9999-12-31T00:00:00Z") == at("2100-01-01T00:00:00Z"));
}
