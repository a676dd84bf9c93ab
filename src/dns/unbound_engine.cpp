#include "dns/unbound_engine.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unbound.h>
#include <unistd.h>

#include <cerrno>

#include "base/limits.h"
#include "base/log.h"
#include "base/thread_name.h"
#include "dns/codec.h"

namespace ph::dns {
namespace {

constexpr int kClassIn = 1;

// Zones that libunbound would answer out of its own head (RFC 6761); here the servers decide.
constexpr const char* kOwnZones[] = {"test.", "invalid.", "onion.", "home.arpa."};

Result<> check(int code, std::string_view what) {
  if (code == UB_NOERROR) return {};
  return fail(Errc::internal, fmt::format("libunbound: {}: {}", what, ub_strerror(code)));
}

std::string forward_text(const Endpoint& server) {
  return fmt::format("{}@{}", server.address.text(), server.port);
}

Answer to_answer(const Question& question, int error, const ub_result* result) {
  if (error != UB_NOERROR || !result)
    return Answer::failed(Status::servfail, fmt::format("libunbound: {}", ub_strerror(error)));
  if (result->bogus) {
    std::string why = result->why_bogus ? result->why_bogus : "no reason given";
    return Answer::failed(Status::bogus, "DNSSEC validation failed: " + why);
  }
  if (!result->answer_packet || result->answer_len <= 0)
    return Answer::failed(Status::servfail, "no DNS server gave an answer");
  auto packet = decode({static_cast<const char*>(result->answer_packet),
                        static_cast<size_t>(result->answer_len)});
  if (!packet) return Answer::failed(Status::servfail, packet.error().message);
  Answer out = interpret(*packet, question, nullptr);
  out.secure = result->secure != 0;
  return out;
}

}  // namespace

struct UnboundEngine::Flight {
  UnboundEngine* engine;
  Question question;
  net::OneShot<Answer>::Sender sender;
};

// Withdraws a query whose waiter is gone. When libunbound does not know it any more, its callback
// has run or will run, and that ends the Flight.
struct UnboundEngine::CancelGuard {
  UnboundEngine& engine;
  Flight* flight;
  int id;
  ~CancelGuard() {
    if (ub_cancel(engine.context_, id) == UB_NOERROR) engine.end(flight);
  }
};

// Whoever was called and does not come leaves the turn to the next.
struct UnboundEngine::TurnGuard {
  UnboundEngine& engine;
  uint64_t number;
  bool came = false;
  ~TurnGuard() {
    bool called = false;
    {
      std::lock_guard lock(engine.mutex_);
      called = engine.waiting_.erase(number) == 0;
    }
    if (called && !came) engine.next_turn();
  }
};

UnboundEngine::Flight* UnboundEngine::begin(const Question& question,
                                            net::OneShot<Answer>::Sender sender) {
  std::lock_guard lock(mutex_);
  if (flights_.size() >= limits::kDnsOutstanding) return nullptr;
  auto owned = std::make_unique<Flight>(Flight{this, question, std::move(sender)});
  Flight* flight = owned.get();
  flights_.emplace(flight, std::move(owned));
  return flight;
}

void UnboundEngine::end(Flight* flight) {
  {
    std::lock_guard lock(mutex_);
    flights_.erase(flight);
  }
  next_turn();
}

void UnboundEngine::next_turn() {
  std::map<uint64_t, net::OneShot<bool>::Sender>::node_type next;
  {
    std::lock_guard lock(mutex_);
    if (!waiting_.empty()) next = waiting_.extract(waiting_.begin());
  }
  if (!next.empty()) next.mapped().send(true);
}

net::Task<bool> UnboundEngine::wait_for_turn(std::shared_ptr<UnboundEngine> engine,
                                             Deadline deadline) {
  net::OneShot<bool> turn;
  TurnGuard guard{*engine, 0};
  {
    std::lock_guard lock(engine->mutex_);
    guard.number = ++engine->numbers_;
    engine->waiting_.emplace(guard.number, turn.sender());
  }
  guard.came = (co_await turn.wait(deadline)).has_value();
  co_return guard.came;
}

Result<std::shared_ptr<UnboundEngine>> UnboundEngine::make(const UnboundOptions& options,
                                                           Validate validate) {
  std::shared_ptr<UnboundEngine> engine(new UnboundEngine);
  engine->context_ = ub_ctx_create();
  if (!engine->context_) return fail(Errc::internal, "libunbound: cannot make a context");
  TRY(engine->configure(options, validate));
  TRY(engine->start_thread());
  return engine;
}

Result<> UnboundEngine::configure(const UnboundOptions& options, Validate validate) {
  ub_ctx_debugout(context_, nullptr);  // its lines are none of our log's form
  TRY(set("module-config:", validate == Validate::yes ? "validator iterator" : "iterator"));
  // Forwarders on loopback are usual for us, and private reverse zones are the servers' business.
  TRY(set("do-not-query-localhost:", "no"));
  TRY(set("unblock-lan-zones:", "yes"));
  TRY(set("insecure-lan-zones:", "yes"));
  TRY(set("msg-cache-size:", "16m"));
  TRY(set("rrset-cache-size:", "32m"));
  // One socket a question; the library's sixteen let a few silent servers hold up all others.
  TRY(set("outgoing-range:", std::to_string(limits::kDnsOutstanding)));
  if (!options.servers.empty()) TRY(suit_forwarder(options.patience));
  for (const char* zone : kOwnZones) TRY(set("domain-insecure:", zone));
  for (const Endpoint& server : options.servers)
    TRY(check(ub_ctx_set_fwd(context_, forward_text(server).c_str()), "forward to a server"));
  bool readable = ::access(options.root_hints.c_str(), R_OK) == 0;
  if (options.servers.empty() && readable) TRY(set("root-hints:", options.root_hints));
  if (validate == Validate::yes) {
    if (::access(options.root_key.c_str(), R_OK) != 0)
      return fail_errno("the root trust anchor " + options.root_key, errno);
    TRY(check(ub_ctx_add_ta_file(context_, options.root_key.c_str()), "root trust anchor"));
    for (const std::string& anchor : options.trust_anchors)
      TRY(check(ub_ctx_add_ta(context_, anchor.c_str()), "dns.trust_anchors"));
  }
  TRY(check(ub_ctx_async(context_, 1), "threads"));
  // Last: this ends the configuration phase.
  for (const char* zone : kOwnZones)
    TRY(check(ub_ctx_zone_add(context_, zone, "transparent"), "the settings, trust anchors"));
  return {};
}

Result<> UnboundEngine::set(const char* option, const std::string& value) {
  return check(ub_ctx_set_option(context_, option, value.c_str()), option);
}

// The Forwarder tries again by itself, and answers each question within its patience.
Result<> UnboundEngine::suit_forwarder(Duration patience) {
  auto longer = std::chrono::ceil<std::chrono::milliseconds>(patience * 2).count();
  TRY(set("infra-cache-min-rtt:", std::to_string(longer)));
  TRY(set("outbound-msg-retry:", "1"));
  return set("edns-buffer-size:", std::to_string(limits::kDnsForwardedPayload));
}

Result<> UnboundEngine::start_thread() {
  stop_fd_ = ::eventfd(0, EFD_CLOEXEC);
  if (stop_fd_ < 0) return fail_errno("eventfd", errno);
  thread_ = std::thread([this] {
    name_this_thread("ph-unbound");
    pump();
  });
  return {};
}

UnboundEngine::~UnboundEngine() {
  if (thread_.joinable()) {
    uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(stop_fd_, &one, sizeof one);
    thread_.join();
  }
  if (stop_fd_ >= 0) ::close(stop_fd_);
  if (context_) ub_ctx_delete(context_);
}

void UnboundEngine::pump() {
  pollfd fds[2] = {{ub_fd(context_), POLLIN, 0}, {stop_fd_, POLLIN, 0}};
  while (true) {
    int ready = ::poll(fds, 2, -1);
    if (ready < 0 && errno != EINTR) {
      log::error("libunbound: poll failed", {{"errno", errno}});
      return;
    }
    if (fds[1].revents) return;
    if (ready > 0 && fds[0].revents) ub_process(context_);
  }
}

void UnboundEngine::finished(void* argument, int error, ub_result* result) {
  auto* flight = static_cast<Flight*>(argument);
  Answer answer = to_answer(flight->question, error, result);
  if (result) ub_resolve_free(result);
  std::unique_ptr<Flight> owned;
  {
    std::lock_guard lock(flight->engine->mutex_);
    auto found = flight->engine->flights_.extract(flight);
    if (!found.empty()) owned = std::move(found.mapped());
  }
  if (owned) owned->engine->next_turn();
  if (owned) owned->sender.send(std::move(answer));
}

net::Task<Answer> UnboundEngine::query(std::shared_ptr<UnboundEngine> engine, Question question,
                                       Deadline deadline) {
  net::OneShot<Answer> result;
  auto sender = result.sender();
  Flight* flight = nullptr;
  while (!(flight = engine->begin(question, sender))) {
    bool mine = co_await wait_for_turn(engine, deadline);
    if (!mine) co_return Answer::failed(Status::timeout, "too many DNS queries are under way");
  }
  int id = 0;
  int code = ub_resolve_async(engine->context_, question.name.c_str(),
                              static_cast<int>(question.type), kClassIn, flight,
                              &UnboundEngine::finished, &id);
  if (code != UB_NOERROR) {
    engine->end(flight);
    co_return Answer::failed(Status::servfail, fmt::format("libunbound: {}", ub_strerror(code)));
  }
  std::optional<Answer> answer;
  {
    CancelGuard guard{*engine, flight, id};
    answer = co_await result.wait(deadline);
  }
  if (answer) co_return std::move(*answer);
  co_return Answer::failed(Status::timeout, "no DNS server answered in time");
}

}  // namespace ph::dns
