"""Unmodified clients of Tencent Cloud SES, each behind a small driver in tests/sdk: an order on its
standard input, the answers of the calls on its output (tests/sdk/tencent_nodejs.mjs says which).

    client = sdk.python()
    answers = client.call({"endpoint": ..., "secret_id": ..., "calls": [["ListEmailAddress", {}]]})

A client whose registry cannot be reached is Unavailable, with the reason; a client that is there
and does not build or start is an error.
"""
import glob
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
DRIVERS = PROJECT / "tests" / "sdk"
BUILT = PROJECT / "build" / "sdk"
FETCH_SECONDS = 200
CALL_SECONDS = 60
# What package managers say when the registry is away or has no such thing, and the package itself
# is not at fault.
AWAY = ("Could not resolve", "Temporary failure", "Name or service not known", "no such host",
        "Connection refused", "connection refused", "Network is unreachable", "ConnectTimeout",
        "network is unreachable", "i/o timeout", "timed out", "TLS handshake timeout",
        "Max retries exceeded", "No matching distribution", "403 Forbidden", "not available",
        "503 Service", "502 Bad Gateway", "dial tcp", "GOPROXY=off", "EAI_AGAIN",
        "ECONNREFUSED", "ENOTFOUND", "ETIMEDOUT", "ENETUNREACH")


class Unavailable(RuntimeError):
    """The client cannot be had on this machine; the words say why."""


class Client:
    def __init__(self, name, command, environment=None):
        self.name = name
        self.command = command
        self.environment = {**os.environ, **(environment or {}), "no_proxy": "127.0.0.1,localhost"}

    def call(self, order):
        """One answer a call: {"result"} or {"error"}."""
        done = subprocess.run(self.command, input=json.dumps(order), text=True, capture_output=True,
                              timeout=CALL_SECONDS, env=self.environment, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {done.stderr.strip() or done.stdout.strip()}")
        return json.loads(done.stdout.splitlines()[-1])


def nodejs():
    package = DRIVERS / "node_modules" / "tencentcloud-sdk-nodejs-ses"
    if not package.is_dir():
        _fetch([str(PROJECT / "tools" / "npm"), "ci", str(DRIVERS)], {})
    return Client("Node.js", ["node", str(DRIVERS / "tencent_nodejs.mjs")])


def python():
    wanted = DRIVERS / "python-requirements.txt"
    place = BUILT / "python"
    with _Once(place, wanted.read_bytes()) as fresh:
        if fresh:
            pip, environment = _pip()
            _fetch([*pip, "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                    "--only-binary=:all:", "--require-hashes", "--target", str(place),
                    "--requirement", str(wanted)], environment)
    return Client("Python", [sys.executable, "-B", str(DRIVERS / "tencent_python.py")],
                  {"PYTHONPATH": str(place)})


def _pip():
    """pip as a command: the interpreter's own, or Debian's wheel of it, which needs no install."""
    wheels = sorted(glob.glob("/usr/share/python-wheels/pip-*.whl"))
    if wheels:
        return [sys.executable, "-m", "pip"], {"PYTHONPATH": wheels[-1]}
    own = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True,
                         check=False)
    if own.returncode != 0:
        raise Unavailable("there is no pip")
    return [sys.executable, "-m", "pip"], {}


def go(name="tencent_go"):
    program = shutil.which("go")
    if not program:
        raise Unavailable("there is no go")
    source, place = DRIVERS / name, BUILT / name
    parts = sorted(source.iterdir())
    with _Once(place, b"".join(part.read_bytes() for part in parts)) as fresh:
        if fresh:
            place.mkdir(parents=True, exist_ok=True)
            _fetch([program, "build", "-mod=readonly", "-o", str(place / "client"), "."],
                   {"GOTOOLCHAIN": "local"}, source)
    return Client("Go", [str(place / "client")])


class _Once:
    """A directory made once for some content: true inside `with` where it must be made anew."""

    def __init__(self, place, content):
        self.place = place
        self.stamp = place.with_name(place.name + ".stamp")
        self.digest = hashlib.sha256(content).hexdigest()

    def __enter__(self):
        fresh = not self.stamp.exists() or self.stamp.read_text() != self.digest
        if fresh:
            shutil.rmtree(self.place, ignore_errors=True)
            self.place.parent.mkdir(parents=True, exist_ok=True)
        return fresh

    def __exit__(self, kind, *_):
        if kind is None:
            self.stamp.write_text(self.digest)


def _fetch(command, environment, directory=None):
    try:
        done = subprocess.run(command, text=True, capture_output=True, timeout=FETCH_SECONDS,
                              cwd=directory, env={**os.environ, **environment}, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"its registry gave nothing within {FETCH_SECONDS} s") from None
    if done.returncode == 0:
        return
    said = (done.stderr + done.stdout).strip()
    away = [line for line in said.splitlines() if any(word in line for word in AWAY)]
    if away:
        raise Unavailable(f"its registry cannot be reached: {away[-1].strip()}")
    raise RuntimeError(f"{' '.join(command)}: {said[-2000:]}")
