// Purpose: the public suffix list: under which names the public registers.
// Shapes: the list of Debian's package publicsuffix, or the one built into libpsl.
// Threads: any; one for the process.
// Not here: DMARC's organizational domain by tree walk (mailauth/dmarc_check.h).
#pragma once

#include <memory>
#include <optional>

#include "dns/domain_name.h"

namespace ph::dns {

class PublicSuffix {
 public:
  // The system's list; loaded once.
  static const PublicSuffix& system();
  static Result<PublicSuffix> load(const std::string& path);

  bool is_public_suffix(const DomainName& name) const;
  // One label below the longest public suffix; none where the name is a public suffix itself.
  std::optional<DomainName> organizational_domain(const DomainName& name) const;

 private:
  struct Holder;
  explicit PublicSuffix(std::shared_ptr<const Holder> holder) : holder_(std::move(holder)) {}
  std::shared_ptr<const Holder> holder_;
};

}  // namespace ph::dns
