"""Power cuts: the data directory (and the database's) is on a disk of its own; under load the
machine "stops", and what had reached the disk is mounted, as after a reboot (small_disk.py). The
server starts on it unattended, its clients go on, and in the end all that was ever acknowledged is
there. On PostgreSQL, with fsync on, one disk has both."""
import contextlib
import pathlib
import signal
import time

import open_file
import small_disk
import world
from postgres import Postgres

NAME = "power cut: crash image of ext4"
SIZES = {"sqlite": (3, 200), "postgresql": (3, 50)}
DISK = 3 << 30
IN_FLIGHT = 0.1  # seconds for clients to read what was sent to them before the cut


class Machine(world.World):
    disk = None
    database = None
    boots = 0

    def cut(self, kind):
        self.house.signal(signal.SIGSTOP)
        if self.database:
            self.database.signal(signal.SIGSTOP)
        time.sleep(IN_FLIGHT)
        self.cuts.append(world.Cut("kill", time.monotonic(), open_file.read(self.house.data)))
        copied = self.disk.copy()
        self.house.kill()
        if self.database:
            self.database.kill()
        self.disk.exchange(copied)
        self.boots += 1
        mark = self.house.data / "boot"
        if mark.exists():  # a kernel that boots has another id
            mark.write_text(f"boot-{self.boots}\n")
        if self.database:
            self.database.start()
        self.fsck_runs += 1
        self.fsck_findings += self.house.verb("fsck")["findings"]


def run(engine, size, seed):
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(small_disk.Ext4(DISK))
        database = None
        if engine == "postgresql":
            there = pathlib.Path(disk.mount) / "postgres"
            there.mkdir()
            database = stack.enter_context(Postgres(durable=True, place=there))
        data = pathlib.Path(disk.mount) / "house"
        data.mkdir(mode=0o700)
        here = world.enter(stack, engine, seed, kind=Machine, data=data,
                           store_url=database and database.url, log=disk.place / "log")
        here.disk, here.database = disk, database
        here.begin()
        for _ in range(size):
            here.round("power")
        here.finish()
        figures = here.judge()
        row = figures.row(NAME, size)
        row.wrong += here.ledger.complaints[:5]
        row.also |= {"open at the cuts": figures.open_at_kills}
        return row
