// Purpose: takes a bulk job as it comes, and makes it durable as one thing: lines, of which the
//   first is the content and each further one a recipient.
// Shapes: lines are judged as they come and kept in chunks of kBulkChunk in the content store; the
//   job is there for anybody once finish() has committed, and not before. Memory is one chunk and
//   the content. A refusal names line and field: "lines[17].to"; of a list, "recipients[15].to".
// Errors: as sending one mail, for the sender; then of content and rows. After one, abandon().
// Threads: one loop.
// Not here: how bytes come (api/rest), what becomes of rows (bulk_expand.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/bulk_content.h"
#include "core/context.h"
#include "core/send_draft.h"
#include "crypto/hash.h"
#include "store/bulk.h"

namespace ph::core {

enum class BulkRowsAre : uint8_t { lines, listed };

struct BulkRequest {
  Actor actor;
  AccountId account;
  std::string idempotency_key;  // empty: none
  BulkRowsAre rows_are = BulkRowsAre::lines;
};

struct BulkAnswer {
  BulkId id;
  bool repeated = false;  // the answer of an earlier request with this Idempotency-Key
};

class BulkUpload {
 public:
  BulkUpload(Context& context, BulkRequest request);
  ~BulkUpload();
  BulkUpload(const BulkUpload&) = delete;
  BulkUpload& operator=(const BulkUpload&) = delete;

  // Bytes, split anywhere.
  net::Task<Outcome<>> add(std::string bytes);
  net::Task<Outcome<BulkAnswer>> finish();
  // What was kept goes. Without it the job is removed kBulkUploadKept later.
  net::Task<> abandon();

 private:
  net::Task<Outcome<>> take_line(std::string line);
  net::Task<Outcome<>> begin(std::string_view line);
  net::Task<Outcome<>> judge_sender(BulkContent content);
  Outcome<> take_row(std::string_view line);
  net::Task<Outcome<>> keep_chunk();
  std::string row_field(std::string_view field) const;
  Refusal at_line(Refusal refusal) const;

  Context& context_;
  BulkRequest request_;
  bool has_place_;  // of those for uploads at once
  crypto::Sha256 hash_;
  std::string partial_;
  int64_t line_ = 0;
  uint64_t bytes_ = 0;
  std::shared_ptr<const BulkTemplate> template_;  // once the first line was right
  store::BulkJobRow job_;
  std::string chunk_;
  int64_t chunk_first_ = 1;
};

}  // namespace ph::core
