"""A thousand hostile or sick receivers (sick_receiver.py) while other mail flows at a steady rate:
each of their recipients ends in the state that is true of it, by deadlines of phases and sessions
and caps of replies, and the good destinations hardly notice. The waits of the server are short
here, by delivery.timeouts.*."""
import contextlib
import dataclasses
import http.client
import json
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

import ledger
import tap
import world
from broken_dns import SENDER, own_names
from fault import Row
from odd_dns import OddDns, mx
from ports import free_port, wait_for
from postgres import Postgres
from posthouse import Posthouse
from sick_receiver import BEHAVIOURS, address
from small_internet import Customer

NAME = "hostile receivers"
SIZES = {"sqlite": (4, 50), "postgresql": (0, 50)}  # of each behaviour: 20 times as many
HERE = pathlib.Path(__file__).resolve().parent
WAITS = {"connect": 5, "banner": 6, "tls": 6, "command": 6, "rcpt": 6, "data": 6, "content": 6,
         "end": 6, "session": 11}
FALL = 0.05          # of what flows to good destinations
RATE = 40            # good mails a second
SECONDS = {4: 6}     # of each measurement; else:
SECONDS_MOST = 20
BIG = ("x" * 70 + "\n") * 9000   # more than the buffers between us and a slow reader hold

DELIVERED, BOUNCED, QUEUED = "delivered", "bounced", "queued"
# behaviour: (state, causes)
EXPECTED = {
    "NoBanner": (QUEUED, ["session_timeout"]),
    "DripsBanner": (QUEUED, ["session_timeout"]),
    "EndlessBanner": (QUEUED, ["protocol_error"]),
    "EndlessHello": (QUEUED, ["protocol_error"]),
    "LongLine": (QUEUED, ["protocol_error"]),
    "Binary": (QUEUED, ["protocol_error"]),
    "StallsAfter354": (QUEUED, ["reply_lost"]),
    # What the kernel holds for it is sent from our side.
    "TakesDataSlowly": (QUEUED, ["session_timeout", "reply_lost"]),
    "ClosesBeforeDot": (QUEUED, ["connection_lost", "reply_lost"]),
    "ClosesAfterDot": (QUEUED, ["reply_lost"]),
    "ResetsAfterDot": (QUEUED, ["reply_lost"]),
    "BusyInTheMiddle": (QUEUED, ["temporary_reply"]),
    "Later": (QUEUED, ["temporary_reply"]),
    "Never": (BOUNCED, ["permanent_reply"]),
    "GarbageForTls": (DELIVERED, ["delivered"]),
    "StallsInTls": (DELIVERED, ["delivered"]),
    "WindowZero": (QUEUED, ["session_timeout"]),
    "SlowAtEachStep": (QUEUED, ["session_timeout", "reply_lost"]),
    "AnswersLate": (QUEUED, ["reply_lost"]),
    "WantsNothing": (QUEUED, ["session_refused"]),
}


@dataclasses.dataclass
class Measured:
    rate: float      # copies a second
    median: float    # seconds from the acknowledgement to the copy


class Steady(threading.Thread):
    """Good mails at a steady rate, each noted when it was acknowledged."""

    def __init__(self, house, customer):
        super().__init__(daemon=True)
        self.house, self.customer = house, customer
        self.acked = {}      # address: when
        self.over = threading.Event()
        self.refused = 0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.house.http_port, timeout=30)
        head = {"Authorization": f"Bearer {self.customer.key}", "Content-Type": "application/json"}
        begun, number = time.monotonic(), 0
        with contextlib.closing(connection):
            while not self.over.wait(max(0, begun + number / RATE - time.monotonic())):
                to = f"plain-{number}@d{number % ledger.SITES}.faults.example"
                body = {"from": self.customer.sender, "to": [to], "subject": "s", "text": "hello"}
                connection.request("POST", "/api/v1/messages", json.dumps(body), head)
                answer = connection.getresponse()
                answer.read()
                if answer.status == 202:
                    self.acked[to] = time.monotonic()
                else:
                    self.refused += 1
                number += 1

    def measured(self, copies, begin, end):
        at = {to: found[0].at for to, found in copies.items()}
        waits = [at[to] - when for to, when in self.acked.items()
                 if begin <= when < end and to in at]
        came = sum(begin <= when < end for when in at.values())
        return Measured(came / (end - begin), statistics.median(waits) if waits else 0.0)


class Sick:
    """The process of sick receivers, and their domains."""

    def __init__(self, dns, each):
        self.port, self.each = free_port(), each
        self.process = subprocess.Popen(
            [sys.executable, "-B", str(HERE / "sick_receiver.py"), str(self.port), str(each)],
            stdout=subprocess.PIPE, text=True)
        tap.equal(self.process.stdout.readline(), "ready\n")
        for number, kind in enumerate(BEHAVIOURS):
            for which in range(each):
                name = self.domain(kind.__name__, which)
                dns.put(name, "MX", mx(10, "mx." + name))
                dns.put("mx." + name, "A", socket.inet_aton(address(number, which)))

    @staticmethod
    def domain(behaviour, which):
        return f"h{which}.{behaviour.lower()}.example"

    def sessions(self):
        """(taken so far, open now)."""
        self.process.send_signal(signal.SIGUSR1)
        return tuple(map(int, self.process.stdout.readline().split()))

    def close(self):
        self.process.kill()
        self.process.wait()


def settings_for(engine, stack, dns, sick, sink):
    settings = {"dns.servers": f"127.0.0.1:{dns.port}", "dns.dnssec": "off",
                "delivery.port": sick.port, "delivery.allow_private": True, "log.level": "warn",
                "delivery.routes": world.routes_to(sink.ports),
                "installation.mail_host": "mail.posthouse.example",
                "installation.spf_name": "spf.posthouse.example",
                "installation.sending_ips": ["192.0.2.10"],
                **{f"delivery.timeouts.{name}": value for name, value in WAITS.items()}}
    if engine == "postgresql":
        settings["store.url"] = stack.enter_context(Postgres()).url
    return settings


def send_to_the_sick(customer, each):
    """One mail for each: {behaviour: [id]}."""
    return {kind.__name__: [
        customer.send(f"a@{Sick.domain(kind.__name__, which)}",
                      text=BIG if kind.__name__ == "TakesDataSlowly" else "hello\n")
        for which in range(each)] for kind in BEHAVIOURS}


def judge(row, customer, sent):
    """Each in its state, once its session's time is over."""
    def tried(identifier):
        return customer.recipient(identifier)["attempts"] > 0
    left = [i for ids in sent.values() for i in ids]

    def all_tried():
        while left and tried(left[-1]):
            left.pop()
        return not left
    with contextlib.suppress(TimeoutError):
        wait_for("an end of each session", all_tried, 3 * WAITS["session"] + 30)
    for behaviour, ids in sent.items():
        state, causes = EXPECTED[behaviour]
        for identifier in ids:
            found = customer.recipient(identifier)
            row.acked += 1
            if (found["state"], found["cause"] in causes) == (state, True):
                row.count(state)
                continue
            row.lost += found["state"] not in (state, QUEUED)
            row.wrong.append(f"{behaviour}: {found['state']} {found['cause']} after "
                             f"{found['attempts']}: {found.get('reply')}"[:300])


def run(engine, size, seed):
    row = Row(NAME, engine, made=size * len(BEHAVIOURS), seeds=[seed])
    seconds = SECONDS.get(size, SECONDS_MOST)
    with contextlib.ExitStack() as stack:
        dns = stack.enter_context(OddDns())
        own_names(dns)
        sick = Sick(dns, size)
        stack.callback(sick.close)
        sink = world.Sink(ledger.SITES)
        stack.callback(sink.close)
        house = stack.enter_context(Posthouse("serve", settings=settings_for(
            engine, stack, dns, sick, sink)))
        customer = Customer(house)
        customer.domain(SENDER, dns)
        steady = Steady(house, customer)
        stack.callback(steady.over.set)
        steady.start()
        time.sleep(1)
        alone = time.monotonic()
        time.sleep(seconds)
        sent = send_to_the_sick(customer, size)
        among = time.monotonic()
        most_open = 0
        while time.monotonic() < among + seconds:
            most_open = max(most_open, sick.sessions()[1])
            time.sleep(0.5)
        judge(row, customer, sent)
        steady.over.set()
        steady.join(30)
        time.sleep(1)
        compare(row, steady, sink.copies(), (alone, alone + seconds), (among, among + seconds))
        row.also["sick sessions at once, most"] = most_open
        row.also["left open"] = wait_for_none(sick.port)
        house.stop()
        row.fsck_runs += 1
        row.fsck_findings += len(house.verb("fsck")["findings"])
    return row


def connected(port):
    """How many connections to this port our side still holds."""
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return sum(row[3] == "01" and int(row[2].split(":")[1], 16) == port for row in fields)


def wait_for_none(port):
    with contextlib.suppress(TimeoutError):
        wait_for("the end of all sick sessions", lambda: connected(port) == 0,
                 WAITS["session"] + 12)
    return connected(port)


def compare(row, steady, copies, alone, among):
    """What flows to good destinations, with and without the sick."""
    before, during = steady.measured(copies, *alone), steady.measured(copies, *among)
    row.acked += len(steady.acked)
    row.lost += sum(to not in copies for to in steady.acked)
    row.copies_other += sum(len(found) - 1 for found in copies.values())
    row.also["good mails/s alone"] = before.rate
    row.also["good mails/s among the sick"] = during.rate
    row.also["ratio"] = during.rate / before.rate if before.rate else 0.0
    row.also["median seconds alone"] = before.median
    row.also["median seconds among"] = during.median
    if steady.refused:
        row.wrong.append(f"{steady.refused} good mails refused")
    if row.lost:
        row.wrong.append(f"{row.lost} lost")
    if during.rate < (1 - FALL) * before.rate and among[1] - among[0] >= SECONDS_MOST:
        row.wrong.append(f"good mail fell from {before.rate:.1f} to {during.rate:.1f} a second")
