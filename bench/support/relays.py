"""The programs that bench/relay.py compares: each takes mail on loopback and hands it to a sink.

    with relays.posthouse(sink.port) as relay:
        generators.send(relay.port, load, sink)
        relay.cpu()    # seconds so far, by thread where it has threads
"""
import contextlib
import pathlib
import shutil
import signal
import subprocess
import tempfile

import measure
import unpacked
from ports import free_port, listening, wait_for
from postfix import OWNER, Postfix
from posthouse import Posthouse

DOMAIN = "bench.example"


class Relay:
    def __init__(self, name, port, cpu):
        self.name = name
        self.port = port
        self.cpu = cpu


def ready_house(settings):
    """A server (not started) with one account that may send for DOMAIN without limits, after
    prepare()."""
    return Posthouse(settings={"dns.servers": ["127.0.0.1:9"], "dns.dnssec": "off",
                               "installation.mail_host": "mx.bench.example",
                               "relay.trusted": "127.0.0.1/32", "relay.account": "bench",
                               "log.level": "warn", **settings})


def prepare(house):
    """The account, its verified domain and no limits; gives a bearer token."""
    house.verb("account", "create", "bench")
    house.verb("account", "activate", "bench")
    house.verb("account", "limits", "bench", "daily_per_domain=0", "per_mailbox_hour=0",
               "requests_per_second=0")
    house.verb("domain", "add", DOMAIN, "--account", "bench")
    house.verb("domain", "verify", DOMAIN, "--force", "bench")
    house.verb("address", "add", f"app@{DOMAIN}", "--account", "bench", "--name", "App")
    return house.verb("key", "create", "--account", "bench", "--kind", "bearer")["token"]


def route_to(port):
    """delivery.routes: everything goes to a port of this machine, in plain."""
    return f'[{{match="*",host="127.0.0.1",port={port},tls="none"}}]'


@contextlib.contextmanager
def posthouse(sink_port, signed=True, settings=None):
    port = free_port()
    with ready_house({"relay.listen": f"127.0.0.1:{port}", "dkim.sign": signed,
                      "delivery.routes": route_to(sink_port), **(settings or {})}) as house:
        prepare(house)
        relay = Relay("posthouse", port, lambda: measure.process_cpu(house.pid))
        relay.pid = house.pid
        relay.house = house
        yield relay


@contextlib.contextmanager
def _opendkim():
    """opendkim as a milter that signs for DOMAIN with RSA-2048."""
    base = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-bench-opendkim-"))
    base.chmod(0o755)
    port, key = free_port(), base / "key.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", str(key), "2048"], check=True,
                   capture_output=True)
    key.chmod(0o644)
    (base / "config").write_text(
        f"Mode s\nSocket inet:{port}@127.0.0.1\nDomain {DOMAIN}\nSelector ph1\nKeyFile {key}\n"
        "Canonicalization relaxed/relaxed\nSignatureAlgorithm rsa-sha256\nSyslog no\n"
        "InternalHosts 127.0.0.1\nRequireSafeKeys false\nOversignHeaders From\n")
    with open(base / "output", "wb") as output:
        server = subprocess.Popen(
            [unpacked.program("opendkim"), "-f", "-x", str(base / "config"), "-u", OWNER],
            env=unpacked.environment(), stdout=output, stderr=subprocess.STDOUT, cwd=base)
    try:
        wait_for("opendkim", lambda: server.poll() is not None or listening(port))
        if server.poll() is not None:
            raise RuntimeError((base / "output").read_text())
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGKILL)  # asked to end, libmilter takes five seconds
        server.wait()
        shutil.rmtree(base, ignore_errors=True)


@contextlib.contextmanager
def postfix(sink_port, signed=False):
    with contextlib.ExitStack() as stack:
        settings = {"mynetworks": "127.0.0.0/8",
                    "smtpd_recipient_restrictions": "permit_mynetworks, reject",
                    "smtpd_relay_restrictions": "permit_mynetworks, reject"}
        milter = None
        if signed:
            milter_port, milter = stack.enter_context(_opendkim())
            settings["smtpd_milters"] = f"inet:127.0.0.1:{milter_port}"
        server = stack.enter_context(Postfix(["elsewhere.example"], bounces_to=sink_port,
                                             settings=settings, hostname="mx.bench.example"))
        master = int((server.base / "spool/pid/master.pid").read_text())

        def cpu():
            own = measure.family_cpu(master) + (measure.family_cpu(milter) if milter else 0)
            return measure.Cpu(measure.collections.Counter({"all": own}))

        yield Relay("Postfix with OpenDKIM" if signed else "Postfix", server.port, cpu)
