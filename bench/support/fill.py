"""A queue that is long already: rows cloned into the store of a server that is stopped.

    template = fill.one_waiting(house, relay_port)
    fill.recipients(house.data, fill.Fill(count=1_000_000, domains=["down.example"], due=None))

Each recipient has a message of its own, which costs the queue most, and shares the content of one
that was accepted as any other. Counters and content's counts do not know the clones: the store is
for measuring only.
"""
import dataclasses
import os
import pathlib
import smtplib
import sqlite3
import time

SHARDS = 8  # of new rows in SQLite
MESSAGES = 200_000  # of one transaction


@dataclasses.dataclass
class Fill:
    count: int
    domains: list
    due_in: float = 0  # seconds from now; those in the future have been tried once


def shard_of(domain):
    """FNV-1a 64 of the domain, as the store has it."""
    value = 0xcbf29ce484222325
    for octet in domain.encode():
        value = (value ^ octet) * 0x100000001b3 % (1 << 64)
    return value % SHARDS


def one_waiting(house, relay_port, sender, octets=4096):
    """Accepts one mail for a receiver that is not there, and waits until it is deferred."""
    body = f"From: {sender}\r\nSubject: waiting\r\n\r\n" + "x" * 76 + "\r\n"
    body += ("y" * 76 + "\r\n") * (octets // 78)
    with smtplib.SMTP("127.0.0.1", relay_port) as client:
        client.sendmail(sender, ["nobody@down.example"], body)
    end = time.monotonic() + 30
    while house.verb("queue", "summary")["deferred"] < 1:
        if time.monotonic() > end:
            raise TimeoutError("the first mail was not deferred")
        time.sleep(0.05)


def columns(rows, table):
    return [row[1] for row in rows.execute(f"PRAGMA table_info({table})")]


def recipients(data, fill):
    """Clones the one deferred recipient and its message; gives the seconds it took."""
    began = time.monotonic()
    rows = sqlite3.connect(pathlib.Path(data) / "posthouse.db", isolation_level=None)
    rows.execute("PRAGMA synchronous=OFF")
    key = rows.execute("SELECT message_id FROM recipient WHERE state = 'queued'").fetchone()[0]
    message = dict(zip(columns(rows, "message"), rows.execute(
        "SELECT * FROM message WHERE id = ?", (key,)).fetchone()))
    recipient = dict(zip(columns(rows, "recipient"), rows.execute(
        "SELECT * FROM recipient WHERE message_id = ?", (key,)).fetchone()))
    now = int(time.time() * 1e6)
    later = fill.due_in > 0
    recipient.update(attempts=int(later), reply=recipient["reply"] if later else "",
                     cause=recipient["cause"] if later else "accepted",
                     expires_at=now + 72 * 3600 * 10**6, updated_at=now)
    shards = [shard_of(domain) for domain in fill.domains]

    def cloned_messages(begin, end):
        for i in range(begin, end):
            message["id"] = key - 1 - i
            yield tuple(message.values())

    def cloned_recipients(begin, end):
        for i in range(begin, end):
            which = i % len(fill.domains)
            spread = i if later else -fill.count + i  # microseconds: an order, and no two the same
            recipient.update(message_id=key - 1 - i, shard=shards[which],
                             address=f"recipient{i}@{fill.domains[which]}",
                             domain=fill.domains[which],
                             next_at=now + int(fill.due_in * 1e6) + spread)
            yield tuple(recipient.values())

    for begin in range(0, fill.count, MESSAGES):
        end = min(begin + MESSAGES, fill.count)
        rows.execute("BEGIN")
        for table, clones in (("message", cloned_messages), ("recipient", cloned_recipients)):
            marks = ", ".join("?" * len(columns(rows, table)))
            rows.executemany(f"INSERT INTO {table} VALUES ({marks})", clones(begin, end))
        rows.execute("COMMIT")
    rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    rows.close()
    os.sync()  # what is still on its way to the disk would count as the server's
    return time.monotonic() - began


def read_with_sqlite(data):
    """Seconds that sqlite3 alone takes to read every queued row in the queue's order."""
    began = time.monotonic()
    rows = sqlite3.connect(f"file:{pathlib.Path(data) / 'posthouse.db'}?mode=ro", uri=True)
    count = 0
    for shard in range(SHARDS):
        found = rows.execute("SELECT * FROM recipient WHERE shard = ? AND state = 'queued'"
                             " ORDER BY next_at, message_id, idx", (shard,))
        while page := found.fetchmany(10_000):
            count += len(page)
    rows.close()
    return time.monotonic() - began, count
