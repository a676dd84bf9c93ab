#include "app/loops.h"

#include "base/thread_name.h"

namespace ph::app {

Loops::Loops(unsigned net_loops) : queue_(net::Loop::make()) {
  for (unsigned i = 0; i < net_loops; ++i) net_.push_back(net::Loop::make());
}

Loops::~Loops() {
  stop();
}

void Loops::start() {
  for (size_t i = 0; i < net_.size(); ++i) {
    threads_.emplace_back([this, i] {
      name_this_thread("ph-loop", i);
      net_[i]->run();
    });
  }
  threads_.emplace_back([this] {
    name_this_thread("ph-queue");
    queue_->run();
  });
}

void Loops::stop() {
  for (auto& loop : net_) loop->stop();
  queue_->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::vector<net::Loop*> Loops::net() const {
  std::vector<net::Loop*> out;
  for (const auto& loop : net_) out.push_back(loop.get());
  return out;
}

}  // namespace ph::app
