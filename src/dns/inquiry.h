// Purpose: a computation that needs answers of the DNS and does no I/O itself: a coroutine that
//   names its next question, stands still, and goes on with the answer it is handed.
// Shapes: inside: `Answer a = co_await ask({name, type});`, and `co_await` of another Inquiry.
//   Outside: `while (auto* q = i.wanted()) i.answer(look up *q); i.take();`, or the two drivers.
// Threads: one at a time.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "base/check.h"
#include "dns/resolver.h"

namespace ph::dns {

template <class T>
class Inquiry;

namespace detail {

// Shared by an Inquiry and those it waits for; lives in the outermost frame.
struct InquiryState {
  std::coroutine_handle<> leaf;  // who asked
  std::optional<Question> question;
  std::optional<Answer> answer;
};

struct InquiryPromiseBase {
  InquiryState own;
  InquiryState* state = &own;
  std::coroutine_handle<> continuation = std::noop_coroutine();

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
      return h.promise().continuation;
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
};

}  // namespace detail

// `co_await ask(question)` inside an Inquiry.
struct ask {
  explicit ask(Question q) : question(std::move(q)) {}
  Question question;
  detail::InquiryState* state = nullptr;

  bool await_ready() noexcept { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> h) {
    state = h.promise().state;
    state->leaf = h;
    state->question = std::move(question);
  }
  Answer await_resume() { return *std::exchange(state->answer, std::nullopt); }
};

template <class T>
class [[nodiscard]] Inquiry {
 public:
  struct promise_type : detail::InquiryPromiseBase {
    std::optional<T> value;
    Inquiry get_return_object() {
      return Inquiry(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    template <class U>
    void return_value(U&& v) {
      value.emplace(std::forward<U>(v));
    }
  };
  using Handle = std::coroutine_handle<promise_type>;

  Inquiry(Inquiry&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Inquiry& operator=(Inquiry&&) = delete;
  ~Inquiry() {
    if (handle_) handle_.destroy();
  }

  // The question to be answered next; null when the value is there.
  const Question* wanted() {
    auto& state = handle_.promise().own;
    if (!state.question && !handle_.done()) (state.leaf ? state.leaf : handle_).resume();
    return state.question ? &*state.question : nullptr;
  }
  void answer(Answer a) {
    auto& state = handle_.promise().own;
    PH_CHECK(state.question.has_value());
    state.question.reset();
    state.answer = std::move(a);
  }
  T take() {
    PH_CHECK(handle_.done());
    return std::move(*handle_.promise().value);
  }

  struct Awaiter {
    Handle inner;
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> outer) noexcept {
      inner.promise().state = outer.promise().state;
      inner.promise().continuation = outer;
      return inner;
    }
    T await_resume() { return std::move(*inner.promise().value); }
  };
  Awaiter operator co_await() && { return Awaiter{handle_}; }

 private:
  explicit Inquiry(Handle h) : handle_(h) {}
  Handle handle_;
};

// Asks a Resolver; `deadline` is that of the whole evaluation.
template <class T>
net::Task<T> inquire(Inquiry<T> inquiry, Resolver& resolver, Deadline deadline) {
  while (const Question* question = inquiry.wanted()) {
    Answer answer = co_await resolver.query(*question, deadline);
    inquiry.answer(std::move(answer));
  }
  co_return inquiry.take();
}

// Asks something that answers at once: `Answer lookup(const Question&)`, as ZoneFake has it.
template <class T, class Zone>
T inquire_now(Inquiry<T> inquiry, const Zone& zone) {
  while (const Question* question = inquiry.wanted()) inquiry.answer(zone.lookup(*question));
  return inquiry.take();
}

}  // namespace ph::dns
