// Purpose: source and sink of bench/relay.py in one thread, costing as little as they can, so that
//   the relay has the cores: smtp-source and smtp-sink alone take more than the relay does.
// Shapes: each source connection stays open, sends MAIL, RCPT and DATA in one packet where
//   PIPELINING is offered (RFC 2920), then content with its final dot in one. The sink offers
//   PIPELINING as well. Prints one line of JSON when every mail has arrived.
// Not here: starting the relay (relay.py).
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

struct Options {
  int port = 2525;       // of the relay
  int sink = 2526;       // ours
  int connections = 20;  // of the source
  long count = 5000;
  long warm = 400;  // mails before that, which do not count
  int octets = 4096;
} options;

enum class Kind : unsigned char { listener, source, sink };
enum class Step : unsigned char { greeting, hello, envelope, content };

struct Connection {
  Kind kind = Kind::source;
  int fd = -1;
  Step step = Step::greeting;
  int replies = 0;       // that are still to come in this step
  bool content = false;  // the sink is inside DATA
  std::string in, out;
};

double seconds_of(clockid_t which) {
  timespec t{};
  clock_gettime(which, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

int poller = -1;
std::string envelope, message;
long begun = 0, taken = 0, refused = 0, arrived = 0;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

void flush(Connection& c) {
  if (c.out.empty()) return;
  ssize_t n = send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n > 0) c.out.erase(0, static_cast<size_t>(n));
}

void watch(Connection& c) {
  int on = 1;
  setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = &c}};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, c.fd, &event) != 0) fail("epoll_ctl");
}

sockaddr_in local(int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  out.sin_port = htons(static_cast<uint16_t>(port));
  return out;
}

void begin(Connection& c, long most) {
  if (begun >= most) return;
  ++begun;
  c.step = Step::envelope;
  c.replies = 3;
  c.out += envelope;
  flush(c);
}

void source_reply(Connection& c, std::string_view line, long most) {
  if (line.size() > 3 && line[3] == '-') return;
  bool good = line[0] == '2' || line[0] == '3';
  if (c.step == Step::greeting) {
    c.step = Step::hello;
    c.out += "EHLO load.example\r\n";
    return flush(c);
  }
  if (c.step == Step::hello) return begin(c, most);
  if (c.step == Step::envelope) {
    if (!good) {
      std::fprintf(stderr, "refused: %.*s\n", static_cast<int>(line.size()), line.data());
      std::exit(1);
    }
    if (--c.replies > 0) return;
    c.step = Step::content;
    c.out += message;
    return flush(c);
  }
  ++(good ? taken : refused);
  begin(c, most);
}

void sink_line(Connection& c, std::string_view line) {
  auto starts = [&](const char* word) { return strncasecmp(line.data(), word, 4) == 0; };
  if (starts("EHLO")) {
    c.out += "250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 100000000\r\n";
  } else if (starts("DATA")) {
    c.out += "354 go on\r\n";
    c.content = true;
  } else if (starts("QUIT")) {
    c.out += "221 bye\r\n";
  } else {
    c.out += "250 ok\r\n";
  }
}

// Takes what is whole from the front of `in`.
void sink_input(Connection& c) {
  size_t at = 0;
  for (;;) {
    if (c.content) {
      constexpr std::string_view kEnd = "\r\n.\r\n";
      size_t end = c.in.find(kEnd, at);
      if (end == std::string::npos) break;
      at = end + kEnd.size();
      c.content = false;
      ++arrived;
      c.out += "250 ok\r\n";
      continue;
    }
    size_t end = c.in.find("\r\n", at);
    if (end == std::string::npos) break;
    sink_line(c, std::string_view(c.in).substr(at, end - at));
    at = end + 2;
  }
  c.in.erase(0, at);
  flush(c);
}

void source_input(Connection& c, long most) {
  size_t at = 0;
  for (size_t end; (end = c.in.find("\r\n", at)) != std::string::npos; at = end + 2)
    source_reply(c, std::string_view(c.in).substr(at, end - at), most);
  c.in.erase(0, at);
}

void accept_all(Connection& listener) {
  for (;;) {
    int fd = accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    auto* c = new Connection{.kind = Kind::sink, .fd = fd, .in = {}, .out = {}};
    watch(*c);
    c->out += "220 sink.example ESMTP\r\n";
    flush(*c);
  }
}

void ready(Connection& c, long most) {
  if (c.kind == Kind::listener) return accept_all(c);
  static char buffer[64 << 10];
  flush(c);
  for (;;) {
    ssize_t n = recv(c.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0) return;
    if (n == 0) {
      if (c.kind == Kind::source) fail("the relay closed a connection");
      close(c.fd);
      delete &c;
      return;
    }
    c.in.append(buffer, static_cast<size_t>(n));
    if (c.kind == Kind::sink) sink_input(c);
    else source_input(c, most);
    if (static_cast<size_t>(n) < sizeof buffer) return;
  }
}

struct Phase {
  double accepted = 0, delivered = 0;  // seconds until then
};

// Sends until `most` mails were begun and all have arrived.
Phase run_until(std::vector<std::unique_ptr<Connection>>& sources, long most) {
  Phase out;
  double start = seconds_of(CLOCK_MONOTONIC), last = start;
  for (auto& c : sources)
    if (c->step == Step::content) begin(*c, most);
  epoll_event events[256];
  long seen = arrived;
  // The last mail may arrive before its 250 does.
  while (arrived + refused < most || taken + refused < most) {
    int n = epoll_wait(poller, events, 256, 1000);
    for (int i = 0; i < n; ++i) ready(*static_cast<Connection*>(events[i].data.ptr), most);
    double now = seconds_of(CLOCK_MONOTONIC);
    if (out.delivered == 0 && arrived + refused >= most) out.delivered = now - start;
    if (out.accepted == 0 && taken + refused >= most) out.accepted = now - start;
    if (std::exchange(seen, arrived) != arrived) last = now;
    if (now > last + 60) fail("no mail has arrived for a minute");
  }
  return out;
}

void listen_on(Connection& listener) {
  listener.kind = Kind::listener;
  listener.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at = local(options.sink);
  if (bind(listener.fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
      listen(listener.fd, 1024) != 0)
    fail("listen");
  watch(listener);
}

std::unique_ptr<Connection> connect_one() {
  auto c = std::make_unique<Connection>();
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to = local(options.port);
  if (connect(c->fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("connect");
  watch(*c);
  return c;
}

void make_mail() {
  envelope = "MAIL FROM:<app@bench.example>\r\nRCPT TO:<anna@receiver.example>\r\nDATA\r\n";
  message = "From: <app@bench.example>\r\nTo: <anna@receiver.example>\r\nSubject: load\r\n\r\n";
  while (message.size() < static_cast<size_t>(options.octets))
    message += "The quick brown fox jumps over the lazy dog and goes home again, well.\r\n";
  message += ".\r\n";
}

void read_options(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port") options.port = std::atoi(value);
    if (name == "--sink") options.sink = std::atoi(value);
    if (name == "--connections") options.connections = std::atoi(value);
    if (name == "--count") options.count = std::atol(value);
    if (name == "--warm") options.warm = std::atol(value);
    if (name == "--octets") options.octets = std::atoi(value);
  }
}

}  // namespace

// After the warm-up it says "warm" and goes on when its standard input has a line, so that what is
// measured begins there.
int main(int argc, char** argv) {
  read_options(argc, argv);
  make_mail();
  poller = epoll_create1(EPOLL_CLOEXEC);
  Connection listener;
  listen_on(listener);
  std::vector<std::unique_ptr<Connection>> sources;
  for (int i = 0; i < options.connections; ++i) sources.push_back(connect_one());
  run_until(sources, options.warm);
  std::puts("warm");
  std::fflush(stdout);
  char line[16];
  if (std::fgets(line, sizeof line, stdin) == nullptr) return 1;
  double before = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  Phase phase = run_until(sources, options.warm + options.count);
  double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - before;
  std::printf("{\"accepted\":%.4f,\"delivered\":%.4f,\"refused\":%ld,\"cpu\":%.4f}\n",
              phase.accepted, phase.delivered, refused, cpu);
}
