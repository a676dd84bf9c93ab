#include <doctest/doctest.h>

#include "base/limits.h"
#include "smtp/client_session.h"
#include "smtp/transcript_player.h"

using namespace ph;
using namespace ph::smtp;

namespace {

// "option message1=to:a@b,c@d size:10 8bit utf8 from:x@y"
ClientTransaction transaction_of(std::string_view text) {
  ClientTransaction out;
  out.sender = "s@posthouse.example";
  for (std::string_view word : split(text, ' ')) {
    std::string_view value = word.substr(word.find(':') + 1);
    if (word.starts_with("from:")) out.sender = value;
    if (word.starts_with("size:")) out.size = *parse_number<uint64_t>(value);
    if (word == "8bit") out.eight_bit = true;
    if (word == "utf8") out.utf8_headers = true;
    if (!word.starts_with("to:")) continue;
    for (std::string_view address : split(value, ',')) out.recipients.emplace_back(address);
  }
  return out;
}

ClientOptions options_of(const play::Dialog& dialog) {
  ClientOptions options;
  options.hello_name = "out.posthouse.example";
  std::map<std::string, ClientTls> modes{{"never", ClientTls::never},
                                         {"opportunistic", ClientTls::opportunistic},
                                         {"required", ClientTls::required},
                                         {"implicit", ClientTls::implicit}};
  if (dialog.has("tls")) options.tls = modes.at(dialog.options.at("tls"));
  if (dialog.has("login")) options.login = ClientLogin{"user", "secret"};
  return options;
}

class Player {
 public:
  explicit Player(const play::Dialog& dialog) : session(options_of(dialog)), dialog_(dialog) {
    for (const char* key : {"message1", "message2", "message3"})
      if (dialog.has(key)) queue_.push_back(transaction_of(dialog.options.at(key)));
    content_ = play::unescape(dialog.has("content") ? dialog.options.at("content") : "x\\r\\n");
    pump();
  }
  void feed(std::string_view bytes) {
    session.feed(bytes);
    pump();
  }
  void lose() {
    session.connection_lost("gone");
    pump();
  }
  void pump() {
    drain();
    while (auto wish = session.next()) {
      std::visit([&](auto& w) { on(w); }, *wish);
      drain();
    }
  }

  ClientSession session;
  std::vector<std::string> log;
  size_t begun = 0, done = 0, delivered = 0, dots = 0;
  bool closed = false;

 private:
  void drain() {
    std::string out = session.take_output();
    CHECK_MESSAGE((out.empty() || out.ends_with("\r\n")), out);
    for (std::string_view line : split(out, '\n'))
      if (!line.empty()) log.push_back("> " + std::string(line.substr(0, line.size() - 1)));
  }
  void note(std::string text) {
    CHECK_FALSE(closed);
    log.push_back("* " + std::move(text));
  }
  void on(Ready&) {
    note("ready");
    if (dialog_.has("idle") && begun == queue_.size()) return;
    if (begun == queue_.size()) return session.quit();
    REQUIRE(session.begin(queue_[begun++]).has_value());
  }
  void on(ClientStartTls&) {
    note("starttls");
    session.tls_started();
  }
  void on(SendContent&) {
    note("content");
    session.write_content(content_);
    if (dialog_.has("stall")) return;
    session.finish_content();
    ++dots;
  }
  void on(TransactionDone& result) {
    ++done;
    CHECK_EQ(result.outcomes.size(), queue_[done - 1].recipients.size());
    for (auto& outcome : result.outcomes) {
      if (outcome.verdict == Verdict::delivered) ++delivered;
      std::string text = std::string(verdict_name(outcome.verdict)) + " at " +
                         std::string(phase_name(outcome.phase)) + ": " + outcome.reply.line();
      note(text + (outcome.remote ? "" : " (ours)"));
    }
  }
  void on(SessionClosed& end) {
    static constexpr const char* kCauses[] = {"quit", "refused", "lost", "protocol", "no_tls",
                                              "no_auth"};
    note(std::string("closed ") + kCauses[static_cast<size_t>(end.cause)] + " at " +
         std::string(phase_name(end.phase)) + ": " + end.reply.line());
    closed = true;
  }

  const play::Dialog& dialog_;
  std::vector<ClientTransaction> queue_;
  std::string content_;
};

using Blocks = std::vector<std::string>;

std::string play_all(const play::Dialog& dialog, const Blocks& pieces) {
  Player player(dialog);
  for (const std::string& piece : pieces) player.feed(piece);
  bool lost = std::ranges::any_of(dialog.steps, [](auto& s) { return s.kind == '!'; });
  if (lost) player.lose();
  std::string said = player.session.take_transcript();
  CHECK(said.size() <= limits::kTranscriptBytes);
  CHECK(said.find("AHVzZXIAc2VjcmV0") == std::string::npos);
  CHECK(said.find("c2VjcmV0") == std::string::npos);
  return play::difference(player.log, play::expected_of(dialog, '>'), false);
}

Blocks one_by_one(const Blocks& blocks) {
  Blocks pieces;
  for (const std::string& block : blocks)
    for (char c : block) pieces.emplace_back(1, c);
  return pieces;
}

}  // namespace

TEST_CASE("every client dialog gives the same however its octets are cut") {
  auto dialogs = play::read_dialogs("client");
  REQUIRE(dialogs.size() >= 20);
  for (const play::Dialog& dialog : dialogs) {
    CAPTURE(dialog.name);
    Blocks blocks = play::blocks_of(dialog, '<');
    CHECK_EQ(play_all(dialog, blocks), "");
    if (dialog.has("whole")) continue;
    CHECK_EQ(play_all(dialog, one_by_one(blocks)), "");
    for (size_t b = 0; b < blocks.size(); ++b) {
      for (size_t at = 1; at < blocks[b].size(); ++at) {
        Blocks pieces = blocks;
        pieces[b] = blocks[b].substr(0, at);
        pieces.insert(pieces.begin() + static_cast<ptrdiff_t>(b) + 1, blocks[b].substr(at));
        std::string wrong = play_all(dialog, pieces);
        INFO("block ", b, " cut at ", at);
        REQUIRE_EQ(wrong, "");
      }
    }
  }
}

TEST_CASE("a client dialog that ends at any octet gives each recipient one outcome") {
  for (const play::Dialog& dialog : play::read_dialogs("client")) {
    CAPTURE(dialog.name);
    Player whole(dialog);
    Blocks bytes = one_by_one(play::blocks_of(dialog, '<'));
    for (size_t upto = 0; upto <= bytes.size(); ++upto) {
      Player cut(dialog);
      for (size_t i = 0; i < upto; ++i) cut.feed(bytes[i]);
      cut.lose();
      INFO("ended behind octet ", upto);
      REQUIRE(cut.closed);
      REQUIRE_EQ(cut.done, cut.begun);
      REQUIRE((cut.delivered == 0 || cut.dots > 0));
      cut.feed("250 late\r\n");
      REQUIRE(cut.session.take_output().empty());
    }
  }
}
