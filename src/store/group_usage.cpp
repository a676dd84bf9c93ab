#include "store/group_usage.h"

namespace ph::store {
namespace {

void add(Uses& to, const Uses& from) {
  for (const auto& [key, n] : from) to[key] += n;
}

void use_one(UsageFacts& facts, const UseKey& key, int64_t n) {
  if (key.source == UseSource::free) facts.row.free_used += n;
  if (key.source == UseSource::post_paid && key.day > facts.row.billed_through)
    facts.post_paid[key.day] += n;
  if (key.source != UseSource::package) return;
  for (PackageRow& package : facts.packages)
    if (package.id == key.package_id) package.used += n;
}

// Whose uses commute: nothing of it can run out.
bool is_endless(const UsageFacts& facts) {
  return facts.row.plan == Plan::in_house && facts.row.post_paid && facts.free_left() == 0 &&
         facts.rest && facts.packages.empty();
}

}  // namespace

Result<> GroupUsage::lock(sql::Connection& connection, AccountId account) {
  if (connection.engine() == sql::Engine::sqlite || locked_.contains(account)) return {};
  // A lock of a job that failed may be held still: it counts as the group's one.
  RowWait wait = waited_ ? RowWait::no : RowWait::yes;
  waited_ = true;
  if (!TRY(lock_allowance(connection, account, wait))) {
    contended_ = true;
    return fail(Errc::temporary, "the account's allowance is in use");
  }
  locked_.insert(account);
  job_locks_.push_back(account);
  return {};
}

void GroupUsage::apply_held(UsageFacts& facts, AccountId account) {
  for (const Uses* held : {&group_, &job_})
    for (const auto& [key, n] : *held)
      if (key.account_id == account) use_one(facts, key, n);
}

Result<const UsageFacts*> GroupUsage::facts(sql::Connection& connection, AccountId account,
                                            UsageDepth depth, WallTime now) {
  auto known = facts_.find(account);
  if (known != facts_.end() && (known->second.rest || depth == UsageDepth::free))
    return &known->second;
  bool shared = connection.engine() == sql::Engine::postgresql;
  UsageFacts fresh{.row = TRY(allowance(connection, account))};
  if (depth == UsageDepth::rest || (shared && fresh.free_left() == 0))
    TRY(read_usage_rest(connection, fresh, now));
  if (shared && !locked_.contains(account) && !is_endless(fresh)) {
    TRY(lock(connection, account));
    bool rest = fresh.rest;
    fresh = {.row = TRY(allowance(connection, account))};
    if (rest) TRY(read_usage_rest(connection, fresh, now));
  }
  apply_held(fresh, account);
  UsageFacts& kept = facts_[account];
  kept = std::move(fresh);
  return &kept;
}

void GroupUsage::apply(const UseKey& key, int64_t n) {
  if (auto known = facts_.find(key.account_id); known != facts_.end())
    use_one(known->second, key, n);
}

void GroupUsage::use(const UseKey& key, int64_t n) {
  job_[key] += n;
  apply(key, n);
}

Result<> GroupUsage::settle(sql::Connection& connection, IdSource& ids, AccountId account) {
  touched_ = true;
  TRY(lock(connection, account));
  TRY(write_uses(connection, ids, group_));
  TRY(write_uses(connection, ids, job_));
  add(settled_, std::exchange(group_, {}));
  job_.clear();
  facts_.clear();
  return {};
}

void GroupUsage::group_begins() {
  facts_.clear();
  locked_.clear();
  job_locks_.clear();
  waited_ = false;
  group_.clear();
  job_.clear();
  settled_.clear();
  touched_ = false;
  contended_ = false;
}

void GroupUsage::keep_job() {
  add(group_, std::exchange(job_, {}));
  settled_.clear();
  job_locks_.clear();
  if (std::exchange(touched_, false)) facts_.clear();
}

void GroupUsage::drop_job() {
  for (const auto& [key, n] : std::exchange(job_, {})) apply(key, -n);
  add(group_, std::exchange(settled_, {}));
  for (AccountId account : std::exchange(job_locks_, {})) {
    locked_.erase(account);
    facts_.erase(account);
  }
  if (std::exchange(touched_, false)) facts_.clear();
}

Result<> GroupUsage::write_last(sql::Connection& connection, IdSource& ids) {
  return write_uses(connection, ids, std::exchange(group_, {}));
}

}  // namespace ph::store
