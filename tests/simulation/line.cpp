#include "simulation/line.h"

#include "base/text.h"

namespace ph::simulation {
namespace {

using namespace std::chrono_literals;

// Beyond every deadline of a phase.
constexpr Duration kFarTooSlow = 12min;

}  // namespace

Line::Line(Network& network, Endpoint to)
    : network_(network), to_(std::move(to)), generation_(network.around().generation) {
  one_way_ = Duration(network_.below(80'000));
  pipelining_ = network_.below(4) > 0;
  if (network_.goes_wrong()) cut_at_ = network_.below(1500);
}

Duration Line::latency() {
  return one_way_ + Duration(network_.below(2000));
}

void Line::greet() {
  if (network_.goes_wrong()) {
    switch (network_.below(4)) {
      case 0: return reply("421 4.3.2 later\r\n", 0s), close_soon();
      case 1: return reply("554 5.3.2 no service\r\n", 0s), close_soon();
      case 2: talk_.silent = true; return;
      default: return close_soon();
    }
  }
  reply("220 mx.example ESMTP\r\n", 0s);
}

// --- our side ---

net::Task<Result<std::string>> Line::read(size_t most, Deadline deadline) {
  auto self = shared_from_this();
  Clock& clock = network_.around().clock;
  while (inbox_.empty()) {
    if (deadline.passed(clock)) co_return fail(Errc::timeout, "time is up: reading");
    if (gone_) co_return fail(Errc::closed, "the connection is closed");
    if (ended_) co_return std::string();
    co_await readers_.wait(deadline);
  }
  network_.around().step("read");
  std::string out = inbox_.substr(0, most);
  inbox_.erase(0, out.size());
  taken_ += out.size();
  for (; !marks_.empty() && marks_.front().at <= taken_; marks_.pop_front())
    if (const Told& told = marks_.front().told; network_.around().alive)
      network_.around().ledger.told(told.address, told.copy);
  co_return out;
}

Result<> Line::write(std::string bytes) {
  if (!network_.around().alive) return fail(Errc::closed, "the process has ended");
  network_.around().step("send");
  if (gone_ || ended_) return fail(Errc::closed, "the connection is closed");
  bool cut = sent_ + bytes.size() > cut_at_;
  if (cut) bytes.resize(cut_at_ - std::min(cut_at_, sent_));
  sent_ += bytes.size();
  if (network_.around().alive && !bytes.empty()) arrive(std::move(bytes));
  if (!cut) return {};
  // What we sent last may arrive; no answer does. We may learn of it, or wait.
  cut_at_ = 0;
  talk_.silent = true;
  if (network_.below(2) == 0) return {};
  gone_ = true;
  readers_.notify_all();
  return fail(Errc::closed, "the line was cut");
}

void Line::hang_up() {
  gone_ = true;
  readers_.notify_all();
}

void Line::arrive(std::string bytes) {
  under_way_.push_back(std::move(bytes));
  Clock& clock = network_.around().clock;
  last_arrival_ = std::max(last_arrival_, clock.mono() + latency());
  network_.around().later(last_arrival_ - clock.mono(), [self = shared_from_this()] {
    if (!self->network_.around().alive || self->under_way_.empty()) return;
    std::string next = std::move(self->under_way_.front());
    self->under_way_.pop_front();
    self->network_.around().step("arrive");
    self->listen(next);
  });
}

void Line::process_ended() {
  bool all = network_.below(2) == 0;
  std::deque<std::string> left = std::exchange(under_way_, {});
  for (const std::string& bytes : left)
    listen(all ? bytes : bytes.substr(0, network_.below(bytes.size() + 1)));
  gone_ = true;
}

// --- the receiver's side ---

void Line::reply(std::string text, Duration wait, Told told) {
  if (talk_.silent || ended_ || !network_.around().alive) return;
  network_.around().note("says " + text.substr(0, 4));
  Clock& clock = network_.around().clock;
  if (network_.slow.count() != 0) wait += network_.below(network_.slow);
  last_reply_ = std::max(last_reply_, clock.mono() + latency() + wait);
  size_t first = network_.below(3) == 0 ? network_.below(text.size()) : text.size();
  auto bring = [self = shared_from_this()](std::string part, Told mark) {
    if (self->gone_ || part.empty()) return;
    self->inbox_ += part;
    self->received_ += part.size();
    if (!mark.address.empty()) self->marks_.push_back({self->received_, std::move(mark)});
    self->readers_.notify_all();
  };
  Surroundings& around = network_.around();
  std::string rest = text.substr(first);
  text.resize(first);
  Told early = rest.empty() ? told : Told{};
  around.later(last_reply_ - clock.mono(), [bring, text, early] { bring(text, early); });
  if (rest.empty()) return;
  last_reply_ = last_reply_ + Duration(network_.below(20'000));
  around.later(last_reply_ - clock.mono(), [bring, rest, told] { bring(rest, told); });
}

void Line::close_soon() {
  if (!network_.around().alive) return;
  talk_.silent = true;
  Clock& clock = network_.around().clock;
  last_reply_ = std::max(last_reply_, clock.mono() + latency());
  network_.around().later(last_reply_ - clock.mono(), [self = shared_from_this()] {
    self->ended_ = true;
    self->readers_.notify_all();
  });
}

void Line::listen(std::string_view bytes) {
  talk_.unread += bytes;
  size_t end;
  while ((end = talk_.unread.find("\r\n")) != std::string::npos) {
    std::string line = talk_.unread.substr(0, end);
    talk_.unread.erase(0, end + 2);
    if (talk_.in_content) hear_content(line);
    else hear(line);
  }
}

// Something goes wrong where a reply is due.
void Line::misbehave(const char* after) {
  network_.around().note(after);
  switch (network_.below(6)) {
    case 0: return reply("451 4.3.0 not now\r\n", 0s);
    case 1: return reply("421 4.3.2 closing\r\n", 0s), close_soon();
    case 2: return close_soon();
    case 3: talk_.silent = true; return;
    case 4: return reply("450 4.2.0 slowly\r\n", Duration(network_.below(60'000'000)));
    default: return reply("what?\r\n", 0s);
  }
}

void Line::hear(const std::string& command) {
  if (talk_.silent) return;
  network_.around().note("heard " + command);
  if (istarts_with(command, "MAIL")) talk_.sender = false, talk_.recipient.clear();
  if (istarts_with(command, "QUIT")) return reply("221 bye\r\n", 0s), close_soon();
  if (network_.goes_wrong()) return misbehave("trouble");
  if (istarts_with(command, "EHLO"))
    return reply(pipelining_ ? "250-mx.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
                             : "250-mx.example\r\n250 8BITMIME\r\n",
                 0s);
  if (istarts_with(command, "RSET")) return reply("250 2.0.0 reset\r\n", 0s);
  hear_envelope(command);
}

void Line::hear_envelope(const std::string& command) {
  if (istarts_with(command, "MAIL")) {
    talk_.sender = true;
    return reply("250 2.1.0 fine\r\n", 0s);
  }
  if (istarts_with(command, "RCPT TO:<")) {
    if (!talk_.sender) return reply("503 5.5.1 from whom\r\n", 0s);
    std::string address = command.substr(9, command.find('>') - 9);
    if (address.starts_with("no")) return reply("550 5.1.1 nobody\r\n", 0s);
    if (address.starts_with("grey") && network_.greets_first_time(address))
      return reply("451 4.7.1 come again\r\n", 0s);
    talk_.recipient = address;
    return reply("250 2.1.5 fine\r\n", 0s);
  }
  if (istarts_with(command, "DATA")) {
    if (talk_.recipient.empty()) return reply("503 5.5.1 nobody to take it\r\n", 0s);
    talk_.in_content = true;
    talk_.content.clear();
    return reply("354 go on\r\n", 0s);
  }
  reply("500 5.5.2 what\r\n", 0s);
}

void Line::hear_content(const std::string& line) {
  if (line == ".") return end_of_content();
  talk_.content += line.starts_with(".") ? line.substr(1) : line;
  talk_.content += "\r\n";
}

// The moment that matters: taken or not, and whether we hear of it.
void Line::end_of_content() {
  talk_.in_content = talk_.sender = false;
  std::string address = std::exchange(talk_.recipient, {});
  bool trouble = network_.goes_wrong();
  uint64_t how = trouble ? network_.below(7) : 99;
  if (how == 0) return reply("451 4.3.0 not now\r\n", 0s);
  if (how == 1) return close_soon();
  if (how == 2) return reply("554 5.7.1 not this\r\n", 0s);
  unsigned copy = network_.take(address, talk_.content, generation_);
  if (how == 3) return close_soon();
  if (how == 4) {
    talk_.silent = true;
    return;
  }
  Duration wait = how == 5   ? kFarTooSlow
                  : how == 6 ? Duration(network_.below(590'000'000))
                             : Duration(network_.below(3'000'000));
  reply("250 2.0.0 queued\r\n", wait, {address, copy});
}

}  // namespace ph::simulation
