#include "base/limits.h"
#include "net/transport.h"

namespace ph::net {
namespace {

// One direction.
struct Pipe {
  std::string bytes;
  bool ended = false;   // the writer's orderly end
  bool broken = false;  // either side is gone or aborted
  WaitList readers;
  WaitList writers;

  void wake() {
    readers.notify_all();
    writers.notify_all();
  }
};

class MemoryTransport : public Transport {
 public:
  MemoryTransport(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, uint16_t port)
      : in_(std::move(in)), out_(std::move(out)), port_(port) {}

  Task<Result<std::string>> read(size_t most, Deadline deadline) override {
    return read_loop(in_, most, deadline);
  }
  Task<Result<>> write(std::string bytes, Deadline deadline) override {
    return write_loop(out_, std::move(bytes), deadline);
  }
  void end_writing() override {
    out_->ended = true;
    out_->wake();
  }
  void abort() override {
    for (Pipe* pipe : {in_.get(), out_.get()}) {
      pipe->broken = true;
      pipe->bytes.clear();
      pipe->wake();
    }
  }
  // What was written stays readable; the peer's writes fail.
  void close() override {
    end_writing();
    in_->broken = true;
    in_->bytes.clear();
    in_->wake();
  }
  Endpoint local() const override { return {IpAddress::v4(0x7f000001), port_}; }
  Endpoint peer() const override {
    return {IpAddress::v4(0x7f000001), static_cast<uint16_t>(3 - port_)};
  }

 private:
  static Task<Result<std::string>> read_loop(std::shared_ptr<Pipe> pipe, size_t most,
                                             Deadline deadline) {
    LoopCore& loop = LoopCore::here();
    if (!loop.spend()) co_await YieldAwaiter{};
    for (;;) {
      if (deadline.passed(loop.clock())) co_return fail_timeout("reading");
      if (!pipe->bytes.empty()) break;
      if (pipe->broken) co_return fail_closed();
      if (pipe->ended) co_return std::string();
      co_await pipe->readers.wait(deadline);
    }
    std::string out = pipe->bytes.substr(0, most);
    pipe->bytes.erase(0, out.size());
    pipe->writers.notify_all();
    co_return out;
  }

  static Task<Result<>> write_loop(std::shared_ptr<Pipe> pipe, std::string bytes,
                                   Deadline deadline) {
    LoopCore& loop = LoopCore::here();
    std::string_view rest = bytes;
    while (!rest.empty()) {
      if (!loop.spend()) co_await YieldAwaiter{};
      if (pipe->broken || pipe->ended) co_return fail_closed();
      if (deadline.passed(loop.clock())) co_return fail_timeout("writing");
      size_t room = limits::kStreamPairBytes - pipe->bytes.size();
      if (room == 0) {
        co_await pipe->writers.wait(deadline);
        continue;
      }
      pipe->bytes += rest.substr(0, room);
      rest.remove_prefix(std::min(room, rest.size()));
      pipe->readers.notify_all();
    }
    co_return Result<>();
  }

  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
  uint16_t port_;
};

}  // namespace

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> stream_pair() {
  auto there = std::make_shared<Pipe>();
  auto back = std::make_shared<Pipe>();
  return {make_stream(std::make_shared<MemoryTransport>(back, there, uint16_t{1})),
          make_stream(std::make_shared<MemoryTransport>(there, back, uint16_t{2}))};
}

}  // namespace ph::net
