// Purpose: failure in the return type. Our functions do not throw; exceptions of libraries are
//   caught at their wrapper and become an Error.
// Shapes: Error.field names the input field that is wrong ("to[2]", "subject"), empty where none
//   is meant; Error.message is one English sentence for a person, without secrets.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace ph {

// What kind of failure, for code that must decide what to do next. The product's own refusals
// have a core::Reason instead.
enum class Errc : uint8_t {
  invalid,      // the input breaks a rule of its format
  not_found,    // what was named does not exist (or may not be seen)
  conflict,     // exists already, or a precondition does not hold
  denied,       // not allowed for this caller
  limit,        // a named limit would be passed
  temporary,    // the same call may succeed later (DNS SERVFAIL, database away)
  timeout,      // its deadline passed
  closed,       // the peer or we ended it
  io,           // the operating system refused: message has errno's text
  corrupt,      // stored data fails its checksum or schema
  unsupported,  // understood, and not offered
  internal,     // a library failed in a way that input does not explain
};

const char* errc_name(Errc code);

struct Error {
  Errc code = Errc::internal;
  std::string message;
  std::string field;
};

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message,
                                                 std::string field = {}) {
  return std::unexpected<Error>(Error{code, std::move(message), std::move(field)});
}

// errno as an Error{io}, Error{limit} where no space is left: "open /x/y: Permission denied".
[[nodiscard]] std::unexpected<Error> fail_errno(std::string_view what, int error_number);

}  // namespace ph

// TRY(expr): the value of a Result, or return its error. CO_TRY is the same in a coroutine. Each
// expansion has a name of its own, so that they nest.
#define PH_JOIN_(a, b) a##b
#define PH_JOIN(a, b) PH_JOIN_(a, b)
#define PH_TRY_(name, leave, ...)                                            \
  ({                                                                         \
    auto name = (__VA_ARGS__);                                               \
    if (!name) leave std::unexpected(std::move(name).error());               \
    std::move(name).value();                                                 \
  })
#define TRY(...) PH_TRY_(PH_JOIN(try_result_, __COUNTER__), return, __VA_ARGS__)
#define CO_TRY(...) PH_TRY_(PH_JOIN(try_result_, __COUNTER__), co_return, __VA_ARGS__)
