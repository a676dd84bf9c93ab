"""Signs HTTP requests with TC3-HMAC-SHA256 as clients of Tencent Cloud do: the tests' own, written
from the documents, and wire-exact, so that a test can change any byte after signing.

    request = tc3.Request("SendEmail", {"Subject": "s"}, host="127.0.0.1:8080")
    request.sign(tc3.Key(secret_id, secret_key))
    status, answer = request.send(port)
"""
import copy
import dataclasses
import datetime
import hashlib
import hmac
import json
import socket
import time

VERSION = "2020-10-02"
SIGNED = ("content-type", "host")
WAIT_SECONDS = 20


@dataclasses.dataclass(frozen=True)
class Key:
    secret_id: str
    secret_key: str


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def date_of(timestamp):
    moment = datetime.datetime.fromtimestamp(int(timestamp), datetime.timezone.utc)
    return moment.strftime("%Y-%m-%d")


class Request:
    """Headers are a list of [name, value], in the order in which they are sent."""

    def __init__(self, action, parameters=None, host="127.0.0.1", timestamp=None):
        self.method = "POST"
        self.path = "/"
        self.query = ""
        self.body = json.dumps(parameters if parameters is not None else {}).encode()
        self.headers = [["Host", host], ["X-TC-Action", action], ["X-TC-Version", VERSION],
                        ["X-TC-Timestamp", str(int(time.time() if timestamp is None
                                                   else timestamp))],
                        ["X-TC-Language", "en-US"], ["Content-Type", "application/json"]]

    def copy(self):
        return copy.deepcopy(self)

    def header(self, name):
        """The [name, value] of a header."""
        return next(h for h in self.headers if h[0].lower() == name.lower())

    def set(self, name, value):
        found = [h for h in self.headers if h[0].lower() == name.lower()]
        if found:
            found[0][1] = value
        else:
            self.headers.append([name, value])
        return self

    def remove(self, name):
        self.headers = [h for h in self.headers if h[0].lower() != name.lower()]
        return self

    def sign(self, key, service="ses", names=SIGNED, values=None, payload=None):
        """`values` are signed instead of what is sent, `payload` instead of the body."""
        values = values or {}
        headers = "".join(f"{n}:{values.get(n, self.header(n)[1])}\n" for n in names)
        digest = sha256(self.body if payload is None else payload)
        canonical = "\n".join([self.method, "/", self.query, headers, ";".join(names), digest])
        timestamp = self.header("X-TC-Timestamp")[1]
        scope = f"{date_of(timestamp)}/{service}/tc3_request"
        text = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{sha256(canonical.encode())}"
        signing = ("TC3" + key.secret_key).encode()
        for part in scope.split("/"):
            signing = _hmac(signing, part)
        self.set("Authorization", f"TC3-HMAC-SHA256 Credential={key.secret_id}/{scope}, "
                 f"SignedHeaders={';'.join(names)}, Signature={_hmac(signing, text).hex()}")
        return self

    def wire(self, line_end="\r\n"):
        """The bytes of the request."""
        target = self.path + ("?" + self.query if self.query else "")
        lines = [f"{self.method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in self.headers),
                 f"Content-Length: {len(self.body)}", "", ""]
        return line_end.join(lines).encode("latin-1") + self.body

    def send(self, port):
        """(status, JSON or None) of a fresh connection to loopback."""
        with Connection(port) as connection:
            return connection.exchange(self)


class Connection:
    """One kept connection to loopback; opened anew where the server closed it."""

    def __init__(self, port):
        self.port = port
        self._socket = None
        self._input = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._socket:
            self._socket.close()
        self._socket, self._input = None, b""

    def exchange(self, request):
        for fresh in (False, True):
            if fresh or self._socket is None:
                self.close()
                self._socket = socket.create_connection(("127.0.0.1", self.port), WAIT_SECONDS)
            try:
                self._socket.sendall(request.wire())
                return self._read_answer()
            except (ConnectionError, BrokenPipeError):
                if fresh:
                    raise
        raise AssertionError("unreachable")

    def _read_answer(self):
        head = self._read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        fields = {n.strip().lower(): v.strip() for n, _, v in (h.partition(":") for h in head[1:])}
        body = self._read_bytes(int(fields.get("content-length", 0)))
        if fields.get("connection", "").lower() == "close":
            self.close()
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = None
        return int(head[0].split()[1]), parsed

    def _more(self):
        piece = self._socket.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self._input += piece

    def _read_until(self, mark):
        while mark not in self._input:
            self._more()
        head, self._input = self._input.split(mark, 1)
        return head

    def _read_bytes(self, size):
        while len(self._input) < size:
            self._more()
        out, self._input = self._input[:size], self._input[size:]
        return out


def error_code(answer):
    """Error.Code of a parsed answer, or None where it is a success."""
    return ((answer or {}).get("Response", {}).get("Error") or {}).get("Code")
