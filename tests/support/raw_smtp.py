"""One SMTP connection byte by byte: what smtplib would tidy up is what an attack needs.

    with RawSmtp(port, tls="starttls") as session:
        session.hello()
        session.login("news@acme.example", "Secret4Mail2go")
        code, lines = session.say("MAIL FROM:<news@acme.example>")
        session.send(b"...", cuts=[3, 4])      # as three segments
        replies = session.replies_to_end()     # of a session that says QUIT or is closed
"""
import base64
import socket
import ssl
import time

PAUSE = 0.0008  # between two segments, so that they are read apart


def context():
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


CONTEXT = context()


class RawSmtp:
    """`tls` is none, starttls or implicit; `source` the client's address."""

    def __init__(self, port, tls="none", source="127.0.0.1", seconds=20):
        self.socket = socket.create_connection(("127.0.0.1", port), seconds, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tls = tls
        self._read = b""
        if tls == "implicit":
            self.start_tls()
        self.greeting = self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def start_tls(self):
        self.socket = CONTEXT.wrap_socket(self.socket, server_hostname="mx.house.example",
                                          suppress_ragged_eofs=True)

    def send(self, content, cuts=()):
        """In one segment, or cut at these places."""
        last = 0
        for cut in [*cuts, len(content)]:
            if cut <= last:
                continue
            if last:
                time.sleep(PAUSE)
            self.socket.sendall(content[last:cut])
            last = cut

    def line(self):
        """The next line without its end; None at the end of the connection."""
        while b"\r\n" not in self._read:
            try:
                more = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                more = b""
            if not more:
                return None
            self._read += more
        found, _, self._read = self._read.partition(b"\r\n")
        return found.decode("utf-8", "replace")

    def reply(self):
        """(code, [texts]); (0, []) at the end of the connection."""
        texts = []
        while True:
            line = self.line()
            if line is None:
                return 0, texts
            texts.append(line[4:])
            if line[3:4] != "-":
                return int(line[:3]), texts

    def say(self, command):
        self.send(command if isinstance(command, bytes) else command.encode() + b"\r\n")
        return self.reply()

    def hello(self, name="client.example"):
        """EHLO, and STARTTLS where it is wanted."""
        found = self.say(f"EHLO {name}")
        if self.tls == "starttls" and not isinstance(self.socket, ssl.SSLSocket):
            code, said = self.say("STARTTLS")
            if code != 220:
                raise RuntimeError(f"STARTTLS: {code} {said}")
            self.start_tls()
            found = self.say(f"EHLO {name}")
        return found

    def login(self, name, password):
        return self.say("AUTH PLAIN " + plain(name, password))

    def envelope(self, sender, *recipients, parameters=""):
        """MAIL and RCPT; the codes."""
        codes = [self.say(f"MAIL FROM:<{sender}>{parameters}")[0]]
        return codes + [self.say(f"RCPT TO:<{r}>")[0] for r in recipients]

    def replies_to_end(self):
        """Every (code, texts) until the server closes."""
        out = []
        while True:
            code, texts = self.reply()
            if not code:
                return out
            out.append((code, texts))


def plain(name, password, authzid=""):
    return base64.b64encode(f"{authzid}\0{name}\0{password}".encode()).decode()
