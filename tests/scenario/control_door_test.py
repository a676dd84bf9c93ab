"""The control door: what stands in the data directory answers nonsense with a sentence."""
import json
import os
import socket
import stat

import tap
from posthouse import Posthouse

BAD = [
    (b"nonsense\n", "malformed"),
    (b"{}\n", "missing_field"),
    (b'{"operation":7}\n', "missing_field"),
    (b'{"operation":"no.such"}\n', "not_found"),
    (b'{"operation":"domain.add","arguments":[]}\n', "malformed"),
    (b'{"operation":"domain.add","arguments":{"nmae":"x"}}\n', "unknown_field"),
    (b'{"operation":"domain.add","arguments":{"name":5,"account":"first"}}\n', "invalid_field"),
    (b'{"operation":"account.create","arguments":{"name":"a\\u0000b"}}\n', "invalid_field"),
    (b'{"operation":"account.create","arguments":{"name":"\xff"}}\n', "malformed"),
    (b'{"a":1,"a":2}\n', "malformed"),
    (b"[" * 5000 + b"\n", "malformed"),
    (b'{"operation":"queue.hold"}\n', "missing_field"),
    (b'{"operation":"message.show","arguments":{"id":"zz"}}\n', "not_found"),
]


class Door:
    def __init__(self, data):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(os.path.join(data, "control.sock"))
        self.file = self.socket.makefile("rb")

    def say(self, line):
        self.socket.sendall(line)
        return json.loads(self.file.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()


def main():
    with Posthouse("quickstart") as house:
        data = str(house.data)
        with tap.check("the socket is its owner's alone"):
            mode = os.stat(os.path.join(data, "control.sock")).st_mode
            tap.equal(stat.S_IMODE(mode), 0o600)
        with tap.check("each wrong line has its reason, all over one connection"):
            with Door(data) as door:
                for line, reason in BAD:
                    answer = door.say(line)
                    tap.equal(answer["ok"], False, line)
                    tap.equal(answer["error"]["reason"], reason, line)
                tap.equal(door.say(b'{"operation":"queue.summary"}\n')["ok"], True)
        with tap.check("a line in pieces is a line; half a line and silence is nothing"):
            with Door(data) as door:
                for piece in (b'{"operation":', b'"account.list"', b"}"):
                    door.socket.sendall(piece)
                tap.equal(len(door.say(b"\n")["result"]["items"]), 1)
                door.socket.sendall(b'{"operation":"account.create","arguments":{"name":"half"}}')
        with tap.check("what was cut off was not done"):
            names = [a["name"] for a in house.verb("account", "list")["items"]]
            tap.equal(names, ["first"])
    tap.done()


if __name__ == "__main__":
    main()
