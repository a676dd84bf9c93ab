// Purpose: counters and gauges with Prometheus' text exposition. Labels are a closed set chosen in
//   code, never input, so their number is bounded.
// Threads: any. A Counter lives for the whole process.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace ph::metrics {

enum class Kind : uint8_t { counter, gauge };

// Registers itself; `name` is a full metric name, `labels` is `key="value",…` or empty.
class Value {
 public:
  Value(Kind kind, const char* name, const char* help, const char* labels = "");
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  void add(int64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  void set(int64_t n) { value_.store(n, std::memory_order_relaxed); }
  int64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  friend std::string exposition();
  Kind kind_;
  const char* name_;
  const char* help_;
  const char* labels_;
  std::atomic<int64_t> value_{0};
};

struct Counter : Value {
  Counter(const char* name, const char* help, const char* labels = "")
      : Value(Kind::counter, name, help, labels) {}
};
struct Gauge : Value {
  Gauge(const char* name, const char* help, const char* labels = "")
      : Value(Kind::gauge, name, help, labels) {}
};

// All values in Prometheus' text format 0.0.4.
std::string exposition();

}  // namespace ph::metrics
