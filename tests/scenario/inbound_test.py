"""Incoming SMTP: a delivery report to a signed return path marks its recipient bounced; everything
else is refused."""
import smtplib

import first_mail
import tap
from posthouse import Posthouse

DOMAIN = "bounces.sandbox.example"

REPORT = """\
From: MAILER-DAEMON@mx.there.example\r
To: {to}\r
Subject: Undelivered Mail Returned to Sender\r
Date: Thu, 01 Jan 2026 00:00:00 +0000\r
Message-ID: <{action}@mx.there.example>\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\r
\r
--b1\r
Content-Type: text/plain\r
\r
I could not deliver your mail.\r
--b1\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.there.example\r
\r
Final-Recipient: rfc822; {recipient}\r
Action: {action}\r
Status: {status}\r
Diagnostic-Code: smtp; {reply}\r
\r
--b1\r
Content-Type: text/rfc822-headers\r
\r
Subject: hello\r
\r
--b1--\r
"""


def report(to, recipient, action="failed", status="5.1.1", reply="550 5.1.1 no such user"):
    return REPORT.format(to=to, recipient=recipient, action=action, status=status,
                         reply=reply).encode()


def connect(house):
    session = smtplib.SMTP("127.0.0.1", house.inbound_port, timeout=20)
    session.ehlo("mx.there.example")
    return session


def deliver(house, to, content):
    with connect(house) as session:
        tap.equal(session.mail("")[0], 250)
        code, said = session.rcpt(to)
        tap.equal(code, 250, said)
        code, said = session.data(content)
        tap.equal(code, 250, said)


def recipients(sender, identifier):
    return {r["address"]: r for r in sender.message(identifier)["recipients"]}


def main():
    with Posthouse("quickstart") as house:
        sender = first_mail.newcomer(house, DOMAIN)
        sent = house.verb("send", "--from", sender.address, "--to", "gone@there.example", "--to",
                          "here@there.example", "--subject", "hello", "--text", "hello")["id"]
        sender.wait_for_state(sent, "delivered")
        paths = {m["rcpt_to"]: m["mail_from"] for m in sender.inbox()}
        reports(house, sender, sent, paths)
        refusals(house, sender, paths["here@there.example"])
        house.stop()
        with tap.check("fsck finds nothing"):
            tap.equal(house.verb("fsck"), {"findings": []})
    tap.done()


def reports(house, sender, sent, paths):
    path = paths["gone@there.example"]
    with tap.check("a report of a delay changes nothing"):
        deliver(house, path, report(path, "gone@there.example", "delayed", "4.4.1",
                                    "451 4.4.1 later"))
        tap.equal(recipients(sender, sent)["gone@there.example"]["state"], "delivered")
    with tap.check("a person's reply to the return path is taken and changes nothing"):
        deliver(house, path, b"From: a@there.example\r\nSubject: Re: hello\r\n\r\nthanks\r\n")
        tap.equal(recipients(sender, sent)["gone@there.example"]["state"], "delivered")
    with tap.check("a failure report marks that recipient bounced, and no other"):
        deliver(house, path.upper().replace(DOMAIN.upper(), DOMAIN),
                report(path, "gone@there.example"))
        found = recipients(sender, sent)
        gone, here = found["gone@there.example"], found["here@there.example"]
        tap.equal((gone["state"], gone["cause"]), ("bounced", "bounced_later"))
        tap.contains(gone["reply"], "no such user")
        tap.equal(here["state"], "delivered")
        tap.equal(sender.message(sent)["state"], "partly_delivered")
    with tap.check("the same report twice counts once"):
        deliver(house, path, report(path, "gone@there.example"))
        tap.equal(recipients(sender, sent)["gone@there.example"]["state"], "bounced")


def refusals(house, sender, path):
    local, domain = path.split("@")
    changed = [local[:i] + ("a" if local[i] != "a" else "b") + local[i + 1:]
               for i in range(0, len(local), 5)]
    forged = [f"{other}@{domain}" for other in changed]
    forged += [f"{local}@other.sandbox.example", f"{local[:-1]}@{domain}", f"{local}a@{domain}"]
    with tap.check("a forged return path is 550 5.1.1, wherever one letter changed"):
        for address in forged:
            with connect(house) as session:
                session.mail("")
                code, said = session.rcpt(address)
                tap.equal((code, said[:5]), (550, b"5.1.1"), address)
    with tap.check("nothing is relayed and no mailbox is there, in whatever disguise"):
        for address in ("<victim@elsewhere.example>", f"<{sender.address}>",
                        f"<victim%elsewhere.example@{domain}>", "<victim@[127.0.0.1]>",
                        f'<"victim@elsewhere.example"@{domain}>', f"<elsewhere!victim@{domain}>",
                        f"<@{domain}:victim@elsewhere.example>", f"<postmaster@{domain}>",
                        f"<{local}%elsewhere.example@{domain}>"):
            with connect(house) as session:
                session.mail("spammer@elsewhere.example")
                code, said = session.docmd(f"RCPT TO:{address}")
                tap.equal(code // 100, 5, f"{address}: {said}")
                code, said = session.docmd("DATA")
                tap.equal(code // 100, 5, f"DATA without a recipient: {said}")
    with tap.check("many wrong guesses end the session"):
        with connect(house) as session:
            session.mail("")
            codes = [session.rcpt(address)[0] for address in (forged * 2)[:10]]
            tap.true(codes[-1] == 421 or session.docmd("NOOP")[0] == 421, str(codes))
    with tap.check("a report larger than a message may be is refused before its bytes"):
        with connect(house) as session:
            limit = int(session.esmtp_features["size"])
            tap.equal(session.docmd(f"MAIL FROM:<> SIZE={limit + 1}")[0], 552)
    with tap.check("there is no AUTH to guess at"):
        with connect(house) as session:
            tap.true("auth" not in session.esmtp_features, "AUTH is offered")
            tap.true(session.docmd("AUTH PLAIN AGEAYg==")[0] >= 500, "AUTH is taken")


main()
