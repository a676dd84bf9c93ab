// The dialogs of chasquid's test suite, with our words: of each reply the class is compared.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "smtp/server_session.h"

using namespace ph;
using namespace ph::smtp;

namespace {

std::filesystem::path suite_path() {
  const char* given = std::getenv("POSTHOUSE_SUITES");
  std::filesystem::path root = std::filesystem::path(__FILE__).parent_path() / "../../..";
  return (given ? std::filesystem::path(given) : root / "shared/suites") / "smtp-dialogs-chasquid";
}

// One connection, with a shell that knows one password.
class Connection {
 public:
  explicit Connection(bool tls)
      : session_(ServerOptions{.hostname = "testserver",
                               .tls = tls ? ServerTls::implicit : ServerTls::none,
                               .auth = tls ? ServerAuth::required : ServerAuth::none,
                               .message_bytes = 1 << 20}) {
    session_.start();
    pump();
  }
  void send(std::string_view bytes) {
    session_.feed(bytes);
    pump();
  }
  // The class of the next reply, '-' when there is none.
  char reply() {
    auto next = parser_.next();
    if (!next || !*next) return '-';
    return std::to_string((*next)->code)[0];
  }
  std::string content;

 private:
  void pump() {
    while (auto wish = session_.next()) {
      if (auto* chunk = std::get_if<DataChunk>(&*wish)) {
        content += chunk->bytes;
        continue;
      }
      auto* login = std::get_if<Authenticate>(&*wish);
      bool note = std::holds_alternative<TransactionDropped>(*wish) ||
                  std::holds_alternative<Close>(*wish);
      if (note) continue;
      if (login && login->password != "secretpassword") session_.refuse(auth_refused());
      else session_.accept();
    }
    parser_.feed(session_.take_output());
  }
  ServerSession session_;
  ReplyParser parser_;
};

std::string unquote(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    char c = text[++i];
    out += c == 'r' ? '\r' : c == 'n' ? '\n' : c;
  }
  return out;
}

// Sums and products of quoted strings: ('a' * 899 + '\r\n') * 1165.
std::string evaluate(std::string_view text) {
  std::string sum, term;
  std::string_view whole = trim(text);
  if (whole.starts_with('(')) {
    size_t close = whole.rfind(')');
    std::string inner = evaluate(whole.substr(1, close - 1));
    auto times = parse_number<int>(trim(whole.substr(whole.find('*', close) + 1)));
    for (int i = 0; i < *times; ++i) sum += inner;
    return sum;
  }
  for (std::string_view piece : split(whole, '+')) {
    piece = trim(piece);
    size_t close = piece.rfind('\'');
    term = unquote(piece.substr(1, close - 1));
    size_t star = piece.find('*', close);
    bool once = star == std::string_view::npos;
    int times = once ? 1 : *parse_number<int>(trim(piece.substr(star + 1)));
    for (int i = 0; i < times; ++i) sum += term;
  }
  return sum;
}

// What is sent: their server takes a path without <>, ours does not.
std::string command(std::string_view text) {
  constexpr std::string_view bare = "RCPT TO: user@testserver";
  return text == bare ? "RCPT TO:<user@testserver>\r\n" : std::string(text) + "\r\n";
}

void play(const std::filesystem::path& file) {
  std::optional<Connection> connection;
  std::string text = read_file(file.string(), 1 << 20).value();
  size_t compared = 0;
  for (std::string_view line : split(text, '\n')) {
    if (!line.starts_with("c ")) continue;
    line.remove_prefix(2);
    std::string_view verb = line.substr(0, line.find(' '));
    std::string_view rest = line.size() > verb.size() ? line.substr(verb.size() + 1) : "";
    if (verb == "tcp_connect" || verb == "tls_connect") connection.emplace(verb == "tls_connect");
    if (verb == "->") connection->send(command(rest));
    if (verb == "~>") connection->send(evaluate(rest));
    if (verb != "<~" && verb != "<-" && verb != "<...") continue;
    // That message's header is wrong, which no SMTP session reads: core refuses it.
    if (rest.starts_with("554 5.6.0 Error parsing")) {
      connection->reply();
      continue;
    }
    INFO(file.filename().string(), ": ", line);
    CHECK_EQ(connection->reply(), trim(rest)[0]);
    ++compared;
  }
  CHECK(compared > 0);
  std::string verify = file.string() + ".verify";
  if (!std::filesystem::exists(verify)) return;
  // The file begins with what their server put in front of the message.
  std::string wanted = read_file(verify, 1 << 20).value();
  wanted.erase(0, wanted.find("From: Mailer"));
  std::string got;
  for (char c : connection->content)
    if (c != '\r') got += c;
  CHECK_EQ(trim(got), trim(wanted));
}

}  // namespace

TEST_CASE("chasquid's dialogs go as they say") {
  auto folder = suite_path();
  if (!std::filesystem::exists(folder)) {
    MESSAGE("skipped: no ", folder.string(), " (set POSTHOUSE_SUITES)");
    return;
  }
  size_t played = 0;
  for (auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".cmy") continue;
    play(entry.path());
    ++played;
  }
  CHECK_EQ(played, 17);
}
