"""Nothing is left unfinished, and nothing speaks of one machine."""
import re

from tidy.tree import finding

# Spelt in halves, so that this file does not find itself.
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "TB" + "D", "WI" + "P")
WORDS = re.compile(r"\b(?:" + "|".join(UNFINISHED) + r")\b|\bnot (?:yet )?implement" + r"ed\b"
                   r"|\bunimplement" + r"ed\b")
PATHS = re.compile(r"(?<![\w.])(?:/wo" + r"rk/\w|/ro" + r"ot/\w|/ho" + r"me/\w)")


def check(tree):
    found = []
    for file in tree.texts():
        if file.endswith(("package-lock.json",)):
            continue
        for number, line in enumerate(tree.lines(file), 1):
            mark = WORDS.search(line)
            if mark:
                found.append(finding(file, number, f'"{mark.group()}" marks something unfinished'))
            path = PATHS.search(line)
            if path:
                found.append(finding(file, number, f'"{path.group()}" is a path of one machine'))
    return found
