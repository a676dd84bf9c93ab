// Purpose: CRC-32C (Castagnoli), the checksum of stored content.
// Spec: RFC 3720 §B.4 has the polynomial's test values.
// Threads: any.
#pragma once

#include <cstdint>
#include <string_view>

namespace ph::store {

uint32_t crc32c(std::string_view bytes);

}  // namespace ph::store
