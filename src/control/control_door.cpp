#include "control/control_door.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <map>
#include <mutex>

#include "base/limits.h"
#include "base/log.h"

namespace ph::control {
namespace {

constexpr size_t kRead = 64u << 10;
constexpr size_t kSunPath = 107;  // sizeof(sockaddr_un::sun_path) - 1

// One line, or nothing at the orderly end.
net::Task<Result<std::string>> read_line(net::Stream& stream, std::string& buffer, size_t most,
                                         Deadline deadline) {
  size_t searched = 0;
  while (true) {
    size_t end = buffer.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffer.substr(0, end);
      buffer.erase(0, end + 1);
      co_return line;
    }
    searched = buffer.size();
    if (buffer.size() > most) co_return fail(Errc::limit, "a control line is too long");
    std::string more = CO_TRY(co_await stream.read(kRead, deadline));
    if (more.empty()) co_return fail(Errc::closed, "the connection ended");
    buffer += more;
  }
}

net::Task<json::Value> answer_line(std::shared_ptr<Operations> operations, std::string line) {
  auto request = json::parse(line, limits::kControlRequest);
  if (!request)
    co_return answer_json(core::refuse(core::Reason::malformed, request.error().message));
  const json::Value* operation = request->find("operation");
  const json::Value* arguments = request->find("arguments");
  if (operation == nullptr || !operation->is_string())
    co_return answer_json(core::refuse(core::Reason::missing_field, "No operation is named."));
  json::Value given = arguments != nullptr ? *arguments : json::Value::object();
  co_return answer_json(co_await operations->run(operation->as_string(), std::move(given)));
}

net::Task<> serve(std::shared_ptr<Operations> operations, std::unique_ptr<net::Stream> stream) {
  std::string buffer;
  while (true) {
    Deadline idle = net::Loop::current()->in(limits::kHttpIdle);
    auto line = co_await read_line(*stream, buffer, limits::kControlRequest, idle);
    if (!line) co_return;
    json::Value answer = co_await answer_line(operations, std::move(*line));
    Deadline out = net::Loop::current()->in(limits::kHttpBodyWait);
    auto written = co_await stream->write(json::serialize(answer) + "\n", out);
    if (!written) co_return;
  }
}

}  // namespace

std::string socket_path(const std::string& data_dir) {
  std::string path = data_dir + "/control.sock";
  if (path.size() <= kSunPath) return path;
  // The kernel takes 107 octets: a deep directory is reached through a descriptor of it, which
  // stays open as long as the process.
  static std::mutex mutex;
  static std::map<std::string, int> directories;
  std::lock_guard lock(mutex);
  auto [at, fresh] = directories.try_emplace(data_dir, -1);
  if (fresh) at->second = ::open(data_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (at->second < 0) return path;
  return fmt::format("/proc/self/fd/{}/control.sock", at->second);
}

json::Value answer_json(const Answer& answer) {
  using json::Value;
  if (answer) return Value::object({{"ok", true}, {"result", *answer}});
  const core::Refusal& refusal = answer.error();
  return Value::object({{"ok", false},
                        {"error", Value::object({{"reason", core::reason_code(refusal.reason)},
                                                 {"field", refusal.field},
                                                 {"detail", refusal.detail}})}});
}

Result<std::unique_ptr<ControlDoor>> ControlDoor::start(net::Loop& loop,
                                                        const std::string& data_dir,
                                                        std::shared_ptr<Operations> operations) {
  net::ConnectionHandler handler = [operations](std::unique_ptr<net::Stream> stream) {
    return serve(operations, std::move(stream));
  };
  auto listener =
      TRY(net::UnixListener::start(loop, {.path = socket_path(data_dir)}, std::move(handler)));
  return std::unique_ptr<ControlDoor>(new ControlDoor(std::move(listener)));
}

net::Task<Result<json::Value>> call(std::string data_dir, std::string operation,
                                    json::Value arguments, Deadline deadline) {
  auto connected = co_await net::connect_unix(socket_path(data_dir), deadline);
  // Nobody took the request: whoever calls may do it himself. After this point nobody knows.
  if (!connected) co_return fail(Errc::not_found, "no server: " + connected.error().message);
  auto stream = std::move(*connected);
  json::Value request =
      json::Value::object({{"operation", operation}, {"arguments", std::move(arguments)}});
  CO_TRY(co_await stream->write(json::serialize(request) + "\n", deadline));
  std::string buffer;
  std::string line = CO_TRY(co_await read_line(*stream, buffer, limits::kControlRequest, deadline));
  co_return json::parse(line, limits::kControlRequest);
}

}  // namespace ph::control
