// Purpose: the audit log as people read it: who did what, with names.
// Shapes: an account's own rows for its owners and administrators; those of no account (operators,
//   settings) for the operator who names none.
// Errors: forbidden, invalid_field (actor).
// Threads: any loop.
#pragma once

#include <string>
#include <vector>

#include "core/access.h"
#include "core/audit.h"
#include "core/context.h"
#include "json/json.h"
#include "store/audit.h"

namespace ph::core {

struct AuditWish {
  std::string actor;  // "user:7", "key:3", "control"; empty: all
  std::string action;
  std::string object;
  WallTime since, until;
};

struct AuditEntry {
  store::AuditRow row;
  std::string name;    // of the user or key; empty: it has none
  std::string behind;  // the operator's address
};

class AuditLog {
 public:
  explicit AuditLog(Context& context) : context_(context) {}
  net::Task<Outcome<std::vector<AuditEntry>>> list(Actor actor, AccountId account, AuditWish wish,
                                                   store::Page page);

 private:
  Context& context_;
};

// Of what runs in transactions of its own, one after another: written before the first of them.
net::Task<Outcome<>> note_change(Context& context, Actor actor, Change change);

json::Value audit_json(const AuditEntry& entry);

}  // namespace ph::core
