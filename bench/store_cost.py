#!/usr/bin/python3
"""What the store costs for each mail, by group size, on both engines: runs build/release/bench/
bench_store_cost (tools/build release bench_store_cost), with a PostgreSQL of its own where the
test's programs are there.

    python3 bench/store_cost.py [--count MAILS] [--group N] [--no-postgresql] [--binary FILE]
"""
import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from postgres import Postgres  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=4000, help="mails of each group size")
    parser.add_argument("--group", type=int, help="only this group size")
    parser.add_argument("--no-postgresql", action="store_true")
    parser.add_argument("--directory", help="on which disk")
    parser.add_argument("--binary", default=ROOT / "build/release/bench/bench_store_cost")
    given = parser.parse_args()
    line = [str(given.binary), "--count", str(given.count)]
    if given.group:
        line += ["--group", str(given.group)]
    if given.directory:
        line += ["--directory", given.directory]
    if given.no_postgresql:
        return subprocess.run(line, check=False).returncode
    try:
        server = Postgres(durable=True)
        with server as database:
            return subprocess.run([*line, "--postgresql", database.url], check=False).returncode
    except (OSError, RuntimeError) as error:
        print(f"without PostgreSQL: {error}", file=sys.stderr)
        return subprocess.run(line, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
