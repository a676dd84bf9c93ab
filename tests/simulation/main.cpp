// ph_simulation: runs seeds and says which break a promise.
//   ph_simulation --seeds FROM..TO     all of them; the first that fails ends it
//   ph_simulation --seconds N          from FROM on, as many as N seconds allow
//   --part I/N     only those of which the number modulo N is I: for several processes
//   --twice        each seed twice: the same seed gives the same trace
//   --trace        what happened, line by line
//   --go-on        also after a failure
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "base/log.h"
#include "base/text.h"
#include "simulation/world.h"

using namespace ph;
using namespace ph::simulation;

namespace {

struct Arguments {
  uint64_t from = 1;
  uint64_t to = UINT64_MAX;
  uint64_t part = 0;
  uint64_t of = 1;
  double seconds = 0;
  bool twice = false;
  bool trace = false;
  bool go_on = false;
  bool good = true;
};

// "FROM..TO" or one number.
bool parse_pair(std::string_view text, std::string_view between, uint64_t& a, uint64_t& b) {
  size_t at = text.find(between);
  auto first = parse_number<uint64_t>(text.substr(0, at));
  auto second = at == std::string_view::npos
                    ? first
                    : parse_number<uint64_t>(text.substr(at + between.size()));
  if (!first || !second) return false;
  a = *first, b = *second;
  return true;
}

Arguments parse(int count, char** values) {
  Arguments out;
  for (int i = 1; i < count; ++i) {
    std::string_view name = values[i];
    std::string_view value = i + 1 < count ? values[i + 1] : "";
    if (name == "--trace") out.trace = true;
    else if (name == "--twice") out.twice = true;
    else if (name == "--go-on") out.go_on = true;
    else if (name == "--seeds") out.good = parse_pair(value, "..", out.from, out.to) && ++i;
    else if (name == "--part") out.good = parse_pair(value, "/", out.part, out.of) && ++i;
    else if (name == "--seconds") out.seconds = std::atof(values[++i]);
    else out.good = false;
    if (!out.good) break;
  }
  return out;
}

void report(const char* program, uint64_t seed, const Verdict& verdict) {
  fmt::print("FAILED seed {}\n{}", seed, Plan::of(seed).describe());
  for (const std::string& what : verdict.broken) fmt::print("  {}\n", what);
  fmt::print("  again: {} --seeds {} --trace\n", program, seed);
}

struct Tally {
  uint64_t seeds = 0;
  uint64_t steps = 0;
  uint64_t failed = 0;
};

bool one(const Scenery& scenery, const Arguments& arguments, const char* program, uint64_t seed,
         Tally& tally) {
  Verdict verdict = run(scenery, seed, arguments.trace ? Record::text : Record::hash);
  if (arguments.twice) {
    Verdict again = run(scenery, seed, Record::hash);
    if (again.hash != verdict.hash) verdict.broken.push_back("the second run was another one");
  }
  ++tally.seeds;
  tally.steps += verdict.steps;
  if (arguments.trace) fmt::print("{}{}", Plan::of(seed).describe(), verdict.trace);
  if (verdict.broken.empty()) return true;
  ++tally.failed;
  report(program, seed, verdict);
  std::fflush(stdout);
  return arguments.go_on;
}

}  // namespace

int main(int count, char** values) {
  Arguments arguments = parse(count, values);
  if (!arguments.good) {
    fmt::print(stderr, "usage: {} [--seeds FROM..TO] [--seconds N] [--part I/N] [--twice]"
               " [--trace] [--go-on]\n", values[0]);
    return 2;
  }
  if (!arguments.trace) log::set_level(static_cast<log::Level>(255));  // faults are the rule here
  auto place = std::filesystem::temp_directory_path() / fmt::format("ph-simulation-{}", ::getpid());
  std::filesystem::create_directory(place);
  Tally tally;
  auto begun = std::chrono::steady_clock::now();
  auto taken = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  };
  {
    Scenery scenery(place.string());
    for (uint64_t seed = arguments.from; seed <= arguments.to; ++seed) {
      if (seed % arguments.of != arguments.part % arguments.of) continue;
      if (arguments.seconds > 0 && taken() > arguments.seconds) break;
      if (!one(scenery, arguments, values[0], seed, tally)) break;
    }
  }
  std::filesystem::remove_all(place);
  fmt::print("{} seeds, {} failed, {} steps, {:.1f} s, {:.1f} seeds/s\n", tally.seeds,
             tally.failed, tally.steps, taken(), static_cast<double>(tally.seeds) / taken());
  return tally.failed == 0 ? 0 : 1;
}
