// Purpose: replays the dialogs of tests/transcripts against an engine, cut in any way.
// Shapes: one line is one thing: "#" comment, "option KEY[=VALUE]", ">" from the client, "<" from
//   the server, "*" a wish of the engine, "=" the answer to the wish above it (else it is
//   accepted). ">>" and "<<" have escapes (\r \n \0 \t \\ \xHH) and no CRLF added; what is expected
//   is matched from its beginning. "option whole" forbids cutting: the dialog is about timing.
//   "! eof" ends the connection.
// Not here: the product; tests only. Files are read in transcript_player_test.cpp.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/text.h"

namespace ph::smtp::play {

struct Step {
  char kind = 0;  // '>' '<' '*' '=' '!'
  std::string text;
  bool raw = false;
};

struct Dialog {
  std::string name;
  std::map<std::string, std::string> options;
  std::vector<Step> steps;
  bool has(const std::string& key) const { return options.contains(key); }
};

inline std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    char c = text[++i];
    if (c == 'x') {
      out += static_cast<char>(*parse_number<unsigned>(text.substr(i + 1, 2), 16));
      i += 2;
      continue;
    }
    constexpr std::string_view from = "rn0t\\", to{"\r\n\0\t\\", 5};
    out += to.at(from.find(c));
  }
  return out;
}

inline std::string escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\r') out += "\\r";
    else if (c == '\n') out += "\\n";
    else if (c == '\0') out += "\\0";
    else out += c;
  }
  return out;
}

// Every dialog of tests/transcripts/FOLDER.
std::vector<Dialog> read_dialogs(const std::string& folder);

// What one side sends between two things that it waits for; the log of the other side's doing.
inline std::vector<std::string> blocks_of(const Dialog& dialog, char side) {
  std::vector<std::string> blocks;
  bool open = false;
  for (const Step& step : dialog.steps) {
    if (step.kind == '=') continue;
    if (step.kind != side) {
      open = false;
      continue;
    }
    if (!open) blocks.emplace_back();
    open = true;
    blocks.back() += step.raw ? step.text : step.text + "\r\n";
  }
  return blocks;
}

inline std::vector<std::string> expected_of(const Dialog& dialog, char side) {
  std::vector<std::string> log;
  for (const Step& step : dialog.steps)
    if (step.kind == side || step.kind == '*')
      log.push_back(std::string(1, step.kind) + " " + step.text);
  return log;
}

// The answers to the wishes, in their order; empty: accepted.
inline std::vector<std::string> answers_of(const Dialog& dialog) {
  std::vector<std::string> answers;
  for (const Step& step : dialog.steps) {
    if (step.kind == '*') answers.emplace_back();
    if (step.kind == '=') answers.at(answers.size() - 1) = step.text;
  }
  return answers;
}

// A note that waits for no answer has no order among replies: it goes behind those that follow it.
inline std::vector<std::string> settled(std::vector<std::string> log) {
  for (size_t i = log.size(); i-- > 1;) {
    if (log[i - 1] != "* dropped") continue;
    for (size_t at = i; at < log.size() && log[at][0] == '<'; ++at) std::swap(log[at - 1], log[at]);
  }
  return log;
}

// Empty when `given` is what was expected, or its beginning where `partial`.
inline std::string difference(const std::vector<std::string>& given,
                              const std::vector<std::string>& wanted, bool partial) {
  std::vector<std::string> log = settled(given), expected = settled(wanted);
  for (size_t i = 0; i < std::max(log.size(), expected.size()); ++i) {
    if (i >= log.size()) return partial ? "" : "missing: " + expected[i];
    if (i >= expected.size()) return "unexpected: " + log[i];
    bool wish = expected[i][0] == '*';
    bool same = wish ? log[i] == expected[i] : log[i].starts_with(expected[i]);
    if (!same) return "got: " + log[i] + "\nwanted: " + expected[i];
  }
  return "";
}

}  // namespace ph::smtp::play
