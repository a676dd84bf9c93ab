import unittest

from tidy import source


def names(text):
    return [(f.name, f.first_line, f.last_line) for f in source.functions(text)]


class Source(unittest.TestCase):
    def test_comments_and_literals_become_blanks_of_the_same_length(self):
        text = 'int a = f("{", \'}\'); // {\nR"x({)" /* {\n */ 1\'000'
        self.assertEqual(len(source.blank(text)), len(text))
        self.assertNotIn("{", source.blank(text))
        self.assertIn("1'000", source.blank(text))

    def test_functions_at_file_and_class_level_are_found(self):
        text = ("namespace a {\nint f(int x) {\n  return x;\n}\nclass B : public C {\n public:\n"
                "  explicit B(int x) : x_(x) {}\n  int g() const { return x_; }\n};\n}\n")
        self.assertEqual(names(text), [("f", 2, 4), ("B", 7, 7), ("g", 8, 8)])

    def test_initializers_and_types_are_no_functions(self):
        text = ("constexpr int kA[] = {1, 2};\nenum class E : int { a, b };\n"
                "struct S {\n  int x = 0;\n  std::string y{\"z\"};\n};\nconst S s{1, f(2)};\n")
        self.assertEqual(names(text), [])

    def test_operators_and_qualified_names_are_found(self):
        text = "bool A::operator==(const A& b) const {\n  return true;\n}\nA::~A() {\n}\n"
        self.assertEqual([n for n, _, _ in names(text)], ["A::operator==", "A::~A"])

    def test_a_member_initializer_with_braces_belongs_to_its_constructor(self):
        text = "A::A(int x)\n    : b_(x) {\n  go();\n}\nint f() {\n  return 1;\n}\n"
        self.assertEqual(names(text), [("A::A", 1, 4), ("f", 5, 7)])

    def test_an_else_if_chain_is_one_level(self):
        text = "void f() {\n  if (a) {\n  } else if (b) {\n  } else {\n  }\n}\n"
        self.assertEqual(source.functions(text)[0].nesting, 1)

    def test_neighbouring_literals_are_one_string(self):
        self.assertEqual(source.strings('f("SELECT " COLUMNS\n  " FROM a", "b")'),
                         [(2, "SELECT  FROM a"), (33, "b")])


if __name__ == "__main__":
    unittest.main()
