// Purpose: a rule's own transaction: a function that may refuse, run on the store's writer (or a
//   reader), whose refusal undoes what it wrote.
// Shapes: transact<R>(context, [](store::Tx&) -> Outcome<R> {...}), look<R>(context,
//   [](sql::Connection&) -> Outcome<R> {...}). The deadline is kStoreWait. What a transaction may
//   have changed is forgotten after its commit (sender_facts.h).
// Threads: awaited on a loop; the function runs on a thread of the store.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/limits.h"
#include "core/context.h"
#include "core/reason.h"
#include "store/store.h"

namespace ph::core {
namespace detail {

// The refusal goes around the store, which only knows Errors.
template <class R, class Where>
auto refusable(std::move_only_function<Outcome<R>(Where&)> job,
               std::shared_ptr<std::optional<Refusal>> refused) {
  return [job = std::move(job), refused](Where& where) mutable -> Result<R> {
    Outcome<R> out = job(where);
    if (!out) {
      refused->emplace(std::move(out).error());
      return fail(Errc::denied, "refused");
    }
    if constexpr (std::is_void_v<R>) {
      return {};
    } else {
      return std::move(*out);
    }
  };
}

// Only a job that has ended with `denied` has left its refusal: after a time-out the job may be
// writing it at this moment.
template <class R>
Outcome<R> settle(Result<R> result, const std::optional<Refusal>& refused) {
  if (!result && result.error().code == Errc::denied && refused) return lift(*refused);
  if (!result) return lift(result.error());
  if constexpr (std::is_void_v<R>) {
    return {};
  } else {
    return std::move(*result);
  }
}

}  // namespace detail

// What a transaction may change: mail alone, or also accounts, domains and addresses.
enum class Changes : uint8_t { mail, anything };

template <class R>
net::Task<Outcome<R>> transact(Context& context,
                               std::move_only_function<Outcome<R>(store::Tx&)> job,
                               Changes changes = Changes::anything) {
  auto refused = std::make_shared<std::optional<Refusal>>();
  if (changes == Changes::anything) {
    job = [job = std::move(job), facts = context.sender_facts](store::Tx& tx) mutable {
      tx.after_commit([facts] { facts->forget_all(); });
      return job(tx);
    };
  }
  store::Store::WriteJob<R> write = detail::refusable<R, store::Tx>(std::move(job), refused);
  Deadline deadline = Deadline::in(context.clock, limits::kStoreWait);
  Result<R> result = co_await context.store.write<R>(std::move(write), deadline);
  co_return detail::settle<R>(std::move(result), *refused);
}

template <class R>
net::Task<Outcome<R>> look(Context& context,
                           std::move_only_function<Outcome<R>(sql::Connection&)> job) {
  auto refused = std::make_shared<std::optional<Refusal>>();
  store::Store::ReadJob<R> read = detail::refusable<R, sql::Connection>(std::move(job), refused);
  Deadline deadline = Deadline::in(context.clock, limits::kStoreWait);
  Result<R> result = co_await context.store.read<R>(std::move(read), deadline);
  co_return detail::settle<R>(std::move(result), *refused);
}

}  // namespace ph::core
