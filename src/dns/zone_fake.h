// Purpose: a Resolver that answers from a table, at once: for tests and for --dns FILE.json.
// Shapes: FILE.json is {"name.": {"TXT": ["a", ["two ", "strings"]], "A": ["192.0.2.1"],
//   "MX": [[10, "h."]], "CNAME": ["x."], "NS": [], "PTR": [], "TLSA": ["3 1 1 HEX"]},
//   "bad.": "SERVFAIL" | "TIMEOUT" | "NXDOMAIN"}. A name that is not there is NXDOMAIN, a type
//   that is not there NODATA, CNAMEs are followed.
// Threads: any, once filled.
// Errors: Errc::invalid with the name and type in Error.field.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "dns/resolver.h"

namespace ph::dns {

class ZoneFake : public Resolver {
 public:
  static Result<ZoneFake> from_json(std::string_view text);

  // Raw text names, as in name_from_text(); what is no name is left out.
  ZoneFake& add(std::string_view name, Type type, RecordData data, uint32_t ttl = 300);
  ZoneFake& add_txt(std::string_view name, std::string_view text);
  ZoneFake& add_address(std::string_view name, std::string_view ip);
  ZoneFake& add_mx(std::string_view name, uint16_t preference, std::string_view host);
  ZoneFake& hold(std::string_view name);  // it exists, without records
  // What every type of this name gives that has no records of its own.
  ZoneFake& fail(std::string_view name, Status status);
  ZoneFake& secure(std::string_view name);  // its answers count as validated

  Answer lookup(const Question& question) const;
  net::Task<Answer> query(Question question, Deadline deadline) override;

 private:
  struct Entry {
    std::map<Type, std::vector<Record>> sets;
    std::optional<Status> failure;
    bool secure = false;
  };
  std::map<std::string, Entry> names_;
};

}  // namespace ph::dns
