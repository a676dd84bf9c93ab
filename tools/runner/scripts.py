"""Test scripts that print `ok - sentence` and `not ok - sentence: why`: tests/house (the build and
the tools), those of the release binary, by what they show, and tidy's own tests."""
import re
import sys

import commands
from commands import PROJECT

SECONDS = 300
# The kinds that need the release binary: what it does, unmodified clients, other people's servers
# in a network of their own, attacks, a browser, power cuts and broken disks.
OF_THE_BINARY = ("scenario", "sdk", "interop", "attacks", "console", "faults")
SIDE_BY_SIDE = ("scenario", "sdk", "interop", "attacks")
KINDS = {kind: PROJECT / "tests" / kind for kind in ("house", *OF_THE_BINARY)}
SUPPORT = PROJECT / "tests" / "support"


def scripts(kind):
    return sorted(KINDS[kind].glob("*_test.py"))


def run(tally, kind, only=None):
    """Runs the scripts of a kind, or those in `only`: two at once where they leave each other
    enough of the machine."""
    unsteady = commands.Unsteady(tally)
    chosen = [script for script in scripts(kind)
              if only is None or script.stem.removesuffix("_test") in only]
    work = [(f"{kind} {script.stem.removesuffix('_test')}", script) for script in chosen]
    if kind in SIDE_BY_SIDE:
        commands.each(lambda item: one(tally, *item, unsteady), work)
    else:
        for item in work:
            one(tally, *item, unsteady)
    unsteady.settle()


def one(tally, name, script, unsteady=None):
    done = commands.run([sys.executable, "-B", str(script)], SECONDS,
                        {"PYTHONPATH": str(SUPPORT), "PYTHONUNBUFFERED": "1"})
    passed, failures = judge(done)
    if unsteady and unsteady.take(name, failures, done, lambda: one(tally, name, script)):
        return
    tally.add(name, passed, failures, done.output, done.seconds)
    for skip in re.findall(r"^# skip(?:ped|ping)?\b.*$", done.output, re.M | re.I):
        tally.note(skip)


def judge(done):
    passed = len(re.findall(r"^ok - ", done.output, re.M))
    failures = re.findall(r"^not ok - (.*)$", done.output, re.M)
    ended = done.how(SECONDS)
    if ended and not failures:
        failures = [ended]
    if not passed and not failures:
        failures = ["checked nothing"]
    return passed, failures


def unittests(tally, name, directory):
    """The Python unit tests of a tool, `*_test.py` beside it."""
    top = directory.parent if (directory / "__init__.py").exists() else directory
    done = commands.run([sys.executable, "-B", "-m", "unittest", "discover", "-s", str(directory),
                         "-p", "*_test.py", "-t", str(top)], SECONDS)
    ran = re.search(r"^Ran (\d+) tests?", done.output, re.M)
    failures = re.findall(r"^(?:FAIL|ERROR): (.*)$", done.output, re.M)
    total = int(ran.group(1)) if ran else 0
    if not failures and (done.how(SECONDS) or not total):
        failures = [done.how(SECONDS) or "has no tests"]
    tally.add(name, max(total - len(failures), 0), failures, done.output)
