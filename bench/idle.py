#!/usr/bin/python3 -B
"""Connections that clients hold open and say nothing on: how much of our memory each takes at the
SMTP and HTTP listeners, in plain and under TLS, beside what each takes in the client.

    bench/idle.py [--connections 1900]      a listener takes 2,000 SMTP sessions
"""
import argparse
import gc
import socket
import ssl
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests/support"),
                str(Path(__file__).resolve().parent / "support")]

import measure  # noqa: E402
import relays  # noqa: E402
from ports import free_port  # noqa: E402

PER_CLIENT = 40  # connections from one address: the listeners bound them
ANY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ANY.check_hostname = False
ANY.verify_mode = ssl.CERT_NONE


def connect(port, number, tls):
    client = socket.socket()
    client.bind((f"127.0.{1 + number // PER_CLIENT // 250}.{1 + number // PER_CLIENT % 250}", 0))
    client.settimeout(30)
    client.connect(("127.0.0.1", port))
    return ANY.wrap_socket(client) if tls else client


def expect(client, start):
    got = client.recv(4096)
    if not got.startswith(start):
        raise RuntimeError(f"not {start} but {got[:200]}")
    return client


def smtp(port, number, tls):
    client = expect(connect(port, number, tls), b"220")
    client.sendall(b"EHLO idle.example\r\n")
    return expect(client, b"250")


def http(port, number, tls):
    client = connect(port, number, tls)
    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
    return expect(client, b"HTTP/1.1 200")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=1900)
    options = parser.parse_args()
    ports = {name: free_port() for name in ("relay", "https")}
    settings = {"relay.listen": f"127.0.0.1:{ports['relay']}", "relay.trusted": "127.0.0.0/8",
                "https.listen": f"127.0.0.1:{ports['https']}"}
    rows = []
    for name, tls, budget, hello in (("SMTP", False, 16, smtp), ("SMTP", True, 64, smtp),
                                     ("HTTP keep-alive", False, 16, http),
                                     ("HTTPS keep-alive", True, 64, http)):
        with relays.ready_house(settings) as house:
            port = {("SMTP", False): ports["relay"], ("SMTP", True): house.tls_port,
                    ("HTTP keep-alive", False): house.http_port,
                    ("HTTPS keep-alive", True): ports["https"]}[name, tls]
            hello(port, 0, tls).close()
            before, ours = measure.memory(house.pid), measure.memory("self")
            clients = [hello(port, number, tls) for number in range(options.connections)]
            each = (measure.memory(house.pid) - before) / len(clients) / 1024
            client_each = (measure.memory("self") - ours) / len(clients) / 1024
            rows.append([name + (" in TLS" if tls and name == "SMTP" else ""), len(clients),
                         f"{each:.1f}", budget, f"{each / budget:.2f}", f"{client_each:.1f}"])
            for client in clients:
                client.close()
            del clients
            gc.collect()
    measure.table(["idle connections", "open", "KiB each", "budget", "of budget",
                   "KiB in the client (Python)"], rows)


if __name__ == "__main__":
    main()
