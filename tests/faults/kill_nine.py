#!/usr/bin/env python3
"""Kills the server while sixteen clients send by all doors, and counts what became of their mail.

    tests/faults/kill_nine.py --engine sqlite|postgresql [--rounds 100] [--seed N]

A round is a start, 0.05 to 3 seconds under load after the line `ready`, and kill -9. One round in
ten is killed once more while it starts, one in ten ends by SIGTERM, and on PostgreSQL one in fifty
is stopped (SIGSTOP) for longer than its leases last. docs/design/durability.md says what the
figures mean.
"""
import argparse
import contextlib
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import tap  # noqa: E402
import world  # noqa: E402

NAME = "kill -9 under load"
SIZES = {"sqlite": (14, 100), "postgresql": (14, 100)}


def live(engine, rounds, seed):
    """All rounds; gives (figures, complaints of clients)."""
    with contextlib.ExitStack() as stack:
        here = world.enter(stack, engine, seed)
        here.begin()
        for number in range(rounds):
            here.round(here.kind(number))
            if (number + 1) % 10 == 0:
                tap.note(f"round {number + 1}: {len(here.ledger.acknowledged())} acknowledged")
        here.finish()
        return here.judge(), here.ledger.complaints


def run(engine, size, seed):
    figures, complaints = live(engine, size, seed)
    row = figures.row(NAME, figures.kills + figures.kills_before_ready)
    row.wrong += complaints[:5]
    row.also |= {"before ready": figures.kills_before_ready, "SIGTERM": figures.sigterms,
                "stopped beyond the lease": figures.stalls,
                "open at the kills": figures.open_at_kills, "repeated requests": figures.repeats}
    return row


def main():
    words = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    words.add_argument("--engine", choices=("sqlite", "postgresql"), required=True)
    words.add_argument("--rounds", type=int, default=100)
    words.add_argument("--seed", type=int, default=20260101)
    check(**vars(words.parse_args()))
    tap.done()


def check(engine, rounds, seed=20260101):
    begun, figures = time.monotonic(), None
    with tap.check(f"{rounds} times kill -9 under load on {engine}: nothing acknowledged is lost"):
        figures, complaints = live(engine, rounds, seed)
        for line in figures.text() + figures.examples:
            tap.note(line)
        tap.note(f"took {time.monotonic() - begun:.0f} s")
        tap.equal(complaints[:5], [], "refused by the server")
        tap.true(figures.acked_recipients >= rounds * 20, "hardly anything was sent")
        for name in ("lost", "not_final", "state_and_sink_differ", "damaged", "unacked_half"):
            tap.equal(getattr(figures, name), 0, name)
    if figures is None:
        return
    with tap.check("second copies only of deliveries that were open at the kill, never a third"):
        for name in ("duplicates_after_sigterm", "duplicates_unexplained",
                     "duplicates_after_report", "third_copies"):
            tap.equal(getattr(figures, name), 0, name)
        tap.true(figures.duplicates_open_at_kill > 0, "no kill found an open delivery")
        tap.true(figures.duplicates_open_at_kill <= figures.open_at_kills, "more than were open")
    with tap.check("a request that is repeated with its key is one message"):
        tap.true(figures.repeats > 0, "nothing was repeated")
        tap.equal(figures.repeats_with_two_messages, 0)
    with tap.check("fsck finds nothing after any of the ends, and starts take at most 5 s"):
        tap.equal(figures.fsck_findings, 0)
        tap.true(figures.fsck_runs >= rounds, "fsck did not run each time")
        tap.true(figures.start_most <= 5, f"a start took {figures.start_most:.1f} s")


if __name__ == "__main__":
    main()
