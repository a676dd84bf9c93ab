// Purpose: may this client send mail for this domain? check_host() of SPF, without I/O.
// Shapes: an Inquiry (dns/inquiry.h): run it with dns::inquire over a Resolver, or with
//   dns::inquire_now over a ZoneFake.
// Threads: any.
// Errors: in the result: temperror (the DNS does not tell), permerror (the record is wrong).
// Spec: RFC 7208.
#pragma once

#include <string>

#include "dns/inquiry.h"
#include "mailauth/spf_record.h"

namespace ph::mailauth {

struct SpfInput {
  IpAddress ip;
  std::string helo;
  std::string mail_from;  // the reverse-path without <>; empty: postmaster@helo is checked
  std::string receiver = "unknown";  // our host's name, for %{r}
  int64_t now_seconds = 0;           // for %{t}
};

struct SpfResult {
  SpfResultCode result = SpfResultCode::none;
  std::string explanation;  // of a fail, when the domain's exp= gives one
  std::string problem;      // why temperror or permerror, one sentence
  std::string domain;       // the domain whose record was checked
  std::string matched;      // the mechanism that decided, as written
  unsigned lookups = 0;     // RFC 7208 §4.6.4
  unsigned void_lookups = 0;
};

dns::Inquiry<SpfResult> spf_inquiry(SpfInput input);

// Over a Resolver, with one deadline for all; the answer is never later than that.
net::Task<SpfResult> check_spf(dns::Resolver& resolver, SpfInput input, Deadline deadline);

}  // namespace ph::mailauth
