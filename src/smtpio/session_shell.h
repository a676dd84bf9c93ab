// Purpose: drives one smtp::ServerSession over a stream: reads, deadlines, TLS, and the questions
//   to whoever owns the listener.
// Shapes: a Handler answers with nothing (accept) or with the reply that refuses. Deadlines: each
//   command its own (command_wait); kSmtpPreAuth for all before AUTH where that is required;
//   kSmtpDataWait, kSmtpDataRate and kSmtpDataTotal for one content; kSmtpNoMessage for a session.
//   When its group stops, a session that waits for a command ends with 421; what is under way is
//   finished first. Content beyond the group's memory is answered 452.
// Errors: none; a session ends.
// Threads: the connection's loop.
// Not here: SMTP itself (smtp/server_session.h), who may do what (smtpd/, sandbox/).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/stream.h"
#include "net/tls.h"
#include "smtp/server_session.h"
#include "smtpio/session_group.h"

namespace ph::smtpio {

// What is known when a handler is asked.
struct Client {
  Endpoint peer;
  std::string hello;
  std::string protocol;  // "ESMTPSA"
  std::string tls;       // "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty in plain
};

struct Envelope {
  mime::SmtpPath mail_from;
  smtp::MailParameters parameters;
  std::vector<mime::SmtpPath> recipients;
};

using Answer = std::optional<smtp::Reply>;  // nothing: accepted

// A reply for a message: refused, or accepted with words.
struct Taken {
  Answer refused;
  std::string text;  // "Ok: queued as …"
};

// One a session; what it keeps between calls is the session's own.
struct Handler {
  std::function<net::Task<Answer>(const Client&, smtp::Authenticate)> authenticate;
  std::function<net::Task<Answer>(const Client&, const mime::SmtpPath&,
                                  const smtp::MailParameters&)>
      mail;
  std::function<net::Task<Answer>(const Client&, const Envelope&, const mime::SmtpPath&)> rcpt;
  std::function<net::Task<Taken>(const Client&, Envelope, std::string content)> message;
};

struct ShellOptions {
  smtp::ServerOptions session;
  std::shared_ptr<net::TlsServerContext> tls;
  Answer greeting;  // refuses the client in the greeting's place
  Duration command_wait = limits::kSmtpCommandWait;  // before AUTH: kSmtpStrangerWait
  std::shared_ptr<SessionGroup> group = SessionGroup::make();
};

net::Task<> run_session(std::unique_ptr<net::Stream> stream, ShellOptions options, Handler handler);

}  // namespace ph::smtpio
