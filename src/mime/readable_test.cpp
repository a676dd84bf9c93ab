#include "mime/readable.h"

#include "base/text.h"

using namespace ph;
using namespace ph::mime;

namespace {

Readable read(std::string_view message) {
  auto out = read_message(message);
  REQUIRE(out.has_value());
  return *out;
}

}  // namespace

TEST_CASE("a message of alternatives gives its text, its HTML and decoded fields") {
  Readable mail = read(
      "From: =?utf-8?B?6am/56uZ?= <a@d.example>\r\nTo: b@d.example\r\n"
      "Subject: =?utf-8?Q?Caf=C3=A9?=\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
      "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9\r\n"
      "--b\r\nContent-Type: text/html; charset=utf-8\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nPGI+aGk8L2I+\r\n--b--\r\n");
  CHECK(mail.from == "驿站 <a@d.example>");
  CHECK(mail.subject == "Café");
  CHECK(trim(mail.text) == "café");
  CHECK(mail.html == "<b>hi</b>");
  CHECK(mail.attachments.empty());
  CHECK(mail.header.starts_with("From: =?utf-8?B?"));
}

TEST_CASE("what hangs on a message is listed, and is never shown as its text") {
  Readable mail = read(
      "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
      "--b\r\n\r\nhello\r\n"
      "--b\r\nContent-Type: text/html; name=page.html\r\n"
      "Content-Disposition: attachment; filename=page.html\r\n\r\n<script>1</script>\r\n"
      "--b\r\nContent-Type: image/png\r\nContent-ID: <logo@d>\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
      "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text\r\n--b--\r\n");
  CHECK(mail.text == "hello");
  CHECK(mail.html.empty());
  REQUIRE(mail.attachments.size() == 3);
  CHECK(mail.attachments[0].filename == "page.html");
  CHECK(mail.attachments[1].content_id == "logo@d");
  CHECK(mail.attachments[1].size == 3);
  CHECK(mail.attachments[2].type == "message/rfc822");
}

TEST_CASE("broken mail is readable, and all of it is UTF-8") {
  for (std::string_view message :
       {std::string_view("no header at all \xff"), std::string_view(""),
        std::string_view("Subject: \xff\xfe\r\n\r\nbody \xff"),
        std::string_view("Content-Type: text/plain; charset=nonsense\r\n\r\n\xff"),
        std::string_view("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nno end")}) {
    Readable mail = read(message);
    for (const std::string& text : {mail.subject, mail.from, mail.text, mail.html, mail.header})
      CHECK(is_utf8(text));
  }
}
