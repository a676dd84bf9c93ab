#include "smtp/transcript_player.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "base/files.h"

namespace ph::smtp::play {

namespace {

void add_line(Dialog& dialog, std::string_view line) {
  if (line.empty() || line[0] == '#') return;
  if (line.starts_with("option ")) {
    std::string_view pair = line.substr(7);
    size_t equals = pair.find('=');
    bool bare = equals == std::string_view::npos;
    dialog.options[std::string(pair.substr(0, equals))] = bare ? "" : pair.substr(equals + 1);
    return;
  }
  Step step{line[0], {}, line.size() > 1 && line[1] == line[0]};
  size_t skip = step.raw ? 3 : 2;
  step.text = line.size() > skip ? std::string(line.substr(skip)) : std::string();
  if (step.raw) step.text = unescape(step.text);
  dialog.steps.push_back(std::move(step));
}

}  // namespace

std::vector<Dialog> read_dialogs(const std::string& folder) {
  auto root = std::filesystem::path(__FILE__).parent_path() / "../..";
  std::vector<Dialog> dialogs;
  for (auto& entry : std::filesystem::directory_iterator(root / "tests/transcripts" / folder)) {
    Dialog& dialog = dialogs.emplace_back();
    dialog.name = entry.path().stem().string();
    std::string text = read_file(entry.path().string(), 1 << 20).value();
    for (std::string_view line : split(text, '\n')) add_line(dialog, line);
  }
  return dialogs;
}

}  // namespace ph::smtp::play

using namespace ph::smtp;

TEST_CASE("the player sees what differs: otherwise no dialog would prove anything") {
  std::vector<std::string> wanted{"< 250 ok", "* message x", "* close"};
  CHECK_EQ(play::difference({"< 250 ok then", "* message x", "* close"}, wanted, false), "");
  CHECK_NE(play::difference({"< 250 ok", "* message x"}, wanted, false), "");
  CHECK_EQ(play::difference({"< 250 ok", "* message x"}, wanted, true), "");
  CHECK_NE(play::difference({"< 250 ok", "* message xy", "* close"}, wanted, false), "");
  CHECK_NE(play::difference({"< 550 no", "* message x", "* close"}, wanted, false), "");
  auto twice = wanted;
  twice.push_back("* message x");
  CHECK_NE(play::difference(twice, wanted, true), "");
  CHECK_EQ(play::unescape("a\\r\\n\\0\\x41\\\\"), std::string("a\r\n\0A\\", 6));
}
