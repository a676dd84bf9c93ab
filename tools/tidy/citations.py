"""Every RFC that the code cites stands in docs/standards.tsv with its status."""
import re

from tidy import source
from tidy.tree import finding, line_of

TABLE = "docs/standards.tsv"
STATUSES = ("full", "partial", "later")
CITED = re.compile(r"\bRFC (\d{3,5})\b")
MISSPELT = re.compile(r"\b(?:RFC[-_]?\d{3,5}|rfc ?(?!822\b)\d{3,5}|RFC  +\d+)\b")
ROW = re.compile(r"^(RFC \d{3,5}|[A-Z][\w .-]+)$")


def rows(tree, found):
    known = {}
    for number, line in enumerate(tree.lines(TABLE), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 4:
            found.append(finding(TABLE, number, f"has {len(fields)} fields: name, title, status, "
                                 "note, between tabs"))
            continue
        name, title, status, _ = fields
        if not ROW.match(name) or not title:
            found.append(finding(TABLE, number, "needs a name and a title"))
        if status not in STATUSES:
            found.append(finding(TABLE, number, f'"{status}" is none of {", ".join(STATUSES)}'))
        if name in known:
            found.append(finding(TABLE, number, f"{name} stands twice"))
        known[name] = status
    return known


def check(tree):
    found = []
    known = rows(tree, found)
    for file in tree.code():
        text = tree.read(file)
        seen = set()
        for match in CITED.finditer(text):
            name = f"RFC {match.group(1)}"
            if name not in known and name not in seen:
                seen.add(name)
                found.append(finding(file, line_of(text, match.start()),
                                     f"{name} is not in {TABLE}"))
        for match in MISSPELT.finditer(source.comments(text)):
            found.append(finding(file, line_of(text, match.start()),
                                 f'"{match.group()}" is cited as "RFC 5321 §4.1"'))
    return found
