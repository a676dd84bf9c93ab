// Purpose: text with {{variables}}, compiled once and rendered for each recipient.
// Shapes: a variable is "{{", blanks, a name, blanks, "}}"; a name begins with a letter or "_" and
//   has letters, digits, "_", "-" and ".". There is nothing else: no raw form, no sections, and no
//   second pass, so that "{{" inside a value stays text. Rendering into HTML writes & < > " ' as
//   references.
// Threads: a Template is immutable after compile(); render() any.
// Errors: invalid ("{{" that begins no variable, with its line), limit (kBulkVariables names).
// Not here: which value is right (core/bulk_row.h), what the text becomes (mime/builder.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ph::templates {

bool is_variable_name(std::string_view name);

// What one recipient's variables are. Names differ; a later one does not replace an earlier one.
class Values {
 public:
  void add(std::string name, std::string value) {
    values_.emplace_back(std::move(name), std::move(value));
  }
  std::optional<std::string_view> find(std::string_view name) const;
  size_t size() const { return values_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

enum class Escape : uint8_t { none, html };

class Template {
 public:
  static Result<Template> compile(std::string_view text);

  // Each name once, in order of its first place.
  const std::vector<std::string>& variables() const { return names_; }
  bool is_constant() const { return names_.empty(); }
  // A variable without a value renders as nothing.
  std::string render(const Values& values, Escape escape) const;
  // Octets that render() would give, without rendering.
  size_t rendered_size(const Values& values, Escape escape) const;
  // The first variable without a value.
  const std::string* missing(const Values& values) const;

 private:
  // Literal text, and after it a variable; the last piece has none.
  struct Piece {
    size_t begin = 0;
    size_t size = 0;
    size_t name = kNone;
  };
  static constexpr size_t kNone = SIZE_MAX;
  static constexpr std::string_view kOpen = "{{";
  static constexpr std::string_view kClose = "}}";

  Result<size_t> name_index(std::string_view name);

  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<std::string> names_;
};

}  // namespace ph::templates
