#include "smtp/phase.h"

namespace ph::smtp {

std::string_view phase_name(ServerPhase phase) {
  switch (phase) {
    case ServerPhase::greeting: return "greeting";
    case ServerPhase::command: return "command";
    case ServerPhase::auth: return "auth";
    case ServerPhase::data: return "data";
    case ServerPhase::answer: return "answer";
    case ServerPhase::closed: return "closed";
  }
  return "";
}

std::string_view phase_name(ClientPhase phase) {
  switch (phase) {
    case ClientPhase::banner: return "banner";
    case ClientPhase::hello: return "hello";
    case ClientPhase::starttls: return "starttls";
    case ClientPhase::handshake: return "handshake";
    case ClientPhase::auth: return "auth";
    case ClientPhase::idle: return "idle";
    case ClientPhase::mail: return "mail";
    case ClientPhase::rcpt: return "rcpt";
    case ClientPhase::data_start: return "data";
    case ClientPhase::content: return "content";
    case ClientPhase::data_end: return "end of data";
    case ClientPhase::reset: return "reset";
    case ClientPhase::quit: return "quit";
    case ClientPhase::closed: return "closed";
  }
  return "";
}

Duration phase_wait(ServerPhase phase) {
  switch (phase) {
    case ServerPhase::data: return limits::kSmtpDataWait;
    case ServerPhase::greeting:
    case ServerPhase::command:
    case ServerPhase::auth:
    case ServerPhase::answer:
    case ServerPhase::closed: return limits::kSmtpCommandWait;
  }
  return limits::kSmtpCommandWait;
}

Duration phase_wait(ClientPhase phase, const ClientWaits& waits) {
  switch (phase) {
    case ClientPhase::banner: return waits.banner;
    case ClientPhase::handshake: return waits.tls;
    case ClientPhase::hello:
    case ClientPhase::starttls:
    case ClientPhase::auth:
    case ClientPhase::reset:
    case ClientPhase::mail: return waits.command;
    case ClientPhase::rcpt: return waits.rcpt;
    case ClientPhase::data_start: return waits.data;
    case ClientPhase::content: return waits.content;
    case ClientPhase::data_end: return waits.end;
    case ClientPhase::idle:
    case ClientPhase::quit:
    case ClientPhase::closed: return limits::kConnectionIdle;
  }
  return limits::kConnectionIdle;
}

}  // namespace ph::smtp
