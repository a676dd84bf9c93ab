"""The release binary as a test's server, its verbs, and its HTTP.

    with Posthouse() as house:
        house.verb("domain", "add", "news.sandbox.example")
        status, body = house.post("/api/v1/messages", {...}, token=token)

It listens on free ports of loopback, with a data directory of its own that goes with it. A server
that does not stop cleanly when asked, or that ends by itself, fails the test.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

from ports import free_port, wait_for

PROJECT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("POSTHOUSE_BINARY", PROJECT / "build/release/posthouse"))
READY_SECONDS = 60
STOP_SECONDS = 30


def run_binary(*words, stdin=b"", seconds=60):
    """The binary as a person runs it, bytes in and out: diagnosis verbs, wrong usage."""
    return subprocess.run([str(BINARY), *map(str, words)], input=stdin, capture_output=True,
                          timeout=seconds, check=False)


def toml(value):
    """A value of Python as --set wants it."""
    return value if isinstance(value, str) else json.dumps(value)


class VerbFailed(RuntimeError):
    def __init__(self, line, done):
        super().__init__(f"{' '.join(line[1:])} ended with {done.returncode}: "
                         f"{(done.stderr or done.stdout).strip()}")
        self.status = done.returncode
        self.output = done.stdout
        self.error = done.stderr


class Posthouse:
    """`start` is "serve" or "quickstart"; `settings` are config keys, added to free ports."""

    def __init__(self, start="serve", settings=None, data=None):
        self.start_verb = start
        self.http_port, self.submission_port = free_port(), free_port()
        self.tls_port, self.inbound_port = free_port(), free_port()
        self.settings = {
            "http.listen": f"127.0.0.1:{self.http_port}",
            "submission.listen": f"127.0.0.1:{self.submission_port}",
            "submission.tls_listen": f"127.0.0.1:{self.tls_port}",
            "inbound.listen": f"127.0.0.1:{self.inbound_port}",
            **(settings or {}),
        }
        self.prefix = []  # a command that runs the server: strace
        self.prefix_environment = None
        self.url = f"http://127.0.0.1:{self.http_port}"
        self._own_data = data is None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="posthouse-data-"))
        self.output = []  # lines of stdout
        self.log_path = self.data.with_name(self.data.name + ".log")
        self._log = None
        self._server = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is not None:
                print("\n".join(f"#   {line}" for line in self.log().splitlines()[-60:]))
            self.stop()
        finally:
            self._remove()

    def _remove(self):
        self.kill()
        if self._own_data and self._log:
            self._log.unlink(missing_ok=True)
        if self._own_data:
            shutil.rmtree(self.data, ignore_errors=True)

    def arguments(self):
        line = ["--data", str(self.data)]
        for key, value in self.settings.items():
            line += ["--set", f"{key}={toml(value)}"]
        return line

    def start(self):
        """Starts the server and waits for its line `ready`."""
        self._log = self.log_path
        with open(self._log, "ab") as errors:
            self._server = subprocess.Popen(
                [*self.prefix, str(BINARY), self.start_verb, *self.arguments()],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
                env=self.prefix_environment)
        ready = threading.Event()
        threading.Thread(target=self._read, args=(self._server, ready), daemon=True).start()
        wait_for("the line ready", lambda: ready.is_set() or self._ended(), READY_SECONDS)

    def _read(self, server, ready):
        for line in server.stdout:
            self.output.append(line.rstrip("\n"))
            if line.strip() == "ready":
                ready.set()

    def _ended(self):
        if self._server.poll() is not None:
            raise RuntimeError(f"posthouse ended with {self._server.returncode} before it was "
                               f"ready: {self.log()[-2000:]}")
        return False

    def stop(self):
        """Asks the server to end, as a person would, and insists that it ends well."""
        if self._server is None:
            return
        self.ask_to_end()
        try:
            status = self._server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"posthouse did not stop within {STOP_SECONDS} s") from None
        self._server = None
        if status != 0:
            raise RuntimeError(f"posthouse ended with {status}: {self.log()[-2000:]}")

    def running(self):
        return self._server is not None and self._server.poll() is None

    def ask_to_end(self):
        if self.running():
            self.signal(signal.SIGTERM)

    def wait_for_end(self):
        """Until a server that was told to stop has ended; gives its exit status."""
        return self._server.wait(STOP_SECONDS)

    def kill(self):
        """Ends it at once, as a power cut would."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def signal(self, number):
        self._server.send_signal(number)

    def pause(self, seconds):
        """Stops it for a while, as a machine that hangs does."""
        self.signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.signal(signal.SIGCONT)

    def start_and_kill(self, seconds):
        """Starts the server and ends it at once after so long, ready or not."""
        with open(self._log, "ab") as errors:
            self._server = subprocess.Popen(
                [str(BINARY), self.start_verb, *self.arguments()], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=errors)
        time.sleep(seconds)
        self.kill()

    def restart(self):
        self.stop()
        self.start()

    @property
    def pid(self):
        return self._server.pid

    def log(self):
        return self._log.read_text(errors="replace") if self._log and self._log.exists() else ""

    def run(self, *words, stdin=None, seconds=60):
        """A verb as a person types it: the finished process. Without a running server it gets the
        server's settings, because it does the work itself."""
        line = [str(BINARY), *map(str, words)]
        line += ["--data", str(self.data)] if self._server else self.arguments()
        return subprocess.run(line, input=stdin, text=True, capture_output=True, timeout=seconds,
                              check=False)

    def verb(self, *words, stdin=None):
        """A verb with --json: what it answers; VerbFailed where it refuses."""
        done = self.run(*words, "--json", stdin=stdin)
        if done.returncode != 0:
            raise VerbFailed([str(BINARY), *map(str, words)], done)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def request(self, method, path, body=None, token=None, headers=None):
        """One HTTP exchange: (status, parsed JSON or text, headers). `body` is JSON or bytes."""
        head = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            head.setdefault("Content-Type", "application/json")
        if token:
            head["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.url + path, data=body, headers=head, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, _parsed(answer), answer.headers
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, _parsed(answer), answer.headers

    def get(self, path, token=None):
        return self.request("GET", path, token=token)[:2]

    def fetch(self, path, token=None):
        """The bytes of one GET, whatever their type."""
        request = urllib.request.Request(self.url + path)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def post(self, path, body=None, token=None, headers=None):
        return self.request("POST", path, body, token, headers)[:2]

    def delete(self, path, token=None):
        return self.request("DELETE", path, token=token)[:2]


def _parsed(answer):
    body = answer.read()
    if "json" in (answer.headers.get("Content-Type") or ""):
        return json.loads(body)
    return body.decode("utf-8", "replace")
