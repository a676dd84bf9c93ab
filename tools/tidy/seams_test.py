"""Tests of the rules about what may touch what: purity and tenancy."""
import unittest

from tidy import purity, tenancy
from tidy.small_tree import RuleTest

SCHEMA = '''const char* kSchema = R"(
CREATE TABLE account (
  id {ID},
  name {TEXT}
);
CREATE TABLE domain (
  id {ID},
  account_id {BIGINT} NOT NULL
);
CREATE TABLE lease (
  id {ID}
);
)";
'''
ROW = "struct DomainRow {\n  AccountId account_id;\n};\nstruct Change {\n  DomainRow row;\n};\n"


def store(code, header=ROW):
    return {"src/store/schema.cpp": SCHEMA, "src/store/a.h": header, "src/store/a.cpp": code}


class Purity(RuleTest):
    rule = purity

    def test_protocol_code_knows_no_world(self):
        self.good({"src/smtp/a.cpp": '#include <string>\n#include "base/text.h"\n'})
        for line in ("#include <sys/socket.h>", "#include <thread>", '#include "base/log.h"',
                     '#include "net/loop.h"', "auto t = system_clock().wall();",
                     "Duration f(Clock& clock);"):
            self.bad({"src/mime/a.cpp": line + "\n"}, "src/mime/a.cpp:1")

    def test_only_the_codec_of_dns_is_pure(self):
        self.bad({"src/dns/decode.cpp": "#include <thread>\n"}, "thread")
        self.good({"src/dns/stub.cpp": '#include <thread>\n#include "net/loop.h"\n'})

    def test_waiting_for_an_answer_is_allowed(self):
        self.good({"src/mailauth/spf.h": '#include "net/task.h"\n'})

    def test_tests_may_do_anything(self):
        self.good({"src/smtp/a_test.cpp": "#include <fstream>\n"})


class Tenancy(RuleTest):
    rule = tenancy

    def test_a_query_with_its_account_is_fine(self):
        self.good(store('R domain(C& c, AccountId a) {\n  return c.q("SELECT id FROM domain"\n'
                        '             " WHERE account_id = $1");\n}\n'))

    def test_a_query_without_an_account_is_refused(self):
        self.bad(store('\nR domain(C& c, DomainId d) {\n  return c.q("SELECT id FROM domain"\n'
                       '             " WHERE id = $1");\n}\n'),
                 "a.cpp:3", "domain asks domain without an AccountId")

    def test_an_account_that_the_sql_forgets_is_refused(self):
        self.bad(store('R f(C& c, AccountId a) {\n  return c.q("DELETE FROM domain");\n}\n'),
                 "without account_id in its SQL")

    def test_a_row_may_bring_the_account(self):
        self.good(store('R f(C& c, const DomainRow& r) {\n'
                        '  c.q("INSERT INTO domain (id) VALUES");\n}\n'
                        'R g(C& c, const std::vector<Change>& r) {\n'
                        '  c.q("UPDATE domain SET id = 1 WHERE account_id = $1");\n}\n'))

    def test_names_say_who_may_ask_above_accounts(self):
        for name, most in (("f_for_operator", 0), ("f_for_queue", 0), ("f_for_sign_in", 0),
                           ("f_for_everyone", 1)):
            code = f'R {name}(C& c) {{\n  c.q("SELECT id FROM domain");\n}}\n'
            self.assertEqual(len(self.findings(store(code))), most, name)

    def test_other_tables_need_no_account(self):
        self.good(store('R f(C& c) {\n  c.q("SELECT id FROM lease");\n}\n'))

    def test_the_accounts_themselves_count(self):
        self.bad(store('R f(C& c) {\n  c.q("UPDATE account SET name = 1");\n}\n'), "account")

    def test_sql_in_a_macro_or_a_constant_is_read(self):
        self.bad(store('#define WHERE " FROM domain"\nR f(C& c) {\n  c.q("SELECT id" WHERE);\n}\n'),
                 "a.cpp:3", "without an AccountId")
        self.bad(store('constexpr std::string_view kSql =\n    "SELECT id"\n    " FROM domain";\n'
                       "R f(C& c) {\n  c.q(kSql);\n}\n"), "a.cpp:5")

    def test_sql_stands_in_the_store_only(self):
        self.bad({**store(""), "src/core/a.cpp": 'f("DELETE FROM lease");\n'}, "src/core/a.cpp:1",
                 "src/store only")
        self.good({**store(""), "src/core/a.cpp": 'f("nothing to select from");\n'})


if __name__ == "__main__":
    unittest.main()
