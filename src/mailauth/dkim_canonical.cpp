#include "mailauth/dkim_canonical.h"

#include <algorithm>
#include <cstring>

#include "base/scan.h"
#include "base/text.h"

namespace ph::mailauth {
namespace {

constexpr size_t kPending = 2;          // a held-back space and CR
constexpr size_t kPiece = 16u << 10;  // octets of body canonicalised at once

// RFC 6376 §3.4.2, as one pass: runs of white space become one space, at the ends none; CRLF goes.
void append_relaxed_value(std::string& out, std::string_view value) {
  bool space = false;
  bool text = false;
  for (size_t i = 0; i < value.size(); ++i) {
    char c = value[i];
    if (is_wsp(c)) {
      space = true;
      continue;
    }
    if (c == '\r' && i + 1 < value.size() && value[i + 1] == '\n') {
      ++i;
      continue;
    }
    if (space && text) out += ' ';
    space = false;
    text = true;
    out += c;
  }
}

// How many octets from `at` on, which is no white space, stand in the relaxed form as they do here:
// words with single spaces between them.
size_t unchanged_run(std::string_view bytes, size_t at) {
  size_t end = at;
#if defined(__SSE2__)
  auto is = [](__m128i block, char c) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(c)); };
  for (; end + 17 <= bytes.size(); end += 16) {
    const char* data = bytes.data() + end;
    __m128i here = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data));
    __m128i next = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + 1));
    __m128i no_word = is(next, ' ') | is(next, '\t') | is(next, '\r');
    __m128i stop = is(here, '\t') | is(here, '\r') | (is(here, ' ') & no_word);
    auto mask = static_cast<unsigned>(_mm_movemask_epi8(stop));
    if (mask != 0) return end + static_cast<size_t>(std::countr_zero(mask)) - at;
  }
#endif
  for (; end < bytes.size() && bytes[end] != '\r' && bytes[end] != '\t'; ++end) {
    if (bytes[end] != ' ') continue;
    if (end + 1 == bytes.size()) break;
    char next = bytes[end + 1];
    if (next == ' ' || next == '\t' || next == '\r') break;
  }
  return end - at;
}

}  // namespace

void append_canonical_field(std::string& out, Canonical form, std::string_view field) {
  if (form == Canonical::simple) {
    out += field;
    return;
  }
  size_t colon = field.find(':');
  std::string_view name = trim(field.substr(0, colon));
  for (char c : name) out += to_lower(c);
  out += ':';
  if (colon != std::string_view::npos) append_relaxed_value(out, field.substr(colon + 1));
}

char* BodyCanonical::begin_text(char* out) {
  for (; line_ends_ > 0; --line_ends_) {
    *out++ = '\r';
    *out++ = '\n';
  }
  if (space_) *out++ = ' ';
  if (cr_) *out++ = '\r';  // it stood alone
  space_ = cr_ = false;
  any_ = true;
  return out;
}

// Writes through a pointer into room made at once: one call of append a word would cost more than
// the hash.
void BodyCanonical::add(std::string_view bytes, std::string& out) {
  size_t before = out.size();
  size_t most = before + kPending + 2 * line_ends_ + bytes.size();
  out.resize_and_overwrite(most, [&](char* buffer, size_t) {
    char* at = buffer + before;
    char* end = form_ == Canonical::relaxed ? add_relaxed(bytes, at) : add_simple(bytes, at);
    return static_cast<size_t>(end - buffer);
  });
}

char* BodyCanonical::add_relaxed(std::string_view bytes, char* out) {
  auto plain = [](char c) { return c != ' ' && c != '\r' && c != '\t'; };
  for (size_t i = 0; i < bytes.size();) {
    char c = bytes[i];
    if (cr_ && c == '\n') {
      cr_ = space_ = false;
      ++line_ends_;
      ++i;
      continue;
    }
    if (cr_) out = begin_text(out);
    if (!plain(c)) {
      (c == '\r' ? cr_ : space_) = true;
      ++i;
      continue;
    }
    out = begin_text(out);
    size_t run = unchanged_run(bytes, i);
    std::memcpy(out, bytes.data() + i, run);
    out += run;
    i += run;
  }
  return out;
}

char* BodyCanonical::add_simple(std::string_view bytes, char* out) {
  for (size_t i = 0; i < bytes.size();) {
    if (cr_ && bytes[i] == '\n') {
      cr_ = false;
      ++line_ends_;
      ++i;
      continue;
    }
    if (cr_) out = begin_text(out);
    if (bytes[i] == '\r') {
      cr_ = true;
      ++i;
      continue;
    }
    size_t end = std::min(bytes.find('\r', i), bytes.size());
    out = begin_text(out);
    out = std::copy(bytes.begin() + static_cast<ptrdiff_t>(i),
                    bytes.begin() + static_cast<ptrdiff_t>(end), out);
    i = end;
  }
  return out;
}

// RFC 6376 §3.4.3: an empty body is one CRLF; §3.4.4: an empty relaxed body is nothing.
void BodyCanonical::finish(std::string& out) {
  if (cr_) {
    std::string last(kPending + 2 * line_ends_, '\0');
    last.resize(static_cast<size_t>(begin_text(last.data()) - last.data()));
    out += last;
  }
  if (any_ || form_ == Canonical::simple) out += "\r\n";
  *this = BodyCanonical(form_);
}

BodyHasher::BodyHasher(Canonical form, std::optional<uint64_t> length)
    : form_(form), canonical_(form), most_(length.value_or(UINT64_MAX)) {}

void BodyHasher::flush() {
  total_ += buffer_.size();
  uint64_t take = std::min<uint64_t>(buffer_.size(), most_ - hashed_);
  if (take > 0) hash_.add(std::string_view(buffer_).substr(0, take));
  hashed_ += take;
  buffer_.clear();
}

void BodyHasher::add(std::string_view bytes) {
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, kPiece);
    bytes.remove_prefix(piece.size());
    canonical_.add(piece, buffer_);
    flush();
  }
}

BodyHash BodyHasher::finish() {
  canonical_.finish(buffer_);
  flush();
  return {form_, hash_.finish(), hashed_, total_};
}

BodyHash hash_body(Canonical form, std::string_view body, std::optional<uint64_t> length) {
  BodyHasher hasher(form, length);
  hasher.add(body);
  return hasher.finish();
}

}  // namespace ph::mailauth
