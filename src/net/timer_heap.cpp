#include "net/loop_core.h"

namespace ph::net {

TimerNode::~TimerNode() { cancel(); }

void TimerNode::cancel() {
  if (heap_ != nullptr) heap_->remove(*this);
}

TimerHeap::~TimerHeap() {
  for (TimerNode* node : nodes_) node->heap_ = nullptr;
}

bool TimerHeap::before(const TimerNode* a, const TimerNode* b) {
  return a->when_ != b->when_ ? a->when_ < b->when_ : a->order_ < b->order_;
}

void TimerHeap::place(TimerNode* node, size_t index) {
  nodes_[index] = node;
  node->index_ = index;
}

void TimerHeap::sift_up(size_t index) {
  TimerNode* node = nodes_[index];
  while (index > 0) {
    size_t parent = (index - 1) / 2;
    if (!before(node, nodes_[parent])) break;
    place(nodes_[parent], index);
    index = parent;
  }
  place(node, index);
}

void TimerHeap::sift_down(size_t index) {
  TimerNode* node = nodes_[index];
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= nodes_.size()) break;
    if (child + 1 < nodes_.size() && before(nodes_[child + 1], nodes_[child])) ++child;
    if (!before(nodes_[child], node)) break;
    place(nodes_[child], index);
    index = child;
  }
  place(node, index);
}

void TimerHeap::add(TimerNode& node, MonoTime when) {
  PH_CHECK(node.heap_ == nullptr);
  node.heap_ = this;
  node.when_ = when;
  node.order_ = ++order_;
  nodes_.push_back(&node);
  sift_up(nodes_.size() - 1);
}

void TimerHeap::remove(TimerNode& node) {
  size_t index = node.index_;
  TimerNode* last = nodes_.back();
  nodes_.pop_back();
  node.heap_ = nullptr;
  if (last == &node) return;
  place(last, index);
  sift_up(index);
  sift_down(last->index_);
}

TimerNode* TimerHeap::take_due(MonoTime now, uint64_t newest) {
  if (nodes_.empty() || nodes_[0]->when_ > now || nodes_[0]->order_ > newest) return nullptr;
  TimerNode* node = nodes_[0];
  remove(*node);
  return node;
}

}  // namespace ph::net
