#!/usr/bin/python3 -B
"""Open outbound sessions: how much memory each takes, in plain and under TLS, and how TLS sessions
of receivers are resumed.

Mails for many destinations are accepted while the queue is suspended; then the server starts anew
and delivers to receivers (bench/session_sink.cpp, on 127.9.A.B) that take seconds for their answer
to the final dot. Our memory is all by which the resident memory of the new process is larger, when
most sessions are open, than that of an idle one: with the queue, the mails and what the allocator
keeps; divided by the sessions. What the kernel keeps for sockets is not in it. Beside it stands
what each of the same connections takes in the receiver, which keeps little but OpenSSL's state.

    bench/sessions.py                    10,000 sessions, in plain and under TLS
    bench/sessions.py --sessions 2000
"""
import argparse
import json
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests/support"),
                str(Path(__file__).resolve().parent / "support")]

import measure  # noqa: E402
import programs  # noqa: E402
import relays  # noqa: E402
from ports import free_port, wait_for  # noqa: E402

WINDOW = 10  # sessions of one destination, limits::kSiteWindow
FIGURES = re.compile(r"open (\d+) messages (\d+) full (\d+) resumed (\d+) rss (\d+)")


class Sink:
    """bench/session_sink.cpp, with its figures as they come."""

    def __init__(self, port, addresses, delay_ms, tls, uses=1 << 30):
        self.line = [programs.path("session_sink"), "--port", port, "--addresses", addresses,
                     "--delay-ms", delay_ms, "--tls", int(tls), "--uses", uses]
        self.open = self.messages = self.full = self.resumed = self.resident = 0

    def __enter__(self):
        self.server = subprocess.Popen([str(word) for word in self.line], stdout=subprocess.PIPE,
                                       text=True)
        threading.Thread(target=self._read, daemon=True).start()
        wait_for("the sink", lambda: self.resident > 0)
        return self

    def _read(self):
        for line in self.server.stdout:
            self.open, self.messages, self.full, self.resumed, self.resident = (
                int(figure) for figure in FIGURES.match(line).groups())

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()


def load(house, token, count, sites):
    """Accepts mails, one recipient each."""
    done = subprocess.run(
        [programs.path("api_load"), "--port", str(house.http_port), "--connections", "64",
         "--seconds", "300", "--count", str(count), "--sites", str(sites), "--token", token,
         "--text", "2000"], capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    if figures["accepted"] != count:
        raise RuntimeError(f"not all were accepted: {figures}")


class Watch(threading.Thread):
    """Looks at both sides ten times a second, and keeps what it saw when most was open."""

    def __init__(self, pid, sink):
        super().__init__(daemon=True)
        self.pid, self.sink, self.ended = pid, sink, False
        self.most, self.ours, self.theirs = 0, 0, 0

    def run(self):
        while not self.ended:
            if self.sink.open > self.most:
                self.most = self.sink.open
                self.ours = measure.memory(self.pid)
                self.theirs = self.sink.resident * 1024
            time.sleep(0.05)


def run(options, tls):
    port = free_port()
    sites = options.sessions // WINDOW
    wanted = {"delivery.port": port, "delivery.allow_private": True, "dkim.sign": False,
              "delivery.sessions": options.sessions}
    delay = options.tls_delay if tls else options.delay
    with Sink(port, sites, int(delay * 1000), tls) as sink, relays.ready_house(wanted) as house:
        token = relays.prepare(house)
        house.restart()
        before, theirs_before = measure.memory(house.pid), sink.resident * 1024
        house.verb("queue", "suspend")
        total = options.sessions * options.rounds
        load(house, token, total, sites)
        house.restart()
        began = time.monotonic()
        watch = Watch(house.pid, sink)
        watch.start()
        wait_for("the mails", lambda: sink.messages >= total, options.seconds)
        took = time.monotonic() - began
        cpu = measure.process_cpu(house.pid)
        watch.ended = True
        return {"open": watch.most, "ours": (watch.ours - before) / watch.most / 1024,
                "theirs": (watch.theirs - theirs_before) / watch.most / 1024,
                "rate": total / took, "cpu": cpu.total / total, "full": sink.full,
                "resumed": sink.resumed, "delay": delay, "threads": cpu.threads}


def run_handshakes(options):
    """One connection for each mail: every one but a destination's first can be resumed."""
    port, sites, mails = free_port(), 20, options.handshakes
    wanted = {"delivery.port": port, "delivery.allow_private": True, "dkim.sign": False}
    with Sink(port, sites, 0, True, 1) as sink, relays.ready_house(wanted) as house:
        token = relays.prepare(house)
        house.verb("queue", "suspend")
        load(house, token, mails, sites)
        cpu = measure.process_cpu(house.pid)
        house.verb("queue", "resume")
        wait_for("the mails", lambda: sink.messages >= mails, options.seconds)
        cpu = measure.process_cpu(house.pid) - cpu
        return {"cpu": cpu.total / mails, "full": sink.full, "resumed": sink.resumed}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=2, help="mails for each session")
    parser.add_argument("--delay", type=float, default=2, help="seconds of a receiver's answer")
    parser.add_argument("--tls-delay", type=float, default=8,
                        help="the same under TLS: the handshakes of all sessions take a while")
    parser.add_argument("--handshakes", type=int, default=4000)
    parser.add_argument("--seconds", type=int, default=120, help="for one part, at most")
    options = parser.parse_args()
    rows = []
    for name, tls, budget in (("plain", False, 32), ("TLS", True, 48)):
        got = run(options, tls)
        rows.append([name, got["open"], f"{got['ours']:.1f}", budget, f"{got['theirs']:.1f}",
                     f"{got['ours'] / budget:.2f}", f"{got['delay']:g}", f"{got['rate']:.0f}",
                     measure.micros(got["cpu"])])
        print("#", name, {k: round(v * 1e6 / (options.sessions * options.rounds), 1)
                          for k, v in got["threads"].most_common()}, file=sys.stderr)
    measure.table(["sessions", "open", "KiB each", "budget", "receiver's KiB each", "of budget",
                   "answer after s", "mails/s", "own CPU a mail"], rows)
    print()
    got = run_handshakes(options)
    measure.table(["a connection for each mail", "in full", "resumed", "own CPU a mail"],
                  [["TLS", got["full"], got["resumed"], measure.micros(got["cpu"])]])


if __name__ == "__main__":
    main()
