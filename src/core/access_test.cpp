#include "core/access.h"

#include <doctest/doctest.h>

using namespace ph;
using namespace ph::core;

namespace {

Actor of_role(Role role) { return {.account = AccountId(1), .role = role}; }

}  // namespace

TEST_CASE("nobody makes a key that may do more than its maker") {
  struct Row {
    Role role;
    bool full, send, read;
  };
  const Row table[] = {{Role::operator_, true, true, true},
                       {Role::owner, true, true, true},
                       {Role::administrator, true, true, true},
                       {Role::developer, false, true, true},
                       {Role::viewer, false, false, true}};
  for (const Row& row : table) {
    CAPTURE(static_cast<int>(row.role));
    CHECK(may_give(of_role(row.role), Scope::full) == row.full);
    CHECK(may_give(of_role(row.role), Scope::send) == row.send);
    CHECK(may_give(of_role(row.role), Scope::read) == row.read);
  }
}

TEST_CASE("a key of one domain manages nothing, and makes no key without that limit") {
  Actor key{.kind = Actor::Kind::key,
            .account = AccountId(1),
            .role = kKeyRole,
            .only_domain = "mail.example.com"};
  for (Action action : {Action::manage_domains, Action::manage_addresses, Action::manage_keys,
                        Action::manage_users, Action::operate})
    CHECK_FALSE(allowed(key, action));
  for (Action action : {Action::view, Action::send, Action::read_message})
    CHECK(allowed(key, action));
  key.only_domain.clear();
  CHECK(allowed(key, Action::manage_keys));
}

TEST_CASE("a key of one domain sees that domain alone") {
  Actor key{.kind = Actor::Kind::key, .role = Role::administrator, .only_domain = "a.example"};
  CHECK(sees_domain(key, "a.example"));
  CHECK_FALSE(sees_domain(key, "b.a.example"));
  CHECK_FALSE(sees_domain(key, "example"));
  CHECK(sees_domain(Actor{}, "b.example"));
}
