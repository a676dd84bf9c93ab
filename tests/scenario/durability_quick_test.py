"""Power cuts while mail is sent: what was acknowledged is there after the next start, whole, and
is delivered. tests/faults has the long version."""
import collections
import http.client
import json
import random
import threading
import time
import urllib.error

import first_mail
import tap
from ports import wait_for
from posthouse import Posthouse

DOMAIN = "cuts.sandbox.example"
ROUNDS = 20
CLIENTS = 4
SEED = 20260101


class Client(threading.Thread):
    """Sends until the server is gone, and remembers what was acknowledged."""

    def __init__(self, sender, name):
        super().__init__(daemon=True)
        self.sender, self.client = sender, name
        self.acknowledged = {}  # id: recipients
        self.wrong = None

    def run(self):
        number = 0
        while True:
            number += 1
            to = [f"{self.client}-{number}-{i}@cuts.example" for i in range(1 + number % 3)]
            body = {"from": self.sender.address, "to": to, "subject": self.client,
                    "text": "x" * random.Random(number).randint(1, 20000)}
            try:
                status, answer = self.sender.house.post("/api/v1/messages", body,
                                                        self.sender.token)
            except (OSError, urllib.error.URLError, http.client.HTTPException,
                    json.JSONDecodeError):
                return
            if status == 202:
                self.acknowledged[answer["id"]] = to
            elif status != 503:
                self.wrong = f"{status} {answer}"
                return


def cut(sender, number, pause):
    clients = [Client(sender, f"r{number}c{i}") for i in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(pause)
    sender.house.kill()
    acknowledged = {}
    for client in clients:
        client.join(30)
        tap.true(not client.is_alive(), "a client still waits for an answer")
        tap.true(client.wrong is None, client.wrong)
        acknowledged.update(client.acknowledged)
    return acknowledged


def main():
    chance = random.Random(SEED)
    acknowledged = {}
    with Posthouse("quickstart") as house:
        sender = first_mail.newcomer(house, DOMAIN)
        with tap.check(f"{ROUNDS} power cuts under load, and a start after each"):
            for number in range(ROUNDS):
                acknowledged.update(cut(sender, number, chance.uniform(0.02, 0.5)))
                if number % 5 == 4:
                    tap.equal(house.verb("fsck"), {"findings": []}, f"after cut {number + 1}")
                house.start()
        tap.note(f"{len(acknowledged)} messages acknowledged, seed {SEED}")
        with tap.check("every acknowledged recipient is there, and is delivered"):
            tap.true(len(acknowledged) >= ROUNDS, f"only {len(acknowledged)} acknowledged")
            wait_for("an empty queue", lambda: house.verb("queue", "summary")["queued"] == 0, 60)
            for identifier, to in acknowledged.items():
                status, view = house.get(f"/api/v1/messages/{identifier}", sender.token)
                tap.equal(status, 200, identifier)
                found = {r["address"]: r["state"] for r in view["recipients"]}
                tap.equal(found, {address: "delivered" for address in to}, identifier)
        with tap.check("and every one of them got its mail, few of them twice"):
            inbox = sender.inbox()
            tap.equal(len({mail["id"] for mail in inbox}), len(inbox), "pages of the inbox")
            wanted = [address for to in acknowledged.values() for address in to]
            got = collections.Counter(mail["rcpt_to"] for mail in inbox)
            tap.equal([address for address in wanted if not got[address]], [])
            # A cut between the receiver's 250 and our commit is the one cause of a second copy.
            twice = sum(1 for address in wanted if got[address] > 1)
            tap.note(f"{len(wanted)} recipients, {twice} with a second copy")
            tap.true(twice <= ROUNDS * 40, f"{twice} recipients with a second copy")
        house.stop()
        with tap.check("fsck finds nothing"):
            tap.equal(house.verb("fsck"), {"findings": []})
    tap.done()


main()
