#!/usr/bin/python3 -B
"""A queue that is long already: what each waiting recipient takes of memory, whether fresh mail
flows as beside an empty queue, and how soon people get answers about it.

    bench/backlog.py [--count 100000] [--kinds later,ready,tarpits] [--tarpits 900] [--mails 3000]

Two servers run at once, one with an empty queue, one with `count` recipients that wait: `later` for
their time, `ready` all due at one receiver that accepts connections and never greets, `tarpits` the
same at many of them. Fresh mails go through the one and the other by turns, unsigned, by Postfix'
smtp-source into smtp-sink; the ratio is of the sums. Memory is what the resident set of the one
with the queue has more after those turns, over the recipients. At last the whole account is held
and released, and single sends go on meanwhile.
"""
import argparse
import contextlib
import json
import socket
import sys
import threading
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests/support"),
                str(Path(__file__).resolve().parent / "support")]

import fill  # noqa: E402
import generators  # noqa: E402
import measure  # noqa: E402
import relays  # noqa: E402
from ports import free_port, wait_for  # noqa: E402


class Tarpit:
    """Takes connections at every address of loopback and never says anything."""

    def __init__(self):
        self._listener = socket.create_server(("0.0.0.0", 0), backlog=4096)
        self.port = self._listener.getsockname()[1]
        self.open = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def _accept(self):
        while True:
            try:
                self.open.append(self._listener.accept()[0])
            except OSError:
                return

    def __exit__(self, *_):
        self._listener.close()
        for connection in self.open:
            connection.close()


def domains_of(kind, tarpits):
    if kind == "later":
        return ["down.example"]
    return [f"t{i}.example" for i in range(tarpits if kind == "tarpits" else 1)]


def routes(kind, sink, tarpit, tarpits):
    """The tarpits at addresses of their own, down.example nowhere, all else at the sink."""
    hops = [] if kind == "later" else [
        (domain, f"127.1.{i // 250}.{i % 250 + 1}", tarpit.port)
        for i, domain in enumerate(domains_of(kind, tarpits))]
    hops += [("down.example", "127.0.0.1", free_port()), ("*", "127.0.0.1", sink.port)]
    return "[" + ",".join(f'{{match="{match}",host="{host}",port={port},tls="none"}}'
                          for match, host, port in hops) + "]"


@contextlib.contextmanager
def server(settings):
    port = free_port()
    with relays.ready_house({"relay.listen": f"127.0.0.1:{port}", "dkim.sign": False,
                             **settings}) as house:
        house.token = relays.prepare(house)
        house.relay_port = port
        yield house


def filled(house, count, kind, tarpits):
    fill.one_waiting(house, house.relay_port, generators.SENDER)
    house.stop()
    seconds = fill.recipients(house.data, fill.Fill(
        count, domains_of(kind, tarpits), 6 * 3600 if kind == "later" else 0))
    print(f"# {kind}: {count} recipients filled in {seconds:.0f} s", flush=True)
    house.start()


def seconds_of(what, times=5):
    """The median of a few."""
    found = []
    for _ in range(times):
        began = time.monotonic()
        what()
        found.append(time.monotonic() - began)
    return sorted(found)[times // 2]


def settled(house):
    """Until the server has looked at its rows: it is idle."""
    def idle():
        before = measure.process_cpu(house.pid).total
        time.sleep(0.5)
        return measure.process_cpu(house.pid).total - before < 0.05
    wait_for("a quiet server", idle, 120)


def by_turns(empty, full, sink, mails, rounds=5):
    """Mails a second beside the empty queue and beside the full one."""
    seconds = {empty: 0.0, full: 0.0}
    for house in (empty, full):
        generators.send(house.relay_port, generators.Load(400), sink)
    for i in range(rounds * 2):
        house = (empty, full)[(i + i // 2) % 2]
        load = generators.Load(mails // rounds)
        seconds[house] += generators.send(house.relay_port, load, sink).delivered_seconds
    return tuple(mails // rounds * rounds / seconds[house] for house in (empty, full))


class SingleSends:
    """One after the other through the API; the waits of those that were begun meanwhile."""

    def __init__(self, house):
        self._house = house
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self.waits = []

    def __enter__(self):
        self._thread.start()
        return self

    def _send(self):
        mail = {"from": generators.SENDER, "to": ["a@fresh.example"], "subject": "s", "text": "t"}
        while not self._end.wait(0.02):
            began = time.monotonic()
            status = self._house.post("/api/v1/messages", mail, token=self._house.token)[0]
            if status != 202:
                raise RuntimeError(f"a single send got {status}")
            self.waits.append(time.monotonic() - began)

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


def verb_about_all(house, verb, done):
    """Seconds until the whole account was changed, and the worst wait of a single send."""
    with SingleSends(house) as sends:
        began = time.monotonic()
        house.run("queue", verb, "--account", "bench", seconds=300)
        # The command line waits for a minute; the verb goes on.
        wait_for(f"the end of {verb}", lambda: done(house.verb("queue", "summary")), 600)
        seconds = time.monotonic() - began
    worst = max(sends.waits, default=0)
    return f"{seconds:.1f} s", f"{worst * 1e3:.0f} ms"


def held_and_released(kind, full, count):
    held = verb_about_all(full, "hold", lambda now: now["held"] >= count)
    released = verb_about_all(full, "release", lambda now: now["held"] == 0)
    return [kind, count, *held, *released]


def measured(kind, options):
    with generators.Sink() as sink, Tarpit() as tarpit:
        settings = {"delivery.routes": routes(kind, sink, tarpit, options.tarpits)}
        with server(settings) as empty, server(settings) as full:
            filled(full, options.count, kind, options.tarpits)
            settled(full)
            rate_empty, rate_full = by_turns(empty, full, sink, options.mails)
            more = measure.memory(full.pid) - measure.memory(empty.pid)
            summary = full.verb("queue", "summary")
            summary_seconds = seconds_of(lambda: full.verb("queue", "summary"))
            page = seconds_of(lambda: full.get("/api/v1/messages?limit=50", token=full.token))
            print(f"# {kind}: {json.dumps(summary)}, {len(tarpit.open)} sessions at tarpits",
                  flush=True)
            return [kind, options.count, f"{more / options.count:.0f} octets",
                    f"{rate_empty:.0f}/s", f"{rate_full:.0f}/s", f"{rate_full / rate_empty:.2f}",
                    f"{summary_seconds * 1e3:.0f} ms", f"{page * 1e3:.0f} ms"], \
                held_and_released(kind, full, options.count)


def main():
    read = argparse.ArgumentParser()
    read.add_argument("--count", type=int, default=100_000)
    read.add_argument("--kinds", default="later,ready,tarpits")
    read.add_argument("--tarpits", type=int, default=900)
    read.add_argument("--mails", type=int, default=3000)
    options = read.parse_args()
    found = [measured(kind, options) for kind in options.kinds.split(",")]
    measure.table(["queue", "recipients", "memory each", "mails beside none", "beside these",
                   "ratio", "queue summary", "list of 50"], [rows[0] for rows in found])
    print()
    measure.table(["queue", "recipients", "held after", "a single send waited, most",
                   "released after", "a single send waited, most"], [rows[1] for rows in found])


if __name__ == "__main__":
    main()
