"""Runs one test program to its end: its own process group, a time limit, output as text."""
import concurrent.futures
import os
import pathlib
import signal
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]


class Finished:
    def __init__(self, status, output, timed_out):
        self.status = status
        self.output = output
        self.timed_out = timed_out

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
    return Finished(process.returncode, output, timed_out)


def each(work, items):
    """Does `work` for every item, as many at once as there are cores, two at most."""
    width = min(2, os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(width) as pool:
        list(pool.map(work, items))
