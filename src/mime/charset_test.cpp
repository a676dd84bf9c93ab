#include "mime/charset.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/random.h"
#include "base/text.h"
#include "mime/content_type.h"
#include "mime/encoded_word.h"

using namespace ph;
using namespace ph::mime;

namespace {

constexpr std::string_view kLabels[] = {
    "utf-8",      "us-ascii",     "iso-8859-1",   "windows-1252", "gb2312",       "gbk",
    "gb18030",    "big5",         "shift_jis",    "iso-2022-jp",  "euc-jp",       "euc-kr",
    "koi8-r",     "koi8-u",       "ibm866",       "tis-620",      "macintosh",    "iso-8859-2",
    "iso-8859-5", "iso-8859-7",   "iso-8859-9",   "iso-8859-15",  "windows-1250", "windows-1251",
    "big5-hkscs", "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257",
    "cp949",      "windows-1258", "iso-8859-16",  "windows-874",  "cp932",        "iso-8859-6"};

}  // namespace

TEST_CASE("the charsets of the world's mail are read") {
  struct Row {
    const char *charset, *hex, *text;
  };
  const Row rows[] = {{"GB2312", "cafdbeddb1edb8f1", "数据表格"},
                      {"gbk", "e9468442", "镕凚"},
                      {"GB18030", "8139ee39", "㐀"},
                      {"Big5", "b4fab8d5", "測試"},
                      {"Shift_JIS", "93fa967b8cea", "日本語"},
                      {"windows-31j", "8740", "①"},
                      {"ISO-2022-JP", "1b2442467c4b5c386c1b2842", "日本語"},
                      {"EUC-JP", "c6fccbdcb8ec", "日本語"},
                      {"EUC-KR", "c7d1b1b9beee", "한국어"},
                      {"ks_c_5601-1987", "8c63", "똠"},
                      {"KOI8-R", "f0d2c9d7c5d4", "Привет"},
                      {"KOI8-U", "a4", "є"},
                      {"windows-1251", "cff0e8e2e5f2", "Привет"},
                      {"windows-1250", "9ae8f8", "ščř"},
                      {"windows-1256", "e3d1cdc8c7", "مرحبا"},
                      {"ISO-8859-2", "b9e8f8", "ščř"},
                      {"iso-8859-5", "bfe0d8d2d5e2", "Привет"},
                      {"ISO-8859-15", "a4", "€"},
                      {"windows-874", "cac7d1ca", "สวัส"},
                      {"windows-1252", "80", "€"},
                      {"latin1", "e9", "é"},
                      {"ascii", "41", "A"}};
  for (const Row& row : rows) {
    INFO(std::string(row.charset));
    CHECK_EQ(to_utf8(row.charset, hex_decode(row.hex).value()).value_or("nothing"), row.text);
  }
}

TEST_CASE("names that are no charset, or hide ASCII, are not known") {
  for (const char* name :
       {"", "utf-7", "utf-16", "utf-16le", "ucs-2", "GBK//TRANSLIT", "utf-8//", "x-unknown",
        "iso-2022-cn-ext", "binary", "utf-8\r\nBcc", "hz-gb-2312"}) {
    INFO(std::string(name));
    CHECK_FALSE(known_charset(name));
    CHECK_FALSE(to_utf8(name, "a").has_value());
    CHECK_EQ(to_utf8_or_replace(name, "é"), "é");
    CHECK_EQ(to_utf8_or_replace(name, "a\xff"), "a\ufffd");
  }
}

TEST_CASE("octets that a charset does not have are replaced one by one, and the rest is read") {
  struct Row {
    std::string_view charset, bytes, text;
  };
  const Row rows[] = {{"gbk", "\xca\xfd\xff\x41", "数\ufffdA"},
                      {"gbk", "a\xca", "a\ufffd"},
                      {"shift_jis", "\x93\xfa\xff\x96\x7b", "日\ufffd本"},
                      {"iso-2022-jp",
                       "\x1b$B\x46\x7c\x1b(B\xff"
                       "A",
                       "日\ufffdA"},
                      {"windows-1252",
                       "a\x81"
                       "b",
                       "a\ufffd"
                       "b"},
                      {"koi8-r", "", ""}};
  for (const Row& row : rows) {
    INFO(std::string(row.charset));
    CHECK_EQ(to_utf8_or_replace(row.charset, row.bytes), row.text);
    bool whole = row.text.find("\ufffd") == std::string_view::npos;
    CHECK_EQ(to_utf8(row.charset, row.bytes).has_value(), whole);
  }
}

TEST_CASE("whatever the octets, what comes out is UTF-8") {
  FakeRandom random;
  for (std::string_view charset : kLabels) {
    CAPTURE(charset);
    CHECK(known_charset(charset));
    CHECK_EQ(to_utf8(charset, "plain").value_or(""), "plain");
    for (int round = 0; round < 200; ++round) {
      std::string bytes;
      for (uint64_t i = random.below(40); i > 0; --i)
        bytes += static_cast<char>(random.below(3) == 0 ? 0x1b : random.below(256));
      CHECK(is_utf8(to_utf8_or_replace(charset, bytes)));
    }
    // Longer than one piece of the conversion, and a state that must not outlive its text.
    CHECK_EQ(to_utf8_or_replace(charset, std::string(5000, 'x')), std::string(5000, 'x'));
  }
  (void)to_utf8_or_replace("iso-2022-jp", "\x1b$B");
  CHECK_EQ(to_utf8("iso-2022-jp", "Fl").value_or(""), "Fl");
}

TEST_CASE("words and filenames in these charsets are read where they stand") {
  CHECK_EQ(decode_encoded_words("=?gb2312?B?yv2+3Q==?= =?GBK?Q?=B1=ED?="), "数据表");
  // One character split over two words, and a word that does not switch back to ASCII.
  CHECK_EQ(decode_encoded_words("=?gbk?q?=CA?= =?gbk?q?=FD?="), "数");
  CHECK_EQ(decode_encoded_words("=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?="), "日本");
  auto type = parse_content_type(
      "application/pdf; name*0*=big5''%B4%FA; name*1*=%B8%D5; "
      "name*2=.pdf");
  CHECK_EQ(type->parameter("name"), "測試.pdf");
  CHECK_EQ(parse_content_type("a/b; name*=koi8-r'ru'%F0%D2.txt")->parameter("name"), "Пр.txt");
}

TEST_CASE("a header that changes its charset with every word is read in no time") {
  std::string text;
  for (int i = 0; i < 200; ++i)
    for (std::string_view charset : kLabels) {
      text += "=?";
      text += charset;
      text += "?q?=41?= ";
    }
  CHECK_EQ(decode_encoded_words(text), std::string(200 * std::size(kLabels), 'A') + " ");
}
