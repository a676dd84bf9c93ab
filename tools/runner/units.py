"""Unit tests: one doctest binary a folder, in build/asan and, for threaded folders, build/tsan."""
import re

import commands
from builds import DIRECTORIES
from commands import PROJECT

SECONDS = 600
SUMMARY = re.compile(r"^\[doctest\] test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed",
                     re.M)
FAILED_CASE = re.compile(r"^TEST CASE:  (.*)$", re.M)
THREADED = ("crypto", "net", "store", "queue", "delivery", "bulk")
SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_"
                    "order=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
    "ASAN_SYMBOLIZER_PATH": "/usr/bin/llvm-symbolizer-19",
    "TSAN_SYMBOLIZER_PATH": "/usr/bin/llvm-symbolizer-19",
}


def folders():
    """The folders of src/ that have unit tests, `api/rest` as api_rest."""
    source = PROJECT / "src"
    found = {str(test.parent.relative_to(source)).replace("/", "_")
             for test in source.glob("**/*_test.cpp")}
    return sorted(found)


def binaries(build, only=None):
    names = only if only is not None else folders()
    return [(name, DIRECTORIES[build] / "unit" / f"ph_{name}_test") for name in names]


def run(tally, build, only=None, words=None, env=None):
    """Runs the unit tests of the folders in `only` (or all), or those whose sentence has `words`.
    A folder without a matching case is left out then; otherwise no case at all is a failure."""
    unsteady = commands.Unsteady(tally)

    def one(item, first=True):
        folder, binary = item
        name = f"unit {folder} ({build})"
        if not binary.exists():
            tally.add(name, failures=[f"{binary.relative_to(PROJECT)} was not built"])
            return
        line = [str(binary), "--no-colors=true", "--no-intro=true"]
        if words:
            line.append(f"--test-case=*{words.replace(',', '?')}*")
        done = commands.run(line, SECONDS, {**SANITIZERS, **(env or {})})
        passed, failures = judge(done, words)
        if first and unsteady.take(name, failures, done, lambda: one(item, first=False)):
            return
        if passed or failures:
            tally.add(name, passed, failures, done.output, done.seconds)
        for skipped in skips(done.output):
            tally.note(skipped)

    commands.each(one, binaries(build, only))
    unsteady.settle()


def judge(done, words=None):
    """How many cases passed, and a sentence for each that did not."""
    summary = SUMMARY.search(done.output)
    ended = done.how(SECONDS)
    if not summary:
        last = FAILED_CASE.findall(done.output)
        where = f" in \"{last[-1].strip()}\"" if last else ""
        return 0, [(ended or "printed no summary") + where]
    total, passed, failed = map(int, summary.groups())
    if failed:
        names = list(dict.fromkeys(n.strip() for n in FAILED_CASE.findall(done.output)))
        names += [f"case {i + 1}" for i in range(len(names), failed)]
        return passed, names[:failed]
    if ended:
        return passed, [f"all cases passed, but it {ended}"]
    if total == 0 and not words:
        return 0, ["has no test case"]
    return passed, []


def skips(output):
    """What a test says that it left out: a missing suite or server is said, never silent."""
    found = re.findall(r"^.*\b(?:skipped:|skipping|SKIP\b).*$", output, re.M | re.I)
    return list(dict.fromkeys(line.strip() for line in found if "[doctest]" not in line))
