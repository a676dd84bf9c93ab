#include "core/recipient.h"

#include "dns/domain_name.h"

namespace ph::core {

Outcome<> give_ascii_domain(mime::Mailbox& mailbox, std::string field) {
  if (mailbox.local.find_first_of("<>") != std::string::npos)
    return refuse(Reason::bad_recipient, "'<' and '>' are not taken in a local part.",
                  std::move(field));
  if (mime::literal_address(mailbox.domain)) return {};
  auto domain = dns::DomainName::parse(mailbox.domain);
  if (!domain) return refuse(Reason::bad_recipient, domain.error().message, std::move(field));
  mime::set_ascii_domain(mailbox, domain->text());
  return {};
}

}  // namespace ph::core
