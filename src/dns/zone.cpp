#include "dns/zone.h"

#include <algorithm>

#include "base/text.h"
#include "dns/wire_name.h"

namespace ph::dns {
namespace {

// example.com -> "com\0example\0": what is below a name sorts right behind it. Labels hold no NUL
// in the held form, it is escaped there.
std::string tree_key(std::string_view name) {
  auto labels = name_labels(name);
  if (!labels) return {};
  std::string out;
  for (size_t i = labels->size(); i-- > 0;) {
    out += name_from_labels(std::span(*labels).subspan(i, 1));
    out += '\0';
  }
  return out;
}

}  // namespace

Zone::Zone(std::string origin, Soa soa, uint32_t ttl)
    : origin_(lower(origin)), soa_(std::move(soa)), ttl_(ttl) {}

bool Zone::holds(std::string_view name) const { return name_within(name, origin_); }

Record Zone::soa() const {
  std::lock_guard lock(mutex_);
  return {origin_, Type::soa, ttl_, soa_};
}

Result<> Zone::add(Record record) {
  std::string name = lower(record.name);
  if (!holds(name)) return fail(Errc::invalid, "the name is outside the zone", "name");
  TRY(name_labels(name));
  std::lock_guard lock(mutex_);
  Sets& sets = names_[tree_key(name)];
  bool alias = record.type == Type::cname;
  bool others = std::ranges::any_of(
      sets, [&](const auto& set) { return (set.first == Type::cname) != alias; });
  if (others || (alias && (!sets.empty() || name == origin_)))
    return fail(Errc::invalid, "a CNAME stands alone at its name", "type");  // RFC 1034 §3.6.2
  record.name = std::move(name);
  auto& list = sets[record.type];
  if (std::ranges::find(list, record) == list.end()) list.push_back(std::move(record));
  ++soa_.serial;
  return {};
}

void Zone::remove(std::string_view name, Type type) {
  std::lock_guard lock(mutex_);
  auto found = names_.find(tree_key(lower(name)));
  if (found == names_.end()) return;
  found->second.erase(type);
  if (found->second.empty()) names_.erase(found);
  ++soa_.serial;
}

void Zone::remove(std::string_view name) {
  std::lock_guard lock(mutex_);
  names_.erase(tree_key(lower(name)));
  ++soa_.serial;
}

Result<> Zone::set(std::string_view name, Type type, std::vector<Record> records) {
  remove(name, type);
  for (Record& record : records) {
    record.name = name;
    record.type = type;
    TRY(add(std::move(record)));
  }
  return {};
}

ZoneFind Zone::find(const Question& question) const {
  std::string name = lower(question.name);
  std::string key = tree_key(name);
  std::lock_guard lock(mutex_);
  if (name == origin_ && question.type == Type::soa)
    return {Status::ok, {{origin_, Type::soa, ttl_, soa_}}};
  auto at = names_.lower_bound(key);
  if (at == names_.end() || at->first != key) {
    // RFC 8020 §2: a name that only has names below it exists.
    bool parent = at != names_.end() && at->first.starts_with(key);
    return {parent || name == origin_ ? Status::nodata : Status::nxdomain, {}};
  }
  const Sets& sets = at->second;
  if (auto set = sets.find(question.type); set != sets.end()) return {Status::ok, set->second};
  if (auto alias = sets.find(Type::cname); alias != sets.end()) return {Status::ok, alias->second};
  // RFC 8482 §4.1: one of the sets is an answer to ANY.
  if (question.type == Type::any && !sets.empty()) return {Status::ok, sets.begin()->second};
  return {Status::nodata, {}};
}

std::vector<Record> Zone::all() const {
  std::lock_guard lock(mutex_);
  std::vector<Record> out;
  for (const auto& [key, sets] : names_)
    for (const auto& [type, records] : sets) out.insert(out.end(), records.begin(), records.end());
  return out;
}

}  // namespace ph::dns
