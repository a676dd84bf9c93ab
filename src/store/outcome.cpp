#include "store/outcome.h"

#include "store/rows.h"
#include "store/store.h"

namespace ph::store {
namespace {

// An outcome that ends a recipient counts for a held one too: the attempt was under way when it was
// held, and what it did is the truth.
constexpr std::string_view kUpdate =
    "UPDATE recipient SET state = $4, cause = $5, next_at = $6, attempts = attempts + $7,"
    " reply = $8, updated_at = $9 WHERE message_id = $1 AND idx = $2 AND epoch = $3"
    " AND (state = 'queued' OR (state = 'held' AND CAST($10 AS BIGINT) = 1))";

sql::Params update_params(const Outcome& outcome) {
  return params(outcome.key.message_id, outcome.key.idx, outcome.epoch,
                recipient_state_name(outcome.state), outcome.cause, outcome.next_at,
                outcome.attempt ? 1 : 0, storable(outcome.reply), outcome.at,
                is_final(outcome.state) ? 1 : 0);
}

// Its number is the recipient's count of attempts, which the update has just raised.
sql::Params attempt_params(const Outcome& outcome) {
  const AttemptRow& row = *outcome.attempt;
  return params(outcome.key.message_id, outcome.key.idx, outcome.account_id, row.at,
                storable(row.host), storable(row.address), storable(row.tls), row.code,
                storable(row.reply), row.duration.count(), storable(row.transcript));
}

constexpr std::string_view kAttempt =
    "INSERT INTO attempt (message_id, idx, number, account_id, at, host, address, tls, code, reply,"
    " duration_us, transcript) SELECT message_id, idx, attempts, $3, $4, $5, $6, $7, $8, $9, $10,"
    " $11 FROM recipient WHERE message_id = $1 AND idx = $2";

// The attempt of a deferral whose recipient was held, cancelled or expired meanwhile: it was made,
// so it is in the recipient's history; where the recipient stands is not the attempt's to say.
constexpr std::string_view kAttempted =
    "UPDATE recipient SET attempts = attempts + 1, reply = $4 WHERE message_id = $1 AND idx = $2"
    " AND epoch = $3 AND state IN ('held', 'cancelled', 'expired')";

CounterAdd counter_of(const Outcome& outcome) {
  return counted_at(outcome.at, outcome.account_id, outcome.domain_id,
                    recipient_state_name(outcome.state));
}

// One for each event, because a recipient may be deferred many times.
void count_deferrals(Tx& tx, const Outcome& outcome) {
  for (const EventRow& event : outcome.events)
    if (event.type == kDeferredEvent)
      tx.count(counted_at(event.at, outcome.account_id, event.domain_id, event.type));
}

constexpr std::string_view kCopies =
    "UPDATE recipient SET copies = $3 WHERE message_id = $1 AND idx = $2";

// Rare: a lost reply, or a delivery that the end of a process cut.
Result<> write_copies_for_queue(sql::Connection& connection,
                                const std::vector<const Outcome*>& recorded) {
  std::vector<sql::Params> sets;
  for (const Outcome* outcome : recorded)
    if (outcome->copies > 0 && !is_final(outcome->state))
      sets.push_back({outcome->key.message_id, outcome->key.idx, int64_t{outcome->copies}});
  if (sets.empty()) return {};
  TRY(connection.exec_many(kCopies, sets));
  return {};
}

// Everything beside the recipient rows, for those that were recorded.
Result<> write_rest(Tx& tx, const std::vector<const Outcome*>& recorded) {
  std::vector<sql::Params> attempts;
  for (const Outcome* outcome : recorded) {
    if (outcome->attempt) attempts.push_back(attempt_params(*outcome));
    if (is_final(outcome->state)) tx.count(counter_of(*outcome));
    else count_deferrals(tx, *outcome);
    for (const CounterAdd& add : outcome->counters) tx.count(add);
    TRY(insert_events(tx, outcome->account_id, outcome->events));
  }
  TRY(tx.sql().exec_many(kAttempt, attempts));
  return write_copies_for_queue(tx.sql(), recorded);
}

// Rare.
Result<> write_attempts_for_queue(sql::Connection& connection,
                                  const std::vector<const Outcome*>& passed_over) {
  for (const Outcome* outcome : passed_over) {
    int64_t changed = TRY(connection.exec(
        kAttempted, params(outcome->key.message_id, outcome->key.idx, outcome->epoch,
                           storable(outcome->reply))));
    if (changed == 0) continue;
    TRY(connection.exec(kAttempt, attempt_params(*outcome)));
    TRY(write_copies_for_queue(connection, {outcome}));
  }
  return {};
}

}  // namespace

Result<std::vector<bool>> record_outcomes_for_queue(Tx& tx,
                                                    const std::vector<Outcome>& outcomes) {
  std::vector<sql::Params> sets;
  sets.reserve(outcomes.size());
  for (const Outcome& outcome : outcomes) sets.push_back(update_params(outcome));
  std::vector<int64_t> changed = TRY(tx.sql().exec_many(kUpdate, sets));
  std::vector<bool> out;
  std::vector<const Outcome*> recorded;
  std::vector<const Outcome*> passed_over;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    out.push_back(changed[i] > 0);
    if (changed[i] > 0) recorded.push_back(&outcomes[i]);
    else if (outcomes[i].attempt && !is_final(outcomes[i].state))
      passed_over.push_back(&outcomes[i]);
  }
  TRY(write_rest(tx, recorded));
  TRY(write_attempts_for_queue(tx.sql(), passed_over));
  return out;
}

Result<bool> record_late_bounce_for_queue(Tx& tx, const Outcome& outcome) {
  sql::Rows rows = TRY(tx.sql().query(
      "SELECT state, updated_at FROM recipient WHERE message_id = $1 AND idx = $2"
      " AND account_id = $3",
      {outcome.key.message_id, outcome.key.idx, outcome.account_id}));
  if (rows.empty()) return fail(Errc::not_found, "no such recipient");
  RecipientState before = TRY(stored(parse_recipient_state(rows[0].text(0))));
  WallTime since = rows[0].time(1);
  int64_t changed = TRY(tx.sql().exec(
      "UPDATE recipient SET state = 'bounced', cause = $3, reply = $4, updated_at = $5"
      " WHERE message_id = $1 AND idx = $2 AND state IN ('queued', 'held', 'delivered')",
      {outcome.key.message_id, outcome.key.idx, outcome.cause, storable(outcome.reply),
       outcome.at}));
  if (changed == 0) return false;
  Outcome bounced = outcome;
  bounced.state = RecipientState::bounced;
  bounced.attempt.reset();
  // A recipient counts in one state only: what it counted as is taken back, on the day it did.
  if (before == RecipientState::delivered)
    bounced.counters.push_back(
        counted_at(since, outcome.account_id, outcome.domain_id, "delivered", -1));
  TRY(write_rest(tx, {&bounced}));
  return true;
}

}  // namespace ph::store
