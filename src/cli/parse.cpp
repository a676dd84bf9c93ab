#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"
#include "cli/administration.h"
#include "cli/command.h"

namespace ph::cli {
namespace {

std::vector<std::span<const Command>> command_lists() {
  return {server_commands(), administration_commands(), people_commands(), customer_commands(),
          billing_commands(),
          queue_commands(),  check_commands(),          format_commands(), sign_commands()};
}

struct Bound {
  const Command* command = nullptr;
  CLI::App* app = nullptr;
  std::map<std::string_view, std::vector<std::string>> values;
  std::map<std::string_view, CLI::Option*> options;
};

void add_option(Bound& bound, const Option& option) {
  std::string name(option.name);
  // const: CLI11 takes a changeable third argument of add_flag() for where the result belongs.
  const std::string help(option.help);
  CLI::Option* made = nullptr;
  switch (option.kind) {
    case OptionKind::flag:
      made = bound.app->add_flag("--" + name, help);
      break;
    case OptionKind::text:
    case OptionKind::number:
      made = bound.app->add_option("--" + name, bound.values[option.name], help)->expected(1);
      break;
    case OptionKind::texts:
      made = bound.app->add_option("--" + name, bound.values[option.name], help)
                 ->expected(1)
                 ->take_all();
      break;
    case OptionKind::positional:
      made = bound.app->add_option(name, bound.values[option.name], help)->expected(1);
      break;
    case OptionKind::positionals:
      made = bound.app->add_option(name, bound.values[option.name], help)->expected(1, 100000);
      break;
  }
  if (option.kind == OptionKind::number)
    made->check([](const std::string& text) {
      return parse_number<int64_t>(text) ? std::string() : "'" + text + "' is no whole number";
    });
  if (option.kind == OptionKind::text || option.kind == OptionKind::number)
    made->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  // A list takes what follows as well, unless told not to: `queue hold --account A ID`.
  if (option.kind != OptionKind::positionals) made->allow_extra_args(false);
  if (option.need == Need::required) made->required();
  bound.options[option.name] = made;
}

CLI::App* sub_application(CLI::App& root, std::string_view path) {
  CLI::App* at = &root;
  for (std::string_view word : split(path, ' ')) {
    auto known = at->get_subcommands([&](CLI::App* app) { return app->get_name() == word; });
    at = known.empty() ? at->add_subcommand(std::string(word)) : known[0];
  }
  return at;
}

void add_global(CLI::App& app, GlobalOptions& global) {
  app.add_option("--data", global.data, "the data directory")->take_last();
  app.add_option("--config", global.config, "the configuration file (TOML)")->take_last();
  app.add_option("--set", global.sets, "KEY=VALUE: a configuration key")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  app.add_flag("--json", global.json, "print JSON");
}

Invocation invocation_of(const Bound& bound, const GlobalOptions& global) {
  Invocation out{.global = global, .values = {}};
  for (const auto& [name, option] : bound.options) {
    if (option->count() == 0) continue;
    auto values = bound.values.find(name);
    out.values.emplace(name,
                       values == bound.values.end() ? std::vector<std::string>{} : values->second);
  }
  return out;
}

int run_bound(const Bound& bound, const GlobalOptions& global) {
  Invocation invocation = invocation_of(bound, global);
  if (!bound.command->operation.empty()) return administer(*bound.command, invocation);
  return bound.command->run(invocation);
}

int usage_error(const std::string& what) {
  std::fprintf(stderr, "posthouse: %s\n", what.substr(0, what.find('\n')).c_str());
  return kUsage;
}

// The verb that the first words name; null where they name none.
const Command* named_command(std::span<const std::string> words) {
  for (auto list : command_lists())
    for (const Command& command : list) {
      auto path = split(command.path, ' ');
      if (words.size() >= path.size() && std::ranges::equal(path, words.first(path.size())))
        return &command;
    }
  return nullptr;
}

enum class Reads : uint8_t { nothing, itself, next_too };

// Whether a word is an option of the verb, and takes the word after it.
Reads reads(const Command& command, std::string_view word) {
  if (word == "-h" || word == "--help" || word == "--json") return Reads::itself;
  for (std::string_view global : {"--data", "--config", "--set"}) {
    if (word == global) return Reads::next_too;
    if (word.starts_with(global) && word[global.size()] == '=') return Reads::itself;
  }
  for (const Option& option : command.options) {
    std::string name = "--" + std::string(option.name);
    if (word == name) return option.kind == OptionKind::flag ? Reads::itself : Reads::next_too;
    if (word.starts_with(name + "=")) return Reads::itself;
  }
  return Reads::nothing;
}

bool takes_one_word(const Command& command) {
  auto is_positional = [](const Option& o) { return o.kind == OptionKind::positional; };
  return command.operation.empty() &&
         std::ranges::count_if(command.options, is_positional) == 1;
}

// What CLI11 would misread. "--name=" is an empty value; it would take the next word. An address or
// a name may begin with a hyphen, or be "++": where a verb of diagnosis takes one word, a word that
// is no option of it is that word, and goes behind "--".
std::vector<std::string> made_plain(const std::vector<std::string>& words) {
  const Command* command = named_command(words);
  if (command == nullptr) return words;
  std::vector<std::string> out;
  std::optional<std::string> odd;
  size_t at = 0;
  for (; at < words.size() && words[at] != "--"; ++at) {
    const std::string& word = words[at];
    Reads what = reads(*command, word);
    bool looks_odd = what == Reads::nothing && (word.starts_with('-') || word == "++");
    if (looks_odd && !odd && takes_one_word(*command)) {
      odd = word;
    } else if (what == Reads::itself && word.find('=') == word.size() - 1) {
      out.push_back(word.substr(0, word.size() - 1));
      out.emplace_back();
    } else {
      out.push_back(word);
      if (what == Reads::next_too && at + 1 < words.size()) out.push_back(words[++at]);
    }
  }
  if (odd || at < words.size()) out.emplace_back("--");
  if (odd) out.push_back(*odd);
  for (++at; at < words.size(); ++at) out.push_back(words[at]);
  return out;
}

}  // namespace

std::string Invocation::text(std::string_view name, std::string_view otherwise) const {
  auto found = values.find(name);
  if (found == values.end() || found->second.empty()) return std::string(otherwise);
  return found->second.back();
}

std::vector<std::string> Invocation::texts(std::string_view name) const {
  auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>{} : found->second;
}

std::optional<int64_t> Invocation::number(std::string_view name) const {
  return has(name) ? parse_number<int64_t>(text(name)) : std::nullopt;
}

int run_command_line(int argc, char** argv) {
  CLI::App root{"Posthouse: an email sending service of one's own.", "posthouse"};
  root.require_subcommand(1);
  root.set_version_flag("--version", "posthouse 0.1.0");
  GlobalOptions global;
  std::vector<std::unique_ptr<Bound>> all;
  for (auto list : command_lists()) {
    for (const Command& command : list) {
      auto bound = std::make_unique<Bound>();
      bound->command = &command;
      bound->app = sub_application(root, command.path);
      bound->app->description(std::string(command.summary));
      for (const Option& option : command.options) add_option(*bound, option);
      add_global(*bound->app, global);
      all.push_back(std::move(bound));
    }
  }
  for (CLI::App* family : root.get_subcommands({}))
    if (!family->get_subcommands({}).empty()) family->require_subcommand(0, 1);
  try {
    std::vector<std::string> words = made_plain({argv + 1, argv + argc});
    std::ranges::reverse(words);  // as CLI11 takes them
    root.parse(words);
  } catch (const CLI::CallForHelp& help) {
    return root.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return root.exit(version);
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }
  // The deepest one that was named: "check" alone is a family, not a verb.
  const Bound* chosen = nullptr;
  for (const auto& bound : all)
    if (bound->app->parsed() && bound->app->get_subcommands().empty()) chosen = bound.get();
  if (chosen == nullptr) {
    std::string family = root.get_subcommands()[0]->get_name();
    return usage_error(fmt::format("{} needs a verb: posthouse {} --help", family, family));
  }
  try {
    return run_bound(*chosen, global);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "posthouse: internal failure: %s\n", error.what());
    return kRefused;
  }
}

}  // namespace ph::cli
