// The verbs queue and bulk.
#include "cli/command.h"

namespace ph::cli {
namespace {

using K = OptionKind;

std::vector<Command> make_commands() {
  const std::vector<Option> selection = {
      {"id", K::positional, Need::optional, "message id"},
      {"domain", K::text, Need::optional, "recipients' domain"},
      {"account", K::text, Need::optional, "account name or number"},
  };
  const std::vector<Option> message = {{"id", K::positional, Need::required, "message id"}};
  const std::vector<Option> account = {
      {"account", K::text, Need::optional, "account name or number"}};
  const std::vector<Option> job = {{"id", K::positional, Need::required, "bulk job id"}};
  auto make = [](std::string_view path, std::string_view summary, std::vector<Option> options,
                 std::string_view name) {
    return Command{path, summary, std::move(options), nullptr, name};
  };
  return {
      make("queue summary", "how many wait, and how", {}, "queue.summary"),
      make("queue explain", "why a message is still here", message, "queue.explain"),
      make("queue hold", "keeps recipients back", selection, "queue.hold"),
      make("queue release", "lets held recipients go", selection, "queue.release"),
      make("queue retry", "tries now", selection, "queue.retry"),
      make("queue expire", "bounces what is left of a message", message, "queue.expire"),
      make("queue cancel", "takes what is left of a message out", message, "queue.cancel"),
      make("queue suspend", "stops delivery as a whole", {}, "queue.suspend"),
      make("queue resume", "goes on with delivery", {}, "queue.resume"),
      make("bulk list", "bulk jobs, newest first", account, "bulk.list"),
      make("bulk show", "how far a bulk job is", job, "bulk.show"),
      make("bulk pause", "makes no more of its mails and holds the queued", job, "bulk.pause"),
      make("bulk resume", "goes on where it was paused", job, "bulk.resume"),
      make("bulk cancel", "ends it, with what is queued of it", job, "bulk.cancel"),
  };
}

}  // namespace

std::span<const Command> queue_commands() {
  static const std::vector<Command> commands = make_commands();
  return commands;
}

}  // namespace ph::cli
