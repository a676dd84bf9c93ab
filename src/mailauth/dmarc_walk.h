// Purpose: DMARC's DNS tree walk.
// Threads: any.
// Spec: RFC 9989 §4.10, §4.10.2.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dns/domain_name.h"
#include "dns/inquiry.h"
#include "mailauth/dmarc_record.h"

namespace ph::mailauth {

enum class DmarcFind : uint8_t { absent, found, invalid, temporary };

// What stands at _dmarc.NAME.
struct DmarcAt {
  DmarcFind find = DmarcFind::absent;
  DmarcRecord record;
  std::string problem;
  uint32_t ttl = 0;
};

// Names asked so far.
using DmarcMemo = std::map<dns::DomainName, DmarcAt>;

dns::Inquiry<DmarcAt> dmarc_at(DmarcMemo& memo, dns::DomainName name);

// The names that a walk asks, first to last; at most kDmarcTreeQueries.
std::vector<dns::DomainName> dmarc_walk_names(const dns::DomainName& start);

struct DmarcWalk {
  dns::DomainName org_domain;                // the start where nothing determines it
  std::vector<dns::DomainName> with_record;  // longest first
  bool temporary = false;                    // a look-up told nothing: org_domain is not to be used
  std::string problem;
};

dns::Inquiry<DmarcWalk> dmarc_walk(DmarcMemo& memo, dns::DomainName start);

}  // namespace ph::mailauth
