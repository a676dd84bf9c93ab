// Purpose: a receiver for bench/sessions.py: takes mail on many loopback addresses, with STARTTLS
//   where asked, and answers the final dot only after a while, so that thousands of sessions stand
//   open at once. One thread; what it holds per connection is little more than OpenSSL's own.
// Shapes: every 100 ms one line on stdout: "open N messages N full N resumed N rss KiB".
// Not here: anything of the product: this is the other side.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
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
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

struct Options {
  int port = 2525;
  int addresses = 1000;
  int delay_ms = 2000;
  bool tls = false;
  int uses = 1 << 30;  // messages of one connection, then it is closed
};
Options options;

enum class Phase : unsigned char { plain, handshake, tls };

struct Connection {
  int fd = -1;
  unsigned serial = 0;  // of this use of the place
  SSL* ssl = nullptr;
  Phase phase = Phase::plain;
  bool content = false;

  int used = 0;
  std::string in, out;
};

struct Due {
  int64_t at;
  unsigned place, serial;
};

struct Counts {
  int open = 0;
  long messages = 0, full = 0, resumed = 0;
} counts;

std::vector<Connection> connections;
std::vector<unsigned> free_places;
std::deque<Due> due;
SSL_CTX* context = nullptr;
int poller = -1;
constexpr uint64_t kListener = 1ull << 40;

int64_t now_ms() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1'000'000;
}

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

SSL_CTX* make_context() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -86400);
  X509_gmtime_adj(X509_getm_notAfter(cert), 864000);
  X509_set_pubkey(cert, key);
  X509_sign(cert, key, EVP_sha256());
  SSL_CTX* made = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_mode(made, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_use_certificate(made, cert) != 1 || SSL_CTX_use_PrivateKey(made, key) != 1)
    die("certificate");
  return made;
}

void watch(unsigned place, uint32_t events, int operation) {
  epoll_event event{.events = events, .data = {.u64 = place}};
  epoll_ctl(poller, operation, connections[place].fd, &event);
}

void close_connection(unsigned place) {
  Connection& c = connections[place];
  if (c.ssl != nullptr) SSL_free(c.ssl);
  close(c.fd);
  unsigned serial = c.serial + 1;
  c = Connection{};
  c.serial = serial;
  free_places.push_back(place);
  --counts.open;
}

// False: the connection has ended.
bool flush(Connection& c, unsigned place) {
  while (!c.out.empty()) {
    ssize_t n = c.phase == Phase::tls
                    ? SSL_write(c.ssl, c.out.data(), static_cast<int>(c.out.size()))
                    : send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
    if (n <= 0) {
      watch(place, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
      return c.phase == Phase::tls || errno == EAGAIN;
    }
    c.out.erase(0, static_cast<size_t>(n));
  }
  std::string().swap(c.out);
  return true;
}

void command(Connection& c, std::string_view line) {
  auto is = [&](const char* verb) {
    return line.size() >= 4 && strncasecmp(line.data(), verb, 4) == 0;
  };
  if (is("EHLO")) {
    c.out += "250-sink.example\r\n250-PIPELINING\r\n";
    if (options.tls && c.phase == Phase::plain) c.out += "250-STARTTLS\r\n";
    c.out += "250 8BITMIME\r\n";
  } else if (is("STAR")) {
    c.out += "220 go\r\n";
    c.phase = Phase::handshake;
  } else if (is("DATA")) {
    c.out += "354 go\r\n";
    c.content = true;
  } else {
    c.out += is("QUIT") ? "221 bye\r\n" : "250 fine\r\n";
  }
}

void take_input(Connection& c, unsigned place) {
  while (!c.in.empty() && c.phase != Phase::handshake) {
    if (c.content) {
      size_t end = c.in.find("\r\n.\r\n");
      if (end == std::string::npos) {
        if (c.in.size() > 4) c.in.erase(0, c.in.size() - 4);
        return;
      }
      c.in.erase(0, end + 5);
      c.content = false;
      due.push_back({now_ms() + options.delay_ms, place, c.serial});
      continue;
    }
    size_t end = c.in.find("\r\n");
    if (end == std::string::npos) return;
    command(c, std::string_view(c.in).substr(0, end));
    c.in.erase(0, end + 2);
  }
  if (c.in.empty()) std::string().swap(c.in);
}

bool shake(Connection& c) {
  if (c.ssl == nullptr) {
    c.ssl = SSL_new(context);
    SSL_set_fd(c.ssl, c.fd);
    SSL_set_accept_state(c.ssl);
    std::string().swap(c.in);  // what came before TLS is thrown away
  }
  int rc = SSL_do_handshake(c.ssl);
  if (rc == 1) {
    c.phase = Phase::tls;
    ++(SSL_session_reused(c.ssl) == 1 ? counts.resumed : counts.full);
    return true;
  }
  return SSL_get_error(c.ssl, rc) == SSL_ERROR_WANT_READ;
}

// False: the connection has ended.
bool readable(Connection& c, unsigned place) {
  static char buffer[64 << 10];
  for (;;) {
    if (c.phase == Phase::handshake && !shake(c)) return false;
    if (c.phase == Phase::handshake) return true;
    ssize_t n = c.phase == Phase::tls ? SSL_read(c.ssl, buffer, sizeof buffer)
                                      : recv(c.fd, buffer, sizeof buffer, 0);
    if (n <= 0) {
      bool more = c.phase == Phase::tls
                      ? SSL_get_error(c.ssl, static_cast<int>(n)) == SSL_ERROR_WANT_READ
                      : n < 0 && errno == EAGAIN;
      ERR_clear_error();
      return more;
    }
    c.in.append(buffer, static_cast<size_t>(n));
    Phase before = c.phase;
    take_input(c, place);
    Phase after = std::exchange(c.phase, before);  // the reply to STARTTLS goes in plain
    bool open = flush(c, place);
    c.phase = after;
    if (!open) return false;
  }
}

void accept_all(int listener) {
  for (;;) {
    int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (free_places.empty()) {
      connections.emplace_back();
      free_places.push_back(static_cast<unsigned>(connections.size() - 1));
    }
    unsigned place = free_places.back();
    free_places.pop_back();
    Connection& c = connections[place];
    c.fd = fd;
    ++counts.open;
    watch(place, EPOLLIN, EPOLL_CTL_ADD);
    c.out = "220 sink.example ESMTP\r\n";
    if (!flush(c, place)) close_connection(place);
  }
}

void answer_due() {
  for (int64_t now = now_ms(); !due.empty() && due.front().at <= now; due.pop_front()) {
    Connection& c = connections[due.front().place];
    if (c.fd < 0 || c.serial != due.front().serial) continue;
    c.out += "250 2.0.0 taken\r\n";
    ++counts.messages;
    bool open = flush(c, due.front().place);
    if (!open || ++c.used >= options.uses) close_connection(due.front().place);
  }
}

long resident_kib() {
  long pages = 0, resident = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

void listen_at(int index) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<uint16_t>(options.port));
  // 127.9.A.B; the same list is in sessions.py and api_load.cpp
  int place = index / 250 * 256 + index % 250 + 1;
  at.sin_addr.s_addr = htonl(0x7f090000u + static_cast<unsigned>(place));
  if (bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) die("bind");
  if (listen(fd, 4096) != 0) die("listen");
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kListener | static_cast<unsigned>(fd)}};
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

void read_options(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view name = argv[i];
    int value = std::atoi(argv[i + 1]);
    if (name == "--port") options.port = value;
    if (name == "--addresses") options.addresses = value;
    if (name == "--delay-ms") options.delay_ms = value;
    if (name == "--tls") options.tls = value != 0;
    if (name == "--uses") options.uses = value;
  }
}

}  // namespace

int main(int argc, char** argv) {
  read_options(argc, argv);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  context = make_context();
  connections.reserve(files.rlim_max < 100'000 ? files.rlim_max : 100'000);
  poller = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < options.addresses; ++i) listen_at(i);
  std::vector<epoll_event> events(512);
  for (int64_t told = 0;;) {
    int64_t now = now_ms();
    if (now - told >= 100) {
      told = now;
      std::printf("open %d messages %ld full %ld resumed %ld rss %ld\n", counts.open,
                  counts.messages, counts.full, counts.resumed, resident_kib());
      std::fflush(stdout);
    }
    int64_t wait = due.empty() ? 50 : std::clamp<int64_t>(due.front().at - now, 0, 50);
    int n = epoll_wait(poller, events.data(), static_cast<int>(events.size()),
                       static_cast<int>(wait));
    for (int i = 0; i < n; ++i) {
      uint64_t id = events[static_cast<size_t>(i)].data.u64;
      if ((id & kListener) != 0) {
        accept_all(static_cast<int>(id & 0xffffffff));
        continue;
      }
      auto place = static_cast<unsigned>(id);
      Connection& c = connections[place];
      if (c.fd >= 0 && !(flush(c, place) && readable(c, place))) close_connection(place);
    }
    answer_due();
  }
}
