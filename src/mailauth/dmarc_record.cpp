#include "mailauth/dmarc_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"

namespace ph::mailauth {
namespace {

struct Tag {
  std::string_view name;
  std::string_view value;
};

// "name = value" with white space around both; an empty name where there is no "=".
Tag read_tag(std::string_view piece) {
  size_t equals = piece.find('=');
  if (equals == std::string_view::npos) return {};
  return {trim(piece.substr(0, equals)), trim(piece.substr(equals + 1))};
}

std::optional<DmarcPolicy> read_policy(std::string_view value) {
  if (iequals(value, "none")) return DmarcPolicy::none;
  if (iequals(value, "quarantine")) return DmarcPolicy::quarantine;
  if (iequals(value, "reject")) return DmarcPolicy::reject;
  return std::nullopt;
}

// RFC 3986 §3.1: scheme ":" something, of visible ASCII. A size limit behind "!" (RFC 7489) goes.
std::optional<std::string> read_uri(std::string_view text) {
  text = trim(text);
  text = text.substr(0, text.find('!'));
  size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  std::string_view scheme = text.substr(0, colon);
  bool fine = !scheme.empty() && is_alpha(scheme[0]) &&
              std::ranges::all_of(scheme, [](char c) {
                return is_alnum(c) || c == '+' || c == '-' || c == '.';
              }) &&
              std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (fine && iequals(scheme, "mailto")) {
    size_t at = text.find('@', colon);
    fine = at != std::string_view::npos && at > colon + 1 && at + 1 < text.size();
  }
  return fine ? std::optional(std::string(text)) : std::nullopt;
}

bool read_uris(std::string_view value, std::vector<std::string>& out) {
  bool all = true;
  for (std::string_view piece : split(value, ',')) {
    auto uri = read_uri(piece);
    all = all && uri;
    if (uri) out.push_back(std::move(*uri));
  }
  return all;
}

bool read_fo(std::string_view value, std::string& out) {
  for (std::string_view option : split(value, ':')) {
    option = trim(option);
    if (option.size() != 1 || std::string_view("01dsDS").find(option[0]) == std::string_view::npos)
      return false;
  }
  out = lower(value);
  return true;
}

template <class T>
bool read_letter(std::string_view value, std::initializer_list<std::pair<char, T>> choices,
                 T& out) {
  for (auto [letter, choice] : choices) {
    if (value.size() != 1 || to_lower(value[0]) != letter) continue;
    out = choice;
    return true;
  }
  return false;
}

bool read_policy_tag(const Tag& tag, DmarcRecord& record) {
  std::optional<DmarcPolicy>* slot = tag.name == "p"    ? &record.p
                                     : tag.name == "sp" ? &record.sp
                                     : tag.name == "np" ? &record.np
                                                        : nullptr;
  if (!slot) return false;
  *slot = read_policy(tag.value);
  if (!*slot) record.invalid.emplace_back(tag.name);
  return true;
}

void read_other_tag(const Tag& tag, DmarcRecord& r) {
  bool fine = true;
  if (tag.name == "psd") {
    fine = read_letter(tag.value, {{'y', DmarcPsd::yes}, {'n', DmarcPsd::no},
                                   {'u', DmarcPsd::unknown}}, r.psd);
  } else if (tag.name == "adkim" || tag.name == "aspf") {
    fine = read_letter(tag.value, {{'r', DmarcAlignment::relaxed}, {'s', DmarcAlignment::strict}},
                       tag.name == "adkim" ? r.adkim : r.aspf);
  } else if (tag.name == "t") {
    fine = read_letter(tag.value, {{'y', true}, {'n', false}}, r.testing);
  } else if (tag.name == "rua" || tag.name == "ruf") {
    fine = read_uris(tag.value, tag.name == "rua" ? r.rua : r.ruf);
  } else if (tag.name == "fo") {
    fine = read_fo(tag.value, r.fo);
  }
  if (!fine) r.ignored.emplace_back(tag.name);  // RFC 9989 §4.7: in favour of the default
}

}  // namespace

const char* dmarc_policy_name(DmarcPolicy policy) {
  switch (policy) {
    case DmarcPolicy::none: return "none";
    case DmarcPolicy::quarantine: return "quarantine";
    case DmarcPolicy::reject: return "reject";
  }
  return "none";
}

bool is_dmarc_record(std::string_view text) {
  Tag version = read_tag(text.substr(0, text.find(';')));
  return version.name == "v" && version.value == "DMARC1" &&
         text.size() <= limits::kDmarcRecordBytes;
}

std::vector<std::string> dmarc_records_of(const dns::Answer& answer) {
  std::vector<std::string> out;
  for (std::string& text : answer.texts())
    if (is_dmarc_record(text)) out.push_back(std::move(text));
  return out;
}

Result<DmarcRecord> parse_dmarc_record(std::string_view text) {
  if (!is_dmarc_record(text))
    return fail(Errc::invalid, "the record does not begin with v=DMARC1", "v");
  constexpr std::array<std::string_view, 11> kKnown = {"v",     "p",    "sp",  "np",  "psd", "t",
                                                       "adkim", "aspf", "rua", "ruf", "fo"};
  std::array<bool, kKnown.size()> seen{};
  DmarcRecord record;
  record.text = text;
  for (std::string_view piece : split(text, ';')) {
    Tag tag = read_tag(piece);
    auto known = std::ranges::find(kKnown, tag.name);
    if (known == kKnown.end()) continue;  // RFC 9989 §4.7: unknown tags are ignored
    bool& twice = seen[static_cast<size_t>(known - kKnown.begin())];
    if (twice)  // RFC 6376 §3.2: then the entire list is invalid
      return fail(Errc::invalid, fmt::format("the tag {} stands twice", tag.name),
                  std::string(tag.name));
    twice = true;
    if (tag.name != "v" && !read_policy_tag(tag, record)) read_other_tag(tag, record);
  }
  return record;
}

}  // namespace ph::mailauth
