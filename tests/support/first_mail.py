"""The first steps of a newcomer, for the scenarios that need them done or watch them being done.

    with Posthouse("quickstart") as house:
        sender = first_mail.newcomer(house, "news.sandbox.example")
        sent = house.verb("send", "--from", sender.address, "--to", "a@b.example", ...)
        mail = sender.mail_to("a@b.example")
        first_mail.check_signatures(mail, sender.records)
"""
import re
import tempfile
import pathlib
import subprocess

import dkim_opinions
import tap
from ports import wait_for

SMTP_PASSWORD = "Secret4Mail2go"


def welcome_key(house):
    """The API key that the first start prints, once."""
    found = re.search(r"API key\s+(\S+)", "\n".join(house.output))
    tap.true(found, "the first start printed no API key")
    return found.group(1)


def txt_records(domain):
    """What `domain records` wants as TXT, by name."""
    return {r["host"]: r["expected"] for r in domain["records"] if r["type"] == "TXT"}


def states(domain):
    """The state of each required check."""
    return {r["check"]: r["state"] for r in domain["records"] if not r.get("optional")}


class Sender:
    """A verified domain with one address, and the inbox that its mail goes to."""

    def __init__(self, house, domain, token):
        self.house = house
        self.domain = domain
        self.token = token
        self.address = f"hello@{domain}"
        self.records = {}
        self.reader = token  # of the inbox; what the system's own mails say is the operator's
        self.account = ""

    def read_by_operator(self, boss):
        """The system's own mails are there for the operator alone; `boss` is his session."""
        self.account = self.house.get("/api/v1/accounts", boss)[1]["items"][0]["id"]
        self.reader = boss

    def mail(self, identifier, form):
        """The path of one mail of the inbox, as `reader` asks for it."""
        named = f"?account={self.account}" if self.account else ""
        return f"/api/v1/sandbox/inbox/{identifier}/{form}{named}"

    def inbox(self):
        """All of it, newest first, page by page."""
        items, cursor = [], ""
        named = f"&account={self.account}" if self.account else ""
        while True:
            status, page = self.house.get(f"/api/v1/sandbox/inbox?limit=200{cursor}{named}",
                                          self.reader)
            tap.equal(status, 200, str(page))
            items += page["items"]
            if not page["next_cursor"]:
                return items
            cursor = f"&cursor={page['next_cursor']}"

    def inbox_of(self, address):
        return [mail for mail in self.inbox() if mail["rcpt_to"] == address]

    def mail_to(self, address, count=1):
        """The bytes of the newest mail that arrived for an address, once `count` have."""
        found = wait_for(f"{count} mail for {address} in the sandbox inbox",
                         lambda: len(self.inbox_of(address)) >= count and self.inbox_of(address))
        tap.equal(len(found), count, f"mails for {address}")
        return self.content(found[0]["id"])

    def content(self, identifier):
        return self.house.fetch(self.mail(identifier, "content"), self.reader)

    def message(self, identifier):
        status, view = self.house.get(f"/api/v1/messages/{identifier}", self.token)
        tap.equal(status, 200, str(view))
        return view

    def wait_for_state(self, identifier, state):
        """Waits until the message has this state and gives its view."""
        def reached():
            view = self.message(identifier)
            return view if view["state"] == state else None
        return wait_for(f"message {identifier} {state}", reached)


def newcomer(house, domain):
    """By the command line, in the sandbox's first account: a domain added, published, verified; an
    address with a password."""
    sender = Sender(house, domain, welcome_key(house))
    sender.records = txt_records(house.verb("domain", "add", domain, "--account", "first"))
    house.verb("domain", "publish", domain)
    tap.equal(house.verb("domain", "verify", domain)["state"], "verified")
    house.verb("address", "add", sender.address, "--name", "Hello",
               "--smtp-password", SMTP_PASSWORD)
    return sender


def check_signatures(mail, records, least=1):
    """Every signature of the mail holds, by two strangers' judgement."""
    verdicts = dkim_opinions.dkimpy(mail, records)
    tap.true(len(verdicts) >= least, f"{len(verdicts)} signatures")
    for verdict in verdicts:
        tap.true(verdict["valid"], f"dkimpy: {verdict}")
    tap.true(any(v["algorithm"] == "rsa-sha256" for v in verdicts), f"no RSA: {verdicts}")
    try:
        tap.equal(dkim_opinions.opendkim(mail, records), "", "opendkim-testmsg")
    except dkim_opinions.Unavailable as why:
        tap.skip(str(why))
    return verdicts


def certificate(host):
    """A directory with cert.pem and key.pem for a test's own server; it removes itself."""
    place = tempfile.TemporaryDirectory(prefix="posthouse-certificate-")
    directory = pathlib.Path(place.name)
    directory.chmod(0o755)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
                    "-keyout", str(directory / "key.pem"), "-out", str(directory / "cert.pem")],
                   check=True, capture_output=True)
    return place
