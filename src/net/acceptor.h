// Purpose: the accept loop that TCP and unix listeners share. Private to net/.
// Shapes: a Gate counts what is open, in all and by client; one is shared by a listener's loops.
// Threads: the Gate any; accept_all() runs on its loop.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "net/listener.h"
#include "net/transport.h"

namespace ph::net {

class Gate : public std::enable_shared_from_this<Gate> {
 public:
  Gate(unsigned most, unsigned most_per_client, std::vector<ph::Network> proxies = {})
      : most_(most), per_client_(most_per_client), proxies_(std::move(proxies)) {}

  // A connection's place; it is given back on destruction. Null when there is none.
  class Place {
   public:
    Place(std::shared_ptr<Gate> gate, std::string client)
        : gate_(std::move(gate)), client_(std::move(client)) {}
    ~Place() { gate_->leave(client_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    std::shared_ptr<Gate> gate_;
    std::string client_;
  };
  std::unique_ptr<Place> enter(const IpAddress& client);

  unsigned open() const { return open_.load(std::memory_order_relaxed); }
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }
  void stop() { stopped_.store(true, std::memory_order_release); }

 private:
  void leave(const std::string& client);

  unsigned most_;
  unsigned per_client_;
  std::vector<ph::Network> proxies_;  // not bound by per_client_
  std::atomic<unsigned> open_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::map<std::string, unsigned> clients_;  // only those with open connections
};

// A listening descriptor. shutdown() may come from any thread: it ends accept_all().
class ListeningFd {
 public:
  explicit ListeningFd(int fd) : fd_(fd) {}
  ~ListeningFd();
  ListeningFd(const ListeningFd&) = delete;
  ListeningFd& operator=(const ListeningFd&) = delete;
  int fd() const { return fd_; }
  void shutdown();

 private:
  int fd_;
};

struct AcceptorOptions {
  std::shared_ptr<ListeningFd> listening;
  std::shared_ptr<Gate> gate;
  std::shared_ptr<const ConnectionHandler> handler;
  std::string busy_reply;
  bool (*allowed)(int fd) = nullptr;  // null: everyone
};

// Accepts until the descriptor is shut down; spawns the handler for each connection.
Task<> accept_all(AcceptorOptions options);

}  // namespace ph::net
