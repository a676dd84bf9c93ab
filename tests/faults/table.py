#!/usr/bin/env python3
"""Makes every fault on both engines, and prints the table of docs/design/durability.md.

    tests/faults/table.py                              all of it, the long form: hours
    tests/faults/table.py --short                      the short form of each: minutes
    tests/faults/table.py --only crash_image --engine sqlite --size 50 --seed 7
                                                       one of them, so large; adds to what is kept
    tests/faults/table.py --print                      what is kept, and nothing is made

Rows are kept in --keep (build/faults), a file a run, until --forget; the runs of one fault add up.
Ends with 1 where a fault brought what none may bring.
"""
import argparse
import importlib
import os
import pathlib
import subprocess
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import fault  # noqa: E402
from posthouse import BINARY  # noqa: E402

MODULES = ("kill_nine", "stalled_node", "crash_image", "ack_order", "sync_fails", "every_call",
           "disk_full", "database_restarts", "sick_receivers", "broken_dns")


def arguments():
    words = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    words.add_argument("--engine", choices=(*fault.ENGINES, "both"), default="both")
    words.add_argument("--only", choices=MODULES, action="append")
    words.add_argument("--short", action="store_true")
    words.add_argument("--size", type=int, help="how often each is made")
    words.add_argument("--seed", type=int, default=20260101)
    words.add_argument("--keep", type=pathlib.Path, default=PROJECT / "build/faults")
    words.add_argument("--print", action="store_true", dest="only_print")
    words.add_argument("--forget", action="store_true")
    return words.parse_args()


def make(given):
    for name in given.only or MODULES:
        module = importlib.import_module(name)
        for engine in module.SIZES:
            size = given.size or module.SIZES[engine][0 if given.short else 1]
            if given.engine in (engine, "both") and size:
                one(given, name, module, engine, size)


def one(given, name, module, engine, size):
    print(f"# {time.strftime('%H:%M:%S')} {module.NAME}, {engine}, {size} times, seed "
          f"{given.seed}", flush=True)
    try:
        row = fault.timed(module, engine, size, given.seed)
    except fault.Skipped as why:
        print(f"# skipped: {why}", flush=True)
        return
    except Exception as why:  # whatever ends a fault is that fault's
        traceback.print_exc()
        row = fault.Row(module.NAME, engine, seeds=[given.seed],
                        wrong=[f"ended with {type(why).__name__}: {why}"[:600]])
    for words in row.wrong:
        print(f"not ok - {name}, {engine}: {words}", flush=True)
    kept = given.keep / f"{name}-{engine}-{given.seed}-{os.getpid()}.json"
    kept.write_text(fault.to_json(row))


def kept_rows(place):
    """The rows of all runs, those of one fault on one engine as one."""
    rows = []
    for name in MODULES:
        for engine in fault.ENGINES:
            found = None
            for file in sorted(place.glob(f"{name}-{engine}-*.json")):
                row = fault.from_json(file.read_text())
                if found:
                    found.add(row)
                else:
                    found = row
            if found:
                rows.append(found)
    return rows


def main():
    given = arguments()
    given.keep.mkdir(parents=True, exist_ok=True)
    if given.forget:
        for file in given.keep.glob("*.json"):
            file.unlink()
    if not given.only_print:
        make(given)
    rows = kept_rows(given.keep)
    version = subprocess.run([str(BINARY), "--version"], text=True, capture_output=True,
                             check=False)
    print(f"\n{version.stdout.strip()}\n\n{fault.table(rows)}")
    wrong = [f"{row.fault}, {row.engine}: {words}" for row in rows for words in row.wrong]
    print("\n".join(f"not ok - {words}" for words in wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
