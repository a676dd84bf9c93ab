"""The system calls of a server, as strace saw them.

    trace = system_calls.Trace(path)      after house.prefix = system_calls.strace(path)
"""
import contextlib
import dataclasses
import pathlib
import re
import subprocess
import tempfile

import unpacked
from ports import wait_for

CALLS = "%network,read,write,writev,pwrite64,pwritev,fsync,fdatasync,openat,rename,renameat2"
TEXT = 262144  # octets shown of one buffer: more than any write has (sql/wal_vfs.cpp)

LINE = re.compile(r"(\d+) +(\d+\.\d+) (.*)")
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?)(.*?)(?: <([\d.]+)>)?$", re.S)


def strace(path, *more, calls=CALLS):
    """The command before the server's own. The server is the child of whoever runs this, so that
    signals reach it."""
    return [unpacked.program("strace"), "-D", "-f", "-ttt", "-T", "-yy", "-s", str(TEXT),
            "-o", str(path), "-e", f"trace={calls}", *more]


@contextlib.contextmanager
def attached(processes, *more):
    """strace on processes that run already, and on what they make from now on."""
    with tempfile.TemporaryDirectory(prefix="posthouse-trace-") as place:
        path = pathlib.Path(place) / "trace"
        line = [unpacked.program("strace"), "-f", "-o", str(path), *more]
        for pid in processes:
            line += ["-p", str(pid)]
        strace_itself = subprocess.Popen(line, stderr=subprocess.DEVNULL)
        try:
            wait_for("strace", lambda: all(_is_traced(pid) for pid in processes))
            yield path
        finally:
            strace_itself.terminate()
            strace_itself.wait(20)


def _is_traced(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:  # it has ended
        return True
    return re.search(r"^TracerPid:\s+[1-9]", status, re.M)


def wait_for_end(path, pid):
    """Until strace has written all that it saw of a process that has ended."""
    wait_for("the end of the trace", lambda: re.search(
        rf"^{pid} +[\d.]+ \+\+\+ (exited|killed)", path.read_text(errors="replace")[-4000:], re.M))


@dataclasses.dataclass
class Call:
    pid: str
    name: str
    arguments: str
    result: int
    begin: float
    end: float
    injected: bool = False

    @property
    def target(self):
        """The path or connection of the first descriptor."""
        found = re.match(r"(?:AT_FDCWD|\d+)<(.*?)>(?:[,(]|$)", self.arguments)
        return found.group(1) if found else ""


class Trace:
    def __init__(self, path):
        self.calls = []
        begun = {}
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                found = LINE.match(line)
                if found:
                    self._read(begun, *found.groups())
        self.calls.sort(key=lambda call: call.begin)

    def _read(self, begun, pid, at, rest):
        if rest.endswith("<unfinished ...>"):
            begun[pid] = (float(at), rest[:-len("<unfinished ...>")])
            return
        begin = float(at)
        if rest.startswith("<... "):
            if pid not in begun:
                return
            begin, head = begun.pop(pid)
            rest = head + rest[rest.index("resumed>") + len("resumed>"):]
        found = CALL.match(rest)
        if not found or found.group(3) == "?":
            return
        name, arguments, result, why, took = found.groups()
        self.calls.append(Call(pid, name, arguments.strip(), int(result), begin,
                               begin + float(took or 0), "(INJECTED)" in why))

    def of(self, *names):
        return [call for call in self.calls if call.name in names and call.result >= 0]
