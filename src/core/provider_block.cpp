#include "core/provider_block.h"

#include <fmt/format.h>

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

Outcome<> provider_takes(store::Tx& tx, AccountId account, const std::string& provider,
                         const std::string& field) {
  auto block = REFUSE_TRY(store::provider_block(tx.settled(), account, provider));
  if (!block || block->until <= tx.now()) return {};
  auto refusal = refuse(Reason::provider_blocked,
                        fmt::format("{} limits us: nothing is sent there until {}.", provider,
                                    format_iso8601(block->until)),
                        field);
  refusal.error().retry_after = block->until - tx.now();
  return refusal;
}

}  // namespace ph::core
