// Requests in, in whole and in two pieces: both must come to the same, and a whole connection over
// them must end. The first byte says where the pieces part; half of the inputs go to the client.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "net/http_client.h"
#include "net/http_request.h"

namespace {

using namespace ph;
using namespace ph::net;
using State = HttpRequestReader::State;

// What the reader makes of these pieces, as text to compare.
std::string reading(std::initializer_list<std::string_view> pieces) {
  HttpRequestReader reader({});
  std::string out;
  for (std::string_view piece : pieces) {
    reader.feed(piece);
    while (reader.state() == State::done) {
      HttpRequest request = reader.take();
      out += request.method + " " + request.target + "\n";
      out += request.path + "?" + request.query + "\n";
      for (const auto& header : request.headers) out += header.name + "=" + header.value + "\n";
      out += request.body + "\n";
    }
  }
  bool refused = reader.state() == State::refused;
  return out + (refused ? std::to_string(reader.status()) : "open");
}

Task<HttpResponse> answer(HttpRequest request) {
  parse_query(request.query);
  co_return HttpResponse{200, {}, std::move(request.body)};
}

Task<> speak(std::unique_ptr<Stream> stream, std::string bytes) {
  co_await stream->write(std::move(bytes), Deadline::never());
  co_await stream->shutdown(Deadline::never());
  for (;;) {
    auto got = co_await stream->read(1u << 16, Deadline::never());
    if (!got || got->empty()) co_return;
  }
}

Task<> call(std::unique_ptr<Stream> stream) {
  HttpCall ask;
  auto response = co_await http_call(*stream, ask, Deadline::never());
  PH_CHECK(!response || (response->status >= 200 && response->status < 600));
}

void run(std::string bytes, bool as_client) {
  FakeClock clock;
  auto loop = Loop::simulated(clock);
  auto [own, other] = stream_pair();
  if (as_client) {
    loop->spawn(call(std::move(other)));
  } else {
    loop->spawn(serve_http(std::move(other), answer));
  }
  loop->spawn(speak(std::move(own), std::move(bytes)));
  loop->run();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  size_t cut = text.empty() ? 0 : data[0] % (text.size() + 1);
  PH_CHECK(reading({text}) == reading({text.substr(0, cut), text.substr(cut)}));
  run(std::string(text), data[0] % 2 == 1);
  return 0;
}
