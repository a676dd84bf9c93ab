#!/usr/bin/python3 -B
"""Single sends through POST /api/v1/messages on keep-alive connections, delivery suspended: durable
accepts a second, what each costs us, and how long one takes at half that load.

The client is bench/api_load.cpp, on the same cores. Three limits are measured in the same run: the
same request refused for want of a key (401: the client, the kernel and our HTTP, nothing stored);
the same octets of content appended to a file in groups with fdatasync; and the client's own CPU.

    bench/api.py [--seconds 5] [--connections 64]
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests/support"),
                str(Path(__file__).resolve().parent / "support")]

import measure  # noqa: E402
import programs  # noqa: E402
import relays  # noqa: E402

WANTED = 8000   # durable accepts a second
WANTED_P99 = 20  # milliseconds at half of that
GROUP = 40      # mails of one commit, for the disk's limit


def load(house, options, **more):
    words = {"port": house.http_port, "connections": options.connections,
             "seconds": options.seconds, "text": options.text, **more}
    line = [programs.path("api_load")]
    for name, value in words.items():
        line += [f"--{name}", str(value)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def measured(house, options, **more):
    before = measure.process_cpu(house.pid)
    got = load(house, options, **more)
    cpu = measure.process_cpu(house.pid) - before
    answers = got["accepted"] + got["failed"]
    got["rate"] = answers / got["seconds"]
    got["own"] = cpu.total / answers
    got["client"] = got["cpu"] / answers
    got["threads"] = {name: round(used * 1e6 / answers, 1)
                      for name, used in cpu.threads.most_common(6)}
    return got


def disk_limit(directory, octets, seconds=2):
    """Appends a second of so many octets, a group of them for each fdatasync."""
    with tempfile.NamedTemporaryFile(dir=directory) as file:
        block, groups, began = os.urandom(octets) * GROUP, 0, time.monotonic()
        while time.monotonic() < began + seconds:
            os.write(file.fileno(), block)
            os.fdatasync(file.fileno())
            groups += 1
        return groups * GROUP / (time.monotonic() - began)


def must_be_accepted(got):
    if got["failed"] or got["lost"]:
        raise RuntimeError(f"not all were accepted: {got}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--text", type=int, default=1000, help="octets of a mail's text")
    parser.add_argument("--rate", type=float, help="of the open loop; half of what was reached, or "
                        f"half of {WANTED}, whichever is less")
    options = parser.parse_args()
    with relays.ready_house({}) as house:
        token = relays.prepare(house)
        house.verb("queue", "suspend")
        load(house, options, token=token, seconds=1)
        most = measured(house, options, token=token)
        must_be_accepted(most)
        print("# own CPU by thread, µs:", most["threads"], flush=True)
        rate = options.rate or min(most["rate"], WANTED) / 2
        half = measured(house, options, token=token, rate=rate)
        must_be_accepted(half)
        refused = measured(house, options)
        disk = disk_limit(house.data, options.text + 400)
    measure.table(
        ["", "a second", "own CPU", "client's CPU", "cores busy", "p50 ms", "p99 ms", "p99.9 ms",
         "most ms"],
        [[name, f"{got['rate']:.0f}", measure.micros(got["own"]), measure.micros(got["client"]),
          f"{got['rate'] * (got['own'] + got['client']):.2f} of {os.cpu_count()}",
          got["p50"], got["p99"], got["p999"], got["most"]]
         for name, got in ((f"accepts, {options.connections} connections", most),
                           ("accepts at half load, open loop", half),
                           ("limit: refused, 401", refused))])
    print()
    measure.table(
        ["", "figure", "of"],
        [["accepts of what was wanted", f"{most['rate'] / WANTED:.2f}", f"{WANTED}/s"],
         ["p99 of what was wanted", f"{half['p99'] / WANTED_P99:.2f}",
          f"{WANTED_P99} ms at {rate:.0f}/s"],
         ["accepts of the 401s", f"{most['rate'] / refused['rate']:.2f}",
          f"{refused['rate']:.0f}/s"],
         ["accepts of the disk's appends", f"{most['rate'] / disk:.2f}",
          f"{disk:.0f}/s in groups of {GROUP}"]])


if __name__ == "__main__":
    main()
