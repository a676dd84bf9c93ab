"""Nothing is acknowledged before it is durable, by the kernel's own account: strace over 500
accepts at every door. SQLite: the segment is written and synced, then the write-ahead log, then the
acknowledgement is sent. PostgreSQL: its reply to COMMIT is read before."""
import contextlib
import pathlib
import re
import smtplib
import tempfile
import threading

import durable_order
import first_mail
import system_calls
import tap
import tc3
from fault import Row
from ports import free_port
from postgres import Postgres
from posthouse import Posthouse

DOMAIN = "order.sandbox.example"
CLIENTS = 5

NAME = "acknowledgement after its sync, by strace"
SIZES = {"sqlite": (500, 500), "postgresql": (500, 500)}  # accepts


class Sender(threading.Thread):
    """`door` sends one mail and gives the id of its acknowledgement."""

    def __init__(self, number, door, count, acks):
        super().__init__(daemon=True)
        self.number, self.door, self.count, self.acks = number, door, count, acks

    def run(self):
        with contextlib.ExitStack() as stack:
            send = self.door(stack)
            for i in range(self.count):
                token = f"token-{self.number}-{i}-end"
                self.acks[token] = send(token)


def rest(house, sender):
    def door(_):
        def send(token):
            status, answer = house.post("/api/v1/messages", {
                "from": sender.address, "to": ["a@there.example"], "subject": token,
                "text": "x"}, sender.token)
            tap.equal(status, 202, str(answer))
            return answer["id"]
        return send
    return door


def relay(port, sender):
    def door(stack):
        session = stack.enter_context(smtplib.SMTP("127.0.0.1", port, timeout=60))

        def send(token):
            session.ehlo_or_helo_if_needed()
            session.mail(sender.address)
            session.rcpt("a@there.example")
            code, said = session.data(f"From: {sender.address}\r\nSubject: {token}\r\n\r\nx\r\n")
            tap.equal(code, 250, said)
            return said.decode().split()[-1]
        return send
    return door


def tencent(house, sender, key):
    def door(stack):
        connection = stack.enter_context(tc3.Connection(house.http_port))

        def send(token):
            request = tc3.Request("SendEmail", {
                "FromEmailAddress": sender.address, "Destination": ["a@there.example"],
                "Subject": token, "Simple": {"Text": "eA=="}})
            request.set("X-TC-Region", "ap-guangzhou").sign(key)
            _, answer = connection.exchange(request)
            tap.true("MessageId" in answer["Response"], str(answer))
            return answer["Response"]["MessageId"]
        return send
    return door


def traced(settings, size):
    """Sends `size` mails under strace; gives the trace and {token: id of the acknowledgement}."""
    with tempfile.TemporaryDirectory(prefix="posthouse-trace-") as place:
        port, path = free_port(), pathlib.Path(place) / "trace"
        settings = {"relay.listen": f"127.0.0.1:{port}", "relay.trusted": "127.0.0.1/32",
                    "relay.account": "first", "log.level": "warn", **settings}
        house = Posthouse("quickstart", settings=settings)
        house.prefix = system_calls.strace(path)
        with house:
            sender = first_mail.newcomer(house, DOMAIN)
            house.verb("account", "limits", "first", "requests_per_second=0", "per_mailbox_hour=0",
                       "daily_per_domain=0")
            made = house.verb("key", "create", "--account", "first", "--kind", "tencent")
            key = tc3.Key(made["secret_id"], made["secret_key"])
            doors = [rest(house, sender), rest(house, sender), relay(port, sender),
                     relay(port, sender), tencent(house, sender, key)]
            acks = {}
            senders = [Sender(i, door, size // CLIENTS, acks) for i, door in enumerate(doors)]
            for one in senders:
                one.start()
            for one in senders:
                one.join(200)
            pid = house.pid
            house.stop()
            system_calls.wait_for_end(path, pid)
        return system_calls.Trace(path), acks


def unsynced_directories(trace, first_ack):
    """Files that were made before the first acknowledgement while their directory was not synced
    after it."""
    directory_syncs = trace.of("fsync", "fdatasync")
    made = {}
    for call in trace.of("openat"):
        found = re.search(r'"([^"]+\.(?:seg|db|db-wal))", [A-Z_|]*O_CREAT', call.arguments)
        if found and call.begin < first_ack:
            made.setdefault(found.group(1), call.end)  # the later ones find it
    tap.true(any(path.endswith(".seg") for path in made), f"no segment was made: {made}")
    return [path for path, at in made.items()
            if not any(sync.target == str(pathlib.Path(path).parent) and
                       at <= sync.begin and sync.end <= first_ack for sync in directory_syncs)]


def run(engine, size, seed):
    row = Row(NAME, engine, made=size, seeds=[seed])
    if engine == "sqlite":
        trace, acks = traced({}, size)
        wrong = durable_order.sqlite_order(trace, acks)
        times = [at for at in durable_order.ack_times(trace, acks).values() if at]
        row.wrong += [f"{path}: its directory was not synced"
                      for path in unsynced_directories(trace, min(times))]
    else:
        with Postgres() as database:
            trace, acks = traced({"store.url": database.url}, size)
            wrong = durable_order.postgres_order(trace, acks, database.port)
    row.acked, row.lost = len(acks), len(wrong)
    row.also["durable before the answer"] = len(acks) - len(wrong)
    row.wrong += [f"{token}: {why}" for token, why in list(wrong.items())[:3]]
    if len(acks) != size:
        row.wrong.append(f"{len(acks)} acknowledged of {size}")
    return row
