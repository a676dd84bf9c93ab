#include "smtp/return_path.h"

#include <doctest/doctest.h>

#include "base/text.h"

using namespace ph;
using namespace ph::smtp;

namespace {

const WallTime kNow = WallTime::from_seconds(1'800'000'000);
const WallTime kLater = kNow + std::chrono::hours(24 * 7);

ReturnPathKeys keys_with(std::initializer_list<uint8_t> ids) {
  ReturnPathKeys keys;
  for (uint8_t id : ids)
    REQUIRE(keys.add({id, std::string(32, static_cast<char>('a' + id))}).has_value());
  return keys;
}

}  // namespace

TEST_CASE("a return path comes back, in any case, until its time is over") {
  auto keys = keys_with({1});
  for (int64_t message : {int64_t{1}, int64_t{123456789012345}, INT64_MAX}) {
    for (uint32_t recipient : {0u, 1u, 999u, 65535u}) {
      ReturnPath path{MessageId(message), recipient, kLater};
      std::string local = make_return_path(keys, path, "Mail.Example").value();
      CHECK_EQ(local.size(), 48);
      CHECK_EQ(local, lower(local));
      for (const std::string& form : {local, upper(local)}) {
        auto found = parse_return_path(keys, form, "mail.example", kNow);
        REQUIRE(found.has_value());
        CHECK_EQ(found->message, path.message);
        CHECK_EQ(found->recipient, recipient);
        CHECK(found->expires >= kLater);
      }
      CHECK_EQ(parse_return_path(keys, local, "mail.example", kLater + std::chrono::hours(24))
                   .error().code, Errc::denied);
    }
  }
}

TEST_CASE("no changed octet, other domain or other key passes") {
  auto keys = keys_with({1});
  std::string local = make_return_path(keys, {MessageId(77), 3, kLater}, "a.example").value();
  REQUIRE(parse_return_path(keys, local, "a.example", kNow).has_value());
  for (size_t at = 0; at < local.size(); ++at) {
    for (char c : std::string_view("abcdefghijklmnopqrstuvwxyz234567")) {
      if (c == local[at]) continue;
      std::string other = local;
      other[at] = c;
      CHECK_EQ(parse_return_path(keys, other, "a.example", kNow).error().code, Errc::not_found);
    }
  }
  CHECK_FALSE(parse_return_path(keys, local, "b.example", kNow).has_value());
  CHECK_FALSE(parse_return_path(keys_with({2}), local, "a.example", kNow).has_value());
  ReturnPathKeys forged;
  REQUIRE(forged.add({1, std::string(32, 'z')}).has_value());
  CHECK_FALSE(parse_return_path(forged, local, "a.example", kNow).has_value());
  for (std::string bad : {std::string(), std::string("postmaster"), local + "a", local.substr(1),
                          std::string(48, 'a'), std::string(48, '1'), std::string(48, '=')})
    CHECK_FALSE(parse_return_path(keys, bad, "a.example", kNow).has_value());
}

TEST_CASE("keys rotate: the newest signs, the older ones still verify until removed") {
  auto keys = keys_with({1});
  std::string old = make_return_path(keys, {MessageId(5), 0, kLater}, "a.example").value();
  REQUIRE(keys.add({2, std::string(32, 'k')}).has_value());
  std::string fresh = make_return_path(keys, {MessageId(5), 0, kLater}, "a.example").value();
  CHECK_NE(old, fresh);
  CHECK(parse_return_path(keys, old, "a.example", kNow).has_value());
  CHECK(parse_return_path(keys, fresh, "a.example", kNow).has_value());
  keys.remove(1);
  CHECK_FALSE(parse_return_path(keys, old, "a.example", kNow).has_value());
  CHECK_EQ(keys.add({2, std::string(32, 'k')}).error().code, Errc::conflict);
  CHECK_EQ(keys.add({3, "short"}).error().code, Errc::invalid);
}

TEST_CASE("what does not fit is refused when made") {
  auto keys = keys_with({1});
  CHECK_FALSE(make_return_path(keys, {MessageId(0), 0, kLater}, "a.example").has_value());
  CHECK_FALSE(make_return_path(keys, {MessageId(-1), 0, kLater}, "a.example").has_value());
  CHECK_FALSE(make_return_path(keys, {MessageId(1), 65536, kLater}, "a.example").has_value());
  CHECK_FALSE(make_return_path(keys, {MessageId(1), 0, {INT64_MAX / 2}}, "a.example").has_value());
  CHECK_FALSE(make_return_path(keys, {MessageId(1), 0, {-1}}, "a.example").has_value());
  CHECK_FALSE(make_return_path({}, {MessageId(1), 0, kLater}, "a.example").has_value());
}
