#include "core/bulk_render.h"

#include <list>
#include <map>
#include <mutex>

#include "base/limits.h"
#include "net/oneshot.h"
#include "net/worker_pool.h"

namespace ph::core {
namespace {

using Compiled = std::shared_ptr<const BulkTemplate>;
using Waiting = net::OneShot<Result<Compiled>>;

}  // namespace

// Compiled contents, the latest used first, and who waits for one that is being read.
struct BulkRenderer::Shelf {
  struct Place {
    BulkId job;
    Compiled content;
  };

  Compiled find(BulkId job) {
    std::lock_guard lock(mutex);
    auto place = std::ranges::find(places, job, &Place::job);
    if (place == places.end()) return nullptr;
    places.splice(places.begin(), places, place);
    return place->content;
  }

  void keep(BulkId job, const Compiled& content) {
    std::lock_guard lock(mutex);
    places.push_front({job, content});
    memory += content->memory();
    while (places.size() > 1 &&
           (places.size() > limits::kBulkTemplates || memory > limits::kQueueContentBytes)) {
      memory -= places.back().content->memory();
      places.pop_back();
    }
  }

  // Somebody reads it already: wait for that. False: the caller reads.
  bool join(BulkId job, Waiting& waiting) {
    std::lock_guard lock(mutex);
    auto [place, first] = pending.try_emplace(job);
    if (!first) place->second.push_back(waiting.sender());
    return !first;
  }

  void give(BulkId job, const Result<Compiled>& content) {
    std::vector<Waiting::Sender> waiting;
    {
      std::lock_guard lock(mutex);
      waiting = std::move(pending[job]);
      pending.erase(job);
    }
    for (auto& sender : waiting) sender.send(content);
  }

  std::mutex mutex;
  std::list<Place> places;                                 // under mutex
  size_t memory = 0;                                       // under mutex
  std::map<BulkId, std::vector<Waiting::Sender>> pending;  // under mutex
};

BulkRenderer::BulkRenderer(Context& context)
    : context_(context), shelf_(std::make_shared<Shelf>()) {}
BulkRenderer::~BulkRenderer() = default;

namespace {

net::Task<Result<Compiled>> read_content_of(Context& context, BulkId job) {
  auto find = [job](sql::Connection& sql) { return store::bulk_job_for_queue(sql, job); };
  auto row = CO_TRY(co_await context.store.read<store::BulkJobRow>(std::move(find)));
  std::string kept = CO_TRY(co_await context.store.read_content(row.content));
  auto compile = [kept = std::move(kept)] { return BulkTemplate::from_kept(kept); };
  Deadline deadline = Deadline::in(context.clock, limits::kSigningWait);
  auto made = CO_TRY(co_await net::run_on(context.crypto_pool, std::move(compile), deadline));
  co_return std::make_shared<const BulkTemplate>(std::move(made));
}

// Lets the waiting go when the reading ends, however it ends.
template <class ShelfPtr>
struct Leader {
  ShelfPtr shelf;
  BulkId job;
  Result<Compiled> content = fail(Errc::closed, "the content was not read to its end");
  Leader(ShelfPtr s, BulkId j) : shelf(std::move(s)), job(j) {}
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;
  ~Leader() { shelf->give(job, content); }
};

}  // namespace

net::Task<Result<Compiled>> BulkRenderer::content_of(BulkId job) {
  std::shared_ptr<Shelf> shelf = shelf_;
  if (Compiled known = shelf->find(job)) co_return known;
  Waiting waiting;
  if (shelf->join(job, waiting)) {
    auto given = co_await waiting.wait(Deadline::in(context_.clock, limits::kStoreWait));
    if (given) co_return std::move(*given);
    co_return fail(Errc::temporary, "the content of a bulk job is still being read");
  }
  Leader<std::shared_ptr<Shelf>> leader(shelf, job);
  leader.content = co_await read_content_of(context_, job);
  if (leader.content) shelf->keep(job, *leader.content);
  co_return leader.content;
}

net::Task<Result<BulkRenderer::Bytes>> BulkRenderer::render(store::MessageRow message,
                                                            Bytes record) {
  BulkRecord row = CO_TRY(read_bulk_record(*record));
  Compiled content = CO_TRY(co_await content_of(row.job));
  auto work = [content, row = std::move(row.row), message = std::move(message)]() -> Result<Bytes> {
    auto built = TRY(content->render(row, {.id = message.id,
                                           .header_message_id = message.header_message_id,
                                           .date = message.created_at}));
    return std::make_shared<const std::string>(std::move(built.bytes));
  };
  Deadline deadline = Deadline::in(context_.clock, limits::kSigningWait);
  co_return co_await net::run_on(context_.crypto_pool, std::move(work), deadline);
}

}  // namespace ph::core
