// Purpose: a Resolver that says what another says now, but never what DNSSEC proves false: domain
//   checks ask without a cache between, and their own client does not validate.
// Shapes: each question goes to a validating resolver as well. What is bogus there is bogus here;
//   where its validated answer is the same, the answer is secure. Where it is another, one of them
//   is old or forged, and a validating resolver with an empty cache decides.
// Threads: query() on any loop.
// Errors: see Answer. A validator that does not answer proves nothing.
// Spec: RFC 4035 §4.3.
#pragma once

#include <functional>
#include <memory>

#include "dns/resolver.h"

namespace ph::dns {

struct ValidatedOptions {
  Resolver* direct = nullptr;
  Resolver* validator = nullptr;                       // may cache
  std::function<net::Task<bool>(Deadline)> validates;  // where it does not, it is not asked
  std::function<std::unique_ptr<Resolver>()> fresh;    // one with an empty cache; may give none
};

class ValidatedResolver : public Resolver {
 public:
  explicit ValidatedResolver(ValidatedOptions options) : options_(std::move(options)) {}
  net::Task<Answer> query(Question question, Deadline deadline) override;

 private:
  net::Task<Answer> proven(Question question, Deadline deadline);
  ValidatedOptions options_;
};

}  // namespace ph::dns
