#include "dns/stub.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "dns/wire_name.h"
#include "net/udp.h"

namespace ph::dns {
namespace {

constexpr unsigned kRounds = 2;

// RFC 5452 §9.1: what must agree before a datagram is taken for the answer.
enum class Match : uint8_t { no, yes, case_differs };

Match matches(const Message& query, const Result<Message>& response) {
  if (!response || !response->response || response->id != query.id) return Match::no;
  // A server that cannot read EDNS or the query at all may leave the question out.
  if (response->questions.empty() && response->rcode == Rcode::format_error) return Match::yes;
  if (response->questions.size() != 1) return Match::no;
  const Question& sent = query.questions[0];
  const Question& got = response->questions[0];
  if (sent.type != got.type || !iequals(sent.name, got.name)) return Match::no;
  return sent.name == got.name ? Match::yes : Match::case_differs;
}

net::Task<Result<std::string>> read_message(net::Stream& stream, Deadline deadline) {
  std::string buffer;
  size_t wanted = 2;
  while (buffer.size() < wanted) {
    auto piece = co_await stream.read(wanted - buffer.size(), deadline);
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) co_return fail(Errc::closed, "the server closed the connection");
    buffer += *piece;
    if (wanted == 2 && buffer.size() == 2)
      wanted += static_cast<size_t>(static_cast<uint8_t>(buffer[0])) << 8 |
                static_cast<uint8_t>(buffer[1]);
  }
  co_return buffer.substr(2);
}

// When a datagram without an answer is sent again: a resolver that has to look far is not pressed.
class Sendings {
 public:
  Sendings(Duration first, Deadline end) : wait_(first), end_(end) { plan(); }
  Deadline next() const { return next_; }
  bool due() {
    if (sent_ == limits::kDnsForwardSends || wait_ == Duration{0} ||
        !next_.passed(net::Loop::current()->clock()) ||
        end_.passed(net::Loop::current()->clock()))
      return false;
    ++sent_;
    wait_ *= 2;
    plan();
    return true;
  }

 private:
  void plan() {
    bool again = wait_ != Duration{0} && sent_ < limits::kDnsForwardSends;
    next_ = again ? end_.sooner(net::Loop::current()->in(wait_)) : end_;
  }
  Duration wait_;
  Deadline end_;
  Deadline next_;
  unsigned sent_ = 1;
};

Answer failed(const Error& error, const Endpoint& server) {
  Status status = error.code == Errc::timeout ? Status::timeout : Status::servfail;
  Answer out = Answer::failed(status, error.message);
  out.server = server.text();
  return out;
}

}  // namespace

StubResolver::StubResolver(StubOptions options) : options_(std::move(options)) {
  if (!options_.network) options_.network = &net::system_network(net::Reach::anywhere);
}

std::string StubResolver::mixed_case(std::string name) {
  uint64_t bits = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    if (i % 64 == 0) bits = options_.random->number();
    name[i] = bits >> (i % 64) & 1 ? to_upper(name[i]) : to_lower(name[i]);
  }
  return name;
}

net::Task<Result<Packet>> StubResolver::over_udp(Endpoint server, Message query,
                                                 Deadline deadline) {
  std::string bytes = CO_TRY(encode(query));
  auto socket = CO_TRY(net::UdpSocket::connect(*net::Loop::current(), server));
  Sendings sendings(options_.resend, deadline);
  CO_TRY(socket->send(server, bytes));
  while (true) {
    auto datagram = co_await socket->receive(sendings.next());
    if (!datagram && sendings.due()) {
      CO_TRY(socket->send(server, bytes));
      continue;
    }
    if (!datagram) co_return std::unexpected(datagram.error());
    auto response = decode(datagram->bytes);
    Match match = matches(query, response);
    if (match == Match::no) continue;  // RFC 5452 §9.1: somebody else's, or a forgery
    // Cut short, or not the case that was sent: the same over TCP, which nobody forges blindly.
    if (response->truncated || match == Match::case_differs)
      co_return co_await over_tcp(server, std::move(query), deadline);
    co_return Packet{std::move(*response), std::move(datagram->bytes)};
  }
}

net::Task<Result<Packet>> StubResolver::over_tcp(Endpoint server, Message query,
                                                 Deadline deadline) {
  std::string bytes = CO_TRY(encode(query));
  auto stream = CO_TRY(co_await options_.network->connect({server, std::nullopt}, deadline));
  std::string framed{static_cast<char>(bytes.size() >> 8), static_cast<char>(bytes.size())};
  CO_TRY(co_await stream->write(framed + bytes, deadline));
  auto packet = CO_TRY(co_await read_message(*stream, deadline));
  auto response = decode(packet);
  if (matches(query, response) == Match::no)
    co_return fail(Errc::invalid, "the server's answer does not fit the question");
  co_return Packet{std::move(*response), std::move(packet)};
}

net::Task<Result<Packet>> StubResolver::pass_on(Endpoint server, Message query,
                                                Deadline deadline) {
  query.id = static_cast<uint16_t>(options_.random->below(65536));
  auto response = co_await over_udp(server, query, deadline);
  bool no_edns = response && query.edns && !response->message.edns &&
                 (response->message.rcode == Rcode::format_error ||
                  response->message.rcode == Rcode::not_implemented);
  if (!no_edns) co_return response;
  query.edns.reset();  // RFC 6891 §7: a server from before EDNS
  query.id = static_cast<uint16_t>(options_.random->below(65536));
  co_return co_await over_udp(server, std::move(query), deadline);
}

net::Task<Result<Message>> StubResolver::exchange(Endpoint server, Question question,
                                                  DnssecWish wish, Deadline deadline) {
  Message query;
  query.recursion_desired = true;
  query.checking_disabled = wish == DnssecWish::yes;
  query.questions.push_back({mixed_case(question.name), question.type});
  query.edns = Edns{.dnssec_ok = wish == DnssecWish::yes};
  auto response = CO_TRY(co_await pass_on(server, std::move(query), deadline));
  co_return std::move(response.message);
}

net::Task<StubAnswer> StubResolver::query_once(std::vector<Endpoint> servers, Question question,
                                               Deadline deadline) {
  Clock& clock = net::Loop::current()->clock();
  deadline = deadline.sooner(Deadline::in(clock, options_.per_query));
  Answer last = Answer::failed(Status::servfail, "no DNS server is configured");
  for (size_t turn = 0; turn < servers.size() * kRounds; ++turn) {
    if (deadline.passed(clock)) break;
    const Endpoint& server = servers[turn % servers.size()];
    // The last of them may use all the time that the query has left; before that, each leaves the
    // others of its round their share, so that none is never asked.
    bool final_turn = turn + 1 == servers.size() * kRounds;
    auto to_ask = static_cast<int64_t>(servers.size() - turn % servers.size());
    Duration share = (deadline.at - clock.mono()) / to_ask;
    Deadline turn_end = Deadline::in(clock, std::min(options_.per_server, share));
    Deadline step = final_turn ? deadline : turn_end;
    auto response = co_await exchange(server, question, DnssecWish::no, step);
    if (!response) {
      last = failed(response.error(), server);
      continue;
    }
    StubAnswer out;
    out.answer = interpret(*response, question, &out.unfollowed);
    out.answer.server = server.text();
    if (!out.unfollowed.empty() || !out.answer.temporary()) co_return out;
    last = std::move(out.answer);
  }
  co_return StubAnswer{std::move(last), {}};
}

net::Task<Answer> StubResolver::follow(std::vector<Endpoint> servers, Question question,
                                       Deadline deadline) {
  Question next = std::move(question);
  std::vector<std::string> aliases;
  uint32_t ttl = INT32_MAX;
  for (unsigned step = 0; step <= limits::kCnameChain; ++step) {
    auto [answer, unfollowed] = co_await query_once(servers, next, deadline);
    answer.aliases.insert(answer.aliases.begin(), aliases.begin(), aliases.end());
    ttl = answer.ttl = std::min(ttl, answer.ttl);
    if (unfollowed.empty()) co_return answer;
    aliases = std::move(answer.aliases);
    next.name = std::move(unfollowed);
  }
  co_return Answer::failed(Status::servfail, "the CNAME chain is too long or a loop");
}

net::Task<Answer> StubResolver::query_at(Endpoint server, Question question, Deadline deadline) {
  co_return co_await follow({server}, std::move(question), deadline);
}

net::Task<Answer> StubResolver::query(Question question, Deadline deadline) {
  co_return co_await follow(options_.servers, std::move(question), deadline);
}

}  // namespace ph::dns
