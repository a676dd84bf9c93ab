// The first line is a value, the rest a template: whatever compiles renders to the size foretold,
// and a value never becomes a variable or, in HTML, markup.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "template/template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using ph::templates::Escape;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string_view value = text.substr(0, text.find('\n'));
  auto compiled = ph::templates::Template::compile(text.substr(value.size()));
  if (!compiled) return 0;
  ph::templates::Values values;
  for (const std::string& name : compiled->variables()) {
    PH_CHECK(ph::templates::is_variable_name(name));
    if (name.size() % 2 == 0) values.add(name, std::string(value));
  }
  for (Escape escape : {Escape::none, Escape::html})
    PH_CHECK(compiled->render(values, escape).size() == compiled->rendered_size(values, escape));
  auto alone = ph::templates::Template::compile("{{a}}");
  PH_CHECK(alone);
  ph::templates::Values one;
  one.add("a", std::string(value));
  PH_CHECK(alone->render(one, Escape::none) == value);
  PH_CHECK(alone->render(one, Escape::html).find_first_of("<>\"'") == std::string::npos);
  return 0;
}
