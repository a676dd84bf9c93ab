#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace ph {
namespace {

class SystemRandom : public Random {
 public:
  void fill(void* out, size_t size) override {
    auto* at = static_cast<char*>(out);
    while (size > 0) {
      ssize_t got = ::getrandom(at, size, 0);
      if (got < 0 && errno == EINTR) continue;
      PH_CHECK(got > 0);
      at += got;
      size -= static_cast<size_t>(got);
    }
  }
};

}  // namespace

Random& system_random() {
  static SystemRandom random;
  return random;
}

std::string Random::bytes(size_t size) {
  std::string out(size, '\0');
  fill(out.data(), size);
  return out;
}

uint64_t Random::number() {
  uint64_t n = 0;
  fill(&n, sizeof n);
  return n;
}

uint64_t Random::below(uint64_t bound) {
  PH_CHECK(bound > 0);
  uint64_t limit = UINT64_MAX - UINT64_MAX % bound;  // rejects the biased tail
  uint64_t n = number();
  while (n >= limit) n = number();
  return n % bound;
}

void FakeRandom::fill(void* out, size_t size) {
  auto* at = static_cast<char*>(out);
  while (size > 0) {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    size_t n = size < sizeof z ? size : sizeof z;
    std::memcpy(at, &z, n);
    at += n;
    size -= n;
  }
}

}  // namespace ph
