#include "crypto/rsa_code.h"

#include <openssl/bn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/files.h"
#include "base/text.h"
#include "crypto/openssl_handles.h"

namespace ph::crypto {
namespace {

constexpr const char* kFeatures = "OPENSSL_ia32cap";
constexpr const char* kWithoutAdx = ":~0x80000";  // CPUID leaf 7, EBX, bit 19
constexpr const char* kTrial = "POSTHOUSE_RSA_TRIAL";
constexpr int kPowers = 12;
constexpr int kBits = 1024;
constexpr int kWorthIt = 95;  // percent of the first code's time

using Number = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using Scratch = std::unique_ptr<BN_CTX, FreeWith<BN_CTX_free>>;
using Modulus = std::unique_ptr<BN_MONT_CTX, FreeWith<BN_MONT_CTX_free>>;

std::string& found() {
  static std::string text = "openssl's choice";
  return text;
}

bool has_two_codes() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned kAvx2 = 1u << 5, kBmi2 = 1u << 8, kAdx = 1u << 19, kIfma = 1u << 21;
  return (b & kAvx2) != 0 && (b & kBmi2) != 0 && (b & kAdx) != 0 && (b & kIfma) == 0;
#else
  return false;
#endif
}

Duration cpu_now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(t.tv_sec) +
                                              std::chrono::nanoseconds(t.tv_nsec));
}

// All bits set but `clear`: the cost depends on the sizes alone (the code is constant-time).
Number full(int clear) {
  Number n(BN_new());
  for (int bit = 0; bit < kBits; ++bit) BN_set_bit(n.get(), bit);
  BN_clear_bit(n.get(), clear);
  return n;
}

// The same program with the same words and a changed environment.
void become_again() {
  auto words = read_file("/proc/self/cmdline", 2u << 20);
  if (!words) return;
  std::vector<char*> argv;
  for (size_t at = 0; at < words->size(); at = words->find('\0', at) + 1)
    argv.push_back(words->data() + at);
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());
}

}  // namespace

RsaTrial RsaTrial::from_text(std::string_view text) {
  if (text == "decided") return {.state = State::decided};
  if (auto first = parse_number<int64_t>(text); first && *first > 0)
    return {.state = State::second, .first = Duration(*first)};
  return {};
}

std::string RsaTrial::text() const {
  if (state == State::decided) return "decided";
  return state == State::second ? std::to_string(first.count()) : "";
}

RsaMove next_move(const RsaSituation& situation) {
  switch (situation.trial.state) {
    case RsaTrial::State::decided:
      return RsaMove::stay;
    case RsaTrial::State::second:
      return situation.now * 100 < situation.trial.first * kWorthIt ? RsaMove::stay
                                                                    : RsaMove::back_to_first;
    case RsaTrial::State::none:
      break;
  }
  bool open = situation.two_codes && !situation.operator_chose;
  return open ? RsaMove::try_second : RsaMove::stay;
}

Duration rsa_power_cost() {
  Number modulus = full(1), base = full(2), exponent = full(3), out(BN_new());
  Scratch scratch(BN_CTX_new());
  Modulus prepared(BN_MONT_CTX_new());
  if (BN_MONT_CTX_set(prepared.get(), modulus.get(), scratch.get()) != 1) return Duration::max();
  Duration least = Duration::max();
  for (int i = 0; i < kPowers; ++i) {
    Duration begin = cpu_now();
    if (BN_mod_exp_mont_consttime(out.get(), base.get(), exponent.get(), modulus.get(),
                                  scratch.get(), prepared.get()) != 1)
      return Duration::max();
    least = std::min(least, cpu_now() - begin);
  }
  return least;
}

void choose_rsa_code() {
  const char* handed = std::getenv(kTrial);
  RsaSituation situation{.two_codes = has_two_codes(),
                         .operator_chose = std::getenv(kFeatures) != nullptr,
                         .trial = RsaTrial::from_text(handed == nullptr ? "" : handed)};
  unsetenv(kTrial);
  const RsaTrial& trial = situation.trial;
  if (trial.state == RsaTrial::State::decided) found() = "adx";
  if (trial.state == RsaTrial::State::second) situation.now = rsa_power_cost();
  RsaMove move = next_move(situation);
  if (move == RsaMove::stay && trial.state == RsaTrial::State::second)
    found() = "avx2 (" + std::to_string(situation.now * 100 / trial.first) + " % of adx)";
  if (move == RsaMove::try_second) {
    RsaTrial next{.state = RsaTrial::State::second, .first = rsa_power_cost()};
    setenv(kTrial, next.text().c_str(), 1);
    setenv(kFeatures, kWithoutAdx, 1);
  }
  if (move == RsaMove::back_to_first) {
    setenv(kTrial, RsaTrial{.state = RsaTrial::State::decided}.text().c_str(), 1);
    unsetenv(kFeatures);
  }
  if (move == RsaMove::stay) return;
  become_again();
  // It could not: the code in use stays the one that it was.
  unsetenv(kTrial);
  if (move == RsaMove::try_second) unsetenv(kFeatures);
}

std::string rsa_code_in_use() {
  return found();
}

}  // namespace ph::crypto
