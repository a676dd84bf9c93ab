#include "template/template.h"

#include <doctest/doctest.h>

#include "base/limits.h"

namespace ph::templates {
namespace {

Template compiled(std::string_view text) {
  auto out = Template::compile(text);
  REQUIRE_MESSAGE(out, text);
  return std::move(*out);
}

Values values(std::initializer_list<std::pair<const char*, const char*>> list) {
  Values out;
  for (const auto& [name, value] : list) out.add(name, value);
  return out;
}

TEST_CASE("variables are replaced, with blanks inside the braces or without") {
  Template t = compiled("Hello {{name}}, {{ order.id }} {{name}}!{{_x-1}}");
  CHECK_EQ(t.variables(), std::vector<std::string>{"name", "order.id", "_x-1"});
  CHECK_EQ(t.render(values({{"name", "Ann"}, {"order.id", "7"}, {"_x-1", "."}}), Escape::none),
           "Hello Ann, 7 Ann!.");
}

TEST_CASE("text without a variable is itself") {
  for (const char* text : {"", "a", "{", "}", "}}", "a { b } c", "{ {a} }", "\n{\n"}) {
    Template t = compiled(text);
    CHECK(t.is_constant());
    CHECK_EQ(t.render({}, Escape::html), text);
  }
}

TEST_CASE("braces inside a value are a value") {
  Template t = compiled("{{a}}{{b}}");
  CHECK_EQ(t.render(values({{"a", "{{b}}"}, {"b", "}}{{"}}), Escape::none), "{{b}}}}{{");
  CHECK_EQ(t.render(values({{"a", "{"}, {"b", "{a}}"}}), Escape::none), "{{a}}");
}

TEST_CASE("a value in HTML cannot become markup") {
  Template t = compiled("<p title=\"{{a}}\">{{a}}</p>");
  CHECK_EQ(t.render(values({{"a", "<b>&\"'</b>"}}), Escape::html),
           "<p title=\"&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;\">&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;"
           "</p>");
}

TEST_CASE("the first variable without a value is named, and renders as nothing") {
  Template t = compiled("a{{x}}b{{y}}c");
  Values some = values({{"x", "1"}});
  REQUIRE(t.missing(some) != nullptr);
  CHECK_EQ(*t.missing(some), "y");
  CHECK_EQ(t.render(some, Escape::none), "a1bc");
  CHECK(t.missing(values({{"y", ""}, {"x", ""}})) == nullptr);
}

TEST_CASE("the size is known before rendering") {
  Template t = compiled("-{{a}}--{{b}}---{{a}}");
  Values v = values({{"a", "<&>"}, {"b", "\xc3\xa4"}});
  for (Escape escape : {Escape::none, Escape::html})
    CHECK_EQ(t.rendered_size(v, escape), t.render(v, escape).size());
}

TEST_CASE("braces that begin no variable are refused with their line") {
  struct Bad {
    std::string text;
    const char* line;
  };
  std::string long_name(limits::kBulkVariableName + 1, 'a');
  const Bad bad[] = {{"{{", "line 1"},           {"\n{{}}", "line 2"},
                     {"{{ }}", "line 1"},        {"{{1a}}", "line 1"},
                     {"{{a b}}", "line 1"},      {"{{a", "line 1"},
                     {"{{a}", "line 1"},         {"{{{a}}}", "line 1"},
                     {"{{#a}}", "line 1"},       {"a\r\n\r\n{{a|b}}", "line 3"},
                     {"{{\xc3\xa4}}", "line 1"}, {"{{" + long_name + "}}", "line 1"},
                     {"{{a\n{{b}}", "line 1"},   {"ok {{a}} {{/a}}", "line 1"}};
  for (const Bad& one : bad) {
    auto out = Template::compile(one.text);
    REQUIRE_MESSAGE(!out, one.text);
    CHECK_EQ(out.error().code, Errc::invalid);
    CHECK_MESSAGE(out.error().message.contains(one.line), out.error().message);
  }
}

TEST_CASE("the number of variables is bounded, the number of their places is not") {
  std::string text;
  for (size_t i = 0; i < limits::kBulkVariables; ++i) text += "{{v" + std::to_string(i) + "}}";
  text += text;
  CHECK_EQ(compiled(text).variables().size(), limits::kBulkVariables);
  auto out = Template::compile(text + "{{more}}");
  REQUIRE(!out);
  CHECK_EQ(out.error().code, Errc::limit);
}

TEST_CASE("names") {
  for (const char* good : {"a", "_", "A9", "a.b-c_d"}) CHECK(is_variable_name(good));
  for (const char* bad : {"", "9", ".a", "-a", "a b", "a}", "\xc3\xa4"})
    CHECK_FALSE(is_variable_name(bad));
}

}  // namespace
}  // namespace ph::templates
