// Purpose: the client of bench/api.py and bench/sessions.py: POST /api/v1/messages on keep-alive
//   connections, costing as little as it can, so that the server has the cores.
// Shapes: without --rate a closed loop: each connection sends its next request when it has its
//   answer. With --rate an open loop: requests are due at fixed times, whether or not a connection
//   is free, and each is timed from when it was due, so that a stall of the server is in the
//   figures of every request that it delayed. Prints one line of JSON.
// Not here: starting the server (api.py).
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
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
  int port = 8080;
  int connections = 64;
  double seconds = 5;
  double rate = 0;   // requests a second; 0: closed loop
  long count = 0;    // requests in all; 0: as many as the seconds hold
  int sites = 0;     // recipients at so many address literals 127.9.A.B; 0: one domain
  int text = 1000;   // octets of the text
  std::string token, from = "app@bench.example";
} options;

struct Connection {
  int fd = -1;
  bool busy = false;
  int64_t due = 0;  // of the request under way, microseconds
  std::string in, out;
};

int64_t now_us() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000 + t.tv_nsec / 1000;
}

std::vector<Connection> connections;
std::vector<size_t> idle;
std::vector<int64_t> times;
std::deque<int64_t> late;  // due, and no connection free
long begun = 0, accepted = 0, failed = 0, lost = 0;
std::string first_failure;
std::string head, body_start, body_end;

void make_request_parts() {
  body_start = R"({"from":")" + options.from + R"(","to":["u)";
  std::string text(static_cast<size_t>(options.text), 'x');
  for (size_t i = 70; i + 1 < text.size(); i += 72) text.replace(i, 2, "\\n");
  body_end = R"("],"subject":"An order of yours","text":")" + text + R"("})";
  head = "POST /api/v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
  if (!options.token.empty()) head += "Authorization: Bearer " + options.token + "\r\n";
  head += "Content-Length: ";
}

std::string recipient(long number) {
  if (options.sites == 0) return std::to_string(number) + "@there.example";
  long site = number % options.sites;
  return std::to_string(number) + "@[127.9." + std::to_string(site / 250) + "." +
         std::to_string(site % 250 + 1) + "]";
}

void flush(Connection& c) {
  ssize_t n = send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
  if (n > 0) c.out.erase(0, static_cast<size_t>(n));
}

void begin(size_t which, int64_t due) {
  Connection& c = connections[which];
  std::string to = recipient(begun++);
  size_t length = body_start.size() + to.size() + body_end.size();
  c.out.assign(head).append(std::to_string(length)).append("\r\n\r\n");
  c.out.append(body_start).append(to).append(body_end);
  c.busy = true;
  c.due = due;
  flush(c);
}

// Length of the whole response in `in`, or 0 while it is not all there.
size_t response_size(const std::string& in) {
  size_t end = in.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  size_t length = in.find("Content-Length: ");
  size_t body = length < end ? std::strtoul(in.c_str() + length + 16, nullptr, 10) : 0;
  return in.size() >= end + 4 + body ? end + 4 + body : 0;
}

void finished(Connection& c, size_t size) {
  times.push_back(now_us() - c.due);
  if (c.in.compare(9, 3, "202") == 0) {
    ++accepted;
  } else if (failed++ == 0) {
    first_failure = c.in.substr(0, std::min<size_t>(size, 400));
  }
  c.in.erase(0, size);
  c.busy = false;
}

void connect_one(size_t which, int poller) {
  Connection& c = connections[which];
  c = Connection{};
  c.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // The server bounds connections of one client: several addresses are several clients.
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(0x7f000001u + static_cast<unsigned>(which / 200));
  sockaddr_in to = from;
  to.sin_addr.s_addr = htonl(0x7f000001u);
  to.sin_port = htons(static_cast<uint16_t>(options.port));
  int on = 1;
  setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (bind(c.fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0 ||
      connect(c.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    std::perror("connect");
    std::exit(1);
  }
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u64 = which}};
  epoll_ctl(poller, EPOLL_CTL_ADD, c.fd, &event);
}

void readable(size_t which, int poller) {
  static char buffer[16 << 10];
  Connection& c = connections[which];
  if (!c.out.empty()) flush(c);
  for (;;) {
    ssize_t n = recv(c.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) {  // the server ends a connection after many requests
      if (c.busy) ++lost;
      close(c.fd);
      connect_one(which, poller);
      idle.push_back(which);
      return;
    }
    c.in.append(buffer, static_cast<size_t>(n));
    if (static_cast<size_t>(n) < sizeof buffer) break;
  }
  size_t size = c.busy ? response_size(c.in) : 0;
  if (size == 0) return;
  finished(c, size);
  idle.push_back(which);
}

bool may_begin(int64_t now, int64_t end) {
  return now < end && (options.count == 0 || begun < options.count);
}

void run() {
  int poller = epoll_create1(EPOLL_CLOEXEC);
  connections.resize(static_cast<size_t>(options.connections));
  for (size_t i = 0; i < connections.size(); ++i) connect_one(i, poller), idle.push_back(i);
  std::vector<epoll_event> events(256);
  int64_t start = now_us();
  int64_t end = start + static_cast<int64_t>(options.seconds * 1e6);
  double next_due = static_cast<double>(start);
  for (;;) {
    int64_t now = now_us();
    while (options.rate > 0 && next_due <= static_cast<double>(now) && may_begin(now, end)) {
      late.push_back(static_cast<int64_t>(next_due));
      next_due += 1e6 / options.rate;
    }
    bool open_loop = options.rate > 0;
    while (!idle.empty() && may_begin(now, end) && (!open_loop || !late.empty())) {
      int64_t due = open_loop ? late.front() : now_us();
      if (open_loop) late.pop_front();
      size_t which = idle.back();
      idle.pop_back();
      begin(which, due);
    }
    bool over = !may_begin(now, end) && idle.size() == connections.size();
    if (over || now > end + 20'000'000) break;
    int wait = 50;
    if (open_loop && may_begin(now, end))
      wait = std::clamp(static_cast<int>((next_due - static_cast<double>(now)) / 1000), 0, 50);
    int n = epoll_wait(poller, events.data(), static_cast<int>(events.size()), wait);
    for (int i = 0; i < n; ++i) readable(events[static_cast<size_t>(i)].data.u64, poller);
  }
  double took = static_cast<double>(now_us() - start) / 1e6;
  std::sort(times.begin(), times.end());
  auto at = [](double part) {
    if (times.empty()) return 0.0;
    auto index = static_cast<size_t>(part * static_cast<double>(times.size() - 1));
    return static_cast<double>(times[index]) / 1000;
  };
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  for (char& c : first_failure)
    if (c == '"' || c == '\\' || c < ' ') c = ' ';
  std::printf("{\"accepted\":%ld,\"failed\":%ld,\"lost\":%ld,\"seconds\":%.3f,\"cpu\":%.3f,"
              "\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"p999\":%.2f,\"most\":%.2f,"
              "\"first_failure\":\"%s\"}\n",
              accepted, failed, lost, took, cpu, at(0.5), at(0.9), at(0.99), at(0.999), at(1),
              first_failure.c_str());
}

void read_options(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port") options.port = std::atoi(value);
    if (name == "--connections") options.connections = std::atoi(value);
    if (name == "--seconds") options.seconds = std::atof(value);
    if (name == "--rate") options.rate = std::atof(value);
    if (name == "--count") options.count = std::atol(value);
    if (name == "--sites") options.sites = std::atoi(value);
    if (name == "--text") options.text = std::atoi(value);
    if (name == "--token") options.token = value;
    if (name == "--from") options.from = value;
  }
}

}  // namespace

int main(int argc, char** argv) {
  read_options(argc, argv);
  make_request_parts();
  times.reserve(1'000'000);
  run();
}
