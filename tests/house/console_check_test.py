"""The console's sources: types, the catalogues of both languages, and the logic of the pages."""
import os
import re
import subprocess

import tap
from posthouse import PROJECT

SECONDS = 240


def run(*command):
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False,
                          timeout=SECONDS, env={**os.environ, "NO_COLOR": "1"})


def main():
    with tap.check("the console builds"):
        built = run(str(PROJECT / "tools" / "web"))
        tap.equal(built.returncode, 0, built.stdout[-600:] + built.stderr[-600:])
    with tap.check("its types and its unit tests are sound"):
        done = run(str(PROJECT / "tools" / "npm"), "run", str(PROJECT / "web"), "check")
        tap.equal(done.returncode, 0, (done.stdout + done.stderr)[-1500:])
        tap.true(re.search(r"Tests\s+\S*\d+ passed", done.stdout), "no test ran")
    with tap.check("the lock files name no registry"):
        for directory in ("web", "tests/console"):
            lock = (PROJECT / directory / "package-lock.json").read_text()
            tap.true('"resolved"' not in lock, directory)
    tap.done()


main()
