"""./run, ./test and the package table, as far as they can be tried without a build."""
import pathlib
import re
import subprocess

import tap

PROJECT = pathlib.Path(__file__).resolve().parents[2]


def call(*line):
    return subprocess.run([str(PROJECT / line[0]), *line[1:]], capture_output=True, text=True,
                          cwd="/", timeout=60, check=False)


def table():
    sections, current = {}, None
    for line in (PROJECT / "packaging/packages").read_text().splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), {})
        elif line.strip() and not line.startswith("#"):
            name, _, reason = line.partition(" ")
            current[name] = reason.strip()
    return sections


def main():
    sections = table()
    with tap.check("every package has a reason and stands once"):
        names = [name for section in sections.values() for name in section]
        tap.equal(sorted(names), sorted(set(names)))
        for section, packages in sections.items():
            tap.true(packages, f"[{section}] is empty")
            for name, reason in packages.items():
                tap.true(reason, f"{name} has no reason")
    with tap.check("every package is one of Debian's"):
        names = [name for section in sections.values() for name in section]
        known = subprocess.run(["apt-cache", "show", "--no-all-versions", *names],
                               capture_output=True, text=True, check=False).stdout
        found = set(re.findall(r"^Package: (\S+)", known, re.M))
        tap.equal(sorted(set(names) - found), [])
    with tap.check("what is installed is not installed again"):
        done = call("tools/packages", "missing", "build", "run", "test-tools")
        tap.equal(done.stdout, "")
    with tap.check("servers of tests are never installed by ./run"):
        tap.true("test-" not in (PROJECT / "run").read_text(), "./run names a section of tests")
    with tap.check("./run says how it is used, and refuses what it does not know"):
        tap.contains(call("run", "--help").stdout, "./run --build")
        wrong = call("run", "--nonsense")
        tap.equal(wrong.returncode, 2)
        tap.contains(wrong.stderr, "--nonsense")
        tap.equal(call("run", "--data").returncode, 2)
    with tap.check("tools/build refuses a build that it does not know"):
        wrong = call("tools/build", "fastest", "posthouse")
        tap.equal(wrong.returncode, 1)
        tap.contains(wrong.stderr, "unknown build 'fastest'")
    with tap.check("tools/packages refuses a section that there is not"):
        wrong = call("tools/packages", "list", "nonsense")
        tap.true(wrong.returncode != 0 and "nonsense" in wrong.stderr, wrong.stderr)
    with tap.check("continuous integration runs ./test and nothing else"):
        lines = [line for line in (PROJECT / ".ci/run").read_text().splitlines()
                 if line and not line.startswith(("#", "set ", "cd "))]
        tap.equal(lines, ['CI=true exec ./test "$@"'])
    tap.done()


main()
