"""The real servers and clients that tests use: fetched, never installed."""
import os
import shutil
import subprocess
import sys

from commands import PROJECT

sys.path.insert(0, str(PROJECT / "tests" / "support"))


def fetch():
    subprocess.run([str(PROJECT / "tools" / "test_servers")], cwd=PROJECT, check=True)


def clients():
    """What the unmodified clients are made of and need; Python's and Go's fetch themselves."""
    npm()
    go()


def npm():
    """npm packages of the JavaScript clients, where a lock file names some."""
    directory = PROJECT / "tests" / "sdk"
    lock, done = directory / "package-lock.json", directory / "node_modules/.package-lock.json"
    if not lock.exists() or (done.exists() and done.stat().st_mtime >= lock.stat().st_mtime):
        return
    subprocess.run([str(PROJECT / "tools" / "npm"), "ci", str(directory)], cwd=PROJECT, check=True)
    done.touch()


def go():
    """The machine's go, or Debian's, for the Go client; without it that client is skipped."""
    if not shutil.which("go"):
        subprocess.run([str(PROJECT / "tools" / "packages"), "install", "go"], cwd=PROJECT,
                       check=False)


def postgres():
    """Environment of unit tests that start a PostgreSQL of their own: where its programs are."""
    import unpacked
    programs = os.path.dirname(unpacked.program("postgres"))
    env = {"POSTHOUSE_POSTGRES_BIN": programs}
    if unpacked.library_path():
        env["LD_LIBRARY_PATH"] = unpacked.library_path()
    return env


def no_postgres():
    return {"POSTHOUSE_NO_POSTGRES": "1"}
