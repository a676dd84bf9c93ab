#include "dns/public_suffix.h"

#include <libpsl.h>

#include "base/log.h"

namespace ph::dns {

struct PublicSuffix::Holder {
  const psl_ctx_t* context = nullptr;
  psl_ctx_t* owned = nullptr;
  Holder(const psl_ctx_t* c, psl_ctx_t* o) : context(c), owned(o) {}
  Holder(const Holder&) = delete;
  ~Holder() {
    if (owned) psl_free(owned);
  }
};

namespace {
constexpr const char* kSystemList = "/usr/share/publicsuffix/public_suffix_list.dafsa";
}

Result<PublicSuffix> PublicSuffix::load(const std::string& path) {
  psl_ctx_t* context = psl_load_file(path.c_str());
  if (!context) return fail(Errc::io, "cannot read the public suffix list " + path);
  return PublicSuffix(std::make_shared<const Holder>(context, context));
}

const PublicSuffix& PublicSuffix::system() {
  static const PublicSuffix list = [] {
    if (auto loaded = load(kSystemList)) return *loaded;
    log::warn("public suffix list: the package publicsuffix is missing, using the built-in list");
    return PublicSuffix(std::make_shared<const Holder>(psl_builtin(), nullptr));
  }();
  return list;
}

bool PublicSuffix::is_public_suffix(const DomainName& name) const {
  return holder_->context && psl_is_public_suffix(holder_->context, name.text().c_str());
}

std::optional<DomainName> PublicSuffix::organizational_domain(const DomainName& name) const {
  if (!holder_->context || name.empty()) return std::nullopt;
  const char* found = psl_registrable_domain(holder_->context, name.text().c_str());
  if (!found) return std::nullopt;
  auto parsed = DomainName::parse(found, NameRule::owner);
  return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
}

}  // namespace ph::dns
