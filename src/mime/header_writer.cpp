#include "mime/header_writer.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "mime/address_scan.h"
#include "mime/encoded_word.h"
#include "mime/header.h"

namespace ph::mime {
namespace {

constexpr size_t kQuotedName = 60;      // a longer ASCII name is folded as encoded-words
constexpr size_t kPlainParameter = 60;  // as a token on one line
constexpr size_t kQuotedParameter = 200;
constexpr size_t kSegment = 60;    // characters of one RFC 2231 segment
constexpr size_t kWordLeast = 36;  // less room than this for an encoded-word: fold first
constexpr size_t kSpaceRun = 20;   // longer runs of white space are encoded, so as to survive

// One field being written: tokens go on the line while they fit, else on a new one.
class Folder {
 public:
  Folder(std::string_view name, size_t wished) : out_(name), wished_(wished) {
    out_ += ':';
    column_ = out_.size();
  }

  // `space` is white space that stands before the token; it is where a fold may be.
  void token(std::string_view text, std::string_view space = " ") {
    size_t width = space.size() + text.size();
    bool fits = column_ + width <= wished_;
    bool first_fits = first_ && column_ + width <= limits::kHeaderLine;
    if (!fits && !first_fits) fold();
    out_ += space;
    out_ += text;
    column_ += width;
    first_ = false;
  }
  void fold() {
    out_ += "\r\n";
    column_ = 0;
  }
  // What comes right behind the last token, without a fold.
  void glue(char c) {
    out_ += c;
    ++column_;
  }
  void encoded(std::string_view text, WordPlace place, std::string_view space = " ") {
    if (wished_ < column_ + space.size() + kWordLeast) fold();
    size_t first = wished_ - column_ - space.size();
    for (const std::string& word : encode_words(text, place, first, wished_ - 1)) {
      token(word, space);
      space = " ";
    }
  }
  std::string take() { return std::move(out_ += "\r\n"); }

 private:
  std::string out_;
  size_t wished_;
  size_t column_ = 0;
  bool first_ = true;
};

Result<> check_text(std::string_view name, std::string_view text) {
  if (!is_field_name(name)) return fail(Errc::invalid, "the field name is not allowed");
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    return fail(Errc::invalid, "the value has a line break or NUL");
  if (!is_utf8(text)) return fail(Errc::invalid, "the value is not UTF-8");
  return {};
}

struct SpacedWord {
  std::string_view space;  // before it
  std::string_view word;
};

std::vector<SpacedWord> words_of(std::string_view text) {
  std::vector<SpacedWord> words;
  size_t at = 0;
  while (at < text.size()) {
    size_t start = std::min(text.find_first_not_of(" \t", at), text.size());
    size_t end = std::min(text.find_first_of(" \t", start), text.size());
    words.push_back({text.substr(at, start - at), text.substr(start, end - start)});
    at = end;
  }
  return words;
}

bool must_encode(std::string_view word) {
  return !is_ascii(word) || has_control(word) || word.contains("=?") ||
         word.size() > limits::kHeaderLine - limits::kHeaderLineWished;
}

bool has_odd_space(const std::vector<SpacedWord>& words) {
  return std::ranges::any_of(words, [](const SpacedWord& w) {
    return w.space.contains('\t') || w.space.size() > kSpaceRun;
  });
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

// RFC 2231 §7 attribute-char.
bool is_attribute_char(char c) {
  return is_alnum(c) || std::string_view("!#$&+-.^_`|~").contains(c);
}

void extended_parameter(Folder& folder, const Parameter& parameter) {
  std::vector<std::string> segments(1);
  for (char c : parameter.value) {
    std::string piece =
        is_attribute_char(c) ? std::string(1, c) : "%" + upper(hex_encode(std::string_view(&c, 1)));
    if (segments.back().size() + piece.size() > kSegment) segments.emplace_back();
    segments.back() += piece;
  }
  for (size_t i = 0; i < segments.size(); ++i) {
    std::string text = parameter.name + "*";
    if (segments.size() > 1) text += std::to_string(i) + "*";
    text += i == 0 ? "=utf-8''" : "=";
    if (i > 0) folder.glue(';');
    folder.token(text + segments[i]);
  }
}

void write_parameter(Folder& folder, const Parameter& parameter) {
  const std::string& value = parameter.value;
  folder.glue(';');
  if (is_token(value) && value.size() <= kPlainParameter)
    return folder.token(parameter.name + "=" + value);
  if (is_ascii(value) && value.size() <= kQuotedParameter)
    return folder.token(parameter.name + "=" + quoted(value));
  // Alone: with a plain form beside it, many readers take that one, and lose the name.
  extended_parameter(folder, parameter);
}

// Atoms that need no quotes: RFC 5322 §3.2.5 phrase without dots.
bool is_plain_phrase(std::string_view name) {
  if (!is_ascii(name) || name.contains("=?") || name.contains("  ")) return false;
  return std::ranges::all_of(name, [](char c) { return is_atext(c) || c == ' '; });
}

void write_phrase(Folder& folder, std::string_view name) {
  if (is_plain_phrase(name) && name.size() <= limits::kHeaderLineWished) {
    for (const SpacedWord& word : words_of(name)) folder.token(word.word);
  } else if (is_ascii(name) && !has_control(name) && !name.contains("=?") &&
             name.size() <= kQuotedName) {
    folder.token(quoted(name));
  } else {
    folder.encoded(name, WordPlace::phrase);
  }
}

}  // namespace

Result<> HeaderWriter::unstructured(std::string_view name, std::string_view text) {
  TRY(check_text(name, text));
  text = trim(text);
  auto words = words_of(text);
  auto encode = [](const SpacedWord& w) { return must_encode(w.word); };
  auto first = std::ranges::find_if(words, encode);
  auto last = std::find_if(words.rbegin(), words.rend(), encode).base();
  if (has_odd_space(words)) first = words.begin(), last = words.end();
  bool encodes = first != words.end();
  Folder folder(name, encodes ? limits::kEncodedLine : limits::kHeaderLineWished);
  for (auto it = words.begin(); it != words.end(); ++it) {
    if (it != first) {
      folder.token(it->word, it->space.empty() ? " " : it->space);
      continue;
    }
    const char* begin = first->word.data();
    const char* end = (last - 1)->word.data() + (last - 1)->word.size();
    folder.encoded(std::string_view(begin, static_cast<size_t>(end - begin)), WordPlace::text,
                   it->space.empty() ? " " : it->space);
    it = last - 1;
  }
  out_ += folder.take();
  return {};
}

Result<> HeaderWriter::structured(std::string_view name, std::string_view text) {
  TRY(check_text(name, text));
  text = trim(text);
  Folder folder(name, limits::kHeaderLineWished);
  for (const SpacedWord& word : words_of(text)) {
    if (!is_ascii(word.word) || has_control(word.word))
      return fail(Errc::invalid, "the value has a control character or is not ASCII");
    if (name.size() + 2 + word.space.size() + word.word.size() > limits::kHeaderLine)
      return fail(Errc::limit, "the value has a word that is too long for a header line");
    folder.token(word.word, word.space.empty() ? " " : word.space);
  }
  out_ += folder.take();
  return {};
}

Result<> HeaderWriter::mailboxes(std::string_view name, std::span<const Mailbox> list) {
  if (list.empty()) return {};
  Folder folder(name, limits::kEncodedLine);
  for (size_t i = 0; i < list.size(); ++i) {
    const Mailbox& mailbox = list[i];
    TRY(check_text(name, mailbox.name));
    TRY(check_mailbox(mailbox));
    std::string address = mailbox.ascii.empty() ? mailbox.address() : mailbox.ascii;
    if (!is_ascii(address)) needs_smtputf8_ = true;
    std::string_view display = trim(mailbox.name);
    if (display.empty()) {
      folder.token(address);
    } else {
      write_phrase(folder, display);
      folder.token("<" + address + ">");
    }
    if (i + 1 < list.size()) folder.glue(',');
  }
  out_ += folder.take();
  return {};
}

Result<> HeaderWriter::parameters(std::string_view name, std::string_view value,
                                  std::span<const Parameter> list) {
  TRY(check_text(name, value));
  Folder folder(name, limits::kHeaderLineWished);
  folder.token(value);
  for (const Parameter& parameter : list) {
    TRY(check_text(name, parameter.value));
    if (!is_token(parameter.name) || has_control(parameter.value))
      return fail(Errc::invalid, "a parameter has a control character or no proper name");
    write_parameter(folder, parameter);
  }
  out_ += folder.take();
  return {};
}

}  // namespace ph::mime
