"""A query on an account's table names the account.

The account tables are those of src/store/schema*.cpp with a column account_id. A function of
src/store whose SQL touches one takes an AccountId, or a row that holds one, and the SQL says
account_id (an INSERT apart: the column is NOT NULL). What runs before the account is known, or
above all accounts, says so in its name. SQL stands in src/store and src/sql only.
"""
import re

from tidy import source
from tidy.tree import finding, line_of

SCHEMA = "src/store/schema.cpp"
SCHEMA_PARTS = ("src/store/schema_billing.cpp", "src/store/schema_identity.cpp")
# Suffixes of names, and who may call such a function.
ABOVE = ("_for_operator", "_for_queue", "_for_sign_in", "_for_feedback")
# fsck reads everything, and changes nothing.
ABOVE_FILES = ("src/store/fsck.cpp", "src/store/fsck_usage.cpp")
TABLE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)\s*\((.*?)\n\)", re.S)
TOUCHED = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN)\s+(\w+)")
STATEMENT = re.compile(r"\b(?:SELECT\b.*\bFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b",
                       re.S)
STRUCT = re.compile(r"\bstruct\s+(\w+)[^;{]*\{")
MACRO = re.compile(r'^#define (\w+)((?:[ \t]|\\\n)*(?:"|[A-Z]).*(?:\\\n.*)*)$', re.M)
CONSTANT = re.compile(r'^(?:static )?(?:inline )?const(?:expr)? [\w:* ]+?\b(k[A-Z]\w*)(?:\[\])?'
                      r'\s*=\s*((?:\s*(?:"(?:\\.|[^"\\\n])*"|[A-Z][A-Z_]+))+);', re.M)
WITH_SQL = ("src/store/", "src/sql/")


def account_tables(tree):
    """Those with a column account_id, and the accounts themselves."""
    parts = [SCHEMA, *(part for part in SCHEMA_PARTS if tree.has(part))]
    tables = TABLE.findall("".join(tree.read(part) for part in parts))
    return {name for name, body in tables
            if name == "account" or re.search(r"^\s*account_id\b", body, re.M)}


def account_structs(tree):
    """Structs of src/store that hold an AccountId, by themselves or through a member."""
    bodies = {}
    for file in tree.named("src/store", endings=(".h", ".cpp")):
        code = source.blank(tree.read(file))
        for match in STRUCT.finditer(code):
            bodies[match.group(1)] = code[match.end():_end(code, match.end())]
    holding = {name for name, body in bodies.items() if re.search(r"\bAccountId\b", body)}
    while True:
        more = {name for name, body in bodies.items() if name not in holding
                and any(re.search(rf"\b{held}\b", body) for held in holding)}
        if not more:
            return holding
        holding |= more


def _end(code, at):
    depth = 1
    while at < len(code) and depth:
        depth += {"{": 1, "}": -1}.get(code[at], 0)
        at += 1
    return at


def check(tree):
    found = []
    if tree.has(SCHEMA):
        _queries(tree, found)
    for file in tree.named("src", endings=(".cpp", ".h")):
        if file.startswith(WITH_SQL) or file.endswith(("_test.cpp", "_test.h")):
            continue
        text = tree.read(file)
        for offset, literal in source.strings(text):
            if STATEMENT.search(literal):
                found.append(finding(file, line_of(text, offset), "SQL stands in src/store only"))
    return found


def _queries(tree, found):
    tables, structs = account_tables(tree), account_structs(tree)
    shared = {}
    for file in tree.named("src/store", endings=(".h",)):
        shared.update(_literals(tree.read(file)))
    if not tables:
        found.append(finding(SCHEMA, 0, "has no table with account_id: the rule would see nothing"))
    for file in tree.named("src/store", endings=(".cpp", ".h")):
        if file in (SCHEMA, *SCHEMA_PARTS, *ABOVE_FILES):
            continue
        if file.endswith(("_test.cpp", "_test.h")):
            continue
        text = tree.read(file)
        outside = text
        for pattern in (MACRO, CONSTANT):
            outside = pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), outside)
        macros = _named_literals({**shared, **_literals(text)})
        for function in source.functions(text):
            _query(file, text, function, macros, (tables, structs), found)
            outside = outside[:function.open] + re.sub(
                r"[^\n]", " ", outside[function.open:function.end]) + outside[function.end:]
        for offset, sql in source.strings(outside):
            if tables & set(TOUCHED.findall(sql)):
                found.append(finding(file, line_of(text, offset),
                                     "SQL of an account's table stands outside a function"))


def _literals(text):
    """Macros and constants that are string literals, each on one line."""
    found = MACRO.findall(text) + CONSTANT.findall(text)
    return {name: re.sub(r"\\?\n", " ", body) for name, body in found}


def _named_literals(found):
    for _ in range(4):  # one may be made of others
        found = {name: _expanded(body, found) for name, body in found.items()}
    return found


def _expanded(code, macros):
    return re.sub(r"\b(?:[A-Z][A-Z_]+|k[A-Z]\w*)\b", lambda m: macros.get(m.group(), m.group()),
                  code)


def _query(file, text, function, macros, known, found):
    tables, structs = known
    if function.name.split("::")[-1].endswith(ABOVE):
        return
    code = _expanded(text[function.open:function.end], macros)
    takes = re.search(r"\bAccountId\b", function.head) or any(
        re.search(rf"\b{name}\b", function.head) for name in structs)
    for offset, sql in source.strings(code):
        touched = sorted(set(TOUCHED.findall(sql)) & tables)
        if not touched:
            continue
        line = function.first_line + function.head.count("\n") + code.count("\n", 0, offset)
        if not takes:
            found.append(finding(file, line,
                                 f"{function.name} asks {touched[0]} without an AccountId"))
        elif "account_id" not in sql and not sql.startswith("INSERT") and touched != ["account"]:
            found.append(finding(file, line, f"{function.name} asks {touched[0]} without "
                                 "account_id in its SQL"))
