#!/usr/bin/env python3
"""Kills the server while sixteen clients send by all doors, and counts what became of their mail.

    tests/faults/kill_nine.py --engine sqlite|postgresql [--rounds 100] [--seed N]

A round is a start, 0.05 to 3 seconds under load after the line `ready`, and kill -9. One round in
ten is killed once more while it starts, one in ten ends by SIGTERM, and on PostgreSQL one in fifty
is stopped (SIGSTOP) for longer than its leases last. The judges stand outside: a ledger of what was
acknowledged (ledger.py) and a receiver that forgets nothing (sink.py). docs/design/durability.md
says what the figures mean.
"""
import argparse
import collections
import contextlib
import dataclasses
import http.client
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import first_mail  # noqa: E402
import ledger  # noqa: E402
import open_file  # noqa: E402
import tap  # noqa: E402
import tc3  # noqa: E402
from ports import free_port, wait_for  # noqa: E402
from postgres import Postgres  # noqa: E402
from posthouse import Posthouse  # noqa: E402

DOMAIN = "faults.sandbox.example"
ACCOUNT = "first"
LEASE = 24          # seconds of SIGSTOP: longer than kLeaseKept
LIFE = (0.05, 3.0)  # seconds after ready
END = 240           # seconds for the last deliveries


@dataclasses.dataclass
class Cut:
    """The end of one life of the server."""
    kind: str            # kill, again (before it was ready), term, stall
    at: float
    open: set            # (message id, index) by the file of open deliveries


@dataclasses.dataclass
class Copy:
    at: float
    message_id: str
    whole: bool


class Sink:
    def __init__(self, sites):
        self.place = tempfile.TemporaryDirectory(prefix="posthouse-sink-")
        self.process = subprocess.Popen([sys.executable, "-B", str(HERE / "sink.py"),
                                         self.place.name, str(sites)], stdout=subprocess.PIPE,
                                        text=True)
        self.ports = self.process.stdout.readline().split()

    def copies(self):
        found = collections.defaultdict(list)
        for line in (pathlib.Path(self.place.name) / "copies").read_text().splitlines():
            at, recipient, message_id, whole = line.split(" ")
            found[recipient].append(Copy(float(at), message_id, whole == "whole"))
        return found

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.place.cleanup()


class Watcher(threading.Thread):
    """Asks what became of mails that were acknowledged: nobody who was reported delivered gets
    another copy."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world = world
        self.delivered = {}  # address: when the report began
        self.chance = random.Random(world.seed)

    def run(self):
        while not self.world.over.wait(0.05):
            known = self.world.ledger.acknowledged()[-200:]
            if not known:
                continue
            entry = self.chance.choice(known)
            if entry.door == "tencent":  # whose ids are of another form
                continue
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                asked = time.monotonic()
                for recipient in self.world.view(entry.answer)["recipients"]:
                    if recipient["state"] == "delivered":
                        self.delivered.setdefault(recipient["address"], asked)


class World:
    """The server, its clients, and the book of its lives."""

    def __init__(self, seed, house, relay_port):
        self.seed, self.house, self.relay_port = seed, house, relay_port
        self.chance = random.Random(seed)
        self.ledger = ledger.Ledger()
        self.over = threading.Event()
        self.sender = None
        self.tencent_key = None
        self.cuts = []
        self.starts = []      # seconds from exec to ready
        self.fsck_runs = 0
        self.fsck_findings = []

    def prepare(self):
        self.sender = first_mail.newcomer(self.house, DOMAIN)
        key = self.house.verb("key", "create", "--account", ACCOUNT, "--kind", "tencent")
        self.tencent_key = tc3.Key(key["secret_id"], key["secret_key"])
        self.house.verb("account", "limits", ACCOUNT, "daily_per_domain=0", "per_mailbox_hour=0",
                        "requests_per_second=0")

    def view(self, identifier):
        connection = http.client.HTTPConnection("127.0.0.1", self.house.http_port, timeout=10)
        with contextlib.closing(connection):
            return self.ask(connection, identifier)

    def ask(self, connection, identifier):
        return self.get(connection, f"/api/v1/messages/{identifier}")

    def get(self, connection, path):
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.sender.token}"})
        return json.loads(connection.getresponse().read())

    def messages(self, connection):
        """What the server has: {subject: [message id]}."""
        found, cursor = collections.defaultdict(list), ""
        while cursor is not None:
            page = self.get(connection, f"/api/v1/messages?limit=200{cursor}")
            for message in page["items"]:
                found[message["subject"]].append(message["id"])
            cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
        return found

    # --- one round ---
    def cut(self, kind):
        if kind == "term":
            self.house.stop()
        else:
            self.house.kill()
        self.cuts.append(Cut(kind, time.monotonic(), open_file.read(self.house.data)))
        findings = self.house.verb("fsck")["findings"]
        self.fsck_runs += 1
        self.fsck_findings += findings

    def start(self):
        begun = time.monotonic()
        self.house.start()
        self.starts.append(time.monotonic() - begun)

    def round(self, kind):
        time.sleep(self.chance.uniform(*LIFE))
        if kind == "stall":
            self.house.pause(LEASE)
            time.sleep(self.chance.uniform(*LIFE))
        self.cut(kind)
        if kind == "again":
            self.house.start_and_kill(self.chance.uniform(0, 0.3))
            self.cut("again")
        self.start()

    def kind(self, number):
        if number % 50 == 25 and self.house.settings.get("store.url"):
            return "stall"
        return {3: "again", 7: "term"}.get(number % 10, "kill")

    def finish(self, threads):
        """Everything that is still wanted is sent, and gets its state."""
        for client in threads:
            client.stopped.set()
        for client in threads:
            client.join(60)
            tap.true(not client.is_alive(), f"{client.name} still waits for an answer")

        def empty():
            self.house.verb("queue", "retry", "--account", ACCOUNT)
            return self.house.verb("queue", "summary")["queued"] == 0
        # What was interrupted waits for calm first: only then is everything brought forward.
        time.sleep(15)
        wait_for("an empty queue", empty, END)
        self.over.set()


@dataclasses.dataclass
class Figures:
    engine: str
    seed: int
    rounds: int
    kills: int = 0
    kills_before_ready: int = 0
    sigterms: int = 0
    stalls: int = 0
    acked_messages: int = 0
    acked_recipients: int = 0
    acked_by_door: dict = dataclasses.field(default_factory=dict)
    lost: int = 0
    not_final: int = 0
    state_and_sink_differ: int = 0
    damaged: int = 0
    unacked_half: int = 0
    open_at_kills: int = 0
    duplicates_open_at_kill: int = 0
    duplicates_after_sigterm: int = 0
    duplicates_unexplained: int = 0
    duplicates_after_report: int = 0
    third_copies: int = 0
    repeats: int = 0
    repeats_with_two_messages: int = 0
    start_median: float = 0
    start_most: float = 0
    fsck_runs: int = 0
    fsck_findings: int = 0
    examples: list = dataclasses.field(default_factory=list)

    def text(self):
        n = max(self.acked_recipients, 1)
        return [
            f"engine {self.engine}, seed {self.seed}: {self.rounds} rounds: {self.kills} kill -9"
            f" under load, {self.kills_before_ready} before ready, {self.sigterms} SIGTERM,"
            f" {self.stalls} stopped beyond the lease",
            f"acknowledged {self.acked_messages} messages, {self.acked_recipients} recipients ("
            + ", ".join(f"{door} {count}" for door, count in sorted(self.acked_by_door.items()))
            + ")",
            f"lost {self.lost} (below {3 / n:.1e} at 95 %), without a final state"
            f" {self.not_final}, state and sink differ {self.state_and_sink_differ}, damaged"
            f" {self.damaged}, not acknowledged and half there {self.unacked_half}",
            f"deliveries open at the kills {self.open_at_kills}; second copies of those"
            f" {self.duplicates_open_at_kill}, after SIGTERM {self.duplicates_after_sigterm},"
            f" unexplained {self.duplicates_unexplained}, after a report of delivery"
            f" {self.duplicates_after_report}; third copies {self.third_copies}",
            f"requests sent again with the same key {self.repeats}, of which made two messages"
            f" {self.repeats_with_two_messages}",
            f"exec to ready: median {self.start_median:.2f} s, most {self.start_most:.2f} s;"
            f" fsck {self.fsck_runs} times, findings {self.fsck_findings}",
        ]


class Judge:
    """What the ledger, the sink and the server's own words say together."""

    def __init__(self, world, watcher, copies):
        self.world, self.watcher, self.copies = world, watcher, copies
        self.figures = Figures("postgresql" if world.house.settings.get("store.url") else "sqlite",
                               world.seed, 0)

    def wrong(self, name, what):
        setattr(self.figures, name, getattr(self.figures, name) + 1)
        if len(self.figures.examples) < 20:
            self.figures.examples.append(f"{name}: {what}")

    def judge(self):
        figures, world = self.figures, self.world
        kinds = collections.Counter(cut.kind for cut in world.cuts)
        figures.kills_before_ready = kinds["again"] // 2
        figures.kills = kinds["kill"] + kinds["stall"] + kinds["again"] // 2
        figures.sigterms, figures.stalls = kinds["term"], kinds["stall"]
        figures.rounds = len(world.starts)
        figures.start_median = statistics.median(world.starts)
        figures.start_most = max(world.starts)
        figures.fsck_runs, figures.fsck_findings = world.fsck_runs, len(world.fsck_findings)
        figures.examples += [f"fsck: {finding}" for finding in world.fsck_findings[:5]]
        before = set()
        for cut in world.cuts:  # those that only waited are no news
            figures.open_at_kills += len(cut.open - before)
            before = cut.open
        self.acknowledged()
        self.unacknowledged()
        return figures

    def acknowledged(self):
        figures, entries = self.figures, self.world.ledger.acknowledged()
        figures.acked_messages = len(entries)
        figures.acked_by_door = collections.Counter(entry.door for entry in entries)
        connection = http.client.HTTPConnection("127.0.0.1", self.world.house.http_port,
                                                timeout=30)
        messages = self.world.messages(connection)
        for entry in entries:
            figures.acked_recipients += len(entry.to)
            figures.repeats += entry.tries > 1
            there = messages[entry.subject]
            if len(there) > 1:
                self.wrong("repeats_with_two_messages", f"{entry.subject} {there}")
            if not there or (entry.door != "tencent" and entry.answer not in there):
                self.wrong("lost", f"{entry.subject} {entry.answer}")
                continue
            states = {r["address"]: r["state"]
                      for r in self.world.ask(connection, there[0])["recipients"]}
            for index, address in enumerate(entry.to):
                self.recipient((there[0], index), address, states.get(address))

    def recipient(self, key, address, state):
        copies = self.copies.get(address, [])
        never = address.startswith("never-")
        if state is None or (not copies and not never):
            self.wrong("lost", f"{key[0]} {address} {state}")
        elif state not in ("delivered", "bounced", "expired", "cancelled"):
            self.wrong("not_final", f"{key[0]} {address} {state}")
        elif state != ("bounced" if never else "delivered"):
            self.wrong("state_and_sink_differ", f"{key[0]} {address} {state}")
        if not all(copy.whole for copy in copies):
            self.wrong("damaged", f"{key[0]} {address}")
        if len({copy.message_id for copy in copies}) > 1:
            self.wrong("repeats_with_two_messages", f"{address}: copies of two messages")
        if len(copies) > 1:
            self.duplicate(key, address, copies)

    def duplicate(self, key, address, copies):
        if len(copies) > 2:
            self.wrong("third_copies", f"{key[0]} {address} {len(copies)}")
        first, second = copies[0], copies[1]
        reported = self.watcher.delivered.get(address)
        if reported and any(copy.at > reported for copy in copies[1:]):
            self.wrong("duplicates_after_report", f"{key[0]} {address}")
        # The first cut after the first copy was its last chance to be open.
        cut = next((cut for cut in self.world.cuts if cut.at > first.at), None)
        if cut is None or cut.at > second.at:
            self.wrong("duplicates_unexplained", f"{key[0]} {address} within one life")
        elif cut.kind == "term":
            self.wrong("duplicates_after_sigterm", f"{key[0]} {address}")
        elif key not in cut.open:
            self.wrong("duplicates_unexplained", f"{key[0]} {address} was not open")
        else:
            self.figures.duplicates_open_at_kill += 1

    def unacknowledged(self):
        """All recipients of such a mail, or none."""
        for entry in self.world.ledger.entries:
            if entry.answer:
                continue
            wanted = [a for a in entry.to if not a.startswith("never-")]
            got = [a for a in wanted if a in self.copies]
            if got and len(got) < len(wanted):
                self.wrong("unacked_half", f"{entry.door} {entry.to}")
            for address in got:
                if len(self.copies[address]) > 2:
                    self.wrong("third_copies", f"{entry.door} {address}")


def run(engine, rounds, seed):
    """All rounds; gives (figures, complaints of clients)."""
    with contextlib.ExitStack() as stack:
        sink = Sink(ledger.SITES)
        stack.callback(sink.close)
        relay_port = free_port()
        routes = ", ".join(
            f'{{match = "d{site}.faults.example", host = "127.0.0.1", port = {port}, tls = "none"}}'
            for site, port in enumerate(sink.ports))
        settings = {"relay.listen": f"127.0.0.1:{relay_port}", "relay.trusted": "127.0.0.1/32",
                    "relay.account": ACCOUNT, "log.level": "warn", "delivery.routes": f"[{routes}]"}
        if engine == "postgresql":
            settings["store.url"] = stack.enter_context(Postgres()).url
        house = stack.enter_context(Posthouse("quickstart", settings=settings))
        world = World(seed, house, relay_port)
        world.prepare()
        threads = ledger.clients(world)
        watcher = Watcher(world)
        for thread in [*threads, watcher]:
            thread.start()
        for number in range(rounds):
            world.round(world.kind(number))
            if (number + 1) % 10 == 0:
                tap.note(f"round {number + 1}: {len(world.ledger.acknowledged())} acknowledged")
        world.finish(threads)
        figures = Judge(world, watcher, sink.copies()).judge()
        house.stop()
        left = open_file.read(house.data)
        tap.equal(left, set(), "open deliveries after the last SIGTERM")
        tap.equal(house.verb("fsck"), {"findings": []})
        return figures, world.ledger.complaints


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
        figures, complaints = run(engine, rounds, seed)
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
