// Purpose: the forms in which a message's id is written outside: our own (base/id_source.h), and
//   that of the imitated MessageId, which clients of the Tencent door have.
// Shapes: qcloudses-30-<AppId>-date-<yyyyMMddHHmmss, UTC+8>-<12 letters and digits>1. The twelve
//   are the 64 bits of our id, mixed so that neighbours do not look alike, and a check character.
// Threads: pure.
// Errors: parse_tencent_message_id(): Errc::invalid for what is no MessageId of ours;
//   read_message_id(): not_found, since an id that is none names no message.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "core/reason.h"

namespace ph::core {

struct TencentMessageId {
  int64_t app_id = 0;
  MessageId id;
  bool operator==(const TencentMessageId&) const = default;
};

std::string format_tencent_message_id(const TencentMessageId& id);
Result<TencentMessageId> parse_tencent_message_id(std::string_view text);

// Of either form. `field`: of the request, for the refusal.
Outcome<MessageId> read_message_id(std::string_view text, std::string field = {});

}  // namespace ph::core
