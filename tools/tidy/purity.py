"""Protocol code has no socket, clock, thread, log, file or database in it."""
import re

from tidy import source
from tidy.tree import finding, line_of

FOLDERS = ("mime", "smtp", "mailauth", "template")
# In dns only the codec is pure: the rest asks questions.
FILES = re.compile(r"src/dns/(?:codec|encode|decode|record|wire_name|domain_name)\w*\.(?:h|cpp)$")
HEADERS = re.compile(
    r"^[ \t]*#[ \t]*include[ \t]+(?:<((?:sys/|netinet/|arpa/|net/|netdb|poll|unistd|fcntl"
    r"|thread|mutex|shared_mutex|condition_variable|future|atomic|semaphore|barrier|latch"
    r"|stop_token|ctime|time|fstream|filesystem|iostream|cstdio|stdio|syslog)[^>]*)>"
    r'|"(base/(?:log|files|metrics)\.h|(?:net|sql|store)/[^"]*)")', re.M)
WORDS = re.compile(r"\bsystem_clock\s*\(|\bsystem_files\s*\(|\bsystem_random\s*\(|\bClock\s*&"
                   r"|\bstd::(?:thread|mutex|jthread|chrono::\w+_clock)\b|\blog::\w+\s*\("
                   r"|\b(?:gettimeofday|clock_gettime|getenv)\s*\(")
# A coroutine that asks the Resolver is still pure: these two name only the waiting.
WAITING = ("net/task.h", "base/deadline.h")


def pure(file):
    if file.endswith(("_test.cpp", "_test.h")):
        return False
    return file.startswith(tuple(f"src/{folder}/" for folder in FOLDERS)) or FILES.match(file)


def check(tree):
    found = []
    for file in tree.named("src", endings=(".cpp", ".h")):
        if not pure(file):
            continue
        text = tree.read(file)
        for match in HEADERS.finditer(text):
            header = match.group(1) or match.group(2)
            if header not in WAITING:
                found.append(finding(file, line_of(text, match.start()),
                                     f"protocol code may not include {header}"))
        code = source.blank(text)
        for match in WORDS.finditer(code):
            found.append(finding(file, line_of(text, match.start()),
                                 f'protocol code may not use "{match.group().strip()}"'))
    return found
