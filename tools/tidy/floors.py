"""A file includes its own folder and lower floors; src/CMakeLists.txt links the same."""
import re

from tidy.tree import finding, line_of

FLOORS = {
    "base": 0,
    "crypto": 1, "json": 1, "net": 1, "sql": 1,
    "dns": 2, "httpauth": 2, "mime": 2, "template": 2,
    "smtp": 3, "mailauth": 3,
    "store": 4, "smtpio": 4,
    "core": 5,
    "queue": 6, "delivery": 6, "bulk": 6, "feedback": 6, "callback": 6, "monitor": 6, "publish": 6,
    "sandbox": 6, "people": 6, "billing": 6,
    "smtpd": 7, "dnsd": 7, "api/tencent": 7, "api/aws": 7, "api/rest": 7, "console": 7,
    "control": 7,
    "app": 8, "cli": 8,
}
# Neighbours of one floor that may see each other, one way, each with its reason.
SIDEWAYS = {
    ("cli", "app"): "a verb of the command line starts the program that app wires",
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.M)
MODULE = re.compile(r"^[ \t]*posthouse_module\(\s*([\w/]+)([^)]*)\)", re.M)


def folder_of(path):
    """The folder of src/ that a path (below src/) belongs to, or None."""
    parts = path.split("/")[:-1]
    for length in (2, 1):
        name = "/".join(parts[:length])
        if len(parts) >= length and name in FLOORS:
            return name
    return None


def allowed(folder, other):
    return folder == other or FLOORS[other] < FLOORS[folder] or (folder, other) in SIDEWAYS


def check(tree):
    found = []
    links = _links(tree, found)
    used = {}
    for file in tree.named("src", endings=(".cpp", ".h", ".cc", ".inc")):
        folder = folder_of(file.removeprefix("src/"))
        if folder is None:
            found.append(finding(file, 0, "is in no folder of the table in tools/tidy/floors.py"))
            continue
        _includes(tree, file, folder, links, used, found)
    for folder, deps in links.items():
        for dep in sorted(deps["DEPS"] - used.get(folder, set()) - {"base"}):
            found.append(finding("src/CMakeLists.txt", 0,
                                 f"{folder} links {dep} and includes nothing of it"))
    return found


def _links(tree, found):
    """Folder -> its DEPS and TEST_DEPS of src/CMakeLists.txt."""
    text = tree.read("src/CMakeLists.txt")
    links = {}
    for match in MODULE.finditer(text):
        line = line_of(text, match.start())
        folder = match.group(1)
        links[folder] = {"DEPS": set(), "TEST_DEPS": set()}
        if folder not in FLOORS:
            found.append(finding("src/CMakeLists.txt", line, f"{folder} has no floor"))
            continue
        into = None
        for word in match.group(2).split():
            if word.isupper() and word in ("DEPS", "LIBS", "TEST_LIBS", "TEST_DEPS"):
                into = links[folder].get(word)
            elif into is not None:
                into.add(word)
        for dep in sorted(links[folder]["DEPS"] | links[folder]["TEST_DEPS"]):
            if dep not in FLOORS:
                found.append(finding("src/CMakeLists.txt", line, f"{folder} links {dep}, which has "
                                     "no floor"))
            elif not allowed(folder, dep):
                found.append(finding("src/CMakeLists.txt", line, f"{folder} (floor "
                             f"{FLOORS[folder]}) links {dep} (floor {FLOORS[dep]})"))
    return links


def _includes(tree, file, folder, links, used, found):
    text = tree.read(file)
    is_test = file.endswith("_test.cpp") or file.endswith("_test.h")
    for match in INCLUDE.finditer(text):
        line, path = line_of(text, match.start()), match.group(1)
        other = folder_of(path)
        if not tree.has(f"src/{path}"):
            found.append(finding(file, line, f'"{path}" is not a file of src/'))
        elif other is None:
            found.append(finding(file, line, f'"{path}" is in no folder with a floor'))
        elif not allowed(folder, other):
            found.append(finding(file, line, f"{folder} (floor {FLOORS[folder]}) includes {other} "
                                 f"(floor {FLOORS[other]})"))
        elif other != folder and not _linked(folder, other, is_test, links):
            found.append(finding(file, line, f"{folder} includes {other}, which src/CMakeLists.txt "
                                 "does not link to it"))
        if other:
            used.setdefault(folder, set()).add(other)


def _linked(folder, other, is_test, links):
    if folder not in links:
        return False
    return other in links[folder]["DEPS"] or (is_test and other in links[folder]["TEST_DEPS"])
