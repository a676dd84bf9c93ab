"""A receiver that keeps what came over the wire as it came, octet by octet.

    with WireSink() as sink:
        ... deliver to 127.0.0.1:sink.port ...
        mail = sink.wait_for("anna@dest.example")
        mail.mail_from, mail.rcpt_to, mail.raw   # raw: with its dots doubled, without the end

It takes everything. Its only end of data is CRLF.CRLF; whatever else could be one somewhere is
left in `raw` for the test to find.
"""
import dataclasses
import socket
import threading

from ports import wait_for


@dataclasses.dataclass
class WireMail:
    mail_from: str
    rcpt_to: list
    raw: bytes
    commands: list

    def content(self):
        """As its reader has it: without the doubled dots."""
        return self.raw.replace(b"\r\n..", b"\r\n.")

    def head(self):
        return self.content().partition(b"\r\n\r\n")[0] + b"\r\n"

    def body(self):
        return self.content().partition(b"\r\n\r\n")[2]

    def header_names(self):
        return [line.partition(b":")[0].decode() for line in self.head().split(b"\r\n")
                if line and line[:1] not in b" \t"]

    def faults(self):
        """What no line of a mail on the wire may have."""
        found = []
        rest = self.raw.replace(b"\r\n", b"")
        found += [name for mark, name in ((b"\r", "bare CR"), (b"\n", "bare LF"), (b"\0", "NUL"))
                  if mark in rest]
        for line in self.raw.split(b"\r\n"):
            if line.startswith(b".") and not line.startswith(b".."):
                found.append(f"a dot that is not doubled: {line[:40]!r}")
            if len(line) > 998 + (line[:1] == b"."):
                found.append(f"a line of {len(line)} octets")
        eight_bit = any(byte > 127 for byte in self.raw)
        declared = any("BODY=8BITMIME" in c.upper() for c in self.commands)
        if eight_bit and not declared:
            found.append("8-bit octets without BODY=8BITMIME")
        return found


class WireSink:
    extensions = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 52428800"]

    def __init__(self, extensions=None):
        self.mails = []
        self.streams = []  # every octet of each connection
        if extensions is not None:
            self.extensions = extensions
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        stream = bytearray()
        with self._lock:
            self.streams.append(stream)
        try:
            with connection:
                connection.settimeout(120)
                self._talk(connection, stream)
        except OSError:
            pass

    def _talk(self, connection, stream):
        buffer = b""

        def until(mark):
            nonlocal buffer
            while mark not in buffer:
                more = connection.recv(65536)
                if not more:
                    raise OSError("closed")
                stream.extend(more)
                buffer += more
            found, _, buffer = buffer.partition(mark)
            return found

        connection.sendall(b"220 sink.example ESMTP\r\n")
        commands = []
        while True:
            line = until(b"\r\n")
            verb = line[:4].upper()
            if verb == b"EHLO":
                words = ["sink.example", *self.extensions]
                connection.sendall(b"".join(
                    f"250{'-' if i + 1 < len(words) else ' '}{w}\r\n".encode()
                    for i, w in enumerate(words)))
                continue
            if verb == b"DATA":
                connection.sendall(b"354 go\r\n")
                raw = until(b"\r\n.\r\n")
                self._keep(commands, raw)
                commands = []
            elif verb == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            elif verb == b"RSET":
                commands = []
            else:
                commands.append(line.decode("utf-8", "replace"))
            connection.sendall(b"250 ok\r\n")

    def _keep(self, commands, raw):
        def path(command):
            return command[command.index("<") + 1:command.rindex(">")]
        sender = next(path(c) for c in commands if c.upper().startswith("MAIL"))
        recipients = [path(c) for c in commands if c.upper().startswith("RCPT")]
        with self._lock:
            self.mails.append(WireMail(sender, recipients, raw, commands))

    def to(self, address):
        with self._lock:
            return [m for m in self.mails if address in m.rcpt_to]

    def wait_for(self, address, count=1, seconds=30):
        found = wait_for(f"{count} mail for {address} at the sink",
                         lambda: len(self.to(address)) >= count and self.to(address), seconds)
        return found[-1]
