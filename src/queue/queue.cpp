#include "queue/queue.h"

#include "net/oneshot.h"
#include "queue/engine.h"

namespace ph::queue {
namespace {

template <class T>
net::Task<void> run_and_send(net::Task<T> task, typename net::OneShot<T>::Sender sender) {
  sender.send(co_await std::move(task));
}

// Makes a task on the queue's loop and brings its value to the loop of the caller. `make` is a
// plain function object: it runs once, there.
template <class T, class Make>
net::Task<std::optional<T>> there(std::shared_ptr<Engine> engine, Make make) {
  net::OneShot<T> shot;
  net::Loop& loop = engine->loop();
  loop.post([engine, make = std::move(make), sender = shot.sender()]() mutable {
    engine->loop().spawn(run_and_send<T>(make(*engine), std::move(sender)));
  });
  // The engine's own steps end by themselves; a loop that is gone lets go of its sender.
  co_return co_await shot.wait(Deadline::never());
}

template <class T, class Make>
net::Task<Result<T>> result_there(std::shared_ptr<Engine> engine, Make make) {
  auto out = co_await there<Result<T>>(std::move(engine), std::move(make));
  if (!out) co_return fail(Errc::closed, "the queue has stopped");
  co_return std::move(*out);
}

}  // namespace

Queue::Queue(QueueOptions options) {
  PH_CHECK(options.store && options.loop && options.random && options.attempt);
  engine_ = std::make_shared<Engine>(std::move(options));
}

Queue::~Queue() = default;

void Queue::start() {
  engine_->loop().post([engine = engine_] { engine->start(); });
}

void Queue::accepted(core::Accepted accepted) {
  engine_->loop().post([engine = engine_, accepted = std::move(accepted)]() mutable {
    engine->take(std::move(accepted));
  });
}

net::Task<Result<int64_t>> Queue::hold(Selection selection) {
  return result_there<int64_t>(engine_, [selection](Engine& e) { return e.hold(selection); });
}

net::Task<Result<int64_t>> Queue::release(Selection selection) {
  return result_there<int64_t>(engine_, [selection](Engine& e) { return e.release(selection); });
}

net::Task<Result<int64_t>> Queue::retry(Selection selection) {
  return result_there<int64_t>(engine_, [selection](Engine& e) { return e.retry(selection); });
}

net::Task<Result<int64_t>> Queue::expire(MessageId message) {
  return result_there<int64_t>(
      engine_, [message](Engine& e) { return e.finish_messages({message}, Asked::expire); });
}

net::Task<Result<int64_t>> Queue::cancel(MessageId message) {
  return result_there<int64_t>(
      engine_, [message](Engine& e) { return e.finish_messages({message}, Asked::cancel); });
}

net::Task<Result<int64_t>> Queue::cancel_all(MessageSet messages) {
  return result_there<int64_t>(engine_, [ids = std::move(messages.ids)](Engine& e) {
    return e.finish_messages(ids, Asked::cancel);
  });
}

void Queue::suspend() {
  engine_->loop().post([engine = engine_] { engine->suspend(); });
}

void Queue::resume() {
  engine_->loop().post([engine = engine_] { engine->resume(); });
}

net::Task<Result<QueueSummary>> Queue::summary() {
  return result_there<QueueSummary>(engine_, [](Engine& e) { return e.summary(); });
}

net::Task<Result<std::vector<SiteQueue>>> Queue::sites() {
  return result_there<std::vector<SiteQueue>>(engine_, [](Engine& e) { return e.sites(); });
}

net::Task<Result<std::vector<RecipientExplanation>>> Queue::explain(MessageId message) {
  return result_there<std::vector<RecipientExplanation>>(
      engine_, [message](Engine& e) { return e.explain(message); });
}

net::Task<bool> Queue::drain(Deadline deadline) {
  auto out = co_await there<bool>(engine_, [deadline](Engine& e) { return e.drain(deadline); });
  co_return out.value_or(true);
}

}  // namespace ph::queue
