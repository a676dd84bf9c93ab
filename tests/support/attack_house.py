"""A server with two tenants and every door, whose mail goes to a sink: what the attacks attack.

    with AttackHouse() as house:
        house.acme.token, house.acme.address, house.other.address
        house.doors()          # (name, port, tls) of each SMTP door
        house.open("relay")    # a RawSmtp that has said EHLO, and signed in where that is wanted
"""
import contextlib
import dataclasses
import itertools
import sys

import tap
from ports import free_port, wait_for
from posthouse import Posthouse
from raw_smtp import RawSmtp
from wire_sink import WireSink

PASSWORD = "Secret4Mail2go"
FREE = ("daily_per_domain=0", "per_mailbox_hour=0", "requests_per_second=0")


@dataclasses.dataclass
class Tenant:
    name: str
    domain: str
    address: str
    token: str


class AttackHouse(Posthouse):
    """`next_hop` is the port that all mail goes to in the sink's place."""

    def __init__(self, settings=None, next_hop=None):
        self.sink = WireSink()
        self.relay_port = free_port()
        self._count = itertools.count(1)
        self._paths = []
        super().__init__("serve", {
            "relay.listen": f"127.0.0.1:{self.relay_port}",
            "relay.trusted": "127.0.0.0/8",
            "relay.account": "acme",
            "installation.mail_host": "mx.house.example",
            "dns.servers": "127.0.0.1:9",
            "dns.dnssec": "off",
            "delivery.routes": f'[{{match="*", host="127.0.0.1", port={next_hop or self.sink.port},'
                               ' tls="none"}]',
            **(settings or {})})

    def __enter__(self):
        self.sink.__enter__()
        super().__enter__()
        try:
            self.acme, self.other = self._tenant("acme"), self._tenant("other")
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *problem):
        super().__exit__(*problem)
        self.sink.__exit__()

    def _tenant(self, name):
        domain = f"{name}.example"
        self.verb("account", "create", name)
        self.verb("account", "activate", name)
        self.verb("account", "limits", name, *FREE)
        token = self.verb("key", "create", "--account", name, "--kind", "bearer")["token"]
        self.verb("domain", "add", domain, "--account", name)
        tap.equal(self.verb("domain", "verify", domain, "--account", name, "--force",
                            "for a test")["state"], "verified")
        address = f"news@{domain}"
        self.verb("address", "add", address, "--account", name, "--name", "News",
                  "--smtp-password", PASSWORD)
        return Tenant(name, domain, address, token)

    def doors(self):
        return (("submission", self.submission_port, "starttls"),
                ("tls", self.tls_port, "implicit"),
                ("relay", self.relay_port, "none"),
                ("inbound", self.inbound_port, "none"))

    def open(self, door, login=True, source="127.0.0.1"):
        _, port, tls = next(d for d in self.doors() if d[0] == door)
        session = RawSmtp(port, tls, source)
        session.hello()
        if login and door in ("submission", "tls"):
            code, said = session.login(self.acme.address, PASSWORD)
            tap.equal(code, 235, f"sign-in: {said}")
        return session

    def recipient(self):
        """An address that no other mail goes to."""
        return f"r{next(self._count)}@dest.example"

    def return_paths(self, count):
        """Addresses that the inbound door takes mail for."""
        while len(self._paths) < count:
            wanted = [self.recipient() for _ in range(min(200, count - len(self._paths)))]
            status, answer = self.send(to=wanted)
            tap.equal(status, 202, str(answer))
            for address in wanted:
                self._paths.append(self.sink.wait_for(address).mail_from)
        return self._paths[:count]

    def send(self, tenant=None, **fields):
        """POST /api/v1/messages with what is missing filled in: (status, answer)."""
        tenant = tenant or self.acme
        return self.post("/api/v1/messages",
                         {"from": tenant.address, "to": ["anna@dest.example"], "subject": "hello",
                          "text": "hello", **fields}, tenant.token)

    def wait_until_idle(self):
        def idle():
            found = self.verb("queue", "summary")
            return not any(found[k] for k in ("queued", "ready", "in_flight"))
        wait_for("an idle queue", idle, 60)


def mail(sender="news@acme.example", subject="hello", body="hello\r\n", to="anna@dest.example"):
    return (f"From: News <{sender}>\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n{body}").encode()


@contextlib.contextmanager
def quiet(*kinds):
    with contextlib.suppress(*kinds or (OSError,)):
        yield
