#include "core/send_limits.h"

#include "base/id_source.h"
#include "core/domain_state.h"
#include "store/address.h"
#include "store/event.h"
#include "store/recipient.h"

namespace ph::core {

Outcome<SenderNow> sender_still_allowed(store::Tx& tx, AccountId account, DomainId domain,
                                        AddressId address) {
  SenderNow out;
  out.account = REFUSE_TRY(store::account(tx.sql(), account));
  if (out.account.state != store::AccountState::active)
    return refuse(Reason::account_suspended, "The account may not send now.");
  auto row = store::domain(tx.sql(), account, domain);
  if (!row || !may_send(row->state))
    return refuse(Reason::domain_not_verified, "The sender domain may not send any more.", "from");
  out.domain = std::move(*row);
  if (address && !store::address(tx.sql(), account, address))
    return refuse(Reason::address_not_found, "The sender address was deleted.", "from");
  return out;
}

Outcome<int64_t> room_of_today(store::Tx& tx, const SenderNow& sender) {
  int64_t limit = sender.account.limits.daily_per_domain;
  if (limit <= 0) return INT64_MAX;
  int64_t today = REFUSE_TRY(store::counter(
      tx.sql(), sender.account.id,
      {.day = store::day_of(tx.now()), .domain_id = sender.domain.id, .kind = "accepted"}));
  return std::max<int64_t>(0, limit - today);
}

Outcome<> mailbox_has_room(store::Tx& tx, const SenderNow& sender, const std::string& address,
                           int64_t more, const std::string& field) {
  int64_t per_hour = sender.account.limits.per_mailbox_hour;
  if (per_hour <= 0) return {};
  int64_t recent = REFUSE_TRY(store::recent_mails_to(
      tx.sql(), sender.account.id, address, MessageId(id_floor(tx.now() - std::chrono::hours(1)))));
  if (recent + more < per_hour) return {};
  return refuse(Reason::mailbox_rate_limit,
                "This mailbox got as many mails in the last hour as the account allows.", field);
}

}  // namespace ph::core
