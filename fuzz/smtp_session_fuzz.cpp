// The server session over any octets, cut in any way, under every kind of listener. Octet 0 chooses
// the listener, octet 1 how the input is cut and the shell answers.
#include <cstdint>

#include "base/check.h"
#include "base/text.h"
#include "smtp/server_session.h"

using namespace ph;
using namespace ph::smtp;

namespace {

struct Shell {
  ServerSession session;
  uint8_t manner;
  uint64_t size = 0;
  bool closed = false;

  void on(StartTls&) { session.accept(); }
  void on(Authenticate& a) {
    PH_CHECK(session.tls_active() && !a.authcid.empty());
    judge(auth_refused());
  }
  void on(MailFrom& m) {
    PH_CHECK(m.path.is_null || make_path(m.path.mailbox.address()).has_value());
    judge({550, {5, 7, 1}, "no"});
  }
  void on(RcptTo& r) {
    PH_CHECK(!r.path.is_null);
    judge({550, {5, 1, 1}, "no"});
  }
  void on(DataStart&) {
    size = 0;
    judge({451, {4, 3, 0}, "later"});
  }
  void on(DataChunk& chunk) { size += chunk.bytes.size(); }
  void on(MessageComplete& m) {
    PH_CHECK(m.size == size && size <= 4096);
    judge({554, {5, 6, 0}, "no"});
  }
  void on(TransactionDropped&) { size = 0; }
  void on(Close&) { closed = true; }

  void judge(Reply refusal) {
    manner = static_cast<uint8_t>(manner * 5 + 3);
    if (manner % 8 == 7) session.refuse(std::move(refusal));
    else session.accept();
  }
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
  ServerOptions options;
  options.hostname = "mx.example";
  options.tls = static_cast<ServerTls>(data[0] % 4);
  options.auth = data[0] & 4 ? ServerAuth::required : ServerAuth::none;
  options.chunking = !(data[0] & 8);
  options.smtputf8 = !(data[0] & 16);
  options.message_bytes = 4096;
  options.recipients = 5;
  Shell shell{ServerSession(options), data[1]};
  shell.session.start();
  shell.pump();
  std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  size_t step = 1 + data[1] % 61;
  for (size_t at = 0; at < bytes.size(); at += step) {
    shell.session.feed(bytes.substr(at, step));
    shell.pump();
  }
  shell.session.peer_closed();
  shell.pump();
  PH_CHECK(shell.closed);
  return 0;
}
