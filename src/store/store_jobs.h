// Purpose: the templates of store.h: a typed job becomes an untyped one and its result comes back.
// Not here: anything to include by itself; include store/store.h.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <utility>


namespace ph::store {
namespace detail {

// Where a job leaves its value until the commit says whether it counts.
template <class R>
struct Settled {
  std::optional<Result<R>> value;
  Result<R> settle(Result<> committed) {
    if (!committed) return std::unexpected(std::move(committed).error());
    PH_CHECK(value.has_value());
    return std::move(*value);
  }
};

template <class R, class Untyped, class Job, class Context>
Untyped erase(Job job, std::move_only_function<void(Result<R>)> give) {
  auto slot = std::make_shared<Settled<R>>();
  Untyped out;
  out.run = [slot, job = std::move(job)](Context& context) mutable -> Result<> {
    Result<R> result = job(context);
    if (!result) return std::unexpected(std::move(result).error());
    slot->value.emplace(std::move(result));
    return {};
  };
  out.done = [slot, give = std::move(give)](Result<> committed) mutable {
    give(slot->settle(std::move(committed)));
  };
  return out;
}

}  // namespace detail

template <class R, class Untyped, class Job, class Context>
net::Task<Result<R>> Store::on_loop(Job job, Deadline deadline) {
  net::OneShot<Result<R>> waiter;
  submit(detail::erase<R, Untyped, Job, Context>(
      std::move(job),
      [sender = waiter.sender()](Result<R> result) mutable { sender.send(std::move(result)); }));
  std::optional<Result<R>> result = co_await waiter.wait(deadline);
  if (!result) co_return fail(Errc::timeout, "the store did not answer in time");
  co_return std::move(*result);
}

template <class Untyped>
void Store::wait_for(Untyped untyped) {
  std::promise<void> finished;
  untyped.done = [done = std::move(untyped.done), &finished](Result<> result) mutable {
    done(std::move(result));
    finished.set_value();
  };
  submit(std::move(untyped));
  work_off();
  finished.get_future().wait();
}

template <class R, class Untyped, class Job, class Context>
Result<R> Store::blocking(Job job) {
  std::optional<Result<R>> out;
  wait_for(detail::erase<R, Untyped, Job, Context>(
      std::move(job), [&out](Result<R> result) { out.emplace(std::move(result)); }));
  return std::move(*out);
}

template <class R>
net::Task<Result<R>> Store::write(WriteJob<R> job, Deadline deadline) {
  return on_loop<R, Write, WriteJob<R>, Tx>(std::move(job), deadline);
}

template <class R>
net::Task<Result<R>> Store::read(ReadJob<R> job, Deadline deadline) {
  return on_loop<R, Read, ReadJob<R>, sql::Connection>(std::move(job), deadline);
}

template <class R>
Result<R> Store::write_now(WriteJob<R> job) {
  return blocking<R, Write, WriteJob<R>, Tx>(std::move(job));
}

template <class R>
Result<R> Store::read_now(ReadJob<R> job) {
  return blocking<R, Read, ReadJob<R>, sql::Connection>(std::move(job));
}

}  // namespace ph::store
