#include "core/bulk_upload.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

#include "base/id_source.h"
#include "base/limits.h"
#include "core/event.h"
#include "core/transaction.h"
#include "store/idempotency.h"

namespace ph::core {
namespace {

// Uploads that are being received. An upload may take an hour, so that one account must not have
// all places.
class Places {
 public:
  // False: there is none for this account, and nothing was taken.
  bool take(AccountId account) {
    std::lock_guard lock(mutex_);
    auto found = of_.find(account);
    unsigned has = found == of_.end() ? 0 : found->second;
    if (all_ >= limits::kBulkUploads || has >= limits::kBulkUploads / 2) return false;
    ++all_, ++of_[account];
    return true;
  }
  void give_back(AccountId account) {
    std::lock_guard lock(mutex_);
    --all_;
    if (--of_[account] == 0) of_.erase(account);
  }

 private:
  std::mutex mutex_;
  unsigned all_ = 0;                   // under mutex_
  std::map<AccountId, unsigned> of_;  // under mutex_
};

Places& places() {
  static Places out;
  return out;
}

AccountId account_of(const BulkRequest& request) {
  return request.account ? request.account : request.actor.account;
}

Outcome<std::optional<BulkAnswer>> earlier_answer(store::Tx& tx, const BulkRequest& request,
                                                  const store::BulkJobRow& job,
                                                  const std::string& hash) {
  if (request.idempotency_key.empty()) return std::nullopt;
  store::IdempotencyRow row{.account_id = job.account_id,
                            .idem_key = request.idempotency_key,
                            .body_hash = hash,
                            .status = 202,
                            .answer = format_id(job.id.value),
                            .created_at = tx.now()};
  auto had = REFUSE_TRY(store::take_idempotency_key(tx, job.account_id, row,
                                                    tx.now() - limits::kIdempotencyKept));
  if (!had) return std::nullopt;
  if (had->body_hash != hash)
    return refuse(Reason::idempotency_mismatch,
                  "This Idempotency-Key was used with another body in the last 24 hours.",
                  "Idempotency-Key");
  return BulkAnswer{.id = BulkId(REFUSE_TRY(parse_id(had->answer))), .repeated = true};
}

Outcome<BulkAnswer> begin_job(store::Tx& tx, const BulkRequest& request,
                              const store::BulkJobRow& job, const std::string& hash) {
  if (auto earlier = REFUSE_TRY(earlier_answer(tx, request, job, hash))) {
    REFUSE_TRY(store::abandon_bulk_job(tx.sql(), job.account_id, job.id));
    return *earlier;
  }
  if (!REFUSE_TRY(store::begin_bulk_job(tx.sql(), job, tx.now())))
    return refuse(Reason::temporary, "The upload took too long and was removed. Send it again.");
  REFUSE_TRY(record_event(tx, {.account_id = job.account_id,
                               .type = event::kBulkCreated,
                               .domain_id = job.domain_id,
                               .data = fmt::format("{{\"bulk\":\"{}\",\"rows\":{}}}",
                                                   format_id(job.id.value), job.rows_total)}));
  return BulkAnswer{.id = job.id};
}

Outcome<store::ContentRef> put(store::Tx& tx, const std::string& bytes) {
  auto content = tx.put_content(bytes);
  if (!content && content.error().code == Errc::limit)
    return refuse(Reason::storage_full, "The service is short of disk space. Try again later.");
  return REFUSE_TRY(std::move(content));
}

}  // namespace

BulkUpload::BulkUpload(Context& context, BulkRequest request)
    : context_(context),
      request_(std::move(request)),
      has_place_(places().take(account_of(request_))) {}

BulkUpload::~BulkUpload() {
  if (has_place_) places().give_back(account_of(request_));
}

std::string BulkUpload::row_field(std::string_view field) const {
  std::string place = request_.rows_are == BulkRowsAre::lines
                          ? fmt::format("lines[{}]", line_)
                          : fmt::format("recipients[{}]", line_ - 2);
  return field.empty() ? place : fmt::format("{}.{}", place, field);
}

Refusal BulkUpload::at_line(Refusal refusal) const {
  refusal.field = row_field(refusal.field);
  return refusal;
}

net::Task<Outcome<>> BulkUpload::add(std::string bytes) {
  hash_.add(bytes);
  bytes_ += bytes.size();
  if (bytes_ > limits::kBulkUploadBytes)
    co_return refuse(Reason::too_large,
                     fmt::format("An upload has at most {} octets.", limits::kBulkUploadBytes));
  size_t at = 0;
  size_t end = partial_.size();  // what was there before has no line end
  partial_ += bytes;
  for (end = partial_.find('\n', end); end != std::string::npos; end = partial_.find('\n', at)) {
    CO_REFUSE_TRY(co_await take_line(partial_.substr(at, end - at)));
    at = end + 1;
  }
  partial_.erase(0, at);
  size_t most = template_ ? limits::kBulkLine : limits::kBulkContentBytes;
  if (partial_.size() <= most) co_return Outcome<>{};
  ++line_;
  co_return refuse(Reason::too_large, fmt::format("The line is longer than {} octets.", most),
                   row_field({}));
}

net::Task<Outcome<>> BulkUpload::take_line(std::string line) {
  ++line_;
  if (line.ends_with('\r')) line.pop_back();
  size_t most = template_ ? limits::kBulkLine : limits::kBulkContentBytes;
  if (line.size() > most)
    co_return refuse(Reason::too_large, fmt::format("The line is longer than {} octets.", most),
                     row_field({}));
  if (!template_) co_return co_await begin(line);
  if (auto taken = take_row(line); !taken) co_return lift(at_line(std::move(taken).error()));
  if (chunk_.size() >= limits::kBulkChunk) co_return co_await keep_chunk();
  co_return Outcome<>{};
}

// The first line: everything about sender and content that rows cannot change.
net::Task<Outcome<>> BulkUpload::begin(std::string_view line) {
  if (!has_place_) {
    Refusal busy{.reason = Reason::temporary,
                 .field = {},
                 .detail = "Other uploads are being received. Try again in a moment.",
                 .retry_after = limits::kBulkLook};
    co_return lift(std::move(busy));
  }
  auto value = json::parse(line, limits::kBulkContentBytes);
  if (!value) co_return refuse(Reason::malformed, "The content: " + value.error().message);
  BulkContent content = CO_REFUSE_TRY(read_bulk_content(*value));
  co_return co_await judge_sender(std::move(content));
}

net::Task<Outcome<>> BulkUpload::judge_sender(BulkContent content) {
  SendRequest request{
      .actor = request_.actor,
      .account = request_.account,
      .door = Door::rest,
      .fields =
          FieldContent{.from = content.fields.from, .to = {}, .reply_to = content.fields.reply_to},
      .raw = {},
      .idempotency = {.key = request_.idempotency_key, .body_hash = {}}};
  Draft draft{.context = context_, .request = request};
  for (SendStep step : steps_about_sender()) CO_REFUSE_TRY(co_await step(draft));
  CO_REFUSE_TRY(parse_reply_to(draft));
  if (draft.from.name.empty() && draft.address_row)
    draft.from.name = draft.address_row->display_name;
  job_.subject = content.fields.subject;
  template_ = std::make_shared<const BulkTemplate>(CO_REFUSE_TRY(
      BulkTemplate::compile(std::move(content), draft.from, std::move(draft.reply_to))));
  job_.id = BulkId(context_.store.new_id());
  job_.account_id = draft.account;
  job_.domain_id = draft.domain_row->id;
  job_.address_id = draft.address_row ? draft.address_row->id : AddressId{};
  job_.shard = store::shard_of(format_id(job_.id.value));
  auto job = [row = job_, kept = template_->kept()](store::Tx& tx) mutable -> Outcome<> {
    if (REFUSE_TRY(store::open_bulk_jobs(tx.sql(), row.account_id)) >= limits::kBulkJobsOpen)
      return refuse(Reason::request_rate_limit,
                    fmt::format("{} bulk jobs of this account have not ended. Wait for one of "
                                "them, or cancel one.",
                                limits::kBulkJobsOpen));
    row.content = REFUSE_TRY(put(tx, kept));
    row.created_at = row.updated_at = row.next_at = tx.now();
    REFUSE_TRY(store::insert_bulk_job(tx.sql(), row));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job), Changes::mail);
}

Outcome<> BulkUpload::take_row(std::string_view line) {
  if (job_.rows_total >= limits::kBulkRows)
    return refuse(Reason::too_many_recipients,
                  fmt::format("A job has at most {} recipients.", limits::kBulkRows));
  BulkRow row = REFUSE_TRY(read_bulk_row(line));
  REFUSE_TRY(template_->check_row(row));
  ++job_.rows_total;
  chunk_ += line;
  chunk_ += '\n';
  return {};
}

net::Task<Outcome<>> BulkUpload::keep_chunk() {
  if (chunk_.empty()) co_return Outcome<>{};
  store::BulkChunkRow row{.id = context_.store.new_id(),
                          .job_id = job_.id,
                          .account_id = job_.account_id,
                          .first_row = chunk_first_,
                          .content = {}};
  chunk_first_ = job_.rows_total + 1;
  auto job = [row, bytes = std::exchange(chunk_, {})](store::Tx& tx) mutable -> Outcome<> {
    row.content = REFUSE_TRY(put(tx, bytes));
    if (REFUSE_TRY(store::insert_bulk_chunk(tx.sql(), row, tx.now()))) return {};
    return refuse(Reason::temporary, "The upload took too long and was removed. Send it again.");
  };
  co_return co_await transact<void>(context_, std::move(job), Changes::mail);
}

net::Task<Outcome<BulkAnswer>> BulkUpload::finish() {
  if (!partial_.empty()) CO_REFUSE_TRY(co_await take_line(std::exchange(partial_, {})));
  if (!template_)
    co_return refuse(Reason::missing_field, "The first line is the content.", "lines[1]");
  if (job_.rows_total == 0)
    co_return refuse(Reason::missing_field, "A bulk job needs a recipient.",
                     request_.rows_are == BulkRowsAre::lines ? "lines[2]" : "recipients");
  CO_REFUSE_TRY(co_await keep_chunk());
  std::string hash(crypto::view(hash_.finish()));
  auto job = [request = request_, row = job_, hash](store::Tx& tx) {
    return begin_job(tx, request, row, hash);
  };
  co_return co_await transact<BulkAnswer>(context_, std::move(job), Changes::mail);
}

net::Task<> BulkUpload::abandon() {
  if (!job_.id) co_return;
  auto job = [account = job_.account_id, id = job_.id](store::Tx& tx) -> Outcome<> {
    REFUSE_TRY(store::abandon_bulk_job(tx.sql(), account, id));
    return {};
  };
  // Whatever comes of it: an upload without an end is removed by itself.
  auto told = co_await transact<void>(context_, std::move(job), Changes::mail);
  static_cast<void>(told);
}

}  // namespace ph::core
