"""The relay listener: mail without AUTH from a trusted network, for an account whose verified
domains still bind the sender."""
import smtplib

import first_mail
import tap
from ports import free_port
from posthouse import Posthouse

DOMAIN = "relay.sandbox.example"


def mail(sender, subject="by relay"):
    return (f"From: App <{sender}>\r\nTo: anna@there.example\r\nSubject: {subject}\r\n\r\n"
            "hello\r\n").encode()


def connect(port, source="127.0.0.1"):
    return smtplib.SMTP("127.0.0.1", port, timeout=20, source_address=(source, 0))


def main():
    port = free_port()
    settings = {"relay.listen": f"127.0.0.1:{port}", "relay.trusted": "127.0.0.1/32",
                "relay.account": "shop"}
    with Posthouse("quickstart", settings=settings) as house:
        with tap.check("before relay.account exists the relay says: later"):
            with connect(port) as session:
                session.ehlo("app.example")
                tap.equal(session.mail("app@" + DOMAIN)[0], 451)
        house.verb("account", "create", "shop")
        house.verb("account", "activate", "shop")
        token = house.verb("key", "create", "--account", "shop", "--kind", "bearer")["token"]
        house.verb("domain", "add", DOMAIN, "--account", "shop")
        sender = first_mail.Sender(house, DOMAIN, token)
        sender.records = first_mail.txt_records(house.verb("domain", "publish", DOMAIN))
        with tap.check("a domain that is not verified may not send through the relay"):
            with connect(port) as session:
                refused = tap.raises(smtplib.SMTPDataError, lambda: session.sendmail(
                    "app@" + DOMAIN, ["anna@there.example"], mail("app@" + DOMAIN)))
                tap.equal(refused.smtp_code, 550)
        tap.equal(house.verb("domain", "verify", DOMAIN)["state"], "verified")
        trusted(port, sender)
        strangers(port, sender)
    tap.done()


def trusted(port, sender):
    with tap.check("a trusted client sends without AUTH; 250 carries the message id"):
        with connect(port) as session:
            session.ehlo("app.example")
            tap.true("auth" not in session.esmtp_features, "AUTH is offered")
            tap.equal(session.mail("app@" + sender.domain)[0], 250)
            tap.equal(session.rcpt("anna@there.example")[0], 250)
            code, said = session.data(mail("app@" + sender.domain))
            tap.equal(code, 250, said)
            identifier = said.decode().split()[-1]
        view = sender.wait_for_state(identifier, "delivered")
        tap.equal(view["recipients"][0]["address"], "anna@there.example")
        raw = sender.mail_to("anna@there.example")
        first_mail.check_signatures(raw, sender.records)
        tap.contains(raw, b"Message-ID:")
        tap.contains(raw, b"Date:")
    with tap.check("any address of the verified domain may send, and one session many mails"):
        with connect(port) as session:
            for name in ("orders", "alerts", "reports"):
                session.sendmail("", [f"{name}@many.example"],
                                 mail(f"{name}@{sender.domain}", name))
        for name in ("orders", "alerts", "reports"):
            sender.mail_to(f"{name}@many.example")


def strangers(port, sender):
    with tap.check("a foreign From is refused, whatever MAIL FROM says"):
        for foreign in ("app@foreign.example", "x@sandbox.example", f"x@sub.{sender.domain}"):
            with connect(port) as session:
                refused = tap.raises(smtplib.SMTPDataError, lambda s=session, f=foreign: s.sendmail(
                    "app@" + sender.domain, ["anna@there.example"], mail(f)))
                tap.equal(refused.smtp_code, 550, foreign)
    with tap.check("two From addresses are refused"):
        with connect(port) as session:
            two = mail(f"a@{sender.domain}>, <b@foreign.example")
            refused = tap.raises(smtplib.SMTPDataError, lambda: session.sendmail(
                "app@" + sender.domain, ["anna@there.example"], two))
            tap.equal(refused.smtp_code // 100, 5)
    with tap.check("a client outside relay.trusted is turned away at once"):
        refused = tap.raises(smtplib.SMTPConnectError, lambda: connect(port, "127.0.0.2"))
        tap.equal(refused.smtp_code, 554)


main()
