// Purpose: the net loops and the queue's loop, each on its thread.
// Threads: made and stopped by the main thread.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "net/loop.h"

namespace ph::app {

class Loops {
 public:
  explicit Loops(unsigned net_loops);
  ~Loops();  // stop(), and the tasks that are left are destroyed
  void start();
  void stop();  // returns when every thread has ended

  std::vector<net::Loop*> net() const;
  net::Loop& queue() { return *queue_; }
  net::Loop& first() { return *net_[0]; }

 private:
  std::vector<std::unique_ptr<net::Loop>> net_;
  std::unique_ptr<net::Loop> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace ph::app
