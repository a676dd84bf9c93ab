// Purpose: the source of randomness, as a seam.
// Threads: system_random() any; FakeRandom one.
#pragma once

#include <cstdint>
#include <string>

namespace ph {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(void* out, size_t size) = 0;

  std::string bytes(size_t size);
  uint64_t number();
  uint64_t below(uint64_t bound);  // uniform in [0, bound), bound > 0
};

// getrandom(2): fit for keys.
Random& system_random();

// A seeded sequence (splitmix64): for tests and the simulation only.
class FakeRandom : public Random {
 public:
  explicit FakeRandom(uint64_t seed = 1) : state_(seed) {}
  void fill(void* out, size_t size) override;

 private:
  uint64_t state_;
};

}  // namespace ph
