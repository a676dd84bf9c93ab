#include "base/text.h"
#include "core/domain.h"

namespace ph::core {
namespace {

enum class Kind : uint8_t { mx, spf };

struct Provider {
  const char* name;
  Kind kind;
  std::string_view suffix;
};

constexpr Provider kProviders[] = {
#define HOSTED_MAIL(name, kind, suffix) {name, Kind::kind, suffix},
#include "core/hosted_mail_providers.inc"
#undef HOSTED_MAIL
};

const Provider* provider_of(Kind kind, std::string_view host) {
  while (host.ends_with('.')) host.remove_suffix(1);
  std::string name = lower(host);
  for (const Provider& p : kProviders) {
    if (p.kind != kind) continue;
    if (name == p.suffix) return &p;
    if (name.size() > p.suffix.size() && name.ends_with(p.suffix) &&
        name[name.size() - p.suffix.size() - 1] == '.')
      return &p;
  }
  return nullptr;
}

// The include: names of an SPF record, as they stand (RFC 7208 §5.2).
const Provider* provider_in_spf(const std::string& record) {
  if (!istarts_with(record, "v=spf1")) return nullptr;
  for (std::string_view term : split(record, ' ')) {
    if (!term.empty() && std::string_view("+-~?").find(term[0]) != std::string_view::npos)
      term.remove_prefix(1);
    bool include = istarts_with(term, "include:");
    bool redirect = istarts_with(term, "redirect=");
    if (!include && !redirect) continue;
    if (const Provider* p = provider_of(Kind::spf, term.substr(include ? 8 : 9))) return p;
  }
  return nullptr;
}

}  // namespace

net::Task<HostedMail> find_hosted_mail(dns::Resolver& resolver, std::string name,
                                       std::string own_mail_host, Deadline deadline) {
  HostedMail out;
  dns::Answer mx = co_await resolver.query({name, dns::Type::mx}, deadline);
  out.unknown = mx.temporary();
  for (const dns::Mx& exchange : mx.exchanges()) {
    if (lower(exchange.host) == own_mail_host) co_return HostedMail{};  // it is ours already
    if (const Provider* p = provider_of(Kind::mx, exchange.host)) {
      out.provider = p->name;
      co_return out;
    }
  }
  dns::Answer txt = co_await resolver.query({name, dns::Type::txt}, deadline);
  out.unknown = out.unknown || txt.temporary();
  for (const std::string& record : txt.texts()) {
    const Provider* p = provider_in_spf(record);
    if (p == nullptr) continue;
    out.provider = p->name;
    co_return out;
  }
  co_return out;
}

}  // namespace ph::core
