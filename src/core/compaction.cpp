#include "core/compaction.h"

#include "base/log.h"
#include "net/loop.h"
#include "store/compaction.h"

namespace ph::core {
namespace {

using Places = std::vector<store::ContentPlace>;

net::Task<Result<>> find_in_table(store::Store& store, store::PlaceQuery query, Places& into) {
  for (bool more = true; more;) {
    auto job = [query](sql::Connection& sql) {
      return store::places_in_segment_for_operator(sql, query);
    };
    store::PlacePage page = CO_TRY(co_await store.read<store::PlacePage>(std::move(job)));
    std::ranges::copy(page.places, std::back_inserter(into));
    query.after = page.last;
    more = page.more;
  }
  co_return Result<>{};
}

net::Task<Result<Places>> find_places(store::Store& store, int64_t segment, store::IdRange ids) {
  Places out;
  for (size_t table = 0; table < store::content_tables(); ++table)
    CO_TRY(co_await find_in_table(
        store, {.table = table, .segment = segment, .after = ids.after, .until = ids.until}, out));
  co_return out;
}

net::Task<Result<int64_t>> compact_one(store::Store& store, Clock& clock,
                                       store::SparseSegment segment, Duration pause) {
  Places places = CO_TRY(co_await find_places(store, segment.id, store::ids_of(segment)));
  // Clocks that jumped, or rows older than the note of their time: then all of them are looked at.
  if (static_cast<int64_t>(places.size()) < segment.live)
    places = CO_TRY(co_await find_places(store, segment.id, {}));
  int64_t moved = 0;
  std::span<const store::ContentPlace> left = places;
  while (!left.empty()) {
    auto slice = store::one_slice(left);
    MonoTime begun = clock.mono();
    auto job = [of = Places(slice.begin(), slice.end())](store::Tx& tx) {
      return store::move_contents_for_operator(tx, of);
    };
    moved += CO_TRY(co_await store.write<int64_t>(std::move(job)));
    left = left.subspan(slice.size());
    if (!left.empty() && pause > Duration(0))
      co_await net::sleep_for(pause + (clock.mono() - begun));
  }
  log::info("a content segment was compacted", {{"segment", segment.id}, {"contents", moved}});
  co_return moved;
}

}  // namespace

net::Task<Result<int64_t>> compact(store::Store& store, Clock& clock, Duration pause) {
  using Segments = std::vector<store::SparseSegment>;
  auto job = [&store](sql::Connection& sql) { return store.content().sparse(sql); };
  Segments sparse = CO_TRY(co_await store.read<Segments>(std::move(job)));
  int64_t all = 0;
  for (const store::SparseSegment& segment : sparse) {
    auto moved = co_await compact_one(store, clock, segment, pause);
    if (moved) {
      all += *moved;
      continue;
    }
    // Damage in one does not keep the others.
    if (moved.error().code != Errc::corrupt && moved.error().code != Errc::not_found)
      co_return std::unexpected(std::move(moved).error());
    log::warn("a content segment cannot be compacted",
              {{"segment", segment.id}, {"why", moved.error().message}});
  }
  co_return all;
}

}  // namespace ph::core
