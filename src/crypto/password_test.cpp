#include "crypto/password.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>

using namespace ph;
using namespace ph::crypto;

TEST_CASE("a password verifies against its own hash only") {
  std::string hash = hash_password("correct horse").value();
  CHECK(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  CHECK(verify_password("correct horse", hash));
  CHECK_FALSE(verify_password("correct horsf", hash));
  CHECK_FALSE(verify_password("", hash));
  CHECK_FALSE(password_needs_rehash(hash));
  CHECK_NE(hash, hash_password("correct horse").value());
}

TEST_CASE("what is no hash verifies nothing and wants to be replaced") {
  for (const std::string& bad : {std::string(), std::string("x"), std::string("$argon2id$"),
                                 std::string(500, '$')}) {
    CHECK_FALSE(verify_password("x", bad));
    CHECK(password_needs_rehash(bad));
  }
}

TEST_CASE("a hash with other parameters wants to be replaced") {
  CHECK(password_needs_rehash("$argon2id$v=19$m=8192,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
                              "ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGk"));
}

TEST_CASE("a password that is too long is refused before it costs anything") {
  std::string longest(limits::kPasswordMost + 1, 'x');
  CHECK_FALSE(hash_password(longest).has_value());
  CHECK_FALSE(verify_password(longest, hash_password("x").value()));
}

TEST_CASE("the pool runs as many jobs as it has threads, keeps some waiting, refuses the rest") {
  PasswordPool pool(2, 3);
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  std::promise<void> begun[2];
  std::atomic<int> done = 0;
  std::promise<void> all_done;
  auto job = [&] {
    open.wait();
    if (++done == 5) all_done.set_value();
  };
  for (std::promise<void>& b : begun)
    REQUIRE(pool.submit([&b, job] { b.set_value(), job(); }).has_value());
  for (std::promise<void>& b : begun) b.get_future().wait();
  for (int i = 0; i < 3; ++i) REQUIRE(pool.submit(job).has_value());
  CHECK_EQ(pool.waiting(), 3);
  auto refused = pool.submit(job);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::limit);
  gate.set_value();
  all_done.get_future().wait();
  CHECK_EQ(done.load(), 5);
}

TEST_CASE("a stopped pool drops what waits, destroys it, and takes nothing more") {
  auto held = std::make_shared<int>(1);
  std::promise<void> begun;
  std::promise<void> gate;
  std::future<void> open = gate.get_future();
  std::atomic<bool> ran = false;
  {
    PasswordPool pool(1, 4);
    REQUIRE(pool.submit([&] { begun.set_value(), open.wait(); }).has_value());
    begun.get_future().wait();
    for (int i = 0; i < 4; ++i) REQUIRE(pool.submit([held, &ran] { ran = true; }).has_value());
    CHECK_EQ(held.use_count(), 5);
    pool.stop();
    CHECK_EQ(held.use_count(), 1);
    CHECK(pool.submit([] {}).error().code == Errc::closed);
    gate.set_value();
  }
  CHECK_FALSE(ran.load());
}
