#include "store/group_usage.h"

#include "base/limits.h"

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

Uses taken_out(Uses& from, AccountId account) {
  Uses out;
  for (auto at = from.lower_bound({.account_id = account});
       at != from.end() && at->first.account_id == account; at = from.erase(at))
    out.insert(*at);
  return out;
}

// Whose uses commute: nothing of it can run out.
bool is_endless(const UsageFacts& facts) {
  return facts.row.plan == Plan::in_house && facts.row.post_paid && facts.free_left() == 0 &&
         facts.rest && facts.packages.empty();
}

}  // namespace

std::unexpected<Error> GroupUsage::contended() {
  contended_ = true;
  return fail(Errc::temporary, "the account's allowance is in use");
}

Result<> GroupUsage::lock(sql::Connection& connection, AccountId account, RowHold hold) {
  if (connection.engine() == sql::Engine::sqlite) return {};
  auto held = locked_.find(account);
  if (held != locked_.end() && held->second >= hold) return {};
  RowWait wait = std::exchange(may_wait_, false) ? RowWait::yes : RowWait::no;
  if (!TRY(lock_allowance(connection, account, hold, wait))) {
    // Who waited and got nothing asks for an account that is not there: reading it says so.
    if (wait == RowWait::yes) return {};
    return contended();
  }
  locked_[account] = hold;
  job_locks_.push_back(account);
  ++locks_;
  return {};
}

Result<> GroupUsage::lock_sole(sql::Connection& connection, AccountId account) {
  return lock(connection, account, RowHold::sole);
}

void GroupUsage::apply_held(UsageFacts& facts, AccountId account) {
  for (const Uses* held : {&group_, &job_})
    for (const auto& [key, n] : *held)
      if (key.account_id == account) use_one(facts, key, n);
}

Result<UsageFacts> GroupUsage::read(sql::Connection& connection, AccountId account,
                                    UsageDepth depth, WallTime now) {
  UsageFacts out{.row = TRY(allowance(connection, account))};
  bool shared = connection.engine() == sql::Engine::postgresql;
  if (depth == UsageDepth::rest || (shared && out.free_left() == 0))
    TRY(read_usage_rest(connection, out, now));
  return out;
}

Result<const UsageFacts*> GroupUsage::facts(sql::Connection& connection, AccountId account,
                                            UsageDepth depth, WallTime now) {
  auto known = facts_.find(account);
  if (known != facts_.end() && (known->second.rest || depth == UsageDepth::free))
    return &known->second;
  RowHold hold = endless_.contains(account) ? RowHold::shared : RowHold::sole;
  TRY(lock(connection, account, hold));
  UsageFacts fresh = TRY(read(connection, account, depth, now));
  if (endless_.size() >= limits::kCountersKept) endless_.clear();
  if (is_endless(fresh)) endless_.insert(account);
  else endless_.erase(account);
  auto held = locked_.find(account);
  if (held != locked_.end() && held->second == RowHold::shared && !is_endless(fresh))
    return contended();
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
  // Of others nothing: their rows are written with the commit, in the order of all nodes.
  Uses of_group = taken_out(group_, account);
  TRY(write_uses(connection, ids, of_group));
  TRY(write_uses(connection, ids, taken_out(job_, account)));
  add(settled_, of_group);
  facts_.clear();
  return {};
}

void GroupUsage::group_begins() {
  facts_.clear();
  locked_.clear();
  job_locks_.clear();
  may_wait_ = true;
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
  may_wait_ = false;
  if (std::exchange(touched_, false)) facts_.clear();
}

void GroupUsage::drop_job() {
  may_wait_ = false;
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
