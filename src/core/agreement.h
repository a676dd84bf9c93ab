// Purpose: the service agreement: what a customer accepts with his activation, in versions that
//   never change.
// Shapes: while the operator has set none, a short one of our own is in force, kFirstAgreement.
// Errors: conflict (the version exists), invalid_field, too_large, forbidden.
// Threads: any loop; current_agreement() any with a connection.
// Not here: who accepted which version (billing/).
#pragma once

#include <string>

#include "core/access.h"
#include "core/context.h"
#include "store/agreement.h"

namespace ph::core {

inline constexpr std::string_view kFirstAgreement = "1";

Result<store::AgreementRow> current_agreement(sql::Connection& sql);

struct NewAgreement {
  std::string version;
  std::string text_en;
  std::string text_zh;
};

class Agreements {
 public:
  explicit Agreements(Context& context) : context_(context) {}

  net::Task<Outcome<store::AgreementRow>> current();
  net::Task<Outcome<store::AgreementRow>> put(Actor actor, NewAgreement agreement);

 private:
  Context& context_;
};

}  // namespace ph::core
