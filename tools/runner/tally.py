"""What passed and what failed, printed as it happens."""
import threading
import time


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.failures = []
        self.unsteady = []
        self._lock = threading.Lock()
        self._start = time.monotonic()

    def stage(self, words):
        with self._lock:
            print(f"\n== {words} ({time.monotonic() - self._start:.0f} s)", flush=True)

    def note(self, words):
        with self._lock:
            print(f"   {words}", flush=True)

    def add(self, name, passed=0, failures=(), output="", seconds=0.0):
        """One test program's result: how many checks passed, a sentence for each that did not,
        what it printed, shown where something failed, and how long it took."""
        with self._lock:
            self.passed += passed
            self.failed += len(failures)
            self.failures += [f"{name}: {failure}" for failure in failures]
            if failures:
                print(f"FAIL {name}: {passed} passed, {len(failures)} failed", flush=True)
                for failure in failures:
                    print(f"     {failure}", flush=True)
                if output.strip():
                    print("\n".join("     | " + line for line in tail(output)), flush=True)
            else:
                took = f" ({seconds:.0f} s)" if seconds >= 1 else ""
                print(f"ok   {name}: {passed} passed{took}", flush=True)

    def second_run(self, name, failures, output):
        """Says what failed in a first run that a second one is to judge."""
        with self._lock:
            self.unsteady += [f"{name}: {failure}" for failure in failures]
            print(f"AGAIN {name}: {len(failures)} failed, it is run a second time, alone",
                  flush=True)
            for line in tail(output):
                print(f"     | {line}", flush=True)

    def finish(self):
        """Prints the last line and gives the exit status."""
        if self.unsteady:
            print("\nFailed in a first run; each is a bug of the program or of its test:")
            for failure in self.unsteady:
                print(f"  {failure}")
        if self.failures:
            print("\nFailed:")
            for failure in self.failures:
                print(f"  {failure}")
        if not self.passed and not self.failed:
            self.failed = 1
            print("no test ran")
        print(f"\n{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0


def tail(output, most=200):
    lines = output.rstrip().splitlines()
    if len(lines) <= most:
        return lines
    return [f"... {len(lines) - most} lines left out ...", *lines[-most:]]
