"""A device that refuses a sync (EIO, by strace): what the sync was for is not acknowledged, the
process ends and says why, and the next start has everything that was."""
import contextlib
import http.client
import json
import pathlib
import tempfile
import threading
import urllib.error

import durable_order
import first_mail
import system_calls
import tap
from ports import wait_for
from posthouse import Posthouse

DOMAIN = "sync.sandbox.example"
WHICH = (2, 12, 40)
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
        tap.true(client.refused in (None, 500, 503), f"answered {client.refused}")
    pid, status = house.pid, house.wait_for_end()
    system_calls.wait_for_end(path, pid)
    house.prefix = []
    return acks, status


def one(house, sender, which):
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
    tap.equal(house.verb("fsck"), {"findings": []})
    house.start()
    for identifier in acks.values():
        tap.equal(house.get(f"/api/v1/messages/{identifier}", sender.token)[0], 200, identifier)
    wait_for("deliveries", lambda: house.verb("queue", "summary")["queued"] == 0, 60)
    house.stop()
    return len(acks)


def main():
    with Posthouse("quickstart", settings={"log.level": "warn"}) as house:
        sender = first_mail.newcomer(house, DOMAIN)
        house.verb("account", "limits", "first", "requests_per_second=0", "per_mailbox_hour=0",
                   "daily_per_domain=0")
        house.stop()
        for which in WHICH:
            with tap.check(f"sync {which} of a thread fails: nothing was acknowledged that is not "
                           "durable, and the process ends"):
                tap.note(f"{one(house, sender, which)} acknowledged before sync {which} failed")
    tap.done()


main()
