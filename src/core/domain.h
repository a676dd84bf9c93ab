// Purpose: sender domains: create, check, verify, force, delete.
// Shapes: names are A-labels. A verified domain has one owner; pending claims of several accounts
//   may coexist, each with its own random selector and keys; the first to verify wins.
// Errors: invalid_field (syntax), domain_public_suffix, domain_limit, domain_taken,
//   domain_hosts_mailboxes (with the sub-domain to use instead), conflict, domain_in_use,
//   not_found. Creating never fails on DNS.
// Threads: any loop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/access.h"
#include "core/domain_check.h"
#include "crypto/signing_key.h"
#include "store/account.h"
#include "store/address.h"
#include "store/domain.h"

namespace ph::core {

struct DomainView {
  store::DomainRow row;
  DomainState state = DomainState::pending;
  DomainCheck check;  // the last one, or what is wanted
  std::optional<int64_t> sent_today;  // recipients accepted this UTC day, where it was asked
};

struct SigningKeys {
  std::string domain;
  std::string selector;
  std::optional<crypto::PrivateKey> rsa;
  std::string ed_selector;
  std::optional<crypto::PrivateKey> ed25519;  // none until its record was found
};

// enterprise: one that owns its name goes for a verified enterprise alone, while identities matter
// (identity_rights.h); refused as a conflict.
enum class MayDelete : uint8_t { anybody, enterprise };

class Domains {
 public:
  explicit Domains(Context& context) : context_(context) {}

  // `rsa` is rsa_2048, or rsa_1024 for a DNS host that cannot hold more.
  net::Task<Outcome<DomainView>> create(Actor actor, AccountId account, std::string name,
                                        crypto::NewKey rsa = crypto::NewKey::rsa_2048);
  net::Task<Outcome<DomainView>> get(Actor actor, AccountId account, std::string name);
  net::Task<Outcome<std::vector<DomainView>>> list(Actor actor, AccountId account, DomainId after,
                                                   size_t limit);
  // Asks DNS now. check() keeps a pending domain pending; verify() submits it.
  net::Task<Outcome<DomainView>> check(Actor actor, AccountId account, std::string name);
  net::Task<Outcome<DomainView>> verify(Actor actor, AccountId account, std::string name);
  // The operator's word over DNS, until undone; the reason is kept.
  net::Task<Outcome<DomainView>> force(Actor actor, AccountId account, std::string name,
                                       std::string reason);
  // Words by which its owner sorts it, in place of those before.
  net::Task<Outcome<DomainView>> set_tags(Actor actor, AccountId account, std::string name,
                                          std::vector<std::string> tags);
  net::Task<Outcome<>> remove(Actor actor, AccountId account, std::string name,
                              MayDelete who = MayDelete::anybody);

  // For delivery: the opened keys of a domain that may send.
  net::Task<Result<SigningKeys>> signing_keys(DomainId id);

 private:
  net::Task<Outcome<DomainView>> run_check(Actor actor, AccountId account, std::string name,
                                           CheckKind kind);
  Context& context_;
};

// "mail.qq.com hosts its mailboxes at Tencent Exmail" : by MX and by SPF include.
struct HostedMail {
  std::string provider;  // empty: none found
  bool unknown = false;  // DNS did not answer: judged again at verification
};
net::Task<HostedMail> find_hosted_mail(dns::Resolver& resolver, std::string name,
                                       std::string own_mail_host, Deadline deadline);

}  // namespace ph::core
