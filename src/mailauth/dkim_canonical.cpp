#include "mailauth/dkim_canonical.h"

#include <algorithm>

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
    while (i < bytes.size() && plain(bytes[i])) *out++ = bytes[i++];
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
