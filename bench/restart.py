#!/usr/bin/python3 -B
"""A start with a long queue: how soon the server says `ready`, takes a mail and delivers one;
beside the time that sqlite3 alone takes to read the same rows.

    bench/restart.py [--count 100000] [--kinds later,ready]

`later`: all wait for their time. `ready`: all are due, one half at a receiver that never greets,
the other at the sink. The page cache of the machine is warm.
"""
import argparse
import smtplib
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests/support"),
                str(Path(__file__).resolve().parent / "support"),
                str(Path(__file__).resolve().parent)]

import backlog  # noqa: E402
import fill  # noqa: E402
import generators  # noqa: E402
import measure  # noqa: E402
from ports import wait_for  # noqa: E402

FRESH = "fresh@fresh.example"


def accepted(port):
    """One mail, once the listener takes it."""
    def sent():
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
                client.sendmail(generators.SENDER, [FRESH],
                                f"From: {generators.SENDER}\r\n\r\nhello\r\n")
        except OSError:
            return False
        return True
    wait_for("the first accept", sent, 60)


def measured(kind, count):
    with generators.Sink() as sink, backlog.Tarpit() as tarpit:
        settings = {"delivery.routes": backlog.routes("ready", sink, tarpit, 1)}
        with backlog.server(settings) as house:
            fill.one_waiting(house, house.relay_port, generators.SENDER)
            house.stop()
            domains = ["down.example"] if kind == "later" else ["t0.example", "queued.example"]
            due_in = 6 * 3600 if kind == "later" else 0
            fill.recipients(house.data, fill.Fill(count, domains, due_in))
            read, rows = fill.read_with_sqlite(house.data)
            began = time.monotonic()
            house.start()
            ready = time.monotonic() - began
            before = sink.mails
            accepted(house.relay_port)
            taken = time.monotonic() - began
            sink.wait_for(before + 1, 120)
            first = time.monotonic() - began
            time.sleep(5)
            memory = measure.memory(house.pid)
            house.kill()
    return [kind, rows, f"{ready:.2f} s", f"{taken:.2f} s", f"{first:.2f} s", f"{read:.2f} s",
            f"{memory / 2**20:.0f} MiB"]


def main():
    read = argparse.ArgumentParser()
    read.add_argument("--count", type=int, default=100_000)
    read.add_argument("--kinds", default="later,ready")
    options = read.parse_args()
    rows = [measured(kind, options.count) for kind in options.kinds.split(",")]
    measure.table(["queue", "recipients", "ready", "first accept", "first delivery",
                   "sqlite3 reads the rows", "memory 5 s later"], rows)


if __name__ == "__main__":
    main()
