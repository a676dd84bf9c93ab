// Purpose: several tasks at once on this loop, and their values in the order of the tasks.
// Shapes: destroying the gathering task destroys all of them.
// Threads: one loop.
#pragma once

#include <vector>

#include "base/limits.h"
#include "net/wait_list.h"

namespace ph::net {

namespace detail {

struct Gathering {
  explicit Gathering(size_t tasks) : left(tasks) {}
  size_t left;
  WaitList done{};
  void one_done() {
    if (--left == 0) done.notify_all();
  }
};

template <class T>
Task<void> gather_one(Task<T> task, std::optional<T>* out, Gathering* all) {
  out->emplace(co_await std::move(task));
  all->one_done();
}

inline Task<void> gather_one(Task<void> task, Gathering* all) {
  co_await std::move(task);
  all->one_done();
}

}  // namespace detail

template <class T>
Task<std::vector<T>> gather(std::vector<Task<T>> tasks) {
  PH_CHECK(tasks.size() <= limits::kGatherMost);
  detail::Gathering all(tasks.size());
  std::vector<std::optional<T>> values(tasks.size());
  std::vector<Task<void>> running;
  for (size_t i = 0; i < tasks.size(); ++i)
    running.push_back(detail::gather_one(std::move(tasks[i]), &values[i], &all));
  for (auto& one : running) one.start();
  while (all.left > 0) co_await all.done.wait(Deadline::never());
  std::vector<T> out;
  out.reserve(values.size());
  for (auto& value : values) out.push_back(std::move(*value));
  co_return out;
}

inline Task<void> gather(std::vector<Task<void>> tasks) {
  PH_CHECK(tasks.size() <= limits::kGatherMost);
  detail::Gathering all(tasks.size());
  std::vector<Task<void>> running;
  for (auto& task : tasks) running.push_back(detail::gather_one(std::move(task), &all));
  for (auto& one : running) one.start();
  while (all.left > 0) co_await all.done.wait(Deadline::never());
}

}  // namespace ph::net
