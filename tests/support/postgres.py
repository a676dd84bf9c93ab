"""A real PostgreSQL 15, unpacked and not installed, with a cluster of the test's own.

    with Postgres() as database:
        ... connect to database.url ...
        url = database.create("another")

It listens on 127.0.0.1 alone, trusts who connects, keeps fsync off, and is gone afterwards.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile

import unpacked
from ports import free_port

# PostgreSQL refuses to run as root.
USER = "nobody" if os.getuid() == 0 else None


class Postgres:
    def __init__(self, settings=None):
        self.port = free_port()
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-postgres-"))
        self.data = self.base / "data"
        self.settings = {"listen_addresses": "'127.0.0.1'", "port": self.port,
                         "unix_socket_directories": f"'{self.base}'", "fsync": "off",
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
                      "--locale=C.UTF-8", "--no-sync", "--no-instructions")
            with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
                file.writelines(f"{key} = {value}\n" for key, value in self.settings.items())
            self._run("pg_ctl", "-D", self.data, "-l", self.base / "log", "-w", "-t", "60", "start")
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
            raise RuntimeError(f"{name} ended with {done.returncode}")

    def restart(self):
        """Stops it at once, as a crash would, and starts it again on the same port."""
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        self._run("pg_ctl", "-D", self.data, "-l", self.base / "log", "-w", "-t", "60", "start")

    def create(self, name):
        """Makes an empty database and gives its address."""
        self._run("createdb", "-h", "127.0.0.1", "-p", self.port, "-U", "posthouse",
                  "--maintenance-db=template1", name)
        return self._url(name)

    def log(self):
        found = [f.read_text(errors="replace") for f in (self.base / "output", self.base / "log")
                 if f.exists()]
        return "\n".join(found) or "PostgreSQL wrote no log"
