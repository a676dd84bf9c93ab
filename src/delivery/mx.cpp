#include "delivery/mx.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "dns/domain_name.h"
#include "mime/address.h"

namespace ph::delivery {
namespace {

using core::AttemptOutcome;
using core::Cause;

NoTarget permanent(Cause cause, std::string_view enhanced, std::string text) {
  return {AttemptOutcome::bounced, cause, std::string(enhanced), std::move(text)};
}

NoTarget temporary(std::string text) {
  // RFC 3463 §3.5: X.4.3, directory server failure.
  return {AttemptOutcome::deferred, Cause::dns_temporary, "4.4.3", std::move(text)};
}

NoTarget loops_to_us(std::string_view domain) {
  // RFC 3463 §3.5: X.4.6, routing loop detected.
  return permanent(Cause::mx_is_us, "5.4.6",
                   fmt::format("the mail of {} would come back to this server", domain));
}

std::string why(const dns::Answer& answer) {
  if (answer.detail.empty()) return dns::status_name(answer.status);
  return fmt::format("{}: {}", dns::status_name(answer.status), answer.detail);
}

template <class T>
void shuffle(std::span<T> items, Random& random) {
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
}

// RFC 5321 §5.1: equal preferences in random order, to spread the load.
void shuffle_equals(std::vector<Exchange>& list, Random& random) {
  for (size_t begin = 0; begin < list.size();) {
    size_t end = begin;
    while (end < list.size() && list[end].preference == list[begin].preference) ++end;
    shuffle(std::span(list).subspan(begin, end - begin), random);
    begin = end;
  }
}

// What stands as an exchange must be a host name of more than one label; an address is none
// (RFC 1035 §3.3.9, RFC 5321 §5.1).
std::optional<std::string> exchange_host(std::string_view name) {
  if (IpAddress::parse(name)) return std::nullopt;
  auto parsed = dns::DomainName::parse(name);
  if (!parsed || parsed->label_count() < 2) return std::nullopt;
  return parsed->text();
}

std::vector<Exchange> usable_exchanges(const std::vector<dns::Mx>& records) {
  std::vector<Exchange> out;
  for (const dns::Mx& mx : records) {
    auto host = exchange_host(mx.host);
    if (!host) continue;
    bool known = std::ranges::any_of(out, [&](const Exchange& e) { return e.host == *host; });
    if (!known) out.push_back({std::move(*host), mx.preference});
  }
  std::ranges::sort(out, {}, &Exchange::preference);
  return out;
}

bool is_own(const Endpoint& at, const MxRules& rules) {
  return std::ranges::any_of(rules.listeners, [&](const Endpoint& own) {
    if (own.port != at.port) return false;
    bool any = own.address == IpAddress::v4(0) || own.address == IpAddress::v6({});
    return own.address == at.address || (any && at.address.is_loopback());
  });
}

// IPv6 and IPv4 in turns, so that one black hole does not eat all tries.
std::vector<IpAddress> interleaved(std::vector<IpAddress> v6, std::vector<IpAddress> v4) {
  std::vector<IpAddress> out;
  for (size_t i = 0; i < std::max(v6.size(), v4.size()); ++i) {
    if (i < v6.size()) out.push_back(v6[i]);
    if (i < v4.size()) out.push_back(v4[i]);
  }
  return out;
}

std::vector<IpAddress> addresses_of(const HostAnswers& host, Random& random) {
  std::vector<IpAddress> v4 = host.v4.addresses();
  std::vector<IpAddress> v6 = host.v6.addresses();
  shuffle(std::span(v4), random);
  shuffle(std::span(v6), random);
  return interleaved(std::move(v6), std::move(v4));
}

struct Findings {
  std::vector<Target> targets;
  bool refused = false;             // an address was there that may not be used
  std::optional<std::string> unsure;  // a look-up that failed, in words
  std::optional<uint16_t> own;      // preference at which we stand
};

void take_host(const HostAnswers& host, const MxRules& rules, Random& random, Findings& found) {
  for (const dns::Answer* answer : {&host.v4, &host.v6}) {
    // RFC 2308 §2.2: an absence without a SOA is what a server says that knows nothing of the name.
    bool bare = answer->absent() && answer->bare;
    if (!answer->temporary() && !bare) continue;
    found.unsure = fmt::format("address of {}: {}", host.exchange.host,
                               bare ? "an empty answer without authority" : why(*answer));
  }
  std::vector<Target> targets;
  for (const IpAddress& ip : addresses_of(host, random)) {
    Endpoint at{ip, rules.port};
    if (is_own(at, rules)) {
      found.own = std::min(found.own.value_or(UINT16_MAX), host.exchange.preference);
      return;
    }
    if (ip.is_special() && rules.private_addresses == PrivateAddresses::refused) {
      found.refused = true;
      continue;
    }
    targets.push_back({host.exchange.host, at, host.exchange.preference});
  }
  found.targets.insert(found.targets.end(), targets.begin(), targets.end());
}

}  // namespace

std::variant<std::vector<Exchange>, NoTarget> exchanges_of(std::string_view domain,
                                                           const dns::Answer& mx,
                                                           const MxRules& rules, Random& random) {
  if (mx.temporary()) return temporary(fmt::format("MX of {}: {}", domain, why(mx)));
  if (mx.status == dns::Status::nxdomain) {
    // RFC 3463 §3.2: X.1.2, bad destination system address.
    return permanent(Cause::no_such_domain, "5.1.2",
                     fmt::format("the domain {} does not exist", domain));
  }
  std::vector<Exchange> list;
  if (mx.status == dns::Status::nodata) {
    // RFC 5321 §5.1: no MX at all is an implicit MX of preference 0, the name itself.
    list.push_back({lower(domain), 0});
  } else {
    std::vector<dns::Mx> records = mx.exchanges();
    if (records.size() == 1 && records[0].host == ".") {
      // RFC 7505 §4: 5.1.10, the recipient address has a null MX.
      return permanent(Cause::null_mx, "5.1.10",
                       fmt::format("{} says that it takes no mail", domain));
    }
    list = usable_exchanges(records);
    if (list.empty()) {
      return permanent(Cause::no_such_domain, "5.4.4",
                       fmt::format("the MX records of {} name no usable host", domain));
    }
  }
  // RFC 5321 §5.1: where we are an exchange ourselves, it and what is less preferred is dropped.
  auto us = std::ranges::find_if(list, [&](const Exchange& e) {
    return !rules.mail_host.empty() && iequals(e.host, rules.mail_host);
  });
  if (us != list.end()) {
    uint16_t limit = us->preference;
    std::erase_if(list, [&](const Exchange& e) { return e.preference >= limit; });
    if (list.empty()) return loops_to_us(domain);
  }
  shuffle_equals(list, random);
  if (list.size() > limits::kMxHosts) list.resize(limits::kMxHosts);
  return list;
}

std::variant<std::vector<Target>, NoTarget> targets_of(std::string_view domain,
                                                       const std::vector<HostAnswers>& hosts,
                                                       const MxRules& rules, Random& random) {
  Findings found;
  for (const HostAnswers& host : hosts) {
    // Hosts stand in order of preference: behind ourselves there is nothing for us.
    if (found.own && host.exchange.preference >= *found.own) break;
    take_host(host, rules, random, found);
  }
  if (found.own) {
    std::erase_if(found.targets, [&](const Target& t) { return t.preference >= *found.own; });
  }
  if (!found.targets.empty()) {
    if (found.targets.size() > limits::kMxAddressTries) {
      found.targets.resize(limits::kMxAddressTries);
    }
    return std::move(found.targets);
  }
  if (found.unsure) return temporary(std::move(*found.unsure));
  if (found.own) return loops_to_us(domain);
  if (found.refused) {
    return permanent(Cause::mx_not_allowed, "5.4.4",
                     fmt::format("{} has only private or special addresses", domain));
  }
  // RFC 3463 §3.5: X.4.4, unable to route.
  return permanent(Cause::no_such_domain, "5.4.4",
                   fmt::format("no host that takes mail for {} has an address", domain));
}

std::variant<std::vector<Target>, NoTarget> literal_target(std::string_view domain,
                                                           const MxRules& rules) {
  auto ip = mime::literal_address(domain);
  if (!ip) {
    // RFC 3463 §3.2: X.1.3, bad destination mailbox address syntax.
    return permanent(Cause::no_such_domain, "5.1.3",
                     fmt::format("{} is no address literal that can be reached", domain));
  }
  Endpoint at{*ip, rules.port};
  if (is_own(at, rules)) return loops_to_us(domain);
  if (ip->is_special() && rules.private_addresses == PrivateAddresses::refused) {
    return permanent(Cause::mx_not_allowed, "5.4.4",
                     fmt::format("{} is a private or special address", domain));
  }
  return std::vector<Target>{{std::string(domain), at, 0}};
}

}  // namespace ph::delivery
