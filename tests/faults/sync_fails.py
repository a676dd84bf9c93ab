"""A device that refuses a sync (EIO, by strace): what the sync was for is not acknowledged, the
process ends and says why, and the next start has everything that was."""
import contextlib
import http.client
import json
import pathlib
import tempfile
import threading
import time
import urllib.error

import durable_order
import first_mail
import system_calls
import tap
from fault import Row
from ports import wait_for
from postgres import Postgres
from posthouse import Posthouse

DOMAIN = "sync.sandbox.example"

NAME = "a sync fails (EIO, by strace)"
SIZES = {"sqlite": (3, 60), "postgresql": (2, 15)}  # syncs that fail, each of another number
FIRST, STEP = 2, 13  # of the short form
CLIENTS = 4
MAILS = 200


class Client(threading.Thread):
    def __init__(self, sender, number, acks):
        super().__init__(daemon=True)
        self.sender, self.number, self.acks = sender, number, acks
        self.refused = None

    def run(self):
        for i in range(MAILS):
            token = f"token-{self.number}-{i}-end"
            body = {"from": self.sender.address, "to": ["a@there.example"], "subject": token,
                    "text": "x"}
            try:
                status, answer = self.sender.house.post("/api/v1/messages", body,
                                                        self.sender.token)
            except (OSError, urllib.error.URLError, http.client.HTTPException,
                    json.JSONDecodeError):
                return
            if status == 202:
                self.acks[token] = answer["id"]
            else:
                self.refused = status


def until_the_end(house, sender, which, path):
    """Sends while the `which`th sync fails; gives what was acknowledged and the exit status."""
    house.prefix = system_calls.strace(
        path, "-e", f"inject=fsync,fdatasync:error=EIO:when={which}")
    acks = {}
    with contextlib.suppress(RuntimeError):  # it may end before it is ready
        house.start()
    clients = [Client(sender, which * CLIENTS + number, acks) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(60)
        tap.true(client.refused in (None, 503), f"answered {client.refused}")
    pid, status = house.pid, house.wait_for_end()
    system_calls.wait_for_end(path, pid)
    house.prefix = []
    return acks, status


def one(house, sender, which, row):
    with tempfile.TemporaryDirectory(prefix="posthouse-trace-") as place:
        path = pathlib.Path(place) / "trace"
        acks, status = until_the_end(house, sender, which, path)
        trace = system_calls.Trace(path)
    failed = [c for c in trace.calls if c.name in ("fsync", "fdatasync") and c.result < 0]
    tap.true(failed, "no sync failed")
    tap.true(status not in (0, None) and status > 0, f"ended with {status}")
    wrong = durable_order.sqlite_order(trace, acks)
    tap.equal(dict(list(wrong.items())[:3]), {}, "acknowledged without a sync that worked")
    house.kill()
    check_fsck(house, row)
    begun = time.monotonic()
    house.start()
    row.back = max(row.back, time.monotonic() - begun)
    all_there(house, sender, acks, row)
    house.stop()


def check_fsck(house, row):
    row.fsck_runs += 1
    row.fsck_findings += len(house.verb("fsck")["findings"])


def all_there(house, sender, acks, row):
    row.acked += len(acks)
    for identifier in acks.values():
        status, _ = house.get(f"/api/v1/messages/{identifier}", sender.token)
        if status != 200:
            row.lost += 1
            row.wrong.append(f"{identifier}: {status}")

    def empty():
        # The sandbox's receiver keeps its mail in the same store, and puts off what it cannot keep.
        house.verb("queue", "retry", "--account", "first")
        return house.verb("queue", "summary")["queued"] == 0
    wait_for("deliveries", empty, 60)


def numbers(size):
    return range(FIRST, FIRST + STEP * size, STEP) if size <= 5 else range(1, size + 1)


def unlimited(house):
    sender = first_mail.newcomer(house, DOMAIN)
    house.verb("account", "limits", "first", "requests_per_second=0", "per_mailbox_hour=0",
               "daily_per_domain=0")
    return sender


def of_the_server(row, size):
    with Posthouse("quickstart", settings={"log.level": "warn"}) as house:
        sender = unlimited(house)
        house.stop()
        for which in numbers(size):
            one(house, sender, which, row)
            row.made += 1


def of_the_database(row, size):
    """PostgreSQL refuses to go on after a sync that failed: it ends all of its processes and
    recovers. The server has to live with that."""
    with Postgres(durable=True) as database, \
            Posthouse("quickstart", settings={"log.level": "warn",
                                              "store.url": database.url}) as house:
        sender = unlimited(house)
        for which in numbers(size):
            with system_calls.attached(
                    database.processes(), "-e", "trace=fsync,fdatasync", "-e",
                    f"inject=fsync,fdatasync:error=EIO:when={which}+1000") as path:
                clients = [Client(sender, (row.made + 1) * CLIENTS + n, {}) for n in
                           range(CLIENTS)]
                for client in clients:
                    client.start()
                for client in clients:
                    client.join(90)
                    tap.true(client.refused in (None, 503), f"answered {client.refused}")
                failed = "(INJECTED)" in path.read_text(errors="replace")
            tap.true(failed, "no sync failed")
            if not database.runs():
                row.count("database started by hand")
                database.start()
            begun = time.monotonic()
            wait_for("mail is taken again", lambda: taken(house, sender), 20)
            row.back = max(row.back, time.monotonic() - begun)
            for client in clients:
                all_there(house, sender, client.acks, row)
            row.made += 1
        house.stop()
        check_fsck(house, row)


def taken(house, sender):
    return house.post("/api/v1/messages", {
        "from": sender.address, "to": ["a@there.example"], "subject": "again", "text": "x"},
        sender.token)[0] == 202


def run(engine, size, seed):
    row = Row(NAME, engine, seeds=[seed])
    (of_the_server if engine == "sqlite" else of_the_database)(row, size)
    return row
