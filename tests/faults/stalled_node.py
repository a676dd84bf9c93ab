"""Two nodes on one PostgreSQL. The one that has all the work is stopped (SIGSTOP) for longer than
its leases last, with mail in the middle of sessions; the other takes its shards over and delivers.
When the first one wakes it sends nothing that is no longer its own: a second copy exists only of
what had its final dot before.

On SQLite there is no such fault: a data directory has one process, by a lock, and no lease that
could run out."""
import contextlib
import pathlib
import signal
import tempfile
import time

import open_file
import tap
import world
from ports import free_port, wait_for
from postgres import Postgres
from posthouse import Posthouse

NAME = "a node stalls beyond its lease, another takes over"
SIZES = {"postgresql": (0, 3)}
LOAD = 3     # seconds
MORE = 4     # seconds after it woke
TAKEN = 30   # seconds: kLeaseKept, kLeaseRenew, and some for the first delivery
STALL = 45   # seconds


class Nodes(world.World):
    """The first node has the clients; the second one waits."""
    taken_over = None    # seconds until the second one delivered
    copies_by_other = 0

    def stall(self):
        self.house.signal(signal.SIGSTOP)
        self.cuts.append(world.Cut("kill", time.monotonic(), open_file.read(self.house.data)))
        begun = time.monotonic()
        time.sleep(1)  # what was sent before is at the receiver now
        before = self.all_copies()
        while time.monotonic() < begun + STALL:
            if self.taken_over is None and self.all_copies() > before:
                self.taken_over = time.monotonic() - begun
            time.sleep(0.2)
        self.copies_by_other = self.all_copies() - before
        self.house.signal(signal.SIGCONT)

    def all_copies(self):
        return sum(map(len, self.sink.copies().values()))


def second_node(stack, first, sink, database):
    """Of the same installation: the same store and master key."""
    settings = world.settings_for(free_port(), sink)
    settings |= {"store.url": database.url, "secrets.key_file": str(first.data / "master.key")}
    place = stack.enter_context(tempfile.TemporaryDirectory(prefix="posthouse-node-"))
    data = pathlib.Path(place) / "data"
    data.mkdir(mode=0o700)
    return stack.enter_context(Posthouse("quickstart", settings=settings, data=data))


def run(engine, size, seed):
    total = None
    for number in range(size):
        row = one(engine, seed + number)
        if total:
            total.add(row)
        else:
            total = row
    return total


def one(engine, seed):
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(Postgres())
        here = world.enter(stack, engine, seed, kind=Nodes, store_url=database.url)
        other = second_node(stack, here.house, here.sink, database)
        here.begin()
        time.sleep(LOAD)
        here.stall()
        time.sleep(MORE)
        here.starts = [0.0]

        def emptied():
            other.verb("queue", "retry", "--account", world.ACCOUNT)
            return here.house.verb("queue", "summary")["queued"] == 0
        for client in here.threads:
            client.stopped.set()
        wait_for("all is delivered by either node", emptied, world.END)
        here.finish()
        figures = here.judge()
        other.stop()
        tap.equal(other.verb("fsck"), {"findings": []})
        row = figures.row(NAME, 1)
        row.fsck_runs += 2
        row.also |= {"open when it was stopped": figures.open_at_kills,
                    "copies by the other meanwhile": here.copies_by_other,
                    "seconds until the other delivers": here.taken_over or 0.0}
        if here.taken_over is None or here.taken_over > TAKEN:
            row.wrong.append(f"the other node delivers after {here.taken_over} s")
        row.wrong += here.ledger.complaints[:5]
        return row
