#include "dns/forwarder.h"

#include <algorithm>

#include "base/log.h"
#include "base/thread_name.h"
#include "dns/stub.h"
#include "net/udp.h"
#include "net/wait_list.h"

namespace ph::dns {
namespace {

constexpr size_t kHeader = 12;        // octets, RFC 1035 §4.1.1
constexpr size_t kQuestionTail = 4;   // type and class
// Of the header's third and fourth octet.
constexpr char kResponse = '\x80';
constexpr char kRecursionDesired = '\x01';
constexpr char kRecursion = '\x80';  // available

bool has(const std::vector<Record>& records, Type type) {
  return std::ranges::any_of(records, [&](const Record& r) { return r.type == type; });
}

// Whether it says anything about the name: an answer, or that there is none.
bool usable(const Message& m) {
  if (m.rcode == Rcode::name_error) return true;
  if (m.rcode != Rcode::no_error) return false;
  if (!m.answers.empty() || has(m.authority, Type::soa)) return true;
  // RFC 2308 §2.2: with NS records it refers to others; one that does not recurse is lame.
  return !has(m.authority, Type::ns) && (m.recursion_available || m.authoritative);
}

// Where the question ends; a name in it is never compressed.
size_t question_end(std::string_view packet) {
  size_t at = kHeader;
  while (at < packet.size() && packet[at] != 0) at += 1 + static_cast<uint8_t>(packet[at]);
  return at + 1 + kQuestionTail;
}

// SERVFAIL as the answer to the octets that were asked; none where they hold no question.
std::optional<std::string> failure(std::string_view asked) {
  size_t end = question_end(asked);
  if (asked.size() < end) return std::nullopt;
  std::string out(asked.substr(0, end));
  out[2] = static_cast<char>((out[2] & kRecursionDesired) | kResponse);
  out[3] = static_cast<char>(kRecursion | static_cast<char>(Rcode::server_failure));
  out.replace(4, kHeader - 4, std::string_view("\0\1\0\0\0\0\0\0", kHeader - 4));
  return out;
}

// The server's octets as the answer to the octets that were asked: their id and their question.
std::optional<std::string> returned(std::string answer, std::string_view asked) {
  size_t end = question_end(asked);
  if (answer.size() > limits::kDnsForwardedPayload || answer.size() < end || asked.size() < end)
    return std::nullopt;
  answer.replace(0, 2, asked.substr(0, 2));
  answer.replace(kHeader, end - kHeader, asked.substr(kHeader, end - kHeader));
  answer[3] = static_cast<char>(answer[3] | kRecursion);
  return answer;
}

// One question that several servers are asked.
struct Race {
  net::WaitList news;
  std::optional<Packet> won;
  size_t winner = 0;
  size_t lost = 0;
};

}  // namespace

struct Forwarder::State {
  explicit State(ForwarderOptions o)
      : options(std::move(o)), stub({.servers = options.servers, .resend = options.per_try}) {}

  net::Task<void> one_server(Race& race, size_t server, Message query, Deadline deadline) {
    auto got = co_await stub.pass_on(options.servers[server], std::move(query), deadline);
    if (race.won) co_return;
    if (got && usable(got->message)) {
      race.won = std::move(*got);
      race.winner = server;
    } else {
      ++race.lost;
    }
    race.news.notify_all();
  }

  net::Task<std::optional<std::string>> all_servers(Message query, std::string_view asked) {
    query.edns = Edns{.dnssec_ok = query.edns && query.edns->dnssec_ok};
    const size_t count = options.servers.size();
    const size_t first = preferred;
    net::Loop& loop = *net::Loop::current();
    Deadline end = loop.in(options.patience);
    Race race;
    std::vector<net::Task<void>> tasks;
    tasks.reserve(count);
    while (!race.won && race.lost < count && !end.passed(loop.clock())) {
      // One more at once when all that were asked have failed, or after a while without a word.
      if (tasks.size() < count) {
        tasks.push_back(one_server(race, (first + tasks.size()) % count, query, end));
        tasks.back().start();
      }
      if (race.won || race.lost == tasks.size()) continue;
      co_await race.news.wait(tasks.size() < count ? end.sooner(loop.in(options.per_try)) : end);
    }
    if (!race.won) co_return std::nullopt;
    preferred = race.winner;
    co_return returned(std::move(race.won->octets), asked);
  }

  static net::Task<void> one_question(std::shared_ptr<State> self, net::Datagram asked) {
    ++self->under_way;
    std::optional<std::string> answer;
    auto query = decode(asked.bytes);
    if (query && query->questions.size() == 1)
      answer = co_await self->all_servers(std::move(*query), asked.bytes);
    --self->under_way;
    self->reply(asked, std::move(answer));
  }

  void reply(const net::Datagram& asked, std::optional<std::string> answer) {
    if (!answer) answer = failure(asked.bytes);
    if (!answer) return;
    auto sent = socket->send(asked.from, *answer);
    if (!sent) log::debug("dns forwarder: send failed", {{"error", sent.error().message}});
  }

  static net::Task<void> serve(std::shared_ptr<State> self) {
    net::Loop& loop = *net::Loop::current();
    while (true) {
      auto asked = co_await self->socket->receive(Deadline::never());
      if (!asked && asked.error().code == Errc::closed) co_return;
      if (!asked) {
        log::warn("dns forwarder: receive failed", {{"error", asked.error().message}});
        co_await net::sleep_for(limits::kDnsListenPause);
        continue;
      }
      bool query = asked->bytes.size() > kHeader && !(asked->bytes[2] & kResponse);
      if (!query) continue;
      if (self->under_way >= limits::kDnsForwarded)
        self->reply(*asked, std::nullopt);
      else
        loop.spawn(one_question(self, std::move(*asked)));
    }
  }

  ForwarderOptions options;
  StubResolver stub;
  std::unique_ptr<net::UdpSocket> socket;
  size_t preferred = 0;      // the server that answered last
  unsigned under_way = 0;
};

Result<std::unique_ptr<Forwarder>> Forwarder::start(ForwarderOptions options) {
  PH_CHECK(!options.servers.empty());
  std::unique_ptr<Forwarder> out(new Forwarder);
  out->loop_ = net::Loop::make();
  out->state_ = std::make_shared<State>(std::move(options));
  Endpoint any{*IpAddress::parse("127.0.0.1"), 0};
  out->state_->socket = TRY(net::UdpSocket::bind(*out->loop_, any));
  out->loop_->spawn(State::serve(out->state_));
  out->thread_ = std::thread([loop = out->loop_.get()] {
    name_this_thread("ph-dns");
    loop->run();
  });
  return out;
}

Forwarder::~Forwarder() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
}

Endpoint Forwarder::local() const { return state_->socket->local(); }

}  // namespace ph::dns
