"""Headers of libraries stand in .cpp files only: they are slow to read, and not our words."""
import re

from tidy.tree import finding, line_of

LIBRARY = re.compile(
    r"^[ \t]*#[ \t]*include[ \t]+[<\"]((?:boost|openssl|toml\+\+|CLI|curl|sodium|unbound|idn2"
    r"|libpsl|sqlite3|libpq-fe|zlib|zconf)[/.][^>\"]*)[>\"]", re.M)


def check(tree):
    found = []
    for file in tree.named("src", endings=(".h",)):
        if file.endswith("_test.h"):
            continue
        text = tree.read(file)
        for match in LIBRARY.finditer(text):
            found.append(finding(file, line_of(text, match.start()),
                                 f"a header may not include <{match.group(1)}>"))
    return found
