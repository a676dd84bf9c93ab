"""The release binary is hardened: PIE, full RELRO, stack protector, FORTIFY, no executable stack,
and it needs no library of our own beside it."""
import re
import subprocess

import tap
from posthouse import BINARY


def readelf(*options):
    return subprocess.run(["readelf", "--wide", *options, str(BINARY)], capture_output=True,
                          text=True, check=True).stdout


def main():
    with tap.check("the release binary is there"):
        tap.true(BINARY.exists(), f"{BINARY} is missing")
    if not BINARY.exists():
        tap.done()
    header, segments, dynamic = readelf("-h"), readelf("-l"), readelf("-d")
    symbols = readelf("--dyn-syms")
    with tap.check("it is position independent"):
        tap.true(re.search(r"Type:\s+DYN", header), "its type is not DYN")
        tap.contains(dynamic, "PIE")
    with tap.check("its relocations are read-only once it runs (full RELRO)"):
        tap.contains(segments, "GNU_RELRO")
        tap.true(re.search(r"BIND_NOW|Flags:.*\bNOW\b", dynamic), "symbols are bound lazily")
    with tap.check("its stack is not executable"):
        stack = re.search(r"GNU_STACK.*", segments)
        tap.true(stack and "RWE" not in stack.group(), "GNU_STACK is executable or missing")
    with tap.check("functions with arrays check their stack"):
        tap.contains(symbols, "__stack_chk_fail")
    with tap.check("library calls with known sizes are checked (FORTIFY)"):
        tap.true(re.search(r"__(?:mem|str|sn?|vsn?|f|read|recv|poll)\w*_chk\b", symbols),
                 "no checked call is imported")
    with tap.check("the checks of libstdc++ are on"):
        tap.contains(symbols, "__glibcxx_assert_fail")
    with tap.check("no search path for libraries is built in"):
        tap.true("RPATH" not in dynamic and "RUNPATH" not in dynamic, "it has an RPATH")
    tap.done()


main()
