import unittest

from tidy import sizes
from tidy.small_tree import RuleTest


class Sizes(RuleTest):
    rule = sizes

    def test_files_have_their_most_lines(self):
        self.good({"src/base/a.cpp": "\n" * 600, "src/base/a.h": "\n" * 200})
        self.bad({"src/base/a.cpp": "\n" * 601}, "601 lines")
        self.bad({"src/base/a.h": "\n" * 201}, "201 lines")
        self.bad({"tools/a.py": "\n" * 601}, "601 lines")

    def test_a_line_has_its_most_columns_counted_in_characters(self):
        self.good({"src/base/a.cpp": "// " + "驿" * 97 + "\n"})
        self.bad({"src/base/a.cpp": "// " + "x" * 98 + "\n"}, "a.cpp:1", "101 columns")

    def test_the_table_of_limits_may_be_long_and_wide(self):
        self.good({"src/base/limits.h": ("// " + "x" * 130 + "\n") * 300})
        self.bad({"src/base/limits.h": "// " + "x" * 138 + "\n"}, "141 columns")

    def test_tabs_and_blanks_at_the_end_are_found(self):
        self.bad({"src/base/a.cpp": "int a;\t// x\n"}, "tab")
        self.bad({"src/base/a.cpp": "int a; \n"}, "ends with a blank")

    def test_a_function_has_its_most_lines(self):
        body = "  ++n;\n" * 78
        self.good({"src/base/a.cpp": f"int f(int n) {{\n{body}}}\n"})
        self.bad({"src/base/a.cpp": f"int g(int n) {{\n{body}  ++n;\n}}\n"}, "a.cpp:1",
                 "g has 81 lines")

    def test_nesting_counts_control_blocks_only(self):
        deep = ("void f() {\n  for (;;) {\n    if (a) {\n      while (b) {\n"
                "%s      }\n    }\n  }\n}\n")
        self.good({"src/base/a.cpp": deep % "        g({1, 2}, [] { return 1; });\n"})
        self.bad({"src/base/a.cpp": deep % "        do {\n        } while (c);\n"}, "nests 4 deep")


if __name__ == "__main__":
    unittest.main()
