// Purpose: a few threads with a read connection each.
// Errors: temporary when the database is away, limit when kReadQueue jobs wait, closed.
// Threads: submit() and close() any.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "sql/connection.h"

namespace ph::store {

struct ReadJobUntyped {
  std::move_only_function<Result<>(sql::Connection&)> run;
  std::move_only_function<void(Result<>)> done;
};

class Readers {
 public:
  using Connect = std::function<Result<std::unique_ptr<sql::Connection>>()>;
  explicit Readers(Connect connect) : connect_(std::move(connect)) {}
  ~Readers() { close(); }
  Result<> start(unsigned threads);
  void submit(ReadJobUntyped job);
  void close();  // finishes what waits

 private:
  void loop(std::unique_ptr<sql::Connection> connection);
  Result<> run(std::unique_ptr<sql::Connection>& connection, ReadJobUntyped& job);

  Connect connect_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<ReadJobUntyped> queue_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ph::store
