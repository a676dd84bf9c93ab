"""Where the test servers' Debian packages stand unpacked, and how their programs are run.

They are never installed: nothing of the machine's own configuration, users or services changes.
tools/test_servers fetches and unpacks them; this file only says where they are.
"""
import functools
import glob
import os
import pathlib
import stat
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]


def others_may_pass(directory):
    """Whether another user can reach files below: the servers give up root once they run."""
    chain = [directory, *directory.parents]
    return all(stat.S_IMODE(d.stat().st_mode) & stat.S_IXOTH for d in chain)


@functools.cache
def place():
    """The directory that holds everything: in build/, or in /var/tmp for a checkout below a
    closed directory such as /root."""
    if others_may_pass(PROJECT):
        return PROJECT / "build" / "test-servers"
    return pathlib.Path("/var/tmp") / f"posthouse-test-servers-{os.getuid()}"


def root():
    return place() / "root"


@functools.cache
def library_path():
    found = []
    for pattern in ("usr/lib/*-linux-gnu", "lib/*-linux-gnu", "usr/lib/postfix",
                    "usr/lib"):
        found += sorted(glob.glob(str(root() / pattern)))
    return ":".join(found)


def environment(**more):
    """The environment in which an unpacked program finds its libraries and Python modules."""
    env = dict(os.environ)
    env.pop("LD_PRELOAD", None)
    env["LD_LIBRARY_PATH"] = library_path()
    env["PYTHONPATH"] = str(root() / "usr/lib/python3/dist-packages")
    env["LC_ALL"] = "C.UTF-8"
    env.update(more)
    return env


def program(name):
    """The path of an unpacked program; an error that says what to do where there is none."""
    # PostgreSQL's own programs first: usr/bin has Debian's wrappers, which want a cluster.
    for directory in ("usr/lib/postgresql/15/bin", "usr/sbin", "usr/bin", "sbin", "bin"):
        path = root() / directory / name
        if path.exists():
            return str(path)
    raise FileNotFoundError(f"{name} is not unpacked in {root()}: run tools/test_servers")


def command(name, *arguments, user=None):
    """An argument list that runs an unpacked program with its libraries, as root (by sudo where
    we are not), or as `user`."""
    settings = [f"{k}={environment()[k]}" for k in ("LD_LIBRARY_PATH", "PYTHONPATH", "LC_ALL")]
    line = ["env", *settings, program(name), *map(str, arguments)]
    if user:
        line = ["setpriv", f"--reuid={user}", "--regid=nogroup", "--clear-groups", *line]
    return line if os.getuid() == 0 else ["sudo", "-n", *line]


def run(name, *arguments, user=None, check=True, **options):
    """Runs an unpacked program to its end and gives the finished process, output as text."""
    options.setdefault("timeout", 60)
    done = subprocess.run(command(name, *arguments, user=user), text=True, capture_output=True,
                          **options)
    if check and done.returncode != 0:
        raise RuntimeError(f"{name} {' '.join(map(str, arguments))} ended with "
                           f"{done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done
