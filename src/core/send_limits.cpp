#include "core/send_limits.h"

#include "core/domain_state.h"
#include "store/event.h"

namespace ph::core {
namespace {

std::string blocked_sentence(const std::string& why) {
  return "The sender domain may not send now, because of what became of its mails" +
         (why.empty() ? std::string(".") : " (" + why + ").");
}

}  // namespace

Outcome<SenderNow> sender_still_allowed(store::Tx& tx, AccountId account, DomainId domain,
                                        AddressId address) {
  SenderNow out{.account = account, .domain = domain, .facts = {}};
  out.facts = REFUSE_TRY(tx.sender({account, domain, address}));
  if (out.facts.account_state != store::AccountState::active)
    return refuse(Reason::account_suspended, "The account may not send now.");
  if (!out.facts.domain_state || !may_send(*out.facts.domain_state))
    return refuse(Reason::domain_not_verified, "The sender domain may not send any more.", "from");
  if (out.facts.blocked_until > tx.now())
    return refuse(Reason::domain_blocked, blocked_sentence(out.facts.blocked_why), "from");
  if (out.facts.daily_of_level == 0)
    return refuse(Reason::domain_blocked,
                  "The sender domain is on level 0 and may not send. Ask us to unblock it.",
                  "from");
  if (address && !out.facts.address_there)
    return refuse(Reason::address_not_found, "The sender address was deleted.", "from");
  return out;
}

Outcome<int64_t> room_of_today(store::Tx& tx, const SenderNow& sender) {
  int64_t limit = INT64_MAX;
  if (sender.facts.daily_per_domain > 0) limit = sender.facts.daily_per_domain;
  if (sender.facts.daily_of_level != store::kNoDailyLimit)
    limit = std::min(limit, sender.facts.daily_of_level);
  if (limit == INT64_MAX) return limit;
  int64_t today = REFUSE_TRY(tx.counted(
      sender.account,
      {.day = store::day_of(tx.now()), .domain_id = sender.domain, .kind = "accepted"}));
  return std::max<int64_t>(0, limit - today - sender.facts.accepted_before);
}

Outcome<> mailbox_has_room(store::Tx& tx, const SenderNow& sender, const std::string& address,
                           int64_t more, const std::string& field) {
  int64_t per_hour = sender.facts.per_mailbox_hour;
  if (per_hour <= 0) return {};
  int64_t recent = REFUSE_TRY(tx.mails_to(sender.account, address));
  if (recent + more < per_hour) return {};
  return refuse(Reason::mailbox_rate_limit,
                "This mailbox got as many mails in the last hour as the account allows.", field);
}

}  // namespace ph::core
