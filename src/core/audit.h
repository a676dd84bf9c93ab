// Purpose: the audit log: who changed what, from where, from what to what, in the transaction of
//   the change itself.
// Shapes: action is noun.verb ("domain.create"), object noun:name ("domain:mail.example.com").
//   before and after are JSON objects without secrets, "null" where there is nothing.
// Errors: of the store; the change is undone with its row.
// Threads: the store's writer.
#pragma once

#include <string>
#include <string_view>

#include "core/access.h"
#include "store/store.h"

namespace ph::core {

struct Change {
  AccountId account;  // 0: the installation's
  std::string_view action;
  std::string object;
  std::string before = "null";
  std::string after = "null";
};

Result<> record_change(store::Tx& tx, const Actor& actor, Change change);

// "user", "key", ...: the words of rows, REST and the console.
std::string_view actor_kind_name(Actor::Kind kind);

}  // namespace ph::core
