"""A small internet in a network of the test's own: who has which address, the zones, and a house
with a customer in it.

    small_internet.enter()
    with Bind(DNS, small_internet.zones()) as dns, small_internet.house() as house:
        customer = small_internet.Customer(house)
        customer.domain("sender.example", dns)
        message = customer.send("anna@receiver.example", "Hello")
"""
import json
import smtplib
import ssl

import own_network
import tap
from ports import wait_for
from posthouse import Posthouse

HOUSE, STRANGER = "44.128.0.10", "44.128.0.66"
DNS, OTHER_DNS = "44.128.0.53", "44.128.0.54"
RECEIVER = "44.128.0.25"
HOUSE_NAME = "posthouse.example"
PASSWORD = "Secret4Mail2go"


def enter(*more):
    own_network.enter([HOUSE, STRANGER, DNS, OTHER_DNS, RECEIVER, *more], name_server=DNS)


def zones(**more):
    """Lines by zone: the house's and the first receiver's; `more` with _ for the dot."""
    return {HOUSE_NAME: [f"mail A {HOUSE}", f'spf TXT "v=spf1 ip4:{HOUSE} -all"'],
            "receiver.example": ["@ MX 10 mx", f"mx A {RECEIVER}"],
            "sender.example": [],
            **{name.replace("_", "."): lines for name, lines in more.items()}}


def house(**settings):
    """Posthouse as a server on the internet: its own address, MX on port 25, private addresses
    refused. `settings` with __ for the dot."""
    found = Posthouse("serve", settings={
        "dns.servers": [f"{DNS}:53"],
        "dns.dnssec": "off",
        "installation.mail_host": f"mail.{HOUSE_NAME}",
        "installation.spf_name": f"spf.{HOUSE_NAME}",
        "installation.sending_ips": [HOUSE],
        "inbound.listen": f"{HOUSE}:25",
        **{key.replace("__", "."): value for key, value in settings.items()}})
    return found


def tables(rows):
    """A list of tables as --set wants it, in TOML's inline form."""
    return "[" + ", ".join(
        "{" + ", ".join(f"{key} = {json.dumps(value)}" for key, value in row.items()) + "}"
        for row in rows) + "]"


class Customer:
    """An active account without limits, with a key."""

    def __init__(self, posthouse, account="acme"):
        self.house = posthouse
        self.account = account
        self.sender = None
        posthouse.verb("account", "create", account)
        posthouse.verb("account", "activate", account)
        posthouse.verb("account", "limits", account, "daily_per_domain=0", "per_mailbox_hour=0",
                       "requests_per_second=0")
        self.key = posthouse.verb("key", "create", "--account", account, "--kind", "bearer",
                                  "--scope", "full")["token"]

    def domain(self, name, dns):
        """A domain created, its records put into its zone, verified, with an address."""
        dns.publish(name, self.house.verb("domain", "add", name))
        verified = self.house.verb("domain", "verify", name)
        tap.equal(verified["state"], "verified", str(verified))
        self.address(f"hello@{name}")
        return verified

    def address(self, sender):
        self.sender = sender
        self.house.verb("address", "add", sender, "--name", "Hello", "--smtp-password", PASSWORD)

    def send(self, to, subject="Hello", **fields):
        """One mail by REST: its id."""
        mail = {"from": self.sender, "to": [to], "subject": subject, "text": "hello\n", **fields}
        status, accepted = self.house.post("/api/v1/messages", mail, self.key)
        tap.equal(status, 202, str(accepted))
        return accepted["id"]

    def submit(self):
        """A session of the submission port, logged in."""
        session = smtplib.SMTP("127.0.0.1", self.house.submission_port, timeout=30)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        session.starttls(context=context)
        session.login(self.sender, PASSWORD)
        return session

    def message(self, identifier):
        return self.house.get(f"/api/v1/messages/{identifier}", self.key)[1]

    def recipient(self, identifier):
        return self.message(identifier)["recipients"][0]

    def wait_for_state(self, identifier, state, seconds=40):
        try:
            wait_for(f"message {identifier} {state}",
                     lambda: self.message(identifier)["state"] == state, seconds)
        except TimeoutError as error:
            error.add_note(str(self.message(identifier)))
            raise
        return self.recipient(identifier)

    def wait_for_attempts(self, identifier, count, seconds=40):
        """Until so many attempts have ended: the recipient then."""
        try:
            wait_for(f"{count} attempts for message {identifier}",
                     lambda: self.recipient(identifier)["attempts"] >= count, seconds)
        except TimeoutError as error:
            error.add_note(str(self.message(identifier)))
            raise
        return self.recipient(identifier)

    def explain(self, identifier):
        return self.house.verb("queue", "explain", identifier)["recipients"][0]

    def retry(self, identifier):
        tap.equal(self.house.verb("queue", "retry", identifier)["changed"], 1)
