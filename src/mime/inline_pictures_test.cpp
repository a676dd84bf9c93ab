#include "mime/inline_pictures.h"

#include <doctest/doctest.h>

using namespace ph;
using mime::with_inline_pictures;

namespace {

constexpr size_t kMuch = 1u << 20;

// A mail with HTML and one part of `type`, whose octets are "abc".
std::string mail(const std::string& type, const std::string& id) {
  return "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
         "<p>\r\n--b\r\nContent-Type: " +
         type + "\r\nContent-ID: " + id +
         "\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--b--\r\n";
}

std::string shown(const std::string& html, const std::string& type = "image/png",
                  const std::string& id = "<logo@here>", size_t most = kMuch) {
  return with_inline_pictures(mail(type, id), html, most);
}

}  // namespace

TEST_CASE("a picture that the mail carries stands in its HTML") {
  CHECK(shown("<img src=\"cid:logo@here\">") == "<img src=\"data:image/png;base64,YWJj\">");
  CHECK(shown("<img src='CID:logo%40here'>") == "<img src='data:image/png;base64,YWJj'>");
  CHECK(shown("<img src=cid:logo@here>", "IMAGE/GIF") == "<img src=data:image/gif;base64,YWJj>");
  CHECK(shown("a{background:url(cid:logo@here)}") ==
        "a{background:url(data:image/png;base64,YWJj)}");
  CHECK(shown("<img src=\"cid:bare\">", "image/jpeg", "bare") ==
        "<img src=\"data:image/jpeg;base64,YWJj\">");
}

TEST_CASE("what is no picture of the mail stays as it was written") {
  for (const char* html :
       {"<img src=\"cid:other\">", "acid:logo@here", "<img src=\"cid:\">", "cid:", "\"cid:%4\"",
        "<a href=\"http://a.example/?cid:logo@here\">", "text", ""})
    CHECK(shown(html) == html);
  const char* html = "<img src=\"cid:logo@here\">";
  for (const char* type : {"image/svg+xml", "text/html", "application/octet-stream"})
    CHECK(shown(html, type) == html);
  CHECK(with_inline_pictures("no mail at all", html, kMuch) == html);
}

TEST_CASE("a picture that is shown very often does not make the page larger than its bound") {
  std::string html;
  for (int i = 0; i < 1000; ++i) html += "<img src=\"cid:logo@here\">";
  size_t most = html.size() + 3 * std::string("data:image/png;base64,YWJj").size();
  std::string out = shown(html, "image/png", "<logo@here>", most);
  CHECK(out.size() <= most);
  CHECK(out.starts_with("<img src=\"data:"));
  CHECK(out.ends_with("<img src=\"cid:logo@here\">"));
}
