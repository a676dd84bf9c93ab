"""Postfix' own load programs, unpacked and not installed: smtp-source sends, smtp-sink receives.

    with generators.Sink() as sink:
        seconds = generators.send(port, generators.Load(mails=1000), sink)

And one of our own that costs less, bench/relay_load.cpp:

    with generators.own(relay_port, sink_port, load) as go:
        sent = go()
"""
import contextlib
import dataclasses
import json
import re
import subprocess
import sys
import threading
import time

import programs
import unpacked
from ports import free_port, listening, wait_for

SENDER = "app@bench.example"
RECIPIENT = "anna@receiver.example"


@dataclasses.dataclass
class Load:
    mails: int
    octets: int = 4096
    sessions: int = 20
    keep: bool = False  # one connection for many mails (smtp-source -d)


class Sink:
    """smtp-sink on a port of its own; knows how many mails it has taken."""

    def __init__(self):
        self.port = free_port()
        self.mails = 0
        self.sessions = 0
        self._server = None

    def __enter__(self):
        self._server = subprocess.Popen(
            unpacked.command("smtp-sink", "-u", "nobody", "-c", f"127.0.0.1:{self.port}", 1000),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        threading.Thread(target=self._read, args=(self._server.stdout,), daemon=True).start()
        wait_for("smtp-sink", lambda: listening(self.port))
        return self

    def _read(self, stream):
        while text := stream.read1(65536):
            for name, count in re.findall(rb"(sess|mesg)=(\d+)", text)[-3:]:
                if name == b"mesg":
                    self.mails = int(count)
                else:
                    self.sessions = int(count)

    def __exit__(self, *_):
        self._server.terminate()
        self._server.wait()

    @property
    def pid(self):
        return self._server.pid

    def wait_for(self, mails, seconds=300):
        end = time.monotonic() + seconds
        while self.mails < mails:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.mails} of {mails} mails arrived in {seconds} s")
            time.sleep(0.005)


@dataclasses.dataclass
class Sent:
    accepted_seconds: float   # until the last mail was taken
    delivered_seconds: float  # until the last mail had arrived


def send(port, load, sink, recipient=RECIPIENT):
    """Sends a load and waits until all of it has arrived at the sink."""
    before, began = sink.mails, time.monotonic()
    options = ["-s", load.sessions, "-m", load.mails, "-l", load.octets, "-f", SENDER, "-t",
               recipient, "-M", "bench.example"]
    if load.keep:
        options.append("-d")
    done = subprocess.run(unpacked.command("smtp-source", *options, f"127.0.0.1:{port}"),
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=600,
                          check=False)
    if done.returncode != 0:
        print(done.stderr[-2000:], file=sys.stderr)
        raise RuntimeError("smtp-source failed")
    accepted = time.monotonic() - began
    sink.wait_for(before + load.mails)
    return Sent(accepted, time.monotonic() - began)


@dataclasses.dataclass
class OwnSent(Sent):
    cpu: float  # seconds that source and sink took themselves


@contextlib.contextmanager
def own(port, sink_port, load, warm=400):
    """Source and sink in one process, warmed up; what is given sends the load."""
    words = [programs.path("relay_load"), "--port", port, "--sink", sink_port, "--count",
             load.mails, "--connections", load.sessions, "--octets", load.octets, "--warm", warm]
    with subprocess.Popen(list(map(str, words)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as program:
        if program.stdout.readline().strip() != "warm":
            raise RuntimeError("relay_load failed")

        def go():
            out, _ = program.communicate("go\n", timeout=300)
            got = json.loads(out)
            if got["refused"]:
                raise RuntimeError(f"not all mails were taken: {got}")
            return OwnSent(got["accepted"], got["delivered"], got["cpu"])

        try:
            yield go
        finally:
            program.kill()
