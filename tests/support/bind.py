"""A real BIND, unpacked and not installed: authoritative for the zones of one test, root included.

    with Bind("44.128.0.53", {"sender.example": ["@ MX 10 mx", "mx A 44.128.0.25"]}) as dns:
        dns.add("sender.example", ["@ 60 TXT \\"v=spf1 -all\\""])
        dns.sign("sender.example")

For a network of the test's own (own_network.py): it answers on port 53. Zone lines are of a zone
file, `@` being the zone; SOA and NS are added. The root zone delegates to all of them, and to
`others`, {zone: address of its server}. Signing is done by dnssec-signzone; a signed zone is signed
again with each change, unless `spoil` says otherwise. anchor(zone) is its key for a validator.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import unpacked
from knot import zone_line
from ports import wait_for

CONFIG = """\
options {{
    directory "{base}";
    listen-on port 53 {{ {address}; }};
    listen-on-v6 {{ none; }};
    pid-file "{base}/pid";
    session-keyfile "{base}/session.key";
    managed-keys-directory "{base}";
    recursion no;
    allow-transfer {{ none; }};
    minimal-responses no-auth-recursive;
    dnssec-validation no;
    empty-zones-enable no;
}};
controls {{ }};
logging {{ channel file {{ file "{base}/log"; severity info; print-time yes; }};
    category default {{ file; }}; }};
"""
ROOT = "."


class Bind:
    def __init__(self, address, zones, others=None, ttl=60):
        self.address = address
        self.zones = {zone: list(lines) for zone, lines in zones.items()}
        self.others = dict(others or {})
        self.ttl = ttl
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-bind-"))
        self._serial = int(time.time())
        self._keys = {}      # zone: names of its key files, key signing key first
        self._ds = {}        # zone: DS lines for the root
        self._signer = {}    # zone: further options of dnssec-signzone
        self._server = None

    def __enter__(self):
        try:
            config = CONFIG.format(base=self.base, address=self.address)
            for zone in [ROOT, *self.zones]:
                config += f'zone "{zone}" {{ type primary; file "{self._file(zone)}"; }};\n'
                self._write(zone)
            (self.base / "named.conf").write_text(config)
            self._start()
        except BaseException as error:
            error.add_note(self.log())
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._server and self._server.poll() is None:
            self._server.send_signal(signal.SIGTERM)
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                self._server.kill()
        shutil.rmtree(self.base, ignore_errors=True)

    def _start(self):
        output = open(self.base / "output", "wb")
        self._server = subprocess.Popen(
            [unpacked.program("named"), "-f", "-n", "1", "-c", str(self.base / "named.conf")],
            env=unpacked.environment(), stdout=output, stderr=subprocess.STDOUT)
        wait_for("BIND", lambda: all(self._loaded(zone) for zone in [ROOT, *self.zones]))

    def _file(self, zone):
        return self.base / f"{'root' if zone == ROOT else zone}.zone"

    def _origin(self, zone):
        return ROOT if zone == ROOT else zone + "."

    def _text(self, zone):
        origin, server = self._origin(zone), "ns." + zone if zone != ROOT else "ns.root"
        lines = [f"$ORIGIN {origin}", f"$TTL {self.ttl}",
                 f"@ SOA {server}. hostmaster.{server}. {self._serial} 3600 600 86400 {self.ttl}",
                 f"@ NS {server}.", f"{server}. A {self.address}"]
        if zone != ROOT:
            return "\n".join([*lines, *self.zones[zone], ""])
        for child, address in {**{z: self.address for z in self.zones}, **self.others}.items():
            lines += [f"{child}. NS ns.{child}.", f"ns.{child}. A {address}"]
            lines += self._ds.get(child, [])
        return "\n".join([*lines, ""])

    def _write(self, zone):
        self._serial += 1
        text = self._text(zone)
        if zone in self._keys:
            text += "".join((self.base / f"{key}.key").read_text() for key in self._keys[zone])
        path = self._file(zone)
        path.write_text(text)
        if zone not in self._keys:
            return
        plain = path.with_suffix(".plain")
        path.rename(plain)
        self._tool("dnssec-signzone", "-P", "-K", self.base, "-d", self.base, "-o",
                   self._origin(zone), "-f", path, *self._signer.get(zone, []), plain)

    def _tool(self, name, *arguments):
        return unpacked.run(name, *arguments, cwd=self.base).stdout

    def _reload(self, *zones):
        before = {zone: self._loaded(zone) for zone in zones}
        self._server.send_signal(signal.SIGHUP)
        for zone, count in before.items():
            wait_for(f"BIND loading {zone} anew", lambda z=zone, c=count: self._loaded(z) > c)

    def _loaded(self, zone):
        return self.log().count(f"zone {zone}/IN: loaded serial")

    def log(self):
        found = [f.read_text(errors="replace") for f in (self.base / "log", self.base / "output")
                 if f.exists()]
        return "\n".join(found) or "BIND wrote no log"

    def ask(self, name, kind, *options):
        """What kdig prints for one question: record lines, or nothing."""
        done = subprocess.run(
            [unpacked.program("kdig"), f"@{self.address}", "+noall", "+answer", "+timeout=1",
             "+retry=1", *options, name, kind],
            env=unpacked.environment(), text=True, capture_output=True, timeout=20, check=False)
        return done.stdout

    def add(self, zone, lines):
        self.zones[zone] += lines
        self._write(zone)
        self._reload(zone)

    def replace(self, zone, lines):
        self.zones[zone] = list(lines)
        self._write(zone)
        self._reload(zone)

    def publish(self, zone, domain):
        """What `domain records` wants, as lines of the zone."""
        self.add(zone, [zone_line(record) for record in domain["records"]])

    def sign(self, *zones, options=()):
        """Signs zones, each with keys of its own, and the root with a DS for each. `options` go to
        dnssec-signzone."""
        for zone in zones:
            self._make_keys(zone)
            self._signer[zone] = list(options)
            self._write(zone)
        if ROOT in self._keys:
            self._write(ROOT)
        self._reload(*zones, *([ROOT] if ROOT in self._keys else []))

    def _make_keys(self, zone):
        make = ["-K", self.base, "-a", "ECDSAP256SHA256", self._origin(zone)]
        self._keys[zone] = [self._tool("dnssec-keygen", "-f", "KSK", *make).strip(),
                            self._tool("dnssec-keygen", *make).strip()]
        if zone != ROOT:
            self._ds[zone] = self._tool("dnssec-dsfromkey", "-2",
                                        self.base / f"{self._keys[zone][0]}.key").splitlines()

    def delegate(self, zone, ds):
        """What the root says of the keys of a zone that somebody else serves."""
        self._ds[zone] = list(ds)
        self._write(ROOT)
        self._reload(ROOT)

    def sign_root(self):
        """After the zones below: the root's key is the anchor of them all."""
        self.sign(ROOT)

    def spoil(self, zone, before, after):
        """Changes the signed zone behind its signatures' back; add() mends it."""
        path = self._file(zone)
        text = path.read_text()
        if before not in text:
            raise RuntimeError(f"{before!r} does not stand in the zone {zone}")
        path.write_text(text.replace(before, after))
        os.utime(path, (time.time() + 2, time.time() + 2))  # newer than what was loaded, surely
        self._reload(zone)

    def anchor(self, zone):
        """The DNSKEY of the zone's key signing key, as one line."""
        lines = (self.base / f"{self._keys[zone][0]}.key").read_text().splitlines()
        return next(line for line in lines if not line.startswith(";"))

