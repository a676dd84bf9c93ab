"""The event log as server-sent events over real connections: a mail is followed from its acceptance
to its delivery, a stream goes on by its cursor, also at another node and after a restart, and ends
with its session and with the server."""
import http.client
import json
import threading
import time

import first_mail
import tap
from ports import wait_for
from postgres import Postgres
from posthouse import Posthouse

PASSWORD = "correct horse battery"
STREAM = "/api/v1/events/stream"


class Stream:
    """One stream, read in the background: (event, id, data) in the order of their coming."""

    def __init__(self, house, headers, query="", last=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", house.http_port, timeout=60)
        more = {"Last-Event-ID": last} if last else {}
        self.connection.request("GET", STREAM + query, headers={**headers, **more})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.told, self.over = [], threading.Event()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()
            self.wait_for("begin")

    def _read(self):
        event, cursor, data = "message", "", None
        try:
            for line in iter(self.answer.readline, b""):
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    event = value
                elif name == "id":
                    cursor = value
                elif name == "data":
                    data = json.loads(value)
                elif not line.strip() and data is not None:
                    self.told.append((event, cursor, data))
                    event, data = "message", None
        except OSError:
            pass
        self.over.set()

    def events(self):
        return [one for one in self.told if one[0] == "message"]

    def types(self):
        return [data["type"] for _, _, data in self.events()]

    def wait_for(self, what):
        """Until an event of this type, or of this name, was told."""
        wait_for(what, lambda: what in self.types() or what in [one[0] for one in self.told], 20)

    def close(self):
        self.answer.close()
        self.connection.close()


def cookie_of(house, email):
    """A person who has signed in, as a browser keeps him: the cookie, and the proof for changes."""
    status, body, head = house.request("POST", "/api/v1/session",
                                       {"email": email, "password": PASSWORD})
    tap.equal(status, 200, str(body))
    return {"Cookie": head["Set-Cookie"].split(";")[0]}, body["csrf"]


def follow(house, sender, me):
    stream = Stream(house, me)
    with tap.check("a mail is followed live, from its acceptance to its delivery"):
        tap.equal(stream.answer.getheader("Content-Type"), "text/event-stream")
        begun = time.monotonic()
        _, sent = house.post("/api/v1/messages", {"from": sender.address, "to": ["a@b.example"],
                                                  "subject": "s", "text": "t"}, sender.token)
        stream.wait_for("delivered")
        print(f"# delivered was told {time.monotonic() - begun:.2f} s after the request")
        tap.equal(stream.types(), ["accepted", "delivered"])
        tap.equal({data["message"] for _, _, data in stream.events()}, {sent["id"]})
    with tap.check("what nobody heard is told after the last id, and nothing twice"):
        last = stream.told[-1][1]
        stream.close()
        house.verb("domain", "add", "one.sandbox.example")
        house.restart()
        house.verb("domain", "add", "two.sandbox.example")
        again = Stream(house, me, last=last)
        house.verb("domain", "add", "three.sandbox.example")
        wait_for("three domains", lambda: len(again.events()) >= 3, 20)
        tap.equal(again.types(), ["domain.created"] * 3)
        status, listed = house.get("/api/v1/events?limit=3", sender.token)
        told = [data for _, _, data in again.events()]
        tap.equal((status, listed["items"][::-1]), (200, told))
        again.close()


def bounds(house, me, proof):
    with tap.check("one session holds four streams, and a browser that goes gives its place back"):
        streams = [Stream(house, me) for _ in range(4)]
        refused = Stream(house, me)
        tap.equal(refused.status, 429)
        refused.close()
        streams.pop().close()

        def free():
            fresh = Stream(house, me)
            streams.append(fresh)
            return fresh.status == 200
        wait_for("a free place", free, 10)
    with tap.check("all end with the session at once, and say so"):
        head = {**me, "X-Posthouse-Csrf": proof}
        tap.equal(house.request("DELETE", "/api/v1/session", headers=head)[0], 204)
        for stream in streams:
            if stream.status == 200:
                tap.true(stream.over.wait(10), "a stream outlives its session")
                tap.equal(stream.told[-1][0::2], ("end", {"reason": "unauthenticated"}))
            stream.close()
        tap.equal(Stream(house, me).status, 401)


def one_node():
    with Posthouse("quickstart") as house:
        sender = first_mail.newcomer(house, "live.sandbox.example")
        account = house.verb("account", "list")["items"][0]["name"]
        house.verb("user", "create", "anna@house.example", "--password", PASSWORD, "--role",
                   "owner", "--account", account)
        me, _ = cookie_of(house, "anna@house.example")
        follow(house, sender, me)
        me, proof = cookie_of(house, "anna@house.example")
        bounds(house, me, proof)
        with tap.check("a server that stops ends its streams, and does not wait for them"):
            me, _ = cookie_of(house, "anna@house.example")
            stream = Stream(house, me)
            begun = time.monotonic()
            house.stop()
            tap.true(time.monotonic() - begun < 10, "the server waited for a stream")
            tap.true(stream.over.wait(5), "the stream goes on")
        with tap.check("the sums by hour and day are what a recount says"):
            tap.equal(house.verb("fsck"), {"findings": []})


def person_at(house, account):
    house.verb("account", "create", account)
    house.verb("account", "activate", account)
    house.verb("user", "create", f"{account}@house.example", "--password", PASSWORD, "--role",
               "owner", "--account", account)


def two_nodes():
    with Postgres() as database:
        settings = {"store.url": database.url}
        with Posthouse(settings=settings) as here, Posthouse(settings=settings) as there:
            for account in ("acme", "other"):
                person_at(here, account)
            me, _ = cookie_of(here, "acme@house.example")
            with tap.check("what one node writes is told by the other, of one's own account"):
                stream = Stream(here, me)
                there.verb("domain", "add", "theirs.example.org", "--account", "other")
                there.verb("domain", "add", "there.example.org", "--account", "acme")
                here.verb("domain", "add", "here.example.org", "--account", "acme")
                wait_for("two domains", lambda: len(stream.events()) >= 2, 20)
                tap.equal(stream.types(), ["domain.created"] * 2)
            with tap.check("a stream goes on at the other node, without a gap or a repeat"):
                last = stream.events()[0][1]
                rest = stream.events()[1][2]
                stream.close()
                there.verb("domain", "add", "more.example.org", "--account", "acme")
                again = Stream(there, me, last=last)
                here.verb("domain", "add", "most.example.org", "--account", "acme")
                wait_for("three domains", lambda: len(again.events()) >= 3, 20)
                tap.equal(again.events()[0][2], rest)
                tap.equal(again.types(), ["domain.created"] * 3)
                tap.equal(len({data["id"] for _, _, data in again.events()}), 3)
                again.close()


one_node()
two_nodes()
tap.done()
