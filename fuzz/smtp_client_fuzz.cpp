// The client session against any octets from a server. Octet 0 chooses options, octet 1 the cuts.
#include <cstdint>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "smtp/client_session.h"

using namespace ph;
using namespace ph::smtp;

namespace {

struct Shell {
  ClientSession session;
  size_t begun = 0, done = 0, contents = 0;
  bool closed = false;

  void on(Ready&) {
    if (begun == 2) return session.quit();
    ClientTransaction transaction;
    transaction.sender = begun == 0 ? "s@posthouse.example" : "";
    transaction.recipients = {"a@x.example", "b@x.example", "\xc3\xbc@x.example"};
    transaction.size = 5;
    ++begun;
    PH_CHECK(session.begin(transaction).has_value());
  }
  void on(ClientStartTls&) { session.tls_started(); }
  void on(SendContent&) {
    ++contents;
    session.write_content(".\r\nx\r\n");
    session.finish_content();
  }
  void on(TransactionDone& result) {
    ++done;
    PH_CHECK(result.outcomes.size() == 3);
    for (auto& outcome : result.outcomes) {
      bool told = outcome.verdict == Verdict::delivered || outcome.verdict == Verdict::ambiguous;
      if (told) PH_CHECK(contents > 0);
      PH_CHECK(is_utf8(outcome.reply.text()) && !has_control(outcome.reply.text()));
    }
  }
  void on(SessionClosed&) { closed = true; }

  void pump() {
    while (auto wish = session.next()) {
      PH_CHECK(!closed);
      std::visit([&](auto& w) { on(w); }, *wish);
    }
    std::string out = session.take_output();
    PH_CHECK(out.empty() || out.ends_with("\r\n"));
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  ClientOptions options;
  options.hello_name = "out.example";
  options.tls = static_cast<ClientTls>(data[0] % 4);
  if (data[0] & 4) options.login = ClientLogin{"user", "password"};
  Shell shell{ClientSession(options)};
  std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  size_t step = 1 + data[1] % 61;
  for (size_t at = 0; at < bytes.size(); at += step) {
    shell.session.feed(bytes.substr(at, step));
    shell.pump();
  }
  shell.session.connection_lost("gone");
  shell.pump();
  PH_CHECK(shell.closed && shell.done == shell.begun);
  PH_CHECK(shell.session.take_transcript().size() <= limits::kTranscriptBytes);
  return 0;
}
