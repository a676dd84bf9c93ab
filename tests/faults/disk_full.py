"""Volumes that run full under load: by mail, by a foreign file down to the reserve, by one that
leaves not an octet, by inodes; all the while the log's own volume is full. New mail is put off at
every door, what was accepted is delivered, /healthz is red, and mail is taken again within ten
seconds of there being room, without a restart. On PostgreSQL it is the database's volume, which
takes the database down; it is started again once there is room."""
import contextlib
import os
import pathlib
import smtplib
import subprocess
import time

import ledger
import small_disk
import tap
import world
from ports import wait_for
from postgres import Postgres
from posthouse import Posthouse

NAME = "disk full"
SIZES = {"sqlite": (1, 5), "postgresql": (1, 5)}  # each way to be full, so often
RESERVE = 128 << 20      # kDiskReserve
DISK = 512 << 20
LEFT = 40 << 20          # below the reserve
BACK = 10                # seconds in which mail is taken again
INODES = 1000
LOAD = 0.5               # seconds of load between two steps
ROOM = 100 << 20         # above the reserve, for mail that fills the volume
BIG = ("x" * 75 + "\n") * 20000


def free_bytes(place):
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


class Filler:
    """A foreign file on a volume."""

    def __init__(self, place):
        self.place, self.path = place, place / "foreign"

    def fill(self, left):
        """Down to so many free octets, at once where the file system can."""
        size = max(0, free_bytes(self.place) - left)
        before = self.path.stat().st_size if self.path.exists() else 0
        if subprocess.run(["fallocate", "-l", str(before + size), str(self.path)],
                          capture_output=True, check=False).returncode == 0:
            return
        with open(self.path, "ab") as file:
            with contextlib.suppress(OSError):
                while free_bytes(self.place) > left:
                    file.write(bytes(1 << 16))
                    file.flush()

    def empty(self):
        self.path.unlink(missing_ok=True)


class Inodes:
    """All inodes of a volume taken by empty files."""

    def __init__(self, place):
        self.place = place / "foreign-inodes"

    def fill(self, _=0):
        self.place.mkdir(exist_ok=True)
        with contextlib.suppress(OSError):
            for number in range(1 << 20):
                (self.place / str(number)).touch()

    def empty(self):
        for file in self.place.iterdir():
            file.unlink()


class Probe:
    """Asks the doors whether mail is taken."""

    def __init__(self, here):
        self.here = here

    def rest(self, text="hello\n"):
        here = self.here
        return here.house.request("POST", "/api/v1/messages", {
            "from": here.sender.address, "to": ["probe@d0.faults.example"], "subject": "probe",
            "text": text}, here.sender.token)

    def relay(self):
        here = self.here
        with smtplib.SMTP("127.0.0.1", here.relay_port, timeout=20) as session:
            session.ehlo()
            session.mail(here.sender.address)
            session.rcpt("probe@d1.faults.example")
            return session.data(f"From: {here.sender.address}\r\nSubject: probe\r\n\r\nx\r\n")[0]

    def refused(self):
        status, _, head = self.rest()
        if status == 202:
            return False
        tap.true(status in (503, 507), f"HTTP said {status}")
        tap.true(head.get("Retry-After"), f"{status} without Retry-After")
        return True

    def healthy(self):
        return self.here.house.get("/healthz")[0] == 200


def is_full(row, here, probe, what, outcomes):
    """While a volume is full: mail is put off, and what was accepted is delivered."""
    wait_for(f"{what}: mail is put off", probe.refused, 20)
    code = probe.relay()
    if code not in (452, 451):
        row.wrong.append(f"{what}: the relay said {code}")
    if outcomes:
        wait_for(f"{what}: /healthz is red", lambda: not probe.healthy(), 5)
        # What waits for its time is tried as well: its outcomes are written.
        wait_for(f"{what}: all is delivered", lambda: emptied(here), 60)
    time.sleep(LOAD)
    row.count(what)
    row.made += 1


def emptied(here):
    here.house.verb("queue", "retry", "--account", world.ACCOUNT)
    return here.house.verb("queue", "summary")["queued"] == 0


def is_free_again(row, probe, what):
    begun = time.monotonic()

    def taken():
        with contextlib.suppress(OSError, smtplib.SMTPException):
            return probe.rest()[0] == 202 and probe.relay() == 250 and probe.healthy()
        return False
    wait_for(f"{what}: mail is taken again", taken, BACK)
    row.back = max(row.back, time.monotonic() - begun)
    time.sleep(LOAD)


def of_the_store(row, here, disk, size):
    """The data directory's volume."""
    probe = Probe(here)
    foreign, inodes = Filler(disk), Inodes(disk)
    for _ in range(size):
        foreign.fill(RESERVE + ROOM)
        wait_for("mail fills the volume", lambda: probe.rest(BIG)[0] in (503, 507), 120)
        is_full(row, here, probe, "by mail", outcomes=True)
        foreign.empty()
        is_free_again(row, probe, "by mail")
        foreign.fill(LEFT)
        is_full(row, here, probe, "down to the reserve", outcomes=True)
        foreign.fill(0)
        is_full(row, here, probe, "to the last octet", outcomes=False)
        foreign.empty()
        is_free_again(row, probe, "to the last octet")
        inodes.fill()
        wait_for("mail needs an inode", lambda: probe.rest(BIG)[0] in (503, 507), 120)
        row.count("no inode left")
        row.made += 1
        inodes.empty()
        is_free_again(row, probe, "no inode left")


def of_the_database(row, here, disk, size, database):
    probe, foreign = Probe(here), Filler(disk)
    for _ in range(size):
        foreign.fill(0)
        # It grows by its log files, of 16 MB each.
        wait_for("mail fills the volume", lambda: probe.rest(BIG)[0] != 202, 120)
        is_full(row, here, probe, "to the last octet", outcomes=False)
        foreign.empty()
        if not database.runs():
            row.count("database went down")
            database.start()
        is_free_again(row, probe, "to the last octet")


def too_small(row):
    """A volume that never had the reserve: nothing is accepted, and nothing breaks."""
    with small_disk.Ext4(64 << 20) as disk:
        data = pathlib.Path(disk.mount) / "house"
        data.mkdir(mode=0o700)
        with Posthouse("quickstart", settings={"log.level": "warn"}, data=data) as house:
            sender = world.first_mail.newcomer(house, world.DOMAIN)
            status, _ = house.post("/api/v1/messages", {
                "from": sender.address, "to": ["a@there.example"], "subject": "s", "text": "t"},
                sender.token)
            if status != 507:
                row.wrong.append(f"a volume of 64 MB: {status}")
            house.stop()
            row.fsck_runs += 1
            row.fsck_findings += len(house.verb("fsck")["findings"])
        row.count("smaller than the reserve")
        row.made += 1


def run(engine, size, seed):
    with contextlib.ExitStack() as stack:
        inodes = INODES if engine == "sqlite" else None
        disk = stack.enter_context(small_disk.Ext4(DISK, inodes))
        log = stack.enter_context(small_disk.tmpfs(64 << 10))
        Filler(log).fill(0)
        mount, database, data = pathlib.Path(disk.mount), None, None
        if engine == "postgresql":
            (mount / "postgres").mkdir()
            database = stack.enter_context(Postgres(durable=True, place=mount / "postgres"))
        else:
            data = mount / "house"
            data.mkdir(mode=0o700)
        here = world.enter(stack, engine, seed, data=data, log=log / "log",
                           store_url=database and database.url)
        row = world.judge.Row(NAME, engine)
        here.begin(ledger.DOORS[::2])
        time.sleep(LOAD)
        if database:
            of_the_database(row, here, mount, size, database)
        else:
            of_the_store(row, here, mount, size)
        here.finish()
        figures = here.judge()
        found = figures.row(NAME, row.made)
        found.add(row)
        found.made, found.back = row.made, row.back
        found.fsck_runs += 1  # judge() asks once it is over
        found.wrong += here.ledger.complaints[:5]
        if engine == "sqlite":
            too_small(found)
        return found
