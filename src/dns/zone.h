// Purpose: an authoritative zone in memory.
// Shapes: an origin and the record sets at and below it; wildcards and delegations are not known.
// Threads: any.
// Errors: Errc::invalid for a record outside the zone, or beside a CNAME (RFC 1034 §3.6.2).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dns/answer.h"

namespace ph::dns {

struct ZoneFind {
  Status status = Status::nxdomain;  // ok, nodata or nxdomain
  std::vector<Record> records;       // of the asked type, or the CNAME of the name
};

class Zone {
 public:
  Zone(std::string origin, Soa soa, uint32_t ttl);

  const std::string& origin() const { return origin_; }
  bool holds(std::string_view name) const;  // at or below the origin
  Record soa() const;

  Result<> add(Record record);
  void remove(std::string_view name, Type type);
  void remove(std::string_view name);
  // Replaces the set of (name, type); an empty list removes it.
  Result<> set(std::string_view name, Type type, std::vector<Record> records);

  ZoneFind find(const Question& question) const;
  std::vector<Record> all() const;

 private:
  using Sets = std::map<Type, std::vector<Record>>;
  std::string origin_;
  Soa soa_;
  uint32_t ttl_;
  mutable std::mutex mutex_;
  std::map<std::string, Sets> names_;  // by the labels from the root down: a subtree is a range
};

}  // namespace ph::dns
