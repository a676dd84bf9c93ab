"""Floods and slow clients: one address does not take every place, a server without descriptors
rests and recovers, and who is too slow is let go."""
import os
import resource
import socket
import ssl
import threading
import time

import tap
from attack_house import AttackHouse, mail, quiet
from ports import wait_for
from raw_smtp import RawSmtp

SESSIONS_PER_CLIENT = 50
FILES = 256


def connect(port, source="127.0.0.1", seconds=10):
    return socket.create_connection(("127.0.0.1", port), seconds, (source, 0))


def first_words(connection, seconds=2.0):
    connection.settimeout(seconds)
    try:
        return connection.recv(200)
    except OSError:
        return b""


def close_all(connections):
    for connection in connections:
        connection.close()


def one_address(house):
    """Of 200 connections from one address 50 are served; another address is served at once."""
    for door in ("submission", "relay", "inbound"):
        port = next(p for name, p, _ in house.doors() if name == door)
        held = [connect(port) for _ in range(200)]
        words = [first_words(c) for c in held]
        served = sum(w.startswith(b"220") for w in words)
        busy = sum(w.startswith(b"421") for w in words)
        tap.equal((served, busy), (SESSIONS_PER_CLIENT, 150), door)
        began = time.monotonic()
        with connect(port, "127.0.0.2") as other:
            tap.true(first_words(other).startswith(b"220"), "another address is not served")
        tap.true(time.monotonic() - began < 0.5, "another address waits")
        close_all(held)

        def again(at=port):
            with connect(at) as client:
                return first_words(client).startswith(b"220")
        wait_for("the address is served again", again)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def without_descriptors(house):
    """With 256 descriptors and 600 clients it does not spin, and afterwards serves everybody."""
    before = resource.prlimit(house.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(house.pid, resource.RLIMIT_NOFILE, (FILES, before[1]))
    held = []
    try:
        for number in range(600):
            port = (house.inbound_port, house.relay_port, house.http_port)[number % 3]
            with quiet(OSError):
                held.append(connect(port, f"127.0.1.{1 + number // 20}", 0.5))
        time.sleep(0.3)
        began = cpu_seconds(house.pid)
        time.sleep(2)
        spent = cpu_seconds(house.pid) - began
        tap.true(spent < 0.5, f"{spent:.2f} s of CPU in 2 s without a descriptor")
        tap.contains(house.log(), "accepting paused")
        tap.true(house.log().count("accepting paused") < 200, "the log is flooded")
        tap.note(f"{len(held)} clients, {spent:.2f} s of CPU in 2 s, "
                 f"{house.log().count('accepting paused')} pauses logged")
    finally:
        close_all(held)
        resource.prlimit(house.pid, resource.RLIMIT_NOFILE, before)
    began = time.monotonic()
    wait_for("an answer over HTTP", lambda: served(house), 10)
    tap.true(time.monotonic() - began < 3, "it recovers too late")
    with house.open("submission") as session:
        tap.equal(session.envelope(house.acme.address, "after@dest.example"), [250, 250])
        session.say("DATA")
        tap.equal(session.say(mail() + b"\r\n.\r\n")[0], 250)
    house.sink.wait_for("after@dest.example")


def served(house):
    try:
        return house.get("/healthz")[0] == 200
    except OSError:
        return False


class Slow(threading.Thread):
    """Sends one octet each 5 s until the server ends it: how long that took."""

    def __init__(self, what, port, octets, wrap=False):
        super().__init__(daemon=True)
        self.what, self.port, self.octets, self.wrap = what, port, octets, wrap
        self.took = None

    def run(self):
        began = time.monotonic()
        with quiet(OSError), connect(self.port, "127.0.2.1", 70) as client:
            if self.wrap:
                made = ssl.create_default_context()
                made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
                client = made.wrap_socket(client)
            client.settimeout(0.5)
            number = 0
            while time.monotonic() - began < 70:
                if (time.monotonic() - began) >= number * 5:
                    client.sendall(self.octets[number % len(self.octets):][:1])
                    number += 1
                try:
                    got = client.recv(4096)
                except TimeoutError:
                    continue
                if not got or got.startswith((b"421", b"HTTP/1.1 408")):
                    break
        self.took = time.monotonic() - began


def slow_clients(house):
    return [(Slow("HTTP head", house.http_port, b"GET /healthz HTTP/1.1\r\nX: " + b"y" * 99), 17),
            (Slow("TLS hello", house.tls_port, b"\x16\x03\x01\x02\x00\x01" + b"z" * 99), 33),
            (Slow("nothing but TLS", house.tls_port, b"\x16"), 33)]


def overflow(house):
    """What has no end is refused while it comes, and costs nobody else anything."""
    cases = {
        "a command line of 1 MB": (house.inbound_port, b"EHLO " + b"a" * (1 << 20) + b"\r\n"),
        "10 MB without a line end": (house.relay_port, b"x" * (10 << 20)),
        "empty lines": (house.inbound_port, b"\r\n" * 5000),
        "unknown commands": (house.relay_port, b"WHAT\r\n" * 5000),
        "NOOP": (house.inbound_port, b"NOOP\r\n" * 5000),
        "RSET": (house.inbound_port, b"RSET\r\n" * 5000),
        "NUL": (house.inbound_port, b"\0" * 100000 + b"\r\n"),
        "a TLS hello in plain": (house.inbound_port, b"\x16\x03\x01" + b"a" * 5000),
        "an HTTP head of 1 MB": (house.http_port, b"GET / HTTP/1.1\r\nX: " + b"a" * (1 << 20)),
        "100,000 HTTP fields": (house.http_port, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 100000),
        "a target of 1 MB": (house.http_port, b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\n"),
        "a body of a stranger": (house.http_port, b"POST /api/v1/messages HTTP/1.1\r\nHost: h\r\n"
                                 b"Content-Length: 30000000\r\n\r\n" + b"a" * (1 << 20)),
        "chunks of one octet": (house.http_port, b"POST /api/v1/messages HTTP/1.1\r\nHost: h\r\n"
                                b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 200000),
    }
    for name, (port, sent) in cases.items():
        began = time.monotonic()
        with connect(port, "127.0.3.1") as client:
            client.settimeout(5)
            got = b""
            with quiet(OSError):
                client.sendall(sent)
                if port != house.http_port:
                    client.sendall(b"\r\nQUIT\r\n")
            with quiet(OSError):
                while more := client.recv(65536):
                    got += more
        took = time.monotonic() - began
        tap.true(took < 4.5, f"{name}: still open after {took:.1f} s: {got[-200:]}")
        ends = (b"421 ", b"554 ", b"221 ", b"HTTP/1.1 4")
        tap.true(not got or any(end in got for end in ends), f"{name}: {got[-200:]}")
    return len(cases)


def guesses_of_one_session(house):
    """Errors and sign-ins of one session are counted."""
    with RawSmtp(house.tls_port, "implicit") as session:
        session.hello()
        codes = [session.login(house.acme.address, "Wrong4Mail2go")[0] for _ in range(3)]
        tap.equal((codes, session.line()), ([535, 535, 421], None))
    with RawSmtp(house.tls_port, "implicit") as session:
        session.hello()
        codes = []
        while (code := session.say("XYZZY")[0]) and len(codes) < 100:
            codes.append(code)
        tap.equal((len(codes), codes[-1]), (20, 421))


def main():
    with AttackHouse() as house:
        slow = slow_clients(house)
        for client, _ in slow:
            client.start()
        with tap.check("one address has 50 sessions at a door, and others are served beside it"):
            one_address(house)
        with tap.check("without descriptors accepting pauses, nothing spins, and all recovers"):
            without_descriptors(house)
        with tap.check("input without end is refused while it comes"):
            tap.note(f"{overflow(house)} cases")
        with tap.check("three wrong sign-ins or twenty errors end a session"):
            guesses_of_one_session(house)
        for client, most in slow:
            with tap.check(f"a client with one octet in five seconds is let go: {client.what}"):
                client.join(75)
                tap.true(client.took and client.took <= most, f"it took {client.took:.1f} s")
    tap.done()


main()
