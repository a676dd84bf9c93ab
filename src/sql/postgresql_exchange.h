// Purpose: one exchange with a PostgreSQL server: statements out, results in, without ever blocking
//   on one direction only (a full socket both ways would stand still for ever).
// Shapes: the connection is in pipeline and non-blocking mode; an exchange ends with a sync.
// Errors: temporary when the server is gone, or silent for kSqlWait unless unhurried: the
//   connection is then dead.
// Threads: one at a time.
// Not here: transactions and the statement cache (postgresql.cpp).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "sql/value.h"

struct pg_conn;
struct pg_result;

namespace ph::sql {

struct EndConnection {
  void operator()(pg_conn* connection) const;
};
struct ClearResult {
  void operator()(pg_result* result) const;
};
using PgResult = std::unique_ptr<pg_result, ClearResult>;

class Exchange {
 public:
  static Result<std::unique_ptr<Exchange>> connect(const std::string& url);

  bool alive() const { return alive_; }
  // Between two exchanges: whether the server has not gone away meanwhile.
  bool look_alive();
  Result<> send_prepare(const std::string& name, const std::string& sql);
  Result<> send_prepared(const std::string& name, const Params& params);
  Result<> send_plain(const std::string& sql);
  // Sends everything that was queued and a sync, then gives each result, in order, to `take` until
  // the sync has come back. Gives the first error of the server's; `take` sees no failed results.
  Result<> run(const std::function<Result<>(size_t index, pg_result*)>& take);
  // Several statements as one simple query, outside the pipeline.
  Result<> script(const std::string& sql);
  // An unhurried exchange waits as long as the connection lives (TCP's keepalive tells).
  void set_unhurried(bool on) { unhurried_ = on; }

 private:
  explicit Exchange(pg_conn* connection) : connection_(connection) {}
  Result<> flush();
  Result<PgResult> next();
  Result<> wait(short events);
  std::unexpected<Error> lost();

  std::unique_ptr<pg_conn, EndConnection> connection_;
  size_t sent_ = 0;
  bool alive_ = true;
  bool unhurried_ = false;
};

// The server's error as ours, by its SQLSTATE.
Error error_of(const pg_result* result);

// One row's cells, appended.
Result<> read_rows(const pg_result* result, Rows& rows);

}  // namespace ph::sql
