#include "store/writer_tx.h"

namespace ph::store {

// What earlier jobs brought goes before the savepoint: this one's end does not undo it.
Result<> WriterTx::write_rows() {
  if (!saved_) {
    TRY(parts_.rows.write_group(parts_.connection));
    TRY(parts_.connection.savepoint());
    saved_ = true;
  }
  return parts_.rows.write_job(parts_.connection);
}

sql::Connection& WriterTx::sql() {
  // After an error every further statement fails too; keep() and undo() tell the first one.
  if (!broken_) {
    auto written = write_rows();
    if (!written) broken_ = written.error();
  }
  return parts_.connection;
}

Result<SenderFacts> WriterTx::sender(const SenderKey& key) {
  // What this job writes may be about this sender.
  WallTime now = parts_.clock.wall();
  if (saved_) return sender_facts(parts_.connection, key, now);
  return parts_.senders.find(parts_.connection, key, now);
}

Result<const UsageFacts*> WriterTx::usage(AccountId account, UsageDepth depth) {
  int64_t locks = parts_.usage.locks();
  auto out = parts_.usage.facts(parts_.connection, account, depth, parts_.clock.wall());
  // What was counted before the lock may be old: another node had it.
  if (parts_.usage.locks() != locks) parts_.rows.forget_counters(account);
  return out;
}

// The lock comes before sql(), which may write what earlier jobs brought.
Result<> WriterTx::settle_usage(AccountId account) {
  TRY(parts_.usage.lock_sole(parts_.connection, account));
  parts_.rows.forget_counters(account);
  return parts_.usage.settle(sql(), parts_.ids, account);
}

Result<int64_t> WriterTx::exec_undoable(Undoable statement) {
  parts_.usage.holds_rows();
  if (saved_) return sql().exec(statement.sql, statement.params);
  TRY(sql::check_text(statement.params));
  int64_t changed = TRY(parts_.connection.exec(statement.sql, statement.params));
  if (changed > 0) undoable_.push_back(std::move(statement));
  return changed;
}

Result<> WriterTx::insert(const sql::InsertInto& into, sql::Params row) {
  // Here, where it is one job's error and not the group's.
  TRY(sql::check_text(row));
  parts_.rows.insert(into, std::move(row));
  return {};
}

Result<int64_t> WriterTx::mails_to(AccountId account, std::string_view mailbox) {
  WallTime now = parts_.clock.wall();
  if (!parts_.recent.watches(account)) TRY(parts_.recent.watch(sql(), account, now));
  return parts_.recent.count(account, mailbox, now);
}

Result<> WriterTx::keep() {
  if (broken_) return std::unexpected(*broken_);
  if (saved_) {
    parts_.senders.forget();
    TRY(parts_.connection.release_savepoint());
  }
  parts_.rows.keep_job();
  parts_.recent.keep_job();
  parts_.usage.keep_job();
  return {};
}

Result<> WriterTx::undo() {
  for (Callback& what : undone_) what();
  undone_.clear();
  parts_.content.undo_to_mark();
  parts_.rows.drop_job();
  parts_.recent.drop_job();
  parts_.usage.drop_job();
  if (broken_) return std::unexpected(*broken_);
  if (saved_) TRY(parts_.connection.rollback_to_savepoint());
  else TRY(parts_.connection.still_usable());
  for (const Undoable& statement : undoable_)
    TRY(parts_.connection.exec(statement.undo, statement.undo_params));
  return {};
}

}  // namespace ph::store
