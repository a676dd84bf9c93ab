"""Names say what a thing is: never the names that fit everything."""
import re

from tidy import source
from tidy.tree import finding, line_of

BANNED = ("util", "utils", "utility", "utilities", "common", "helper", "helpers", "misc", "manager",
          "managers")
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
IDENTIFIER = re.compile(r"\b[A-Za-z_]\w*")
# Names of the language's library that we must be able to write.
FOREIGN = re.compile(r"std::(?:common_\w+)|<utility>|\bcommon_name\b|\bget_common_name\b")
PLAIN = re.compile(r"[a-z0-9_.]+")
ALSO = re.compile(r"CMakeLists\.txt")


def words(name):
    return [word.lower() for word in WORDS.findall(name)]


def banned_in(name):
    return next((word for word in words(name) if word in BANNED), None)


def check(tree):
    found = []
    for file in tree.code() + tree.scripts():
        for part in file.split("/"):
            if banned_in(part):
                found.append(finding(file, 0, f'"{banned_in(part)}" is no name for a file'))
    for file in tree.code():
        name = file.rsplit("/", 1)[-1]
        if not PLAIN.fullmatch(name) and not ALSO.fullmatch(name):
            found.append(finding(file, 0, "file names are snake_case"))
        _identifiers(tree.read(file), file, found)
    return found


def _identifiers(text, file, found):
    code = FOREIGN.sub(lambda m: " " * len(m.group()), source.blank(text))
    seen = set()
    for match in IDENTIFIER.finditer(code):
        word = banned_in(match.group())
        if word and match.group() not in seen:
            seen.add(match.group())
            found.append(finding(file, line_of(text, match.start()),
                                 f'{match.group()}: "{word}" says nothing'))
