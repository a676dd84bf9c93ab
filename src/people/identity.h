// Purpose: who a customer is: an account says it, shows evidence, and the operator decides.
// Shapes: none → submitted → approved, or rejected with a reason → submitted again. While a claim
//   is submitted or approved neither it nor its evidence changes; the operator may still reject
//   what he approved. An individual gives a name and a document's number; an enterprise its name,
//   its registration number, a contact, and at least one file. Numbers are kept sealed and shown
//   masked; only a review, which is written to the audit log, opens them. Files are kept sealed,
//   and go identity.evidence_days after the decision.
// Errors: conflict (a state that does not allow it), not_found, missing_field, invalid_field,
//   too_large, forbidden.
// Threads: any loop.
// Not here: what follows from it (core/identity_rights.h), what a file is (evidence_file.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/identity_rights.h"
#include "people/notice.h"
#include "store/evidence.h"

namespace ph::people {

struct IdentityWish {
  AccountId account;
  store::IdentityKind kind = store::IdentityKind::individual;
  std::string name;             // of an individual
  std::string document_number;  // the same
  std::string company;          // of an enterprise
  std::string registration_number;
  std::string contact;
};

struct NewEvidence {
  AccountId account;
  std::string filename;
  std::string content_type;  // as the upload says
  std::string bytes;
};

struct IdentityView {
  core::IdentityMode mode = core::IdentityMode::off;
  store::IdentityState state = store::IdentityState::none;
  store::IdentityClaimRow claim;  // where the state is not none
  std::string number;             // masked, or whole in a review
  std::vector<store::EvidenceRow> evidence;
  std::vector<store::IdentityHistoryRow> history;
};

struct EvidenceBytes {
  store::EvidenceRow row;
  std::string bytes;
};

class Identities {
 public:
  Identities(core::Context& context, Notices& notices) : context_(context), notices_(notices) {}

  // Who may not manage people sees the state alone.
  net::Task<core::Outcome<IdentityView>> get(core::Actor actor, AccountId account);
  net::Task<core::Outcome<IdentityView>> submit(core::Actor actor, IdentityWish wish);
  net::Task<core::Outcome<store::EvidenceRow>> add(core::Actor actor, NewEvidence evidence);
  net::Task<core::Outcome<>> remove(core::Actor actor, AccountId account, int64_t evidence);

  // The operator's.
  using Reviews = std::vector<store::IdentityReviewRow>;
  net::Task<core::Outcome<Reviews>> reviews(core::Actor actor,
                                            std::optional<store::IdentityState> state,
                                            store::Page page);
  net::Task<core::Outcome<IdentityView>> review(core::Actor actor, AccountId account);
  net::Task<core::Outcome<EvidenceBytes>> open(core::Actor actor, AccountId account,
                                               int64_t evidence);
  // `seen`: the submitted_at, as it is shown, of the claim that was read; another one is a
  // conflict. Empty: the one that is there.
  net::Task<core::Outcome<IdentityView>> approve(core::Actor actor, AccountId account,
                                                 std::string seen = {});
  net::Task<core::Outcome<IdentityView>> reject(core::Actor actor, AccountId account,
                                                std::string reason, std::string seen = {});

 private:
  net::Task<core::Outcome<IdentityView>> decide(core::Actor actor, AccountId account,
                                                store::IdentityDecision decision,
                                                std::string seen);

  core::Context& context_;
  Notices& notices_;
};

// "1****************4": what is shown of a number.
std::string masked_number(std::string_view number);

}  // namespace ph::people
