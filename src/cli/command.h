// Purpose: verbs as data: names, options and what runs, so that one place parses, explains and
//   completes them.
// Shapes: an option is read by its name without dashes; a positional by its name. Every verb also
//   takes --data, --config, --set and --json (Invocation::global).
// Errors: wrong usage is one line on stderr and exit 2.
// Threads: the main thread.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ph::cli {

enum class OptionKind : uint8_t {
  text,         // --name VALUE
  number,       // --name N
  texts,        // --name VALUE, may be repeated
  flag,         // --name
  positional,   // VALUE
  positionals,  // VALUE...
};
enum class Need : uint8_t { optional, required };

struct Option {
  std::string_view name;
  OptionKind kind = OptionKind::text;
  Need need = Need::optional;
  std::string_view help;
};

struct GlobalOptions {
  std::string data = "./data";
  std::string config;
  std::vector<std::string> sets;
  bool json = false;
};

struct Invocation {
  GlobalOptions global;
  std::map<std::string, std::vector<std::string>, std::less<>> values;

  bool has(std::string_view name) const { return values.contains(name); }
  std::string text(std::string_view name, std::string_view otherwise = {}) const;
  std::vector<std::string> texts(std::string_view name) const;
  std::optional<int64_t> number(std::string_view name) const;
};

// Exit codes.
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;  // understood, and not done
inline constexpr int kUsage = 2;

struct Command {
  std::string_view path;  // "domain add"
  std::string_view summary;
  std::vector<Option> options;
  int (*run)(const Invocation&) = nullptr;
  // Set for administration verbs instead of `run`: the operation of control/operations.h; each
  // option becomes the argument of its name, with '-' as '_'.
  std::string_view operation = {};
};

std::span<const Command> administration_commands();
std::span<const Command> people_commands();
std::span<const Command> billing_commands();
std::span<const Command> customer_commands();
std::span<const Command> queue_commands();
std::span<const Command> check_commands();
std::span<const Command> format_commands();
std::span<const Command> sign_commands();
std::span<const Command> server_commands();

// Parses, runs, and gives the exit code.
int run_command_line(int argc, char** argv);

}  // namespace ph::cli
