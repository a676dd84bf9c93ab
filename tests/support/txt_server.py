"""Runs one program in a network namespace where the only name server answers TXT from a file.

    unshare --mount --net python3 txt_server.py DIRECTORY PROGRAM ARGUMENT...

DIRECTORY/records.json has the texts by name; DIRECTORY/mail is the program's standard input. Made
for dkim_opinions.py; it must not run outside a namespace, and refuses to.
"""
import fcntl
import json
import pathlib
import socket
import struct
import subprocess
import sys
import threading

SIOCSIFFLAGS, IFF_UP = 0x8914, 1
TXT, CLASS_IN, NXDOMAIN = 16, 1, 3


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def own_resolver(directory):
    config = directory / "resolv.conf"
    config.write_text("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
    subprocess.run(["mount", "--bind", str(config), "/etc/resolv.conf"], check=True)


def question_of(query):
    """The name asked for, the type, and where the question ends."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace").lower())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0], at + 5


def answer(query, records):
    name, kind, end = question_of(query)
    text = records.get(name)
    flags = 0x8580 | (0 if text is not None else NXDOMAIN)
    found = text is not None and kind == TXT
    head = query[:2] + struct.pack(">HHHHH", flags, 1, 1 if found else 0, 0, 0)
    if not found:
        return head + query[12:end]
    octets = text.encode()
    parts = [octets[i:i + 255] for i in range(0, len(octets), 255)]
    data = b"".join(bytes([len(part)]) + part for part in parts)
    return head + query[12:end] + struct.pack(">HHHIH", 0xC00C, TXT, CLASS_IN, 60,
                                              len(data)) + data


def serve(server, records):
    while True:
        query, client = server.recvfrom(4096)
        server.sendto(answer(query, records), client)


def main():
    if len(socket.if_nameindex()) != 1:
        sys.exit("txt_server.py: only in a network namespace of its own")
    directory = pathlib.Path(sys.argv[1])
    records = json.loads((directory / "records.json").read_text())
    loopback_up()
    own_resolver(directory)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=serve, args=(server, records), daemon=True).start()
    with open(directory / "mail", "rb") as mail:
        sys.exit(subprocess.run(sys.argv[2:], stdin=mail, check=False).returncode)


main()
