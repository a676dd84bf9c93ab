// Purpose: a message's id in the form of the original's MessageId, and back.
// Shapes: qcloudses-30-<AppId>-date-<yyyyMMddHHmmss, UTC+8>-<12 letters and digits>1. The twelve
//   are the 64 bits of our id, mixed so that neighbours do not look alike, and a check character.
// Threads: pure.
// Errors: what is no MessageId of ours is Errc::invalid.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace ph::tencent {

struct TencentMessageId {
  int64_t app_id = 0;
  MessageId id;
  bool operator==(const TencentMessageId&) const = default;
};

std::string format_message_id(const TencentMessageId& id);
Result<TencentMessageId> parse_message_id(std::string_view text);

}  // namespace ph::tencent
