#include "core/provider_block.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/settings.h"
#include "store/account.h"
#include "store/reputation.h"

namespace ph::core {

Result<> note_provider_limit(store::Tx& tx, const ProviderLimit& limit) {
  auto account = TRY(store::account(tx.sql(), limit.account));
  if (account.plan == store::Plan::in_house) return {};
  int64_t minutes =
      TRY(setting_number(tx.sql(), limit.account, "quota.provider_block_minutes"));
  if (minutes == 0) return {};
  return store::put_provider_block(tx.sql(), {.account_id = limit.account,
                                              .provider = limit.provider,
                                              .until = tx.now() + std::chrono::minutes(minutes),
                                              .why = limit.reply});
}

Outcome<> provider_takes(const store::SenderFacts& sender, WallTime now,
                         const std::string& provider, const std::string& field) {
  auto pause = std::ranges::find(sender.pauses, provider, &store::ProviderPause::provider);
  if (pause == sender.pauses.end() || pause->until <= now) return {};
  auto refusal = refuse(Reason::provider_blocked,
                        fmt::format("{} limits us: nothing is sent there until {}.", provider,
                                    format_iso8601(pause->until)),
                        field);
  refusal.error().retry_after = pause->until - now;
  return refusal;
}

}  // namespace ph::core
