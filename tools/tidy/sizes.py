"""Files, functions and lines stay small enough to read."""
from tidy import source
from tidy.tree import finding

CPP_LINES = 600
HEADER_LINES = 200
SCRIPT_LINES = 600
FUNCTION_LINES = 80
COLUMNS = 100
NESTING = 3
# Files that are one table: a line an entry, with its reason behind it.
TABLES = ("src/base/limits.h",)
TABLE_COLUMNS = 140


def check(tree):
    found = []
    for file in tree.code():
        _file(tree, file, HEADER_LINES if file.endswith(".h") else CPP_LINES, found)
        for function in source.functions(tree.read(file)):
            _function(file, function, found)
    for file in tree.scripts():
        _file(tree, file, SCRIPT_LINES, found)
    return found


def _file(tree, file, most, found):
    if file.endswith(".inc"):
        return
    lines = tree.lines(file)
    columns = TABLE_COLUMNS if file in TABLES else COLUMNS
    if len(lines) > most and file not in TABLES:
        found.append(finding(file, 0, f"has {len(lines)} lines: {most} at most"))
    for number, line in enumerate(lines, 1):
        if len(line) > columns:
            found.append(finding(file, number, f"has {len(line)} columns: {columns} at most"))
        if "\t" in line:
            found.append(finding(file, number, "has a tab"))
        if line != line.rstrip():
            found.append(finding(file, number, "ends with a blank"))


def _function(file, function, found):
    if function.length > FUNCTION_LINES:
        found.append(finding(file, function.first_line, f"{function.name} has {function.length} "
                             f"lines: {FUNCTION_LINES} at most"))
    if function.nesting > NESTING:
        found.append(finding(file, function.first_line, f"{function.name} nests {function.nesting} "
                             f"deep: {NESTING} at most"))
