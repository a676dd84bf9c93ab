"""Headers of libraries stay inside the folder that wraps them: they are slow to read, and not our
words. A header may include one only if nothing outside its folder includes that header, by itself
or through another.
"""
import re

from tidy.tree import finding, line_of

LIBRARY = re.compile(
    r"^[ \t]*#[ \t]*include[ \t]+[<\"]((?:boost|openssl|toml\+\+|CLI|curl|sodium|unbound|idn2"
    r"|libpsl|sqlite3|libpq-fe|zlib|zconf)[/.][^>\"]*)[>\"]", re.M)
OURS = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.M)


def check(tree):
    found = []
    includers = _includers(tree)
    for file in tree.named("src", endings=(".h",)):
        if file.endswith("_test.h"):
            continue
        text = tree.read(file)
        outside = _outside(file, includers)
        for match in LIBRARY.finditer(text) if outside else ():
            found.append(finding(file, line_of(text, match.start()),
                                 f"brings <{match.group(1)}> to {outside}"))
    return found


def _includers(tree):
    """Header -> the files that include it."""
    found = {}
    for file in tree.named("src", "fuzz", "bench", endings=(".h", ".cpp", ".cc")):
        for path in OURS.findall(tree.read(file)):
            found.setdefault(f"src/{path}", []).append(file)
    return found


def _outside(header, includers):
    """A file of another folder that gets this header, or None."""
    folder, seen, pending = header.rsplit("/", 1)[0], {header}, [header]
    while pending:
        for by in includers.get(pending.pop(), []):
            if by.rsplit("/", 1)[0] != folder:
                return by
            if by not in seen:
                seen.add(by)
                pending.append(by)
    return None
