#include "core/bulk_expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/id_source.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "core/event.h"
#include "core/metering.h"
#include "core/provider_block.h"
#include "core/send_draft.h"
#include "core/send_limits.h"
#include "core/transaction.h"
#include "net/worker_pool.h"
#include "store/domain.h"
#include "store/message.h"

namespace ph::core {
namespace {

using store::BulkState;

struct ReadyRow {
  int64_t row_number = 0;
  size_t end = 0;  // in the chunk
  DraftRecipient to;
  std::string subject;
  std::string record;
  size_t size = 0;
  bool smtputf8 = false;
  std::optional<Refusal> refusal;
};

// What one transaction needs.
struct Slice {
  store::BulkJobRow job;
  store::BulkChunkRow chunk;
  std::string mail_from;  // the domain of return paths
  size_t chunk_size = 0;
  std::string from;         // address
  std::string from_domain;  // A-labels
  std::vector<ReadyRow> rows;
};

ReadyRow ready_row(const Slice& slice, const BulkTemplate& content, std::string_view line) {
  ReadyRow out;
  auto row = read_bulk_row(line);
  auto good = row ? content.check_row(*row) : Outcome<>(lift(row.error()));
  if (!good) {
    out.refusal = std::move(good).error();
    return out;
  }
  out.subject = content.subject(*row);
  out.size = content.size(*row);
  out.smtputf8 = content.needs_smtputf8(*row);
  out.record = bulk_record(slice.job.id, line);
  out.to.domain = row->to.domain;
  out.to.mailbox = std::move(row->to);
  return out;
}

// On the crypto pool: everything of a slice that needs no transaction.
Slice ready_slice(Slice slice, const BulkTemplate& content, const std::string& chunk, size_t most) {
  auto at = static_cast<size_t>(slice.job.chunk_offset);
  slice.chunk_size = chunk.size();
  slice.from = content.from().address();
  slice.from_domain = content.from().domain;
  if (slice.mail_from.empty()) slice.mail_from = slice.from_domain;
  int64_t row_number = slice.job.rows_done;
  while (slice.rows.size() < most && at < chunk.size()) {
    size_t end = std::min(chunk.find('\n', at), chunk.size());
    ReadyRow row = ready_row(slice, content, std::string_view(chunk).substr(at, end - at));
    at = std::min(end + 1, chunk.size());
    row.row_number = ++row_number;
    row.end = at;
    slice.rows.push_back(std::move(row));
  }
  return slice;
}

// What a slice writes, gathered so that each table is written in one exchange.
struct Written {
  std::vector<store::MessageRow> messages;
  std::vector<store::RecipientRow> recipients;
  std::vector<const std::string*> records;
  std::vector<store::BulkMessageRow> places;
  std::vector<store::EventRow> events;
  std::vector<store::BulkRefusalRow> refusals;
  int64_t refused = 0;
};

store::MessageRow message_row(const Slice& slice, const ReadyRow& row, store::Tx& tx) {
  store::MessageRow out;
  out.id = MessageId(tx.new_id());
  out.account_id = slice.job.account_id;
  out.domain_id = slice.job.domain_id;
  out.address_id = slice.job.address_id;
  out.door = Door::rest;
  out.mail_from = slice.mail_from;
  out.header_from = slice.from;
  out.subject = row.subject;
  out.header_message_id = fmt::format("{}@{}", format_id(out.id.value), slice.from_domain);
  out.size = static_cast<int64_t>(row.size);
  out.flags = store::kRendered | (row.smtputf8 ? store::kSmtpUtf8 : 0);
  out.created_at = tx.now();
  return out;
}

Outcome<> write_row(store::Tx& tx, const Slice& slice, const ReadyRow& row, Written& out) {
  auto content = tx.put_content(row.record);
  if (!content && content.error().code == Errc::limit)
    return refuse(Reason::storage_full, "The service is short of disk space.");
  store::MessageRow message = message_row(slice, row, tx);
  message.content = REFUSE_TRY(std::move(content));
  out.places.push_back({slice.job.id, row.row_number, message.account_id, message.id});
  out.events.push_back({.id = EventId(tx.new_id()),
                        .account_id = message.account_id,
                        .type = event::kAccepted,
                        .at = tx.now(),
                        .message_id = message.id,
                        .domain_id = message.domain_id});
  out.recipients.push_back(new_recipient(row.to, tx.now()));
  out.records.push_back(&row.record);
  out.messages.push_back(std::move(message));
  return {};
}

void refuse_row(const Slice& slice, const ReadyRow& row, const Refusal& why, Written& out) {
  ++out.refused;
  if (slice.job.refused + out.refused > limits::kBulkRefusals) return;
  out.refusals.push_back({slice.job.id, row.row_number, slice.job.account_id,
                          std::string(reason_code(why.reason)), why.field, why.detail});
}

Outcome<> decide_row(store::Tx& tx, const Slice& slice, const ReadyRow& row,
                     const SenderNow& sender, std::map<std::string, int64_t>& here, Written& out) {
  if (row.refusal) {
    refuse_row(slice, row, *row.refusal, out);
    return {};
  }
  const mime::Mailbox& to = row.to.mailbox;
  std::string address = to.ascii.empty() ? to.address() : to.ascii;
  int64_t& before = here[lower(address)];
  auto open = provider_takes(sender.facts, tx.now(), row.to.domain, "to");
  if (!open) {
    refuse_row(slice, row, open.error(), out);
    return {};
  }
  auto room = mailbox_has_room(tx, sender, address, before, "to");
  if (!room && room.error().reason != Reason::mailbox_rate_limit) return lift(room.error());
  if (!room) {
    refuse_row(slice, row, room.error(), out);
    return {};
  }
  ++before;
  return write_row(tx, slice, row, out);
}

void hand_over(store::Tx& tx, Context& context, const Written& written) {
  if (!context.on_accepted) return;
  std::vector<Accepted> accepted;
  for (size_t i = 0; i < written.messages.size(); ++i)
    accepted.push_back({.message = written.messages[i],
                        .recipients = {written.recipients[i]},
                        .content = std::make_shared<const std::string>(*written.records[i])});
  tx.after_commit([&context, accepted = std::move(accepted)]() mutable {
    for (Accepted& one : accepted) context.on_accepted(std::move(one));
  });
}

Outcome<> end_job(store::Tx& tx, const store::BulkJobRow& job) {
  store::BulkMove move{.from = BulkState::expanding, .to = BulkState::done, .cause = {}};
  REFUSE_TRY(store::move_bulk_job(tx.sql(), job, move, tx.now()));
  REFUSE_TRY(record_event(
      tx, {.account_id = job.account_id,
           .type = event::kBulkState,
           .domain_id = job.domain_id,
           .data = fmt::format("{{\"bulk\":\"{}\",\"to\":\"done\"}}", format_id(job.id.value))}));
  return {};
}

// The slice's one transaction. Gives how many rows are decided; a refusal undoes all: conflict when
// the cursor is not where the slice begins.
Outcome<int64_t> accept_slice(store::Tx& tx, Context& context, const Slice& slice, size_t rows) {
  // First: it may wait for another node, and what is read later is then as that one left it.
  REFUSE_TRY(tx.usage(slice.job.account_id, store::UsageDepth::free));
  SenderNow sender = REFUSE_TRY(
      sender_still_allowed(tx, slice.job.account_id, slice.job.domain_id, slice.job.address_id));
  int64_t room = REFUSE_TRY(room_of_today(tx, sender));
  if (room == 0)
    return refuse(Reason::daily_limit, "The sender domain's mails of today are used up.");
  room = std::min(room, REFUSE_TRY(mails_left(tx, slice.job.account_id,
                                              static_cast<int64_t>(slice.rows.size()))));
  Written written;
  std::map<std::string, int64_t> here;
  store::BulkJobRow after = slice.job;
  for (const ReadyRow& row : slice.rows) {
    if (static_cast<size_t>(after.rows_done - slice.job.rows_done) == rows) break;
    if (static_cast<int64_t>(written.messages.size()) == room) break;
    REFUSE_TRY(decide_row(tx, slice, row, sender, here, written));
    after.rows_done = row.row_number;
    after.chunk_offset = static_cast<int64_t>(row.end);
  }
  auto accepted = static_cast<int64_t>(written.messages.size());
  REFUSE_TRY(meter(tx, slice.job.account_id, accepted));
  after.accepted += accepted;
  after.refused += written.refused;
  bool chunk_done = after.chunk_offset == static_cast<int64_t>(slice.chunk_size);
  if (chunk_done) after.chunk_offset = 0;
  if (!REFUSE_TRY(store::advance_bulk_job(tx.sql(), slice.job, after, tx.now())))
    return refuse(Reason::conflict, "The job was moved meanwhile.");
  REFUSE_TRY(store::insert_messages_of_one(tx, written.messages, written.recipients));
  REFUSE_TRY(store::insert_events(tx, slice.job.account_id, written.events));
  REFUSE_TRY(store::insert_bulk_messages(tx.sql(), written.places));
  REFUSE_TRY(store::insert_bulk_refusals(tx.sql(), written.refusals));
  if (chunk_done) REFUSE_TRY(store::drop_bulk_chunk(tx, slice.chunk));
  if (after.rows_done == after.rows_total) REFUSE_TRY(end_job(tx, after));
  hand_over(tx, context, written);
  return after.rows_done - slice.job.rows_done;
}

// Refusals that another try may not meet.
WallTime again_at(const Refusal& why, WallTime now) {
  if (why.reason == Reason::temporary) return now + limits::kBulkLook;
  WallTime later = now + limits::kBulkRetry;
  if (why.reason != Reason::daily_limit && why.reason != Reason::domain_blocked) return later;
  WallTime next_day{(store::day_of(now) + 1) * 86'400'000'000};
  return std::min(later, next_day);
}

// What a slice of it may meet but for its rows.
Outcome<> may_go_on(store::Tx& tx, const store::BulkJobRow& job) {
  REFUSE_TRY(tx.usage(job.account_id, store::UsageDepth::free));
  SenderNow sender =
      REFUSE_TRY(sender_still_allowed(tx, job.account_id, job.domain_id, job.address_id));
  if (REFUSE_TRY(room_of_today(tx, sender)) == 0)
    return refuse(Reason::daily_limit, "The sender domain's mails of today are used up.");
  REFUSE_TRY(mails_left(tx, job.account_id, 1));
  return {};
}

bool is_hastened(Reason reason) {
  return reason == Reason::allowance_exhausted || reason == Reason::arrears ||
         reason == Reason::daily_limit || reason == Reason::domain_blocked;
}

// What ended the reason between the slice and now found no job that waits: it is asked again.
Outcome<> delay_job(store::Tx& tx, const store::BulkJobRow& job, const Refusal& why) {
  if (is_hastened(why.reason)) {
    auto good = may_go_on(tx, job);
    if (good) return {};
    if (good.error().reason == Reason::temporary) return good;
  }
  REFUSE_TRY(
      store::delay_bulk_job(tx.sql(), job, again_at(why, tx.now()), reason_code(why.reason)));
  return {};
}

}  // namespace

struct BulkExpansion::Loaded {
  store::BulkJobRow job;
  std::optional<store::BulkChunkRow> chunk;
  std::shared_ptr<const std::string> bytes;
  std::string return_path_host;
};

BulkExpansion::BulkExpansion(Context& context, BulkRenderer& renderer, BulkId job)
    : context_(context), renderer_(renderer), job_(job) {}

net::Task<Outcome<BulkExpansion::Loaded>> BulkExpansion::load() {
  auto job = [id = job_, known = chunk_id_, bytes = chunk_,
              &contents = context_.store.content()](sql::Connection& sql) -> Outcome<Loaded> {
    Loaded out;
    auto row = store::bulk_job_for_queue(sql, id);
    if (!row && row.error().code == Errc::not_found)
      return refuse(Reason::not_found, "The job is gone.");
    out.job = REFUSE_TRY(std::move(row));
    if (out.job.state != BulkState::expanding) return out;
    auto chunks = REFUSE_TRY(store::bulk_chunks(sql, out.job, 1));
    if (chunks.empty()) return out;
    out.chunk = chunks[0];
    auto domain = store::domain(sql, out.job.account_id, out.job.domain_id);
    if (domain) out.return_path_host = domain->return_path_host;
    out.bytes = bytes;
    if (out.chunk->id != known || !bytes)
      out.bytes =
          std::make_shared<const std::string>(REFUSE_TRY(contents.read(sql, out.chunk->content)));
    return out;
  };
  co_return co_await look<Loaded>(context_, std::move(job));
}

net::Task<Outcome<BulkStep>> BulkExpansion::wait_for(store::BulkJobRow job, Refusal why) {
  log::info("a bulk job waits", {{"bulk", format_id(job.id.value)}, {"why", why.detail}});
  auto delay = [job, why](store::Tx& tx) { return delay_job(tx, job, why); };
  CO_REFUSE_TRY(co_await transact<void>(context_, std::move(delay), Changes::mail));
  co_return BulkStep{.progress = BulkProgress::waits};
}

net::Task<Outcome<BulkStep>> BulkExpansion::fail_job(store::BulkJobRow job, std::string why) {
  log::error("a bulk job failed", {{"bulk", format_id(job.id.value)}, {"why", why}});
  auto move = [job](store::Tx& tx) -> Outcome<> {
    REFUSE_TRY(store::move_bulk_job(tx.sql(), job,
                                    {.from = BulkState::expanding,
                                     .to = BulkState::failed,
                                     .sweep = store::BulkSweep::none,
                                     .cause = std::string(reason_code(Reason::internal))},
                                    tx.now()));
    return {};
  };
  CO_REFUSE_TRY(co_await transact<void>(context_, std::move(move), Changes::mail));
  co_return BulkStep{.progress = BulkProgress::stands};
}

net::Task<Outcome<BulkStep>> BulkExpansion::step(size_t most) {
  Loaded loaded = CO_REFUSE_TRY(co_await load());
  if (loaded.job.state != BulkState::expanding)
    co_return BulkStep{.progress = BulkProgress::stands};
  if (!loaded.chunk && loaded.job.rows_done < loaded.job.rows_total)
    co_return co_await fail_job(loaded.job, "its upload is gone");
  if (!loaded.chunk) {  // paused when all was expanded, and resumed
    auto end = [job = loaded.job](store::Tx& tx) { return end_job(tx, job); };
    CO_REFUSE_TRY(co_await transact<void>(context_, std::move(end), Changes::mail));
    co_return BulkStep{.progress = BulkProgress::finished};
  }
  chunk_id_ = loaded.chunk->id;
  chunk_ = loaded.bytes;
  auto content = co_await renderer_.content_of(job_);
  if (!content && content.error().code == Errc::corrupt)
    co_return co_await fail_job(loaded.job, content.error().message);
  if (!content) co_return lift(content.error());
  auto ready =
      [slice =
           Slice{.job = loaded.job, .chunk = *loaded.chunk, .mail_from = loaded.return_path_host},
       content = *content, bytes = chunk_, most]() mutable {
        return std::make_shared<const Slice>(ready_slice(std::move(slice), *content, *bytes, most));
      };
  Deadline deadline = Deadline::in(context_.clock, limits::kSigningWait);
  auto slice =
      CO_REFUSE_TRY(co_await net::run_on(context_.crypto_pool, std::move(ready), deadline));
  auto took = std::make_shared<Duration>();
  auto job = [&context = context_, slice, took, most](store::Tx& tx) -> Outcome<int64_t> {
    MonoTime begun = context.clock.mono();
    auto out = accept_slice(tx, context, *slice, most);
    *took = context.clock.mono() - begun;
    return out;
  };
  auto moved = co_await transact<int64_t>(context_, std::move(job), Changes::mail);
  if (!moved && moved.error().reason == Reason::conflict)
    co_return BulkStep{.progress = BulkProgress::stands};
  if (!moved) co_return co_await wait_for(loaded.job, std::move(moved).error());
  BulkStep out{.rows = *moved, .writer = *took};
  if (loaded.job.rows_done + out.rows == loaded.job.rows_total)
    out.progress = BulkProgress::finished;
  co_return out;
}

}  // namespace ph::core
