#include <fmt/format.h>
#include <cstring>

#include "base/limits.h"
#include "mime/address.h"
#include "mime/address_scan.h"
#include "mime/encoded_word.h"

namespace ph::mime {
namespace {

enum class WordKind : uint8_t { atom, quoted, dot };

struct Word {
  WordKind kind;
  std::string_view written;  // as it stands, with quotes
  std::string content;       // without quotes and escapes
  bool gap = false;          // white space or a comment stood before it
};

// Reads one field value from left to right, never back: every step moves `at_` on.
class AddressReader {
 public:
  explicit AddressReader(std::string_view text) : text_(text) {}

  Result<AddressList> read_list();

 private:
  Result<> read_element();
  Result<> read_group(const std::vector<Word>& name);
  Result<> read_mailbox_after(std::vector<Word> words);
  Result<Mailbox> read_addr_spec(const std::vector<Word>& words);
  Result<Mailbox> read_angle();
  Result<> read_route();
  Result<std::vector<Word>> read_words();
  Result<Word> read_quoted();
  Result<std::string> read_domain();
  Result<std::string> read_literal();
  Result<bool> skip_cfws();
  Result<> skip_fold();
  Result<> skip_comment();

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool next_is(char c) const { return !at_end() && text_[at_] == c; }
  std::unexpected<Error> wrong(const char* what) const {
    return fail(Errc::invalid, fmt::format("{} (at octet {})", what, at_ + 1));
  }

  std::string_view text_;
  size_t at_ = 0;
  bool in_group_ = false;
  AddressList list_;
};

// CRLF that white space follows, RFC 5322 §3.2.2; `at_` is on the CR.
Result<> AddressReader::skip_fold() {
  bool folds =
      text_.substr(at_).starts_with("\r\n") && at_ + 2 < text_.size() && is_wsp(text_[at_ + 2]);
  if (!folds) return wrong("a line end stands where no fold is");
  at_ += 2;
  return {};
}

Result<> AddressReader::skip_comment() {
  size_t depth = 0;
  while (!at_end()) {
    char c = peek();
    if (c == '\r') {
      TRY(skip_fold());
      continue;
    }
    if (!is_high(c) && c < 0x20 && c != '\t')
      return wrong("a control character stands in a comment");
    ++at_;
    if (c == '(' && ++depth > limits::kCommentDepth) return wrong("comments are nested too deep");
    if (c == ')' && --depth == 0) return {};
    if (c != '\\') continue;
    if (at_end()) break;
    if (!is_high(peek()) && peek() < 0x20 && peek() != '\t')
      return wrong("a control character stands in a comment");
    ++at_;
  }
  return wrong("a comment has no end");
}

// True when there was any.
Result<bool> AddressReader::skip_cfws() {
  size_t start = at_;
  while (!at_end()) {
    if (is_wsp(peek())) {
      ++at_;
    } else if (peek() == '\r') {
      TRY(skip_fold());
    } else if (peek() == '(') {
      TRY(skip_comment());
    } else {
      break;
    }
  }
  return at_ != start;
}

Result<Word> AddressReader::read_quoted() {
  Word word{.kind = WordKind::quoted, .written = {}, .content = {}};
  size_t start = at_++;
  while (!at_end()) {
    char c = peek();
    if (c == '"') {
      ++at_;
      word.written = text_.substr(start, at_ - start);
      return word;
    }
    if (c == '\r') {
      TRY(skip_fold());
      continue;
    }
    if (c == '\\') {
      ++at_;
      if (at_end()) break;
      c = peek();
      if (is_high(c)) return wrong("a backslash stands before a non-ASCII character");
    }
    if (!is_high(c) && c < 0x20 && c != '\t')
      return wrong("a control character stands in a quoted string");
    word.content += c;
    ++at_;
  }
  return wrong("a quoted string has no end");
}

// Atoms, quoted strings and dots up to the character that says what they were.
Result<std::vector<Word>> AddressReader::read_words() {
  std::vector<Word> words;
  while (true) {
    bool gap = TRY(skip_cfws());
    if (at_end()) return words;
    Word word{.kind = WordKind::dot, .written = {}, .content = {}};
    size_t start = at_;
    if (peek() == '"') {
      word = TRY(read_quoted());
    } else if (peek() == '.') {
      word.written = text_.substr(at_++, 1);
      word.content = ".";
    } else if (is_atext(peek())) {
      while (!at_end() && is_atext(peek())) ++at_;
      word.kind = WordKind::atom;
      word.written = text_.substr(start, at_ - start);
      word.content = word.written;
    } else {
      return words;
    }
    word.gap = gap;
    words.push_back(std::move(word));
  }
}

// A phrase as a person reads it: gaps are one space, encoded-words decoded, RFC 2047 §6.2. Dots in
// it are RFC 5322 §4.1's obs-phrase.
std::string phrase_text(const std::vector<Word>& words) {
  std::string out;
  std::string plain;  // a run of atoms and dots, still encoded
  auto flush = [&] {
    out += decode_encoded_words(plain);
    plain.clear();
  };
  for (size_t i = 0; i < words.size(); ++i) {
    bool quoted = words[i].kind == WordKind::quoted;
    bool space = i > 0 && words[i].gap;
    if (quoted) {
      flush();
      if (space) out += ' ';
      out += words[i].content;
    } else {
      if (space) plain += ' ';
      plain += words[i].content;
    }
  }
  flush();
  // What encoded-words hide may be a line end; a name is one line of text.
  for (char& c : out)
    if (!is_high(c) && (c < 0x20 || c == 0x7f)) c = ' ';
  return out;
}

Result<std::string> AddressReader::read_literal() {
  std::string out = "[";
  for (++at_; !at_end(); ++at_) {
    char c = peek();
    if (c == '\r') {
      TRY(skip_fold());
      c = peek();
    }
    if (c == ']') {
      ++at_;
      return out + "]";
    }
    if (is_wsp(c)) continue;  // RFC 5322 §3.4.1: white space is no part of it
    if (c == '[' || c == '\\' || is_high(c) || c <= 0x20 || c == 0x7f)
      return wrong("a character stands in the address literal that may not");
    out += c;
  }
  return wrong("the address literal has no end");
}

Result<std::string> AddressReader::read_domain() {
  TRY(skip_cfws());
  if (next_is('[')) {
    std::string literal = TRY(read_literal());
    if (literal.size() > limits::kDomain)
      return fail(Errc::limit, "the domain is longer than 255 octets");
    return literal;
  }
  std::string domain;
  bool want_atom = true;
  while (true) {
    TRY(skip_cfws());
    if (want_atom) {
      size_t start = at_;
      while (!at_end() && is_atext(peek())) ++at_;
      if (at_ == start) return wrong("a part of the domain is missing");
      domain += text_.substr(start, at_ - start);
    } else if (next_is('.')) {
      ++at_;
      domain += '.';
    } else {
      break;
    }
    want_atom = !want_atom;
  }
  TRY(check_domain(domain));
  return domain;
}

// `words` stand before "@", which is next.
Result<Mailbox> AddressReader::read_addr_spec(const std::vector<Word>& words) {
  if (words.empty()) return wrong("there is no local part");
  Mailbox mailbox;
  std::string written;
  bool want_word = true;
  for (const Word& word : words) {
    if ((word.kind == WordKind::dot) == want_word)
      return wrong("the local part's words and dots do not alternate");
    mailbox.local += word.content;
    written += word.written;
    want_word = !want_word;
  }
  if (want_word) return wrong("the local part ends with a dot");
  TRY(check_written_local(written, mailbox.local));
  ++at_;
  std::string domain = TRY(read_domain());
  if (written.size() + 1 + domain.size() > limits::kPath - 2)
    return fail(Errc::limit, "the address is longer than 254 octets");
  set_ascii_domain(mailbox, domain);
  return mailbox;
}

// RFC 5322 §4.4 obs-route: "@a,@b:"; read and dropped.
Result<> AddressReader::read_route() {
  while (true) {
    TRY(skip_cfws());
    if (next_is(',')) {
      ++at_;
    } else if (next_is('@')) {
      ++at_;
      TRY(read_domain());
    } else if (next_is(':')) {
      ++at_;
      return {};
    } else {
      return wrong("the source route is malformed");
    }
  }
}

Result<Mailbox> AddressReader::read_angle() {
  ++at_;
  TRY(skip_cfws());
  if (next_is('@')) {
    TRY(read_route());
    list_.has_route = true;
  }
  std::vector<Word> words = TRY(read_words());
  if (!next_is('@')) return wrong(next_is('>') ? "there is no domain" : "@ is missing");
  Mailbox mailbox = TRY(read_addr_spec(words));
  TRY(skip_cfws());
  if (!next_is('>')) return wrong("> is missing");
  ++at_;
  return mailbox;
}

Result<> AddressReader::read_mailbox_after(std::vector<Word> words) {
  Mailbox mailbox;
  if (next_is('<')) {
    mailbox = TRY(read_angle());
    mailbox.name = phrase_text(words);
  } else if (next_is('@')) {
    mailbox = TRY(read_addr_spec(words));
  } else {
    return wrong(at_end() ? "there is no domain" : "a character stands where none may");
  }
  list_.mailboxes.push_back(std::move(mailbox));
  TRY(skip_cfws());
  return {};
}

Result<> AddressReader::read_group(const std::vector<Word>& name) {
  if (name.empty()) return wrong("a group has no name");
  if (in_group_) return wrong("a group stands inside a group");
  ++at_;
  in_group_ = true;
  list_.has_group = true;
  while (true) {
    TRY(skip_cfws());
    if (next_is(';')) break;
    if (next_is(',')) {  // RFC 5322 §4.4 obs-group-list
      ++at_;
      continue;
    }
    if (at_end()) return wrong("a group has no end");
    TRY(read_element());
    if (!next_is(',') && !next_is(';')) return wrong("a comma is missing");
  }
  ++at_;
  in_group_ = false;
  TRY(skip_cfws());
  return {};
}

Result<> AddressReader::read_element() {
  std::vector<Word> words = TRY(read_words());
  if (next_is(':')) return read_group(words);
  return read_mailbox_after(std::move(words));
}

Result<AddressList> AddressReader::read_list() {
  while (true) {
    TRY(skip_cfws());
    if (at_end()) break;
    if (next_is(',')) {  // RFC 5322 §4.4 obs-addr-list: empty elements
      ++at_;
      continue;
    }
    TRY(read_element());
    if (!at_end() && !next_is(',')) return wrong("a comma is missing");
  }
  if (list_.mailboxes.empty() && !list_.has_group) return wrong("there is no address");
  return std::move(list_);
}

}  // namespace

Result<AddressList> parse_header_addresses(std::string_view value) {
  if (value.size() > limits::kAddressListBytes)
    return fail(Errc::limit, "the address list is longer than 64 KiB");
  if (!is_utf8(value)) return fail(Errc::invalid, "the address list is not UTF-8");
  return AddressReader(value).read_list();
}

}  // namespace ph::mime
