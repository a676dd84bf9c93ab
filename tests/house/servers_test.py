"""The unpacked servers run, and are gone afterwards: what the scenarios rest on."""
import smtplib
import socket
import subprocess

import tap
import unpacked
from knot import Knot
from postfix import Postfix
from postgres import Postgres

MAIL = b"From: a@sender.example\r\nSubject: one\r\n\r\nhello\r\n"


def closed(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def main():
    with tap.check("Postfix receives a mail into a Maildir, and relays nothing"):
        with Postfix(["receiver.example"]) as receiver:
            with smtplib.SMTP("127.0.0.1", receiver.port, timeout=20) as session:
                session.sendmail("a@sender.example", ["anna@receiver.example"], MAIL)
                refused = tap.raises(smtplib.SMTPRecipientsRefused, lambda: session.sendmail(
                    "a@sender.example", ["anna@other.example"], MAIL))
            tap.equal(refused.recipients["anna@other.example"][0], 554)
            mail = receiver.wait_for_mail("anna@receiver.example")
            tap.contains(mail, b"\nSubject: one\n")
            tap.equal(receiver.mails("bert@receiver.example"), [])
        tap.true(closed(receiver.port), "it still listens")
        tap.true(not receiver.base.exists(), "its directory is still there")
    with tap.check("Knot serves a zone and follows a signed dynamic update at once"):
        with Knot({"sender.example": ["@ MX 10 mx", "mx A 192.0.2.1"]}) as dns:
            tap.contains(dns.ask("sender.example", "MX"), "10 mx.sender.example.")
            dns.update("sender.example", delete=["@ MX"], add=["@ 60 MX 5 other.example."])
            tap.contains(dns.ask("sender.example", "MX"), "5 other.example.")
            dns.tsig_secret = "AAAA" * 11
            tap.raises(RuntimeError, lambda: dns.update("sender.example", delete=["@ MX"]))
        tap.true(closed(dns.port), "it still listens")
    with tap.check("PostgreSQL serves a database of the test's own"):
        with Postgres() as database:
            asked = subprocess.run([unpacked.program("psql"), database.url, "-Atc", "SELECT 6*7"],
                                   env=unpacked.environment(), capture_output=True, text=True,
                                   timeout=20, check=False)
            tap.equal(asked.stdout.strip(), "42", asked.stderr)
        tap.true(closed(database.port), "it still listens")
    with tap.check("the clients that scenarios use run"):
        tap.contains(unpacked.run("swaks", "--version").stdout, "swaks version")
        tap.contains(unpacked.run("opendkim-testmsg", "-h", check=False).stderr, "usage")
        broken = unpacked.run("dkimverify", input=MAIL.decode(), check=False)
        tap.contains(broken.stdout, "signature verification failed")
    tap.done()


main()
