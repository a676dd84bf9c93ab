"""A real PostgreSQL 15, unpacked and not installed, with a cluster of the test's own.

    with Postgres() as database:
        ... connect to database.url ...
        url = database.create("another")

It listens on 127.0.0.1 alone, trusts who connects, keeps fsync off, and is gone afterwards. With
durable=True it syncs as in earnest, for tests that cut its power; `place` is a directory for it.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import unpacked
from ports import free_port, wait_for

# PostgreSQL refuses to run as root.
USER = "nobody" if os.getuid() == 0 else None


class Postgres:
    def __init__(self, settings=None, durable=False, place=None):
        self.port = free_port()
        self.base = pathlib.Path(place or tempfile.mkdtemp(prefix="posthouse-postgres-"))
        self.data = self.base / "data"
        self.durable = durable
        self.settings = {"listen_addresses": "'127.0.0.1'", "port": self.port,
                         "unix_socket_directories": f"'{self.base}'",
                         "fsync": "on" if durable else "off",
                         "max_connections": 100, "shared_buffers": "'64MB'", **(settings or {})}

    @property
    def url(self):
        return self._url("posthouse")

    def _url(self, name):
        return f"postgresql://posthouse@127.0.0.1:{self.port}/{name}"

    def __enter__(self):
        try:
            if USER:
                shutil.chown(self.base, USER)
            self._run("initdb", "-D", self.data, "-U", "posthouse", "-A", "trust", "-E", "UTF8",
                      "--locale=C.UTF-8", "--no-instructions",
                      *([] if self.durable else ["--no-sync"]))
            with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
                file.writelines(f"{key} = {value}\n" for key, value in self.settings.items())
                file.flush()
                os.fsync(file.fileno())
            self.start()
            self.create("posthouse")
        except BaseException as error:
            error.add_note(self.log())
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop", check=False)
        shutil.rmtree(self.base, ignore_errors=True)

    def _run(self, name, *arguments, check=True):
        # pg_ctl's server keeps the pipes of its parent: its output goes to a file instead.
        line = [unpacked.program(name), *map(str, arguments)]
        if USER:
            line = ["setpriv", f"--reuid={USER}", "--regid=nogroup", "--clear-groups", *line]
        output = self.base / "output"
        with open(output, "ab") as file:
            done = subprocess.run(line, env=unpacked.environment(), stdin=subprocess.DEVNULL,
                                  stdout=file, stderr=subprocess.STDOUT, timeout=120, cwd="/",
                                  check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"{name} ended with {done.returncode}: {self.log()[-1500:]}")

    def start(self):
        # A process that was killed and that nobody has buried would pass for a running one.
        if not self.runs():
            for left in (self.data / "postmaster.pid", *self.base.glob(".s.PGSQL.*")):
                left.unlink(missing_ok=True)
        self._run("pg_ctl", "-D", self.data, "-l", self.base / "log", "-w", "-t", "60", "start")

    def stop_at_once(self):
        """As a crash would."""
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def restart(self):
        """Stops it at once and starts it again on the same port."""
        self.stop_at_once()
        self.start()

    def runs(self):
        """Whether its first process is there."""
        lock = self.data / "postmaster.pid"
        return lock.exists() and _runs(int(lock.read_text().split()[0]))

    def processes(self):
        """The first one, which makes the others, and then those."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        others = []
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
            except OSError:  # it has ended
                continue
            if parent == first:
                others.append(int(stat.parent.name))
        return [first, *others]

    def signal(self, number):
        """To all of its processes. Stopped or killed in this order, none makes a new one."""
        for pid in self.processes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def kill(self):
        """Ends all of it at once, and waits until it is gone."""
        found = self.processes()
        self.signal(signal.SIGKILL)
        wait_for("the end of PostgreSQL",
                 lambda: not any(_runs(pid) for pid in found))

    def create(self, name, like="template0"):
        """Makes a database, empty or like another one, and gives its address."""
        self._run("createdb", "-h", "127.0.0.1", "-p", self.port, "-U", "posthouse",
                  "--maintenance-db=template1", "-T", like, name)
        return self._url(name)

    def drop(self, name):
        self._run("dropdb", "-h", "127.0.0.1", "-p", self.port, "-U", "posthouse",
                  "--maintenance-db=template1", "--force", name)

    def log(self):
        found = [f.read_text(errors="replace") for f in (self.base / "output", self.base / "log")
                 if f.exists()]
        return "\n".join(found) or "PostgreSQL wrote no log"


def _runs(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
