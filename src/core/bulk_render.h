// Purpose: makes the mail of one row when it is needed: at each delivery, and when somebody looks.
// Shapes: a message with kRendered has a record (bulk_row.h) as its content; the job's compiled
//   content is kept for its mails. The same message gives the same bytes every time: its date,
//   Message-ID and boundaries are of the message.
// Threads: any loop; rendering runs on the crypto pool.
// Errors: of the store, and corrupt.
#pragma once

#include <memory>
#include <string>

#include "core/bulk_content.h"
#include "core/context.h"

namespace ph::core {

class BulkRenderer {
 public:
  explicit BulkRenderer(Context& context);
  ~BulkRenderer();

  using Bytes = std::shared_ptr<const std::string>;
  net::Task<Result<Bytes>> render(store::MessageRow message, Bytes record);
  // The job's content, compiled.
  net::Task<Result<std::shared_ptr<const BulkTemplate>>> content_of(BulkId job);

 private:
  struct Shelf;
  Context& context_;
  std::shared_ptr<Shelf> shelf_;
};

}  // namespace ph::core
