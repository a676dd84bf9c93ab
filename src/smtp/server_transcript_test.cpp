#include <doctest/doctest.h>

#include "smtp/server_session.h"
#include "smtp/transcript_player.h"

using namespace ph;
using namespace ph::smtp;

namespace {

ServerOptions options_of(const play::Dialog& dialog) {
  ServerOptions options;
  options.hostname = "mx.posthouse.example";
  auto number = [&](const char* key, size_t usual) {
    return dialog.has(key) ? *parse_number<size_t>(dialog.options.at(key)) : usual;
  };
  options.message_bytes = number("size", options.message_bytes);
  options.recipients = number("recipients", options.recipients);
  options.refused_recipients = static_cast<unsigned>(number("refused", options.refused_recipients));
  options.smtputf8 = !dialog.has("no_smtputf8");
  options.chunking = !dialog.has("no_chunking");
  if (dialog.has("auth")) options.auth = ServerAuth::required;
  std::map<std::string, ServerTls> modes{{"offered", ServerTls::offered},
                                         {"required", ServerTls::required},
                                         {"implicit", ServerTls::implicit}};
  if (dialog.has("tls")) options.tls = modes.at(dialog.options.at("tls"));
  return options;
}

// The engine with a shell that writes down what it is asked.
class Player {
 public:
  explicit Player(const play::Dialog& dialog)
      : session(options_of(dialog)), answers_(play::answers_of(dialog)) {
    if (!dialog.has("early")) start();
  }
  void start() {
    session.start();
    pump();
  }
  void feed(std::string_view bytes) {
    session.feed(bytes);
    pump();
  }
  void pump() {
    drain();
    while (auto wish = session.next()) {
      std::visit([&](auto& w) { on(w); }, *wish);
      drain();
    }
  }

  ServerSession session;
  std::vector<std::string> log;
  size_t messages = 0;
  bool closed = false;

 private:
  void drain() {
    std::string out = session.take_output();
    CHECK_MESSAGE((out.empty() || out.ends_with("\r\n")), out);
    for (std::string_view line : split(out, '\n')) {
      if (line.empty()) continue;
      CHECK(line.size() <= 511);
      log.push_back("< " + std::string(line.substr(0, line.size() - 1)));
    }
  }
  void note(std::string text) {
    CHECK_FALSE(closed);
    log.push_back("* " + text);
    ++wishes_;
  }
  void ask(std::string text) {
    note(std::move(text));
    CHECK_FALSE(session.wants_input());
    std::string answer = wishes_ <= answers_.size() ? answers_[wishes_ - 1] : "";
    drain();
    if (answer.empty()) return session.accept();
    if (answer.starts_with("ok ")) return session.accept(answer.substr(3));
    ReplyParser parser;
    parser.feed(answer + "\r\n");
    session.refuse(**parser.next());
  }
  void on(StartTls&) { ask("starttls"); }
  void on(Authenticate& a) {
    std::string how = a.mechanism == AuthMechanism::plain ? "plain" : "login";
    ask("auth " + how + " [" + a.authzid + "] [" + a.authcid + "] [" + a.password + "]");
  }
  void on(MailFrom& m) {
    std::string text = "mail " + path_text(m.path);
    if (m.parameters.size) text += " size=" + std::to_string(m.parameters.size);
    if (m.parameters.body == Body::eight_bit) text += " 8bit";
    if (m.parameters.smtputf8) text += " utf8";
    if (m.parameters.auth) text += " auth=" + *m.parameters.auth;
    ask(text);
  }
  void on(RcptTo& r) { ask("rcpt " + path_text(r.path)); }
  void on(DataStart&) {
    content_.clear();
    ask("data " + std::string(session.protocol()));
  }
  void on(DataChunk& chunk) {
    CHECK_FALSE(chunk.bytes.empty());
    content_ += chunk.bytes;
  }
  void on(MessageComplete& m) {
    CHECK_EQ(m.size, content_.size());
    ++messages;
    ask("message " + play::escape(content_));
    content_.clear();
  }
  void on(TransactionDropped&) {
    note("dropped");
    content_.clear();
  }
  void on(Close&) {
    note("close");
    closed = true;
    CHECK_EQ(session.phase(), ServerPhase::closed);
  }

  std::vector<std::string> answers_;
  size_t wishes_ = 0;
  std::string content_;
};

bool ends_by_peer(const play::Dialog& dialog) {
  return !dialog.steps.empty() &&
         std::ranges::any_of(dialog.steps, [](auto& s) { return s.kind == '!'; });
}

using Blocks = std::vector<std::string>;

std::string play_all(const play::Dialog& dialog, const Blocks& pieces) {
  Player player(dialog);
  for (const std::string& piece : pieces) player.feed(piece);
  if (dialog.has("early")) player.start();
  if (ends_by_peer(dialog)) {
    player.session.peer_closed();
    player.pump();
  }
  return play::difference(player.log, play::expected_of(dialog, '<'), false);
}

Blocks one_by_one(const Blocks& blocks) {
  Blocks pieces;
  for (const std::string& block : blocks)
    for (char c : block) pieces.emplace_back(1, c);
  return pieces;
}

void check_every_split(const play::Dialog& dialog, const Blocks& blocks) {
  for (size_t b = 0; b < blocks.size(); ++b) {
    for (size_t at = 1; at < blocks[b].size(); ++at) {
      Blocks pieces = blocks;
      pieces[b] = blocks[b].substr(0, at);
      pieces.insert(pieces.begin() + static_cast<ptrdiff_t>(b) + 1, blocks[b].substr(at));
      std::string wrong = play_all(dialog, pieces);
      INFO(dialog.name, " block ", b, " cut at ", at);
      REQUIRE_EQ(wrong, "");
    }
  }
}

// Whatever was said before the connection ended: the beginning of the dialog, and nothing that is
// not in it but its end.
void check_every_disconnect(const play::Dialog& dialog, const Blocks& blocks) {
  auto expected = play::expected_of(dialog, '<');
  Blocks bytes = one_by_one(blocks);
  for (size_t upto = 0; upto <= bytes.size(); ++upto) {
    Player cut(dialog);
    for (size_t i = 0; i < upto; ++i) cut.feed(bytes[i]);
    size_t completed = cut.messages;
    bool was_closed = cut.closed;
    cut.session.peer_closed();
    cut.pump();
    REQUIRE(cut.closed);
    REQUIRE_EQ(cut.messages, completed);
    if (!was_closed) {
      cut.log.pop_back();
      cut.log = play::settled(cut.log);
      if (!cut.log.empty() && cut.log.back() == "* dropped") cut.log.pop_back();
    }
    INFO(dialog.name, " ended behind octet ", upto);
    REQUIRE_EQ(play::difference(cut.log, expected, true), "");
  }
}

}  // namespace

TEST_CASE("every server dialog gives the same however its octets are cut") {
  auto dialogs = play::read_dialogs("server");
  REQUIRE(dialogs.size() >= 20);
  for (const play::Dialog& dialog : dialogs) {
    CAPTURE(dialog.name);
    Blocks blocks = play::blocks_of(dialog, '>');
    CHECK_EQ(play_all(dialog, blocks), "");
    if (dialog.has("whole") || dialog.has("early")) continue;
    CHECK_EQ(play_all(dialog, one_by_one(blocks)), "");
    check_every_split(dialog, blocks);
  }
}

TEST_CASE("a server dialog that ends at any octet completes no message of its own accord") {
  for (const play::Dialog& dialog : play::read_dialogs("server")) {
    CAPTURE(dialog.name);
    if (dialog.has("whole") || dialog.has("early")) continue;
    check_every_disconnect(dialog, play::blocks_of(dialog, '>'));
  }
}
