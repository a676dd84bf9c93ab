#include "mime/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"

namespace ph::mime {
namespace {

constexpr std::string_view kReplacement = "\ufffd";
constexpr size_t kPiece = 1024;  // octets of UTF-8 converted at once

struct Charset {
  std::string_view label;
  const char* converter;  // glibc's name; null: ours
};

constexpr const char* kOurs = nullptr;
constexpr const char* kGb = "GB18030";  // holds GBK, and that GB 2312
constexpr const char* kBig5 = "BIG5-HKSCS";
constexpr const char* kShiftJis = "CP932";
constexpr const char* kKorean = "UHC";

constexpr std::array kCharsets = {
    Charset{"utf-8", kOurs},
    Charset{"utf8", kOurs},
    Charset{"us-ascii", kOurs},
    Charset{"ascii", kOurs},
    Charset{"iso-8859-1", kOurs},
    Charset{"iso8859-1", kOurs},
    Charset{"iso_8859-1", kOurs},
    Charset{"latin1", kOurs},
    Charset{"windows-1252", kOurs},
    Charset{"cp1252", kOurs},
    Charset{"gb18030", kGb},
    Charset{"gbk", kGb},
    Charset{"x-gbk", kGb},
    Charset{"gb2312", kGb},
    Charset{"gb_2312-80", kGb},
    Charset{"cp936", kGb},
    Charset{"ms936", kGb},
    Charset{"windows-936", kGb},
    Charset{"euc-cn", kGb},
    Charset{"big5", kBig5},
    Charset{"big5-hkscs", kBig5},
    Charset{"cn-big5", kBig5},
    Charset{"x-x-big5", kBig5},
    Charset{"cp950", kBig5},
    Charset{"shift_jis", kShiftJis},
    Charset{"shift-jis", kShiftJis},
    Charset{"sjis", kShiftJis},
    Charset{"x-sjis", kShiftJis},
    Charset{"ms_kanji", kShiftJis},
    Charset{"cp932", kShiftJis},
    Charset{"windows-31j", kShiftJis},
    Charset{"iso-2022-jp", "ISO-2022-JP"},
    Charset{"csiso2022jp", "ISO-2022-JP"},
    Charset{"euc-jp", "EUC-JP-MS"},
    Charset{"x-euc-jp", "EUC-JP-MS"},
    Charset{"euc-kr", kKorean},
    Charset{"ks_c_5601-1987", kKorean},
    Charset{"ks_c_5601", kKorean},
    Charset{"ksc5601", kKorean},
    Charset{"cp949", kKorean},
    Charset{"windows-949", kKorean},
    Charset{"uhc", kKorean},
    Charset{"koi8-r", "KOI8-R"},
    Charset{"koi8-u", "KOI8-U"},
    Charset{"ibm866", "CP866"},
    Charset{"cp866", "CP866"},
    Charset{"tis-620", "CP874"},
    Charset{"windows-874", "CP874"},
    Charset{"macintosh", "MACINTOSH"},
    Charset{"iso-8859-2", "ISO-8859-2"},
    Charset{"iso-8859-3", "ISO-8859-3"},
    Charset{"iso-8859-4", "ISO-8859-4"},
    Charset{"iso-8859-5", "ISO-8859-5"},
    Charset{"iso-8859-6", "ISO-8859-6"},
    Charset{"iso-8859-7", "ISO-8859-7"},
    Charset{"iso-8859-8", "ISO-8859-8"},
    Charset{"iso-8859-8-i", "ISO-8859-8"},
    Charset{"iso-8859-9", "CP1254"},  // Turkish; Windows fills its holes
    Charset{"iso-8859-10", "ISO-8859-10"},
    Charset{"iso-8859-11", "CP874"},
    Charset{"iso-8859-13", "ISO-8859-13"},
    Charset{"iso-8859-14", "ISO-8859-14"},
    Charset{"iso-8859-15", "ISO-8859-15"},
    Charset{"iso-8859-16", "ISO-8859-16"},
    Charset{"latin2", "ISO-8859-2"},
    Charset{"windows-1250", "CP1250"},
    Charset{"windows-1251", "CP1251"},
    Charset{"windows-1253", "CP1253"},
    Charset{"windows-1254", "CP1254"},
    Charset{"windows-1255", "CP1255"},
    Charset{"windows-1256", "CP1256"},
    Charset{"windows-1257", "CP1257"},
    Charset{"windows-1258", "CP1258"},
    Charset{"cp1250", "CP1250"},
    Charset{"cp1251", "CP1251"},
    Charset{"cp1253", "CP1253"},
    Charset{"cp1254", "CP1254"},
    Charset{"cp1255", "CP1255"},
    Charset{"cp1256", "CP1256"},
    Charset{"cp1257", "CP1257"},
    Charset{"cp1258", "CP1258"},
};

const Charset* find_charset(std::string_view name) {
  auto found = std::ranges::find_if(
      kCharsets, [&](const Charset& charset) { return iequals(charset.label, name); });
  return found == kCharsets.end() ? nullptr : &*found;
}

// A converter of one thread, opened once for each charset that it met: opening loads a module, and
// a stranger's header may change its charset with every word.
class Converters {
 public:
  Converters() { open_.fill(closed()); }
  Converters(const Converters&) = delete;
  Converters& operator=(const Converters&) = delete;
  ~Converters() {
    for (iconv_t converter : open_)
      if (converter != closed()) iconv_close(converter);
  }

  static iconv_t closed() { return reinterpret_cast<iconv_t>(-1); }

  // Fresh, or closed() where the machine has no such module.
  iconv_t of(const Charset& charset) {
    iconv_t& converter = open_[static_cast<size_t>(&charset - kCharsets.data())];
    if (converter == closed()) converter = iconv_open("UTF-8", charset.converter);
    if (converter != closed()) iconv(converter, nullptr, nullptr, nullptr, nullptr);
    return converter;
  }

 private:
  std::array<iconv_t, kCharsets.size()> open_;
};

Converters& converters() {
  static thread_local Converters all;
  return all;
}

struct Converted {
  std::string text;
  bool whole = true;  // nothing was wrong
};

// iconv(3) from one place of the bytes on; what stops it is replaced and passed over.
class Conversion {
 public:
  Conversion(iconv_t converter, std::string_view bytes) : converter_(converter), in_(bytes) {}

  Converted run() {
    while (at_ < in_.size()) step(Flush::no);
    step(Flush::yes);
    return std::move(out_);
  }

 private:
  enum class Flush : uint8_t { no, yes };

  void step(Flush flush) {
    char buffer[kPiece];
    char* to = buffer;
    size_t room = sizeof buffer;
    char* from = const_cast<char*>(in_.data()) + at_;  // iconv(3) does not write there
    size_t left = in_.size() - at_;
    size_t done = flush == Flush::yes ? iconv(converter_, nullptr, nullptr, &to, &room)
                                      : iconv(converter_, &from, &left, &to, &room);
    int why = done == static_cast<size_t>(-1) ? errno : 0;
    at_ = in_.size() - left;
    out_.text.append(buffer, sizeof buffer - room);
    if (why == 0 || why == E2BIG) return;
    out_.whole = false;
    out_.text += kReplacement;
    // A sequence that the end cuts short is one mistake.
    at_ = why == EINVAL ? in_.size() : std::min(at_ + 1, in_.size());
  }

  iconv_t converter_;
  std::string_view in_;
  size_t at_ = 0;
  Converted out_;
};

// Windows-1252 above 0x7f; 0 where the charset has nothing.
constexpr std::array<uint16_t, 32> kWindows1252 = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

void append_point(std::string& out, uint32_t point) {  // below U+10000
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | (point >> 6));
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | (point >> 12));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  }
}

Converted from_latin(std::string_view charset, std::string_view bytes) {
  bool windows = istarts_with(charset, "windows") || istarts_with(charset, "cp");
  Converted out;
  for (char c : bytes) {
    auto octet = static_cast<uint8_t>(c);
    uint32_t point = octet;
    if (windows && octet >= 0x80 && octet < 0xa0) point = kWindows1252[octet - 0x80u];
    if (point == 0 && octet != 0) {
      out.whole = false;
      out.text += kReplacement;
    } else {
      append_point(out.text, point);
    }
  }
  return out;
}

// Every octet above 0x7f replaced.
std::string ascii_of(std::string_view bytes) {
  std::string out;
  for (char c : bytes) {
    if (static_cast<uint8_t>(c) < 0x80)
      out += c;
    else
      out += kReplacement;
  }
  return out;
}

// UTF-8 and its subset. What is US-ASCII by name and UTF-8 by its octets is read as that.
Converted from_utf8(std::string_view bytes) {
  if (is_utf8(bytes)) return {.text = std::string(bytes)};
  return {.text = ascii_of(bytes), .whole = false};
}

// Nothing when the charset is not known.
std::optional<Converted> convert(std::string_view name, std::string_view bytes) {
  const Charset* charset = find_charset(name);
  if (charset == nullptr) return std::nullopt;
  if (charset->converter != kOurs) {
    iconv_t converter = converters().of(*charset);
    if (converter == Converters::closed()) return std::nullopt;
    return Conversion(converter, bytes).run();
  }
  bool utf = istarts_with(name, "utf") || iequals(name, "us-ascii") || iequals(name, "ascii");
  return utf ? from_utf8(bytes) : from_latin(name, bytes);
}

}  // namespace

bool known_charset(std::string_view charset) {
  return find_charset(charset) != nullptr;
}

std::optional<std::string> to_utf8(std::string_view charset, std::string_view bytes) {
  auto converted = convert(charset, bytes);
  if (!converted || !converted->whole) return std::nullopt;
  return std::move(converted->text);
}

std::string to_utf8_or_replace(std::string_view charset, std::string_view bytes) {
  if (auto converted = convert(charset, bytes)) return std::move(converted->text);
  return from_utf8(bytes).text;
}

}  // namespace ph::mime
