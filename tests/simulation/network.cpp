#include "simulation/network.h"

#include "net/tls.h"
#include "simulation/line.h"

namespace ph::simulation {
namespace {

class SimulatedStream : public net::Stream {
 public:
  explicit SimulatedStream(std::shared_ptr<Line> line) : line_(std::move(line)) {}
  ~SimulatedStream() override { line_->hang_up(); }
  net::Task<Result<std::string>> read(size_t most, Deadline deadline) override {
    return line_->read(most, deadline);
  }
  net::Task<Result<>> write(std::string bytes, Deadline) override {
    co_return line_->write(std::move(bytes));
  }
  net::Task<Result<>> start_tls_server(std::shared_ptr<net::TlsServerContext>,
                                       Deadline) override {
    co_return fail(Errc::unsupported, "no TLS here");
  }
  net::Task<Result<>> start_tls_client(net::TlsClientOptions, Deadline) override {
    co_return fail(Errc::unsupported, "no TLS here");
  }
  net::Task<> shutdown(Deadline) override {
    line_->hang_up();
    co_return;
  }
  void abort() override { line_->hang_up(); }
  const net::TlsInfo& tls() const override { return tls_; }
  Endpoint local() const override { return {IpAddress::v4(0xc6120001), 40000}; }
  Endpoint peer() const override { return line_->peer(); }

 private:
  std::shared_ptr<Line> line_;
  net::TlsInfo tls_;
};

}  // namespace

net::Task<Result<std::unique_ptr<net::Stream>>> Network::connect(net::ConnectOptions options,
                                                                 Deadline deadline) {
  around_.step("connect");
  if (goes_wrong()) {
    bool refused = below(2) == 0;
    if (refused) co_await net::sleep_for(Duration(below(50'000)));
    else co_await net::sleep_until(deadline.at);
    co_return fail(refused ? Errc::closed : Errc::timeout, "no answer");
  }
  auto line = std::make_shared<Line>(*this, options.to);
  std::erase_if(lines_, [](const auto& known) { return known.expired(); });
  lines_.push_back(line);
  co_await net::sleep_for(Duration(below(100'000)));
  line->greet();
  std::unique_ptr<net::Stream> out = std::make_unique<SimulatedStream>(std::move(line));
  co_return out;
}

void Network::process_ended() {
  for (const auto& known : lines_)
    if (auto line = known.lock()) line->process_ended();
  lines_.clear();
}

unsigned Network::take(const std::string& address, const std::string& content,
                   unsigned generation) {
  around_.note("taken " + address);
  if (!right_content(address, content)) around_.ledger.wrong_content(address);
  return around_.ledger.copy(address, state_of(address), uptime(generation));
}

}  // namespace ph::simulation
