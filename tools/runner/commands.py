"""Runs one test program to its end: its own process group, a time limit, output as text."""
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]


class Finished:
    def __init__(self, status, output, timed_out, seconds=0):
        self.status = status
        self.output = output
        self.timed_out = timed_out
        self.seconds = seconds

    def how(self, seconds):
        """How it ended, as a sentence; empty for a good end."""
        if self.timed_out:
            return f"did not end within {seconds} s"
        if self.status < 0:
            return f"killed by {signal.Signals(-self.status).name}"
        return f"ended with status {self.status}" if self.status else ""


def run(line, seconds, env=None, cwd=PROJECT):
    process = subprocess.Popen(line, cwd=cwd, env={**os.environ, **(env or {})},
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace",
                               start_new_session=True)
    timed_out = False
    begun = time.monotonic()
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        timed_out = True
        # A TERM first, so that a scenario stops the servers that it started.
        os.killpg(process.pid, signal.SIGTERM)
        try:
            output, _ = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        raise
    took = time.monotonic() - begun
    return Finished(process.returncode, output, timed_out, took)


# What a sanitizer or a failed invariant prints: a bug, however seldom it shows.
REPORT = re.compile(r"(?:Address|Thread|Leak|Memory)Sanitizer|runtime error: |"
                    r"posthouse: CHECK failed")


class Unsteady:
    """Programs whose first run failed. A machine that is shared can starve a test of its time, so
    each is run a second time, after the others of its stage and alone; a report of a sanitizer is
    never run again, and what passes only the second time is named at the end."""

    def __init__(self, tally):
        self._tally = tally
        self._waiting = []
        self._lock = threading.Lock()

    def take(self, name, failures, done, again):
        """Whether `again` will judge instead."""
        crashed = done.status < 0 and not done.timed_out
        if not failures or crashed or REPORT.search(done.output):
            return False
        self._tally.second_run(name, failures, done.output)
        with self._lock:
            self._waiting.append(again)
        return True

    def settle(self):
        for again in self._waiting:
            again()
        self._waiting = []


def each(work, items):
    """Does `work` for every item, as many at once as there are cores, two at most."""
    width = min(2, os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(width) as pool:
        list(pool.map(work, items))
