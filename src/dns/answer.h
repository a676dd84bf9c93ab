// Purpose: what is asked of the DNS and what comes back, in the terms a mail program decides by.
// Shapes: records hold only the asked type at the end of the CNAME chain. ttl is the least of the
//   chain and records; of an absence the negative TTL (RFC 2308 §5), 0 where none is known.
// Threads: any.
#pragma once

#include <string>
#include <vector>

#include "dns/record.h"

namespace ph::dns {

struct Question {
  std::string name;  // as in wire_name.h
  Type type = Type::a;
  auto operator<=>(const Question&) const = default;
};

enum class Status : uint8_t {
  ok,        // at least one record
  nodata,    // the name exists, the type does not
  nxdomain,  // the name does not exist
  servfail,  // a server says that it cannot tell, or gave no usable answer
  timeout,   // no answer before the deadline
  bogus,     // DNSSEC validation failed: never taken for an absence
};

const char* status_name(Status status);

struct Answer {
  Status status = Status::servfail;
  std::vector<Record> records;
  uint32_t ttl = 0;
  bool secure = false;               // DNSSEC-validated, the absence of records as well
  bool bare = false;                 // nodata without a SOA: a lame server says the same
  std::string canonical;             // the name that holds the records, after CNAMEs
  std::vector<std::string> aliases;  // CNAME owners that were followed, first to last
  std::string server;                // who answered, where it is known: "192.0.2.1:53"
  std::string detail;                // why not: for people, never parsed

  bool ok() const { return status == Status::ok; }
  // The DNS says with authority that there is nothing.
  bool absent() const { return status == Status::nodata || status == Status::nxdomain; }
  // Nothing is known: ask again later, never decide on it.
  bool temporary() const { return !ok() && !absent(); }

  std::vector<std::string> texts() const;  // TXT, strings joined
  std::vector<IpAddress> addresses() const;
  std::vector<Mx> exchanges() const;       // lowest preference first
  std::vector<std::string> targets() const;  // NS, PTR, CNAME
  std::vector<Tlsa> tlsa() const;

  static Answer failed(Status status, std::string detail = {});
};

}  // namespace ph::dns
