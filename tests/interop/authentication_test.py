"""A domain's mail as a judging receiver sees it: Postfix takes it, opendkim, opendmarc and rspamd
judge it over a real DNS, Dovecot keeps it. All in a network of the test's own."""
import base64
import email
import email.policy
import hashlib
import random
import smtplib

import milters
import small_internet
import tap
from bind import Bind
from judged_receiver import JudgedReceiver
from ports import wait_for
from small_internet import DNS, HOUSE, RECEIVER, STRANGER, Customer

SENDER = "sender.example"
BULK = 200
ALLOWED = ("R_DKIM_ALLOW", "R_SPF_ALLOW", "DMARC_POLICY_ALLOW")


def main():
    small_internet.enter()
    with Bind(DNS, small_internet.zones()) as dns, \
            JudgedReceiver(["receiver.example"], RECEIVER, DNS) as receiver, \
            small_internet.house() as house:
        customer = Customer(house)
        with tap.check("a domain whose records stand in BIND's zone is verified"):
            verified = customer.domain(SENDER, dns)
            tap.equal({r["state"] for r in verified["records"]}, {"ok"})
        by_rest(customer, receiver)
        by_smtp(customer, receiver)
        bulk(customer, receiver)
        judges_are_awake(receiver, dns)
    tap.done()


def judged_good(receiver, mail, signatures=2):
    """Every judge says pass, over the signatures that were made."""
    verdicts = receiver.verdicts(mail)
    said = str(milters.results(mail, receiver.name))
    tap.true("pass" in verdicts["dkim"], f"opendkim: {said}")
    tap.equal(verdicts["spf"], ["pass"], f"opendmarc: {said}")
    tap.equal(verdicts["dmarc"], ["pass"], f"opendmarc: {said}")
    for symbol in ALLOWED:
        tap.true(symbol in verdicts["rspamd"], f"no {symbol}: {verdicts['rspamd']}")
    tap.equal(len(verdicts["rspamd"]["R_DKIM_ALLOW"]), signatures, "signatures that hold")
    tap.equal(mail.count(b"\nDKIM-Signature:"), signatures, "signatures")
    tap.contains(mail, f" [{HOUSE}])".encode())


def parsed(mail):
    return email.message_from_bytes(mail, policy=email.policy.default)


def body_of(mail):
    """As SMTP carried it, but with the mailbox's line ends."""
    return mail.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]


def by_rest(customer, receiver):
    with tap.check("mail by REST arrives: opendkim, opendmarc and rspamd pass DKIM, SPF, DMARC"):
        text, html = "Grüße\n.dot\nFrom here\n" + "long " * 400 + "\n", "<p>你好 &amp; hi</p>\n"
        content = bytes(range(256)) * 40
        sent = customer.send(
            "anna@receiver.example", "Grüße 你好", text=text, html=html,
            attachments=[{"filename": "a ü.bin", "content_type": "application/octet-stream",
                          "content": _base64(content)}])
        customer.wait_for_state(sent, "delivered")
        mail = receiver.wait_for_mail("anna@receiver.example")
        judged_good(receiver, mail)
    with tap.check("its parts are what was given, octet by octet"):
        found = parsed(mail)
        tap.equal((found["Subject"], str(found["From"])),
                  ("Grüße 你好", f"Hello <hello@{SENDER}>"))
        tap.equal(lines_of(found, "plain"), text)
        tap.equal(lines_of(found, "html"), html)
        attached = list(found.iter_attachments())
        tap.equal([(a.get_filename(), a.get_content()) for a in attached], [("a ü.bin", content)])


def lines_of(mail, kind):
    """A text part; its line ends are CRLF where it was encoded (RFC 2045 §6.8)."""
    return mail.get_body((kind,)).get_content().replace("\r\n", "\n")


def _base64(content):
    return base64.b64encode(content).decode()


def by_smtp(customer, receiver):
    with tap.check("mail by SMTP arrives and passes, its body octet by octet"):
        body = b"one\r\n..two\r\n.\tthree \r\n\r\n  \r\nFrom four\r\n" + b"x" * 900 + b"\r\n\r\n"
        head = (f"From: Hello <hello@{SENDER}>\r\nTo: bert@receiver.example\r\n"
                "Subject: by\r\n\tSMTP\r\nX-Odd:   two  spaces \r\n\r\n").encode()
        with customer.submit() as session:
            session.sendmail(f"hello@{SENDER}", ["bert@receiver.example"], head + body)
        mail = receiver.wait_for_mail("bert@receiver.example")
        judged_good(receiver, mail)
        tap.equal(body_of(mail), body.replace(b"\r\n", b"\n"))


# --- a bulk of varied content ---

WORDS = ("the", "Grüße", "你好", "emoji 🎉", "=20", "--", "tab\tend", "trail ", ".", "..", "a=b",
         "FROM", "From ", "“quotes”", "x" * 120, "zero\u200bwidth", "ÿ", "100 %", "<a&b>", "'\"")
SUBJECTS = [word.strip() for word in WORDS if "\t" not in word]


def text_of(dice):
    lines = []
    for _ in range(dice.randint(0, 30)):
        lines.append(" ".join(dice.choice(WORDS) for _ in range(dice.randint(0, 25))))
    return "\n".join(lines) + "\n" * dice.randint(0, 4)


def rest_mail(dice):
    mail = {"text": text_of(dice) or "x"}
    if dice.random() < 0.4:
        mail["html"] = f"<p>{text_of(dice)}</p>"
    if dice.random() < 0.2:
        mail["attachments"] = [{"filename": f"{dice.choice(['a', 'ä', '文'])}.dat",
                                "content_type": "application/octet-stream",
                                "content": _base64(dice.randbytes(dice.randint(0, 9000)))}]
    if dice.random() < 0.3:
        mail["headers"] = {"X-Campaign": "c " * dice.randint(1, 60) + "end"}
    return mail


def raw_body(dice):
    """7-bit lines that canonicalisation and dot-stuffing care about."""
    lines = []
    for _ in range(dice.randint(0, 40)):
        words = (word for word in WORDS if word.isascii())
        line = " ".join(dice.choices(list(words), k=dice.randint(0, 9)))
        lines.append(dice.choice(["", " ", "\t", "."]) * dice.randint(0, 2) + line
                     + dice.choice(["", " ", "\t \t"]))
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" * dice.randint(0, 3)


def bulk(customer, receiver):
    dice = random.Random(20261122)
    bodies, failed = {}, []
    addresses = [f"bulk{number}@receiver.example" for number in range(BULK)]
    with tap.check(f"{BULK} mails of varied content, by both doors, all arrive"):
        with customer.submit() as session:
            for number, to in enumerate(addresses):
                subject = f"{number} " + dice.choice(SUBJECTS) + " ü" * (number % 3) * 30
                if number % 2:
                    customer.send(to, subject, **rest_mail(dice))
                    continue
                body = raw_body(dice)
                head = f"From: hello@{SENDER}\r\nTo: <{to}>\r\nSubject: {number}\r\n\r\n"
                session.sendmail(f"hello@{SENDER}", [to], head.encode() + body)
                bodies[to] = body.replace(b"\r\n", b"\n")
        wait_for(f"{BULK} mailboxes", lambda: all(map(receiver.mails, addresses)), 120)
    with tap.check(f"all {BULK} pass with all judges, and each arrived once"):
        for address in addresses:
            mails = receiver.mails(address)
            tap.equal(len(mails), 1, f"mails for {address}")
            try:
                judged_good(receiver, mails[0])
            except AssertionError as error:
                failed.append(f"{address}: {error}")
        tap.true(not failed, f"{len(failed)} failed: {failed[:3]}")
    with tap.check("bodies given as octets are the same octets"):
        wrong = [a for a, body in bodies.items() if body_of(receiver.mails(a)[0]) != body]
        tap.true(not wrong, f"{len(wrong)} bodies differ: {wrong[:5]}")
        tap.true(len({hashlib.sha256(b).digest() for b in bodies.values()}) > BULK // 3,
                 "the bodies hardly differ")


# --- the judges' own proof ---

def judges_are_awake(receiver, dns):
    good = receiver.mails("anna@receiver.example")[-1]
    with tap.check("the same mail with one word changed, from a stranger's address, fails all"):
        head, body = good.replace(b"\n", b"\r\n").split(b"\r\n\r\n", 1)
        signed = head[head.index(b"DKIM-Signature:"):]
        forged = signed + b"\r\n\r\n" + body.replace(b"hi", b"ho", 1).replace(b"PGh", b"PGI", 1)
        deliver(forged + b"changed\r\n", "eve@receiver.example")
        verdicts = receiver.verdicts(receiver.wait_for_mail("eve@receiver.example"))
        tap.true("pass" not in verdicts["dkim"], f"opendkim: {verdicts['dkim']}")
        tap.equal((verdicts["spf"], verdicts["dmarc"]), (["fail"], ["fail"]))
        tap.true("R_DKIM_REJECT" in verdicts["rspamd"], str(verdicts["rspamd"]))
        tap.true("R_SPF_FAIL" in verdicts["rspamd"], str(verdicts["rspamd"]))
        tap.true(not set(ALLOWED) & set(verdicts["rspamd"]), str(verdicts["rspamd"]))
    with tap.check("unchanged, forwarded by a stranger, DKIM still holds and carries DMARC"):
        deliver(signed + b"\r\n\r\n" + body, "fred@receiver.example")
        verdicts = receiver.verdicts(receiver.wait_for_mail("fred@receiver.example"))
        tap.true("pass" in verdicts["dkim"], f"opendkim: {verdicts['dkim']}")
        tap.equal((verdicts["spf"], verdicts["dmarc"]), (["fail"], ["pass"]))
        tap.true("R_DKIM_ALLOW" in verdicts["rspamd"], str(verdicts["rspamd"]))


def deliver(mail, to):
    """Brought to the receiver by somebody else."""
    with smtplib.SMTP(RECEIVER, timeout=20, source_address=(STRANGER, 0)) as session:
        session.ehlo("stranger.example")
        session.sendmail(f"x@{SENDER}", [to], mail)


main()
