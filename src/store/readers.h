// Purpose: a few threads with a read connection each; or none, and one connection used in turns.
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
#include "store/turns.h"

namespace ph::store {

struct ReadJobUntyped {
  std::move_only_function<Result<>(sql::Connection&)> run;
  std::move_only_function<void(Result<>)> done;
};

class Readers {
 public:
  using Connect = std::function<Result<std::unique_ptr<sql::Connection>>()>;
  Readers(Connect connect, PostTurn post) : connect_(std::move(connect)), post_(std::move(post)) {}
  ~Readers() { close(); }
  Result<> start(unsigned threads);
  void submit(ReadJobUntyped job);
  void work_off();  // without threads: what waits is done before this returns
  void close();     // finishes what waits

 private:
  void loop(std::unique_ptr<sql::Connection> connection);
  Result<> run(std::unique_ptr<sql::Connection>& connection, ReadJobUntyped& job);

  bool turn();

  Connect connect_;
  PostTurn post_;
  std::unique_ptr<sql::Connection> connection_;  // without threads
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<ReadJobUntyped> queue_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ph::store
