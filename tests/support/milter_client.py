"""A mail server's side of the milter protocol, as far as a signer needs it: the message goes there,
the fields that the milter inserts come back.

    with Milter(unix_socket) as milter:
        fields = milter.inserted(message)      # [b"DKIM-Signature: ...\\r\\n"], first one first
"""
import socket
import struct

VERSION, ACTIONS = 6, 0x1FF
LEADING_SPACE = 0x100000  # SMFIP_HDR_LEADSPC: values come and go with the space behind the colon
CONTINUE, ACCEPT, TEMPFAIL, REJECT, DISCARD = b"c", b"a", b"t", b"r", b"d"
ADD_HEADER, INSERT_HEADER, NEGOTIATED = b"h", b"i", b"O"
FINAL = (CONTINUE, ACCEPT, TEMPFAIL, REJECT, DISCARD)
CHUNK = 65535


def split_header(message):
    """[(name, value as it stands, folds with LF alone)], body."""
    head, _, body = message.partition(b"\r\n\r\n")
    fields = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t"):
            fields[-1][1] += b"\n" + line
        else:
            name, _, value = line.partition(b":")
            fields.append([name, value])
    return fields, body


class Milter:
    def __init__(self, path):
        # Over TCP the milter's small packets would wait 40 ms for each other.
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rb")
        self.send(b"O", struct.pack(">III", VERSION, ACTIONS, LEADING_SPACE))
        code, data = self.receive()
        if code != NEGOTIATED or not struct.unpack(">I", data[8:12])[0] & LEADING_SPACE:
            raise RuntimeError(f"the milter does not take values as they stand: {code} {data!r}")
        self.ask(b"C", b"localhost\0" + b"4" + struct.pack(">H", 25) + b"127.0.0.1\0")
        self.ask(b"H", b"localhost\0")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.send(b"Q")
        self.file.close()
        self.socket.close()

    def send(self, code, data=b""):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + code + data)

    def receive(self):
        size, = struct.unpack(">I", self.file.read(4))
        packet = self.file.read(size)
        return packet[:1], packet[1:]

    def ask(self, code, data=b""):
        """The fields that come before the milter's last word, which must let the mail pass."""
        self.send(code, data)
        fields = []
        while True:
            code, data = self.receive()
            if code in FINAL:
                break
            if code == INSERT_HEADER:
                data = data[4:]
            if code in (INSERT_HEADER, ADD_HEADER):
                name, value = data.rstrip(b"\0").split(b"\0", 1)
                fields.append(name + b":" + value.replace(b"\r", b"").replace(b"\n", b"\r\n") +
                              b"\r\n")
        if code not in (CONTINUE, ACCEPT):
            raise RuntimeError(f"the milter said {code!r}")
        return fields

    def inserted(self, message):
        fields, body = split_header(message)
        self.ask(b"M", b"<a@example.org>\0")
        self.ask(b"R", b"<b@example.net>\0")
        for name, value in fields:
            self.ask(b"L", name + b"\0" + value + b"\0")
        self.ask(b"N")
        for at in range(0, len(body), CHUNK):
            self.ask(b"B", body[at:at + CHUNK])
        return self.ask(b"E")
