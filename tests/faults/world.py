"""The server, its clients and its receiver, for the faults that break all of it under load.

    with contextlib.ExitStack() as stack:
        here = world.enter(stack, "sqlite", seed)
        here.begin()               sixteen clients send by all doors
        here.round("kill") ...     a life of the server, and how it ends
        here.finish()              all is delivered
        here.judge()               what became of it (judge.py)

The judges stand outside: a ledger of what was acknowledged (ledger.py) and a receiver that forgets
nothing (sink.py).
"""
import collections
import contextlib
import dataclasses
import http.client
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

import first_mail
import judge
import ledger
import open_file
import tap
import tc3
from ports import free_port, wait_for
from postgres import Postgres
from posthouse import Posthouse

HERE = pathlib.Path(__file__).resolve().parent
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
        self.threads = []
        self.cut_twice = set()  # (message id, index) that still wait when all else is done
        self.watcher = None
        self.sink = None

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

    def begin(self, doors=None):
        """The clients start."""
        self.threads = ledger.clients(self, doors)
        self.watcher = Watcher(self)
        for thread in [*self.threads, self.watcher]:
            thread.start()

    def finish(self):
        """Everything that is still wanted is sent, and gets its state."""
        for client in self.threads:
            client.stopped.set()
        for client in self.threads:
            client.join(60)
            tap.true(not client.is_alive(), f"{client.name} still waits for an answer")

        def empty():
            self.house.verb("queue", "retry", "--account", ACCOUNT)
            return self.house.verb("queue", "summary")["queued"] == 0
        # What was cut once waits for calm first: only then is everything brought forward. What was
        # cut twice waits for five minutes of it, and whoever does not let it wants a third copy.
        time.sleep(15)
        self.hold_what_was_cut_twice()
        wait_for("an empty queue", empty, END)
        self.over.set()

    def hold_what_was_cut_twice(self):
        self.cut_twice = {key for key, dots in open_file.copies(self.house.data).items()
                          if dots > 1}
        for message in sorted({message for message, _ in self.cut_twice}):
            self.house.verb("queue", "hold", message)

    def judge(self):
        """What became of all mail; the server has ended well."""
        figures = judge.Judge(self).judge()
        self.house.stop()
        left = open_file.read(self.house.data)
        tap.equal(left - self.cut_twice, set(), "open deliveries after the last SIGTERM")
        tap.equal(self.house.verb("fsck"), {"findings": []})
        return figures


def routes_to(ports):
    """delivery.routes: each destination of the ledger has a listener of the sink."""
    return "[" + ", ".join(
        f'{{match = "d{site}.faults.example", host = "127.0.0.1", port = {port}, tls = "none"}}'
        for site, port in enumerate(ports)) + "]"


def settings_for(relay_port, sink):
    return {"relay.listen": f"127.0.0.1:{relay_port}", "relay.trusted": "127.0.0.1/32",
            "relay.account": ACCOUNT, "log.level": "warn", "delivery.routes": routes_to(sink.ports)}


def enter(stack, engine, seed, kind=World, data=None, store_url=None, log=None):
    """A world whose server is ready and whose clients are not begun."""
    sink = Sink(ledger.SITES)
    stack.callback(sink.close)
    relay_port = free_port()
    settings = settings_for(relay_port, sink)
    if engine == "postgresql":
        settings["store.url"] = store_url or stack.enter_context(Postgres()).url
    house = Posthouse("quickstart", settings=settings, data=data)
    house.log_path = log or house.log_path
    stack.enter_context(house)
    here = kind(seed, house, relay_port)
    here.sink = sink
    stack.callback(here.over.set)
    here.prepare()
    return here
