"""Tests of the rules about words: names, headers, citations, libraries, marks."""
import unittest

from tidy import citations, headers, libraries, marks, names
from tidy.small_tree import RuleTest

ROW = "RFC 5321\tSimple Mail Transfer Protocol\tfull\t\n"


class Names(RuleTest):
    rule = names

    def test_a_name_that_fits_everything_is_refused(self):
        self.bad({"src/base/string_utils.cpp": ""}, '"utils"')
        self.bad({"src/base/a.h": "class SessionManager;\n"}, "SessionManager", "a.h:1")
        self.bad({"src/base/a.cpp": "int x;\nvoid parse_helper();\n"}, "parse_helper", "a.cpp:2")
        self.bad({"tools/misc/a.py": ""}, '"misc"')

    def test_words_that_only_look_alike_are_fine(self):
        self.good({"src/base/a.cpp": "#include <utility>\nstd::common_type_t<int> commonly;\n"
                                     '// a helper\nconst char* a = "manager";\n'})

    def test_a_name_is_reported_once_a_file(self):
        self.bad({"src/base/a.cpp": "int my_util;\nint b = my_util;\n"}, "my_util")

    def test_files_are_snake_case(self):
        self.bad({"src/base/MyFile.cpp": ""}, "snake_case")


class Headers(RuleTest):
    rule = headers

    def test_a_header_begins_with_its_purpose(self):
        self.good({"src/base/a.h": "// Purpose: a.\n//   more\n// Not here: b.\n#pragma once\n"})
        self.bad({"src/base/a.h": "#pragma once\n"}, "a.h:1", "Purpose")
        self.bad({"src/base/a.h": "// This is a.\n#pragma once\n"}, "Purpose")

    def test_a_header_is_read_once(self):
        self.bad({"src/base/a.h": "// Purpose: a.\nint x;\n"}, "#pragma once")

    def test_a_key_stands_once(self):
        self.bad({"src/base/a.h": "// Purpose: a.\n// Purpose: b.\n#pragma once\n"}, "twice")


class Citations(RuleTest):
    rule = citations

    def test_a_cited_standard_is_in_the_table(self):
        self.good({"docs/standards.tsv": ROW, "src/smtp/a.cpp": "// RFC 5321 §4.1\n"})
        self.bad({"docs/standards.tsv": ROW, "src/smtp/a.cpp": "\n// RFC 5322 §4.1\n"},
                 "a.cpp:2", "RFC 5322 is not in")

    def test_the_table_is_well_formed(self):
        for row, word in (("RFC 1\ta\tdone\t\n", '"done"'), ("RFC 1\ta\tfull\n", "3 fields"),
                          (ROW, "twice")):
            self.bad({"docs/standards.tsv": ROW + row}, word, *([] if row == ROW else [":2"]))

    def test_a_citation_has_one_spelling(self):
        self.bad({"docs/standards.tsv": ROW, "src/smtp/a.cpp": "// RFC" + "5321\n"}, "is cited as")
        self.good({"docs/standards.tsv": ROW, "src/smtp/a.cpp": 'f("rfc5321");\n'})


class Libraries(RuleTest):
    rule = libraries

    def test_a_library_stays_in_the_folder_that_wraps_it(self):
        for name in ("boost/asio.hpp", "openssl/ssl.h", "sqlite3.h", "libpq-fe.h", "unbound.h",
                     "sodium.h", "toml++/toml.h", "CLI/CLI.hpp"):
            tree = {"src/net/a.h": f"#include <{name}>\n", "src/net/a.cpp": '#include "net/a.h"\n'}
            self.good(tree)
            self.bad({**tree, "src/smtp/b.cpp": '#include "net/a.h"\n'},
                     f"a.h:1: brings <{name}>", "src/smtp/b.cpp")

    def test_another_header_does_not_hide_it(self):
        self.bad({"src/net/a.h": "#include <openssl/ssl.h>\n",
                  "src/net/b.h": '#include "net/a.h"\n',
                  "src/smtp/c.h": '#include "net/b.h"\n'}, "src/net/a.h", "src/smtp/c.h")

    def test_a_source_file_may_include_anything(self):
        self.good({"src/net/a.cpp": "#include <boost/asio.hpp>\n",
                   "src/net/a.h": "#include <fmt/format.h>\n"})


class Marks(RuleTest):
    rule = marks

    def test_nothing_is_left_unfinished(self):
        for mark in marks.UNFINISHED:
            self.bad({"src/base/a.cpp": f"// {mark}: later\n"}, "a.cpp:1", mark)
        self.bad({"docs/a.md": "not implement" + "ed\n"}, "unfinished")
        self.good({"src/base/a.cpp": 'f("/tmp/a-XX' + 'XXXX");\n'})

    def test_nothing_names_a_path_of_one_machine(self):
        self.bad({"README.md": "see /ho" + "me/anna/mail\n"}, "one machine")
        self.good({"README.md": "GET https://host/api/home/page\n"})


if __name__ == "__main__":
    unittest.main()
