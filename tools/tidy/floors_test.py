import unittest

from tidy import floors
from tidy.small_tree import RuleTest

CMAKE = """
posthouse_module(base)
posthouse_module(net DEPS base)
posthouse_module(dns DEPS base net LIBS lib_unbound)
posthouse_module(api/rest DEPS base net)
"""


def tree(extra, cmake=CMAKE):
    return {"src/CMakeLists.txt": cmake, "src/base/result.h": "", "src/net/task.h": "",
            "src/net/loop.cpp": '#include "base/result.h"\n',
            "src/dns/stub.cpp": '#include "net/task.h"\n',
            "src/api/rest/route.cpp": '#include "net/task.h"\n', **extra}


class Floors(RuleTest):
    rule = floors

    def test_lower_floors_may_be_included(self):
        self.good(tree({"src/dns/x.cpp": '#include "base/result.h"\n#include "dns/y.h"\n',
                        "src/dns/y.h": ""}))

    def test_a_higher_floor_may_not(self):
        self.bad(tree({"src/base/x.cpp": '#include "net/task.h"\n'}), "src/base/x.cpp:1",
                 "base (floor 0) includes net (floor 1)")

    def test_a_neighbour_of_the_same_floor_may_not(self):
        self.bad(tree({"src/mime/x.cpp": '\n#include "dns/y.h"\n', "src/dns/y.h": ""}),
                 "src/mime/x.cpp:2", "mime (floor 2) includes dns (floor 2)")

    def test_an_include_needs_its_link(self):
        self.bad(tree({"src/api/rest/x.cpp": '#include "dns/y.h"\n', "src/dns/y.h": ""}),
                 "api/rest includes dns", "does not link")

    def test_a_link_needs_its_include(self):
        cmake = CMAKE.replace("api/rest DEPS base net", "api/rest DEPS base net dns")
        self.bad(tree({}, cmake), "api/rest links dns and includes nothing")

    def test_a_link_upwards_is_found_in_cmake(self):
        cmake = CMAKE.replace("posthouse_module(net DEPS base)", "posthouse_module(net DEPS dns)")
        found = self.findings(tree({}, cmake))
        self.assertTrue(any("net (floor 1) links dns (floor 2)" in f for f in found), found)

    def test_a_test_may_include_what_only_tests_link(self):
        cmake = CMAKE.replace("DEPS base net)", "DEPS base net TEST_DEPS dns)")
        self.good(tree({"src/api/rest/x_test.cpp": '#include "dns/y.h"\n', "src/dns/y.h": ""},
                       cmake))

    def test_a_folder_needs_a_floor(self):
        self.bad(tree({"src/extra/x.cpp": ""}), "src/extra/x.cpp", "no folder of the table")

    def test_an_include_that_is_no_file_is_found(self):
        self.bad(tree({"src/dns/x.cpp": '#include "base/none.h"\n'}), "is not a file")


if __name__ == "__main__":
    unittest.main()
