"""A real Knot DNS, unpacked and not installed, authoritative for the zones of one test.

    with Knot({"sender.example": ["@ MX 10 mx", "mx A 127.0.0.1"]}) as dns:
        dns.update("sender.example", delete=["@ MX"], add=["@ 60 MX 10 other.example."])
        ... ask 127.0.0.1:dns.port ...

Zone lines are of a zone file, `@` being the zone itself; SOA and NS are added. Updates go by
RFC 2136, signed with TSIG, and are answered from at once. `tsig_name` and `tsig_secret` are the
key. It listens on loopback only, UDP and TCP; in a network of the test's own (own_network.py) it
has an `address`, on port 53. Zones in `signed` it signs by itself, and ds(zone) is what their
parent says of them.
"""
import base64
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import unpacked
from ports import free_port, listening, wait_for

CONFIG = """\
server:
    rundir: {base}
    listen: {address}@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    automatic-acl: off
log:
  - target: {base}/log
    any: info
database:
    storage: {base}/db
    journal-db-max-size: 16M
key:
  - id: {name}
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: writer
    key: {name}
    action: [update, transfer]
policy:
  - id: fast
    algorithm: ecdsap256sha256
    cds-cdnskey-publish: none
template:
  - id: default
    storage: {base}
    acl: writer
    journal-content: changes
    zonefile-sync: -1
zone:
"""


class Knot:
    def __init__(self, zones, ttl=60, address="127.0.0.1", signed=()):
        self.zones = zones
        self.ttl = ttl
        self.address = address
        self.signed = signed
        self.port = free_port() if address == "127.0.0.1" else 53
        self.tsig_name = "writer"
        self.tsig_secret = base64.b64encode(os.urandom(32)).decode()
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-knot-"))
        self._server = None

    def __enter__(self):
        try:
            self._write()
            self._start()
            wait_for(f"Knot on port {self.port}", lambda: listening(self.port, self.address))
            for zone in self.zones:
                wait_for(f"Knot serving {zone}", lambda z=zone: "SOA" in self.ask(z, "SOA"))
        except BaseException as error:
            error.add_note(self.log())
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._server and self._server.poll() is None:
            self._server.send_signal(signal.SIGTERM)
            self._server.wait(20)
        shutil.rmtree(self.base, ignore_errors=True)

    def _write(self):
        (self.base / "db").mkdir()
        config = CONFIG.format(base=self.base, address=self.address, port=self.port,
                               name=self.tsig_name, secret=self.tsig_secret)
        for zone, lines in self.zones.items():
            config += f"  - domain: {zone}\n    file: {zone}.zone\n"
            if zone in self.signed:
                config += "    dnssec-signing: on\n    dnssec-policy: fast\n"
            head = [f"$ORIGIN {zone}.", f"$TTL {self.ttl}",
                    f"@ SOA ns.{zone}. hostmaster.{zone}. 1 3600 600 86400 {self.ttl}",
                    f"@ NS ns.{zone}.", f"ns A {self.address}"]
            (self.base / f"{zone}.zone").write_text("\n".join([*head, *lines, ""]))
        (self.base / "knot.conf").write_text(config)

    def _start(self):
        # Knot holds no privilege that matters here, so it runs as whoever runs the test.
        output = open(self.base / "output", "wb")
        self._server = subprocess.Popen(
            [unpacked.program("knotd"), "-c", str(self.base / "knot.conf")],
            env=unpacked.environment(), stdout=output, stderr=subprocess.STDOUT)

    def log(self):
        found = [f.read_text(errors="replace") for f in (self.base / "log", self.base / "output")
                 if f.exists()]
        return "\n".join(found) or "Knot wrote no log"

    def ask(self, name, kind, *options):
        """What kdig prints for one question: record lines, or nothing."""
        done = subprocess.run(
            [unpacked.program("kdig"), f"@{self.address}", "-p", str(self.port), "+noall",
             "+answer", "+timeout=1", "+retry=1", *options, name, kind],
            env=unpacked.environment(), text=True, capture_output=True, timeout=20, check=False)
        return done.stdout

    def update(self, zone, add=(), delete=()):
        """One signed dynamic update; `add` as `NAME TTL TYPE DATA`, `delete` as `NAME TYPE`."""
        lines = [f"server {self.address} {self.port}", f"zone {zone}.", f"origin {zone}.",
                 f"key hmac-sha256:{self.tsig_name} {self.tsig_secret}"]
        lines += [f"del {record}" for record in delete]
        lines += [f"add {record}" for record in add]
        done = subprocess.run([unpacked.program("knsupdate")], env=unpacked.environment(),
                              input="\n".join([*lines, "send", "quit", ""]), text=True,
                              capture_output=True, timeout=20, check=False)
        said = done.stdout + done.stderr
        if done.returncode != 0 or "error" in said.lower():
            raise RuntimeError(f"dynamic update of {zone} refused: {said.strip()}\n"
                               + self.log())

    def publish(self, zone, domain):
        """What `domain records` wants, by one update."""
        self.update(zone, add=[zone_line(record, self.ttl) for record in domain["records"]])

    def ds(self, zone):
        """DS lines of a zone that Knot signs."""
        keys = wait_for(f"keys of {zone}", lambda: self.ask(zone, "DNSKEY"))
        done = subprocess.run([unpacked.program("dnssec-dsfromkey"), "-2", "-f", "-", zone + "."],
                              env=unpacked.environment(), input=keys, text=True,
                              capture_output=True, timeout=20, check=True)
        return done.stdout.splitlines()


def quoted(text):
    """A TXT record's data: strings of at most 255 octets."""
    return " ".join(f'"{text[i:i + 255]}"' for i in range(0, len(text), 255))


def zone_line(record, ttl=""):
    """One record that `domain records` prints, as a line of a zone file."""
    data = quoted(record["expected"]) if record["type"] == "TXT" else record["expected"] + "."
    return f"{record['host']}. {ttl} {record['type']} {data}"
