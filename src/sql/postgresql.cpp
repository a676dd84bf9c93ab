// Purpose: PostgreSQL as a Connection.
// Shapes: BEGIN, SAVEPOINT, RELEASE and ROLLBACK TO wait and travel with the next statement, in the
//   same exchange, and so does what is written for later once its statement is prepared; only
//   statements with a result and COMMIT cost a round trip.
#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <unordered_map>

#include "base/limits.h"
#include "base/text.h"
#include "sql/engines.h"
#include "sql/postgresql_exchange.h"

namespace ph::sql {
namespace {

constexpr std::string_view kSavepoint = "SAVEPOINT job";
constexpr std::string_view kRelease = "RELEASE SAVEPOINT job";

int64_t rows_changed(pg_result* result) {
  return parse_number<int64_t>(PQcmdTuples(result)).value_or(0);
}

class PostgresqlConnection : public Connection {
 public:
  explicit PostgresqlConnection(std::unique_ptr<Exchange> exchange)
      : exchange_(std::move(exchange)) {}

  Engine engine() const override { return Engine::postgresql; }
  bool connected() const override { return exchange_->alive(); }
  bool still_connected() override { return exchange_->look_alive(); }

  Result<Rows> query(std::string_view sql, const Params& params) override {
    Rows rows;
    TRY(run(sql, {&params, 1}, [&rows](size_t, pg_result* result) {
      return read_rows(result, rows);
    }));
    return rows;
  }

  Result<int64_t> exec(std::string_view sql, const Params& params) override {
    int64_t changed = 0;
    TRY(run(sql, {&params, 1}, [&changed](size_t, pg_result* result) -> Result<> {
      changed = rows_changed(result);
      return {};
    }));
    return changed;
  }

  Result<std::vector<int64_t>> exec_many(std::string_view sql,
                                         std::span<const Params> sets) override {
    std::vector<int64_t> changed(sets.size());
    if (sets.empty()) return changed;
    TRY(run(sql, sets, [&changed](size_t index, pg_result* result) -> Result<> {
      changed[index] = rows_changed(result);
      return {};
    }));
    return changed;
  }

  Result<> insert_many(const InsertInto& into, std::span<const Params> rows) override {
    return insert_in_sizes(into, rows, [this](std::string_view sql, std::span<const Params> sets) {
      return Connection::exec_later(sql, sets);
    });
  }

  Result<> insert_later(const InsertInto& into, std::span<const Params> rows) override {
    return insert_in_sizes(into, rows, [this](std::string_view sql, std::span<const Params> sets) {
      return exec_later(sql, sets);
    });
  }

  Result<> exec_later(std::string_view sql, std::span<const Params> sets) override {
    auto known = prepared_.find(sql);
    if (known == prepared_.end()) return Connection::exec_later(sql, sets);
    for (const Params& params : sets) TRY(check_text(params));
    if (!connected()) return away();
    for (const Params& params : sets) waiting_.push_back({{}, known->second, params});
    return {};
  }

  Result<> script(const std::string& sql) override {
    TRY(run_waiting());
    return exchange_->script(sql);
  }

  Result<> begin() override { return later("BEGIN"); }
  Result<> begin_unhurried() override {
    TRY(begin());
    exchange_->set_unhurried(true);
    return script("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;"
                  "SET LOCAL idle_in_transaction_session_timeout = 0");
  }
  Result<> begin_snapshot() override {
    return later("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  }

  Result<> commit() override {
    if (unbegun() && !writes_wait()) return waiting_.clear(), Result<>();
    waiting_.push_back({"COMMIT", {}, {}});
    bool committed = false;
    auto answered = run_waiting([&committed](size_t, pg_result* result) -> Result<> {
      // The last one's answer stays.
      committed = std::string_view(PQcmdStatus(result)) == "COMMIT";
      return {};
    });
    exchange_->set_unhurried(false);
    TRY(std::move(answered));
    // COMMIT of a failed transaction answers ROLLBACK.
    if (!committed) return fail(Errc::internal, "the transaction had failed and was rolled back");
    return {};
  }

  Result<> rollback() override {
    bool nothing_sent = unbegun();
    exchange_->set_unhurried(false);
    waiting_.clear();
    if (nothing_sent) return {};
    waiting_.push_back({"ROLLBACK", {}, {}});
    return run_waiting();
  }

  Result<> savepoint() override { return later(kSavepoint); }
  Result<> release_savepoint() override {
    if (forget_unused_savepoint()) return {};
    return later(kRelease);
  }
  Result<> rollback_to_savepoint() override {
    if (forget_unused_savepoint()) return connected() ? Result<>{} : away();
    TRY(later("ROLLBACK TO SAVEPOINT job"));
    return later(kRelease);
  }

 private:
  using Take = std::function<Result<>(size_t index, pg_result*)>;
  using Execute = std::function<Result<>(std::string_view sql, std::span<const Params> sets)>;
  // For the next exchange: as it is, or prepared under a name.
  struct Waiting {
    std::string plain;
    std::string prepared;
    Params params;
  };

  // Many rows a statement, in sizes that are few, so that each is prepared once.
  static Result<> insert_in_sizes(const InsertInto& into, std::span<const Params> rows,
                                  const Execute& execute) {
    for (size_t size : {size_t{64}, size_t{8}, size_t{1}}) {
      std::vector<Params> sets;
      for (; rows.size() >= size; rows = rows.subspan(size)) {
        Params& together = sets.emplace_back();
        for (const Params& row : rows.first(size))
          together.insert(together.end(), row.begin(), row.end());
      }
      if (!sets.empty()) TRY(execute(insert_statement(into, size), sets));
    }
    return {};
  }

  static std::unexpected<Error> away() {
    return fail(Errc::temporary, "PostgreSQL: the connection was lost");
  }

  Result<> later(std::string_view sql) {
    if (!connected()) return away();
    waiting_.push_back({std::string(sql), {}, {}});
    return {};
  }

  // A transaction of which nothing was sent yet.
  bool unbegun() const {
    return !waiting_.empty() && waiting_.front().plain.starts_with("BEGIN");
  }
  bool writes_wait() const {
    return std::ranges::any_of(waiting_, [](const Waiting& w) { return !w.prepared.empty(); });
  }
  bool forget_unused_savepoint() {
    if (waiting_.empty() || waiting_.back().plain != kSavepoint) return false;
    waiting_.pop_back();
    return true;
  }

  Result<size_t> send_waiting() {
    size_t count = waiting_.size();
    for (const Waiting& waiting : std::exchange(waiting_, {}))
      TRY(waiting.prepared.empty() ? exchange_->send_plain(waiting.plain)
                                   : exchange_->send_prepared(waiting.prepared, waiting.params));
    return count;
  }

  Result<> run_waiting(const Take& take = {}) {
    if (!connected()) return away();
    if (TRY(send_waiting()) == 0) return {};
    return exchange_->run([&take](size_t index, pg_result* result) -> Result<> {
      return take ? take(index, result) : Result<>{};
    });
  }

  // `take` sees the results of `sets`, numbered from 0.
  Result<> run(std::string_view sql, std::span<const Params> sets, const Take& take) {
    for (const Params& params : sets) TRY(check_text(params));
    if (!connected()) return away();
    size_t before = TRY(send_waiting());
    auto known = prepared_.find(sql);
    std::string name;
    if (known == prepared_.end()) {
      if (prepared_.size() >= limits::kStatementsKept) before += TRY(forget_statements());
      name = fmt::format("s{}", ++last_name_);
      TRY(exchange_->send_prepare(name, std::string(sql)));
      ++before;
    } else {
      name = known->second;
    }
    for (const Params& params : sets) TRY(exchange_->send_prepared(name, params));
    bool prepared = false;
    Result<> done = exchange_->run([&](size_t index, pg_result* result) -> Result<> {
      prepared |= index + 1 == before;
      return index < before ? Result<>{} : take(index - before, result);
    });
    if (known == prepared_.end() && prepared) prepared_.emplace(sql, name);
    return done;
  }

  Result<size_t> forget_statements() {
    prepared_.clear();
    TRY(exchange_->send_plain("DEALLOCATE ALL"));
    return 1;
  }

  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unique_ptr<Exchange> exchange_;
  std::vector<Waiting> waiting_;
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> prepared_;
  uint64_t last_name_ = 0;
};

}  // namespace

Result<std::unique_ptr<Connection>> connect_postgresql(const std::string& url, Access access) {
  auto exchange = TRY(Exchange::connect(url));
  if (access == Access::read)
    TRY(exchange->script("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"));
  return std::make_unique<PostgresqlConnection>(std::move(exchange));
}

}  // namespace ph::sql
