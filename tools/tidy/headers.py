"""Each header begins with its block: what it is for, and what a caller must know."""
import re

from tidy.tree import finding

KEYS = ("Purpose", "Shapes", "Threads", "Errors", "Spec", "Not here")
KEY = re.compile(r"^// (" + "|".join(KEYS) + r"): \S")


def check(tree):
    found = []
    for file in tree.named("src", endings=(".h",)):
        lines = tree.lines(file)
        if not lines or not lines[0].startswith("// Purpose: "):
            found.append(finding(file, 1, 'does not begin with "// Purpose: "'))
            continue
        block = []
        for line in lines:
            if not line.startswith("//"):
                break
            block.append(line)
        keys = [match.group(1) for match in map(KEY.match, block) if match]
        for key in {key for key in keys if keys.count(key) > 1}:
            found.append(finding(file, 1, f"says {key} twice"))
        if "#pragma once" not in lines[len(block):len(block) + 3]:
            found.append(finding(file, len(block) + 1, "#pragma once does not follow its block"))
    return found
