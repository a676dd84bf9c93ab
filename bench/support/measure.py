"""What a bench measures by: CPU time of a process by thread, the cost of a signature, tables.

    signature = measure.signature_seconds()
    before = measure.process_cpu(pid)
    ... load ...
    cpu = measure.process_cpu(pid) - before
    print(cpu.total / mails / signature)

CPU time is what the kernel accounts, so other work on the machine disturbs it less than it disturbs
a rate; it still shares caches. A ratio to something measured in the same run is the steady figure.
"""
import collections
import dataclasses
import os
import pathlib
import re
import subprocess
import time

NOMINAL_SIGNATURE = 255e-6  # seconds, on the machine for which the budgets were written
WITHOUT_ADX = ":~0x80000"  # what src/crypto/rsa_code.cpp tries


@dataclasses.dataclass
class Cpu:
    """Seconds of CPU, by thread name without its number: {"ph-loop": 1.25}."""
    threads: collections.Counter

    @property
    def total(self):
        return sum(self.threads.values())

    def __sub__(self, earlier):
        out = collections.Counter(self.threads)
        out.subtract(earlier.threads)
        return Cpu(out)


def process_cpu(pid):
    """Of one process, thread by thread. Threads that have ended are not in it: ours live as long
    as the process."""
    threads = collections.Counter()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name = re.sub(r"-?\d+$", "", (task / "comm").read_text().strip())
            threads[name] += int((task / "schedstat").read_text().split()[0]) / 1e9
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
    return Cpu(threads)


def children(pid):
    """Every process below one, itself first."""
    found, out = collections.defaultdict(list), [pid]
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[int(fields[1])].append(int(stat.parent.name))
    for parent in out:
        out += found[parent]
    return out


def family_cpu(pid):
    """Seconds of a process, of all below it, and of those of them that have ended (to 10 ms)."""
    ticks = 0
    for one in children(pid):
        try:
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / 100


def peak_memory(pid):
    """Octets of resident memory at most so far."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024


def memory(pid):
    """Octets of resident memory now."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


def signature_seconds(seconds=1, at_once=2, features=None):
    """CPU seconds of one RSA-2048 signature by `openssl speed`, on both cores at once, because the
    load keeps both busy. `features` is an OPENSSL_ia32cap other than OpenSSL's own."""
    environment = {**os.environ, **({"OPENSSL_ia32cap": features} if features else {})}
    command = ["openssl", "speed", "-seconds", str(seconds), "-mr", "rsa2048"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                env=environment, text=True) for _ in range(at_once)]
    rates = [float(re.search(r"\+F2:\d+:2048:([\d.]+)", one.communicate()[0])[1])
             for one in running]
    return at_once / sum(rates)


class Stopwatch:
    def __init__(self):
        self.began = time.monotonic()

    @property
    def seconds(self):
        return time.monotonic() - self.began


def table(columns, rows):
    """Prints a table that can be pasted into a document."""
    cells = [columns] + [[str(cell) for cell in row] for row in rows]
    wide = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(line, wide)) + " |"
             for line in cells]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in wide) + "|")
    print("\n".join(lines), flush=True)


def micros(seconds):
    return f"{seconds * 1e6:.0f} µs"
