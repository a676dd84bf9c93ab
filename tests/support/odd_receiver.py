"""A receiver of mail that behaves as a test says, and remembers what it took.

    class Greylister(Receiver):
        def rcpt(self, session, address):
            return "450 4.2.0 greylisted, come back later" if self.first_time(address) else "250 ok"

    with Greylister("44.128.0.41") as receiver:
        ... receiver.taken, receiver.seen ...

Each method answers one command: a reply line or several, a bytes object that goes out as it is, or
one of the exceptions Hang (say nothing until the client goes), Drop (close), Reset (RST).
"""
import socket
import ssl
import struct
import threading


class Hang(Exception):
    """Nothing is said any more."""


class Drop(Exception):
    """The connection is closed."""


class Reset(Exception):
    """The connection is reset."""


class Session:
    def __init__(self, connection, number):
        self.connection = connection
        self.number = number  # from 1
        self.reader = connection.makefile("rb")
        self.sender, self.recipients = None, []
        self.tls = None  # its protocol's name

    def say(self, answer):
        if isinstance(answer, str):
            answer = "".join(f"{line}\r\n" for line in answer.split("\n")).encode()
        self.connection.sendall(answer)

    def start_tls(self, context):
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.reader = self.connection.makefile("rb")
        self.tls = self.connection.version()

    def content(self):
        """What stands between 354 and the final dot; None when the client goes before."""
        lines = []
        while True:
            line = self.reader.readline()
            if not line.endswith(b"\n"):
                return None
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)


class Receiver:
    """Takes everything. `tls` is an ssl context for STARTTLS."""

    def __init__(self, address, port=25, tls=None):
        self.address = address
        self.tls = tls
        self.taken = []   # (recipient, content) of every mail that came to its final dot
        self.seen = []    # commands, all sessions
        self.sessions = 0
        self._asked = {}
        self._lock = threading.Lock()
        self._server = socket.socket()
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server.bind((address, port))
        self._open = []

    def __enter__(self):
        self._server.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.close()
        for connection in self._open:
            connection.close()

    def first_time(self, what):
        """Whether this is asked for the first time."""
        with self._lock:
            self._asked[what] = self._asked.get(what, 0) + 1
            return self._asked[what] == 1

    def forget(self):
        """All is the first time again."""
        with self._lock:
            self._asked.clear()

    def copies(self, recipient):
        return [content for address, content in self.taken if address == recipient]

    def _accept(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                self.sessions += 1
                self._open.append(connection)
                session = Session(connection, self.sessions)
            threading.Thread(target=self._run, args=(session,), daemon=True).start()

    def _run(self, session):
        try:
            session.say(self.banner(session))
            while line := session.reader.readline():
                text = line.decode("latin-1").strip()
                self.seen.append(text)
                if self._command(session, text):
                    break
            session.connection.close()
        except Hang:
            self._wait_for_client(session)
        except Reset:
            linger = struct.pack("ii", 1, 0)
            session.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            session.connection.close()
            session.reader.close()
        except (Drop, OSError, ValueError):
            session.reader.close()
            session.connection.close()

    @staticmethod
    def _wait_for_client(session):
        try:
            while session.connection.recv(4096):
                pass
        except OSError:
            pass

    def _command(self, session, text):
        """Answers one line; whether the session is over."""
        verb, _, rest = text.partition(" ")
        verb = verb.upper()
        address = rest[rest.find("<") + 1:rest.find(">")]
        if verb in ("EHLO", "HELO"):
            session.say(self.ehlo(session))
        elif verb == "STARTTLS":
            self.starttls(session)
        elif verb == "MAIL":
            session.sender, session.recipients = address, []
            session.say(self.mail(session, address))
        elif verb == "RCPT":
            answer = self.rcpt(session, address)
            if answer[:1] in ("2", b"2"):
                session.recipients.append(address)
            session.say(answer)
        elif verb == "DATA":
            self._data(session)
        elif verb == "QUIT":
            session.say("221 2.0.0 bye")
            return True
        else:
            session.say("250 2.0.0 ok")
        return False

    def _data(self, session):
        answer = self.data(session)
        session.say(answer)
        if not answer.startswith("354"):
            return
        content = session.content()
        if content is None:
            raise Drop
        self.taken += [(address, content) for address in session.recipients]
        session.say(self.end(session, content))

    # --- what a test replaces ---

    def banner(self, session):
        return f"220 {self.address} ESMTP"

    def ehlo(self, session):
        offers = ["8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING"]
        if self.tls and not session.tls:
            offers.append("STARTTLS")
        lines = [self.address, *offers]
        return "\n".join(["250-" + line for line in lines[:-1]] + ["250 " + lines[-1]])

    def starttls(self, session):
        session.say("220 2.0.0 go ahead")
        session.start_tls(self.tls)

    def mail(self, session, address):
        return "250 2.1.0 ok"

    def rcpt(self, session, address):
        return "250 2.1.5 ok"

    def data(self, session):
        return "354 go on"

    def end(self, session, content):
        return "250 2.0.0 taken"


def tls_context(chain, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


def old_tls_context(chain, key):
    """TLS 1.0 and nothing newer."""
    context = tls_context(chain, key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1
    return context
