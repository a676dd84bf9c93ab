// Purpose: finds octets in text sixteen at a time, for the passes that every mail's content takes.
// Shapes: find_any<'\r', '\n'>(text, from) is the offset of the first of them, or the text's size.
// Threads: any.
#pragma once

#include <bit>
#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ph {

template <char... kWanted>
size_t find_any(std::string_view text, size_t from = 0) {
  const char* data = text.data();
  size_t at = from;
#if defined(__SSE2__)
  for (; at + 16 <= text.size(); at += 16) {
    __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + at));
    __m128i hits = _mm_setzero_si128();
    ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(block, _mm_set1_epi8(kWanted)))), ...);
    auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits));
    if (mask != 0) return at + static_cast<size_t>(std::countr_zero(mask));
  }
#endif
  while (at < text.size() && ((data[at] != kWanted) && ...)) ++at;
  return at;
}

}  // namespace ph
