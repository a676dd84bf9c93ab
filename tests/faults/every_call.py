"""Every system call fails once: the Nth openat, write, fsync … of a thread of the server gets an
error (strace), N = 1 and up, while it starts, takes twenty mails by two doors, delivers them and
stops. It may refuse, end or go on; it may not acknowledge what the next start, without the fault,
does not have, not crash, not hang, and not leave what keeps it from starting.

strace cannot shorten a write: a result that it makes up stands for a call that was never made.
Short writes are disk_full.py's, where a device gives them. And a write to a thread's own eventfd
cannot fail: where the lot fell on one of those, only what was acknowledged is judged.
"""
import collections
import contextlib
import dataclasses
import http.client
import json
import pathlib
import random
import shutil
import smtplib
import subprocess
import threading
import time
import urllib.error

import first_mail
import ledger
import open_file
import small_disk
import system_calls
import tap
import world
from fault import Row
from ports import free_port, wait_for
from postgres import Postgres
from posthouse import Posthouse, VerbFailed

NAME = "the Nth system call fails"
ALL = 100000
SIZES = {"sqlite": (14, ALL), "postgresql": (8, ALL)}  # calls that fail: so many of all, by lot
MAILS = 10       # of each of two doors
PATIENCE = 5     # seconds for one answer
HANG = 10        # seconds for the answer of a verb
SETTLED = 2      # seconds for deliveries while the fault may still come

ERRORS = {
    "openat": ("EIO", "EMFILE", "ENOSPC"),
    "read": ("EIO", "EINTR"),
    "pread64": ("EIO", "EINTR"),
    "write": ("EIO", "ENOSPC", "EINTR"),
    "pwrite64": ("EIO", "ENOSPC", "EINTR"),
    "rename": ("EIO", "ENOSPC"),
    "unlink": ("EIO",),
    "ftruncate": ("EIO", "EINTR"),
    "fallocate": ("EIO", "ENOSPC", "EINTR"),
    "mmap": ("ENOMEM",),
    "fsync": ("EIO", "ENOSPC"),
    "fdatasync": ("EIO", "ENOSPC"),
    "accept4": ("EMFILE",),
    "fcntl": ("EIO",),
}
OF_POSTGRESQL = {"recvfrom": ("ECONNRESET", "EINTR"), "sendto": ("EPIPE", "EINTR")}
# No files, and the unlocking of local ones: what strace makes fail there cannot fail.
IMPOSSIBLE = ("anon_inode", "F_UNLCK", "<pipe:", "<socket:", "<TCP", "<UNIX", "<UDP")
NO_MEMORY = ("mmap",)  # without which nobody goes on: ending by a signal is as good as any


@dataclasses.dataclass
class Case:
    call: str
    error: str
    which: int

    def __str__(self):
        return f"{self.call} {self.which} {self.error}"


@dataclasses.dataclass
class Ended:
    how: str             # not started, ended, went on
    status: int
    acked: list          # (id, address)


class Sender(threading.Thread):
    """Ten mails, one after the other; one that is not acknowledged is given up."""

    def __init__(self, house, prefix):
        super().__init__(daemon=True)
        self.house, self.prefix, self.acked = house, prefix, []

    def run(self):
        for number in range(MAILS):
            address = f"{self.prefix}-{number}@d{number % ledger.SITES}.faults.example"
            with contextlib.suppress(OSError, urllib.error.URLError, http.client.HTTPException,
                                     smtplib.SMTPException, ValueError):
                identifier = self.send(address)
                if identifier:
                    self.acked.append((identifier, address))

    def text(self, address):
        return ledger.text_of(random.Random(address))


class ByRest(Sender):
    sender = None

    def send(self, address):
        connection = http.client.HTTPConnection("127.0.0.1", self.house.http_port,
                                                timeout=PATIENCE)
        with contextlib.closing(connection):
            body = {"from": self.sender.address, "to": [address], "subject": address,
                    "text": self.text(address)}
            connection.request("POST", "/api/v1/messages", json.dumps(body), {
                "Authorization": f"Bearer {self.sender.token}",
                "Content-Type": "application/json"})
            answer = connection.getresponse()
            found = json.loads(answer.read())
            return found["id"] if answer.status == 202 else None


class ByRelay(Sender):
    sender, port = None, 0

    def send(self, address):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=PATIENCE) as session:
            session.ehlo()
            session.mail(self.sender.address)
            session.rcpt(address)
            code, said = session.data(f"From: {self.sender.address}\r\nTo: {address}\r\n"
                                      f"Subject: {address}\r\n\r\n{self.text(address)}\r\n")
            return said.decode().split()[-1] if code == 250 else None


class Bench:
    """A prepared server, of which each case gets a copy."""

    def __init__(self, stack, engine):
        self.place = pathlib.Path(small_disk.place())
        stack.callback(shutil.rmtree, self.place, ignore_errors=True)
        self.sink = world.Sink(ledger.SITES)
        stack.callback(self.sink.close)
        self.database = stack.enter_context(Postgres()) if engine == "postgresql" else None
        self.relay_port = free_port()
        self.settings = world.settings_for(self.relay_port, self.sink)
        if self.database:
            self.settings["store.url"] = self.database.url
        self.number = 0
        house = self.house(self.place / "first", None)
        with house:
            self.sender = first_mail.newcomer(house, world.DOMAIN)
            house.verb("account", "limits", world.ACCOUNT, "daily_per_domain=0",
                       "per_mailbox_hour=0", "requests_per_second=0")
            # A thread's calls of its first delivery are not those of its hundredth.
            senders = self.senders(house, "warm")
            self.send(senders)
            wait_for("first deliveries",
                     lambda: house.verb("queue", "summary")["queued"] == 0, 30)

    def house(self, data, store_url):
        settings = {**self.settings, **({"store.url": store_url} if store_url else {})}
        data.mkdir(exist_ok=True, mode=0o700)
        return Posthouse("quickstart", settings=settings, data=data)

    @contextlib.contextmanager
    def copy(self):
        """A house on a copy of the prepared state."""
        self.number += 1
        data, store_url = self.place / f"copy-{self.number}", None
        subprocess.run(["cp", "-a", "--sparse=always", self.place / "first", data], check=True)
        (data / "control.sock").unlink(missing_ok=True)
        if self.database:
            store_url = self.database.create(f"copy{self.number}", like="posthouse")
        house = self.house(data, store_url)
        try:
            yield house
        finally:
            house.kill()
            house.log_path.unlink(missing_ok=True)
            shutil.rmtree(data, ignore_errors=True)
            if self.database:
                self.database.drop(f"copy{self.number}")

    def senders(self, house, prefix):
        made = [ByRest(house, f"plain-{prefix}-rest"), ByRelay(house, f"plain-{prefix}-relay")]
        for one in made:
            one.sender = self.sender
        made[1].port = self.relay_port
        return made

    def send(self, senders):
        for one in senders:
            one.start()
        for one in senders:
            one.join(MAILS * PATIENCE + 30)
            tap.true(not one.is_alive(), "a client still waits for an answer")
        return [each for one in senders for each in one.acked]

    def counts(self, calls):
        """{call: how often one thread makes it, the most}."""
        with self.copy() as house:
            path = self.place / "trace"
            house.prefix = system_calls.strace(path, calls=",".join(calls))
            house.start()
            self.send(self.senders(house, "counted"))
            self.settle(house)
            pid = house.pid
            house.stop()
            system_calls.wait_for_end(path, pid)
            made = collections.Counter((call.pid, call.name)
                                       for call in system_calls.Trace(path).calls)
            path.unlink()
        most = collections.Counter()
        for (_, name), count in made.items():
            most[name] = max(most[name], count)
        return most

    @staticmethod
    def settle(house, seconds=SETTLED):
        """Until all is delivered, or for so long, or as long as the server lives."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and house.running():
            asked = house.run("queue", "summary", "--json", seconds=HANG)
            if asked.returncode == 0 and json.loads(asked.stdout)["queued"] == 0:
                return
            time.sleep(0.05)

    def with_fault(self, house, case):
        path = self.place / "trace"
        house.prefix = system_calls.strace(
            path, "--seccomp-bpf", "-e",
            f"inject={case.call}:error={case.error}:when={case.which}", calls=case.call)
        try:
            house.start()
        except RuntimeError:
            return Ended("not started", house.wait_for_end(), [])
        finally:
            house.prefix = []
        acked = self.send(self.senders(house, f"{self.number}"))
        self.settle(house)
        lives = house.running()
        house.ask_to_end()
        status = house.wait_for_end()
        return Ended("went on" if lives else "ended", status, acked)

    def failed(self):
        """The calls that got the error, as strace shows them."""
        trace = self.place / "trace"
        return "; ".join(f"{call.name}({call.arguments[:150]})"
                         for call in (system_calls.Trace(trace).calls if trace.exists() else [])
                         if call.injected)

    def one(self, case, row):
        with self.copy() as house:
            try:
                ended = self.with_fault(house, case)
            except (subprocess.TimeoutExpired, TimeoutError) as why:
                failed = self.failed()
                if not any(part in failed for part in IMPOSSIBLE):
                    raise TimeoutError(f"hangs at {failed}") from why
                row.count("cannot be")
                return
            row.count(ended.how)
            if ended.status < 0 and case.call not in NO_MEMORY:
                row.wrong.append(f"{case}: ended by signal {-ended.status}: "
                                 f"{house.log()[-300:]}")
            house.kill()
            still_open = open_file.read(house.data)
            findings = house.verb("fsck")["findings"]
            row.fsck_runs += 1
            row.fsck_findings += len(findings)
            row.wrong += [f"{case}: fsck: {finding}" for finding in findings[:2]]
            begun = time.monotonic()
            house.start()
            row.back = max(row.back, time.monotonic() - begun)
            self.all_there(house, ended, case, row, still_open)
            house.stop()

    def all_there(self, house, ended, case, row, still_open):
        def empty():
            house.verb("queue", "retry", "--account", world.ACCOUNT)
            return house.verb("queue", "summary")["queued"] == 0
        wait_for("an empty queue", empty, 30)
        copies = self.sink.copies()
        row.acked += len(ended.acked)
        for identifier, address in ended.acked:
            status, view = house.get(f"/api/v1/messages/{identifier}", self.sender.token)
            if status != 200 or view["state"] != "delivered" or not copies[address]:
                row.lost += 1
                row.wrong.append(f"{case}: lost {identifier} {address} {status}")
            elif len(copies[address]) == 2:
                was_open = (identifier, 0) in still_open
                row.copies_open += was_open
                row.copies_other += not was_open
            row.third_copies += len(copies[address]) > 2


def cases(counts, errors):
    return [Case(call, error, which) for call in errors for error in errors[call]
            for which in range(1, counts[call] + 1)]


def run(engine, size, seed):
    row = Row(NAME, engine, seeds=[seed])
    errors = {**ERRORS, **(OF_POSTGRESQL if engine == "postgresql" else {})}
    with contextlib.ExitStack() as stack:
        bench = Bench(stack, engine)
        chosen = cases(bench.counts(list(errors)), errors)
        if size < len(chosen):
            chosen = spread(chosen, size, random.Random(seed))
        for case in chosen:
            try:
                bench.one(case, row)
            except (VerbFailed, RuntimeError, TimeoutError, AssertionError,
                    subprocess.TimeoutExpired) as why:
                row.wrong.append(f"{case}: {why}"[:600])
            row.made += 1
            if row.made % 50 == 0:
                tap.note(f"{row.made} of {len(chosen)}: {row.also}, wrong {len(row.wrong)}")
    if row.copies_other or row.third_copies:
        row.wrong.append("copies that nothing explains")
    return row


def spread(chosen, size, chance):
    """Calls that are made seldom come as often as those that are made all the time."""
    kinds = collections.defaultdict(list)
    for case in chosen:
        kinds[case.call, case.error].append(case)
    out = []
    while len(out) < size:
        for kind in chance.sample(sorted(kinds), len(kinds)):
            if kinds[kind] and len(out) < size:
                out.append(kinds[kind].pop(chance.randrange(len(kinds[kind]))))
    return out
