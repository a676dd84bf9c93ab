#include "mime/content_type.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/limits.h"
#include "base/text.h"
#include "mime/charset.h"
#include "mime/header.h"

namespace ph::mime {
namespace {

struct RawParameter {
  std::string_view name;  // as written: "filename*1*"
  std::string value;
};

// The pieces that one parameter came in.
struct Segment {
  size_t index = 0;
  size_t arrival = 0;
  bool extended = false;
  std::string value;
};
struct Gathered {
  std::string name;
  std::optional<std::string> plain;     // name=
  std::optional<std::string> extended;  // name*=
  std::vector<Segment> segments;        // name*0=, name*1*=
};

class ParameterReader {
 public:
  explicit ParameterReader(std::string_view text) : text_(text) {}

  std::string_view read_word(std::string_view stop) {
    skip_cfws();
    size_t start = at_;
    while (at_ < text_.size() && !is_wsp(text_[at_]) && !stop.contains(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }
  bool take(char c) {
    skip_cfws();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool at_end() {
    skip_cfws();
    return at_ == text_.size();
  }
  // To behind the next ";" that stands outside quotes.
  void skip_parameter() {
    bool quoted = false;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\' && quoted) {
        ++at_;
      } else if (text_[at_] == '"') {
        quoted = !quoted;
      } else if (text_[at_] == ';' && !quoted) {
        break;
      }
    }
    at_ = std::min(at_ + 1, text_.size());
  }
  std::string read_value() {
    skip_cfws();
    std::string out;
    if (at_ == text_.size() || text_[at_] != '"') {
      // A token; real mail has white space and tspecials in it without quotes.
      size_t end = std::min(text_.find(';', at_), text_.size());
      std::string_view value = text_.substr(at_, end - at_);
      at_ = end;
      return std::string(trim(value.substr(0, value.find(" ("))));
    }
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_];
    }
    at_ = std::min(at_ + 1, text_.size());
    return out;
  }

 private:
  void skip_cfws() {
    size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '(') {
        ++depth;
      } else if (depth > 0 && c == ')') {
        --depth;
      } else if (depth > 0 && c == '\\') {
        at_ = std::min(at_ + 1, text_.size() - 1);
      } else if (depth == 0 && !is_wsp(c)) {
        return;
      }
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

Result<std::vector<RawParameter>> read_parameters(ParameterReader& reader) {
  std::vector<RawParameter> list;
  reader.skip_parameter();
  while (!reader.at_end()) {
    std::string_view name = reader.read_word("=;(");
    if (!name.empty() && reader.take('=')) {
      if (list.size() == limits::kMimeParameters)
        return fail(Errc::limit, "a MIME field has more than 1000 parameters");
      list.push_back({.name = name, .value = reader.read_value()});
    }
    reader.skip_parameter();
  }
  return list;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    std::optional<uint8_t> octet;
    if (text[i] == '%' && i + 2 < text.size())
      octet = parse_number<uint8_t>(text.substr(i + 1, 2), 16);
    out += octet ? static_cast<char>(*octet) : text[i];
    if (octet) i += 2;
  }
  return out;
}

// charset'language'text, RFC 2231 §4.
struct Extended {
  std::string_view charset;
  std::string_view text;
};
Extended split_extended(std::string_view value) {
  size_t first = value.find('\'');
  size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) return {.charset = "utf-8", .text = value};
  return {.charset = value.substr(0, first), .text = value.substr(second + 1)};
}

std::string join_segments(std::vector<Segment>& segments) {
  std::ranges::sort(segments, {}, [](const Segment& s) { return std::pair(s.index, s.arrival); });
  std::string bytes;
  std::string charset = "utf-8";
  size_t wanted = 0;
  for (const Segment& segment : segments) {
    if (segment.index + 1 == wanted) continue;  // a second one of that number
    if (segment.index != wanted) break;         // one is missing: what follows means nothing
    ++wanted;
    std::string_view text = segment.value;
    if (segment.extended && segment.index == 0) {
      Extended parts = split_extended(text);
      charset = parts.charset;
      text = parts.text;
    }
    bytes += segment.extended ? percent_decode(text) : std::string(text);
  }
  return to_utf8_or_replace(charset, bytes);
}

// "filename*1*" into its name, number and form.
void gather(Gathered& into, std::string_view suffix, std::string value) {
  if (suffix.empty()) {
    if (!into.plain) into.plain = std::move(value);
    return;
  }
  if (suffix == "*") {
    if (!into.extended) into.extended = std::move(value);
    return;
  }
  Segment segment{.value = std::move(value)};
  suffix.remove_prefix(1);
  if (suffix.ends_with('*')) {
    segment.extended = true;
    suffix.remove_suffix(1);
  }
  auto index = parse_number<uint32_t>(suffix);
  if (!index) return;
  segment.index = *index;
  segment.arrival = into.segments.size();
  into.segments.push_back(std::move(segment));
}

std::string final_value(Gathered& parameter) {
  if (parameter.extended) {
    Extended parts = split_extended(*parameter.extended);
    return to_utf8_or_replace(parts.charset, percent_decode(parts.text));
  }
  if (!parameter.segments.empty()) {
    std::string joined = join_segments(parameter.segments);
    if (!joined.empty() || !parameter.plain) return joined;
  }
  return to_utf8_or_replace("utf-8", parameter.plain.value_or(""));
}

Result<std::vector<Parameter>> assemble(std::vector<RawParameter> raw) {
  std::vector<Gathered> gathered;
  std::unordered_map<std::string, size_t> places;
  std::vector<size_t> sizes;
  for (RawParameter& one : raw) {
    size_t star = std::min(one.name.find('*'), one.name.size());
    std::string name = lower(one.name.substr(0, star));
    auto [it, added] = places.emplace(name, gathered.size());
    if (added) {
      gathered.push_back({.name = name});
      sizes.push_back(0);
    }
    sizes[it->second] += one.value.size();
    if (sizes[it->second] > limits::kMimeParameterBytes)
      return fail(Errc::limit, "a MIME parameter is longer than 8 KiB");
    gather(gathered[it->second], one.name.substr(star), std::move(one.value));
  }
  std::vector<Parameter> out;
  out.reserve(gathered.size());
  for (Gathered& one : gathered) out.push_back({.name = one.name, .value = final_value(one)});
  return out;
}

std::string_view find_parameter(const std::vector<Parameter>& list, std::string_view name) {
  auto it = std::ranges::find(list, name, &Parameter::name);
  return it == list.end() ? std::string_view() : std::string_view(it->value);
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7f && !std::string_view("()<>@,;:\\\"/[]?=").contains(c);
  });
}

bool ContentType::is(std::string_view full_type) const {
  size_t slash = full_type.find('/');
  return type == full_type.substr(0, slash) && subtype == full_type.substr(slash + 1);
}

std::string_view ContentType::parameter(std::string_view name) const {
  return find_parameter(parameters, name);
}

std::string_view ContentDisposition::parameter(std::string_view name) const {
  return find_parameter(parameters, name);
}

Result<ContentType> parse_content_type(std::string_view value) {
  std::string text = unfold(value);
  ParameterReader reader(text);
  ContentType out;
  out.type = lower(reader.read_word("/;("));
  if (!is_token(out.type) || !reader.take('/'))
    return fail(Errc::invalid, "the content type is not type/subtype");
  out.subtype = lower(reader.read_word(";("));
  if (!is_token(out.subtype)) return fail(Errc::invalid, "the content type has no subtype");
  std::vector<RawParameter> raw = TRY(read_parameters(reader));
  out.parameters = TRY(assemble(std::move(raw)));
  return out;
}

Result<ContentDisposition> parse_content_disposition(std::string_view value) {
  std::string text = unfold(value);
  ParameterReader reader(text);
  ContentDisposition out;
  out.kind = lower(reader.read_word(";("));
  if (!is_token(out.kind)) return fail(Errc::invalid, "the content disposition has no kind");
  std::vector<RawParameter> raw = TRY(read_parameters(reader));
  out.parameters = TRY(assemble(std::move(raw)));
  return out;
}

}  // namespace ph::mime
