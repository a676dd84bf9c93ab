"""Sender spoofing by every door: nothing leaves under another tenant's identity, and every
signature is of the sender's own verified domain."""
import base64
import email
import email.policy
import email.utils
import json
import re

import tap
import tc3
from attack_house import PASSWORD, AttackHouse

A, B = "acme.example", "other.example"
MINE, THEIRS = f"news@{A}", f"news@{B}"
BODY = "To: anna@dest.example\r\nSubject: spoof\r\n\r\nspoofed\r\n"

# Header sections; each tries to be seen as THEIRS somewhere.
HEADERS = [
    f"From: {THEIRS}\r\n",
    f"From: {MINE}\r\nFrom: {THEIRS}\r\n",
    f"From: {THEIRS}\r\nFrom: {MINE}\r\n",
    f"from: {THEIRS}\r\nFrom: {MINE}\r\n",
    f"From: {MINE}\r\nFROM: {THEIRS}\r\n",
    f"From: {MINE}\r\nFrom : {THEIRS}\r\n",
    f"From : {THEIRS}\r\nFrom: {MINE}\r\n",
    f"From\t: {THEIRS}\r\nFrom: {MINE}\r\n",
    f" From: {THEIRS}\r\nFrom: {MINE}\r\n",
    f"\r\nFrom: {THEIRS}\r\n",
    f"From: {MINE}, {THEIRS}\r\n",
    f"From: {THEIRS}, {MINE}\r\n",
    f"From: {MINE},\r\n {THEIRS}\r\n",
    f"From: <{MINE}><{THEIRS}>\r\n",
    f"From: <{THEIRS}><{MINE}>\r\n",
    f"From: <{MINE}> <{THEIRS}>\r\n",
    f"From: {THEIRS} <{MINE}>\r\n",
    f"From: <{THEIRS}> {MINE}\r\n",
    f"From: <{MINE}> {THEIRS}\r\n",
    f"From: <@{A}:{THEIRS}>\r\n",
    f"From: <@{B}:{MINE}>\r\n",
    f"From: <@{B},@x.example:{MINE}>\r\n",
    f"From: team: {MINE}, {THEIRS};\r\n",
    f"From: team: {MINE};\r\n",
    f"From: team:;, {THEIRS}\r\n",
    f"From: {MINE}, team: {THEIRS};\r\n",
    f"From: =?utf-8?q?{THEIRS.replace('@', '=40')}?= <{MINE}>\r\n",
    f"From: =?utf-8?b?bmV3c0BvdGhlci5leGFtcGxl?=\r\n",
    "From: =?utf-8?q?=3Cnews=40other.example=3E=00?= <news@acme.example>\r\n",
    "From: =?utf-8?q?news=40other.example?= =?utf-8?q?=2C?= <news@acme.example>\r\n",
    f"From: news@=?utf-8?q?other?=.example\r\n",
    f"From: {THEIRS}(<{MINE}>)\r\n",
    f"From: ({MINE}) <{THEIRS}>\r\n",
    f"From: news(comment)@(x){B}\r\n",
    f"From: news@{A}(@{B}\r\n",
    f"From: news@{A}\\)@{B}\r\n",
    f"From: \"{MINE}\" <{THEIRS}>\r\n",
    f"From: \"News <{MINE}>\" <{THEIRS}>\r\n",
    f"From: \"{MINE}\\\" <{THEIRS}>\r\n",
    f"From: \"<{MINE}>\\\"\" {THEIRS}\r\n",
    f"From: \"{MINE}\"@{B}\r\n",
    f"From: {MINE}\0, {THEIRS}\r\n",
    f"From: {THEIRS}\0 <{MINE}>\r\n",
    f"From: {MINE}\x0b<{THEIRS}>\r\n",
    f"From:{' ' * 900}\r\n {THEIRS}\r\n",
    f"From: \r\n\t{THEIRS}\r\n",
    "From:\r\n",
    "",
    f"From: {MINE}\r\nSender: {THEIRS}\r\n",
    f"From: {THEIRS}\r\nSender: {MINE}\r\n",
    f"From: {MINE}\r\nSender: {MINE}, {THEIRS}\r\n",
    f"From: {MINE}\r\nSender: <@{B}:{MINE}>\r\n",
    f"From: {MINE}\r\nSender: {MINE}\r\nSender: {THEIRS}\r\n",
    f"From: {MINE}\r\nResent-From: {THEIRS}\r\n",
    f"From: {MINE}\r\nResent-Sender: {THEIRS}\r\n",
    f"From: {THEIRS}\r\nResent-From: {MINE}\r\n",
    f"From: NEWS@{B.upper()}\r\n",
    f"From: news@{B}.\r\n",
    f"From: news@.{B}\r\n",
    f"From: news@sub.{B}\r\n",
    f"From: news@sub.{A}\r\n",
    f"From: news@example\r\n",
    f"From: news@evil-{A}\r\n",
    f"From: news@{A}.evil.example\r\n",
    f"From: news@evil{A}\r\n",
    f"From: news@{A}@{B}\r\n",
    f"From: news%{B}@evil.example\r\n",
    f"From: news@[127.0.0.1]\r\n",
    f"From: news@xn--ther-epa.example\r\n",
    f"From: news@\u043ether.example\r\n",
    f"From: news@other\u3002example\r\n",
    f"From: news@\uff4fther.example\r\n",
    f"From: news@oth\u00ader.example\r\n",
    f"From: news@other.example\u200b\r\n",
    f"From: news@ac\u212ae.example\r\n",
    f"From: \u202e{THEIRS}\u202c <{MINE}>\r\n",
    f"From: ne\u0301ws@{A}\r\n",
    f"From: News@{A}\r\n",
    f"From: ne.ws@{A}\r\n",
    f"From: news+tag@{A}\r\n",
    f"From: boss@{A}\r\n",
    f"From: {MINE}\r\nFrom\0: {THEIRS}\r\n",
    f"From: {MINE}\r\n\0From: {THEIRS}\r\n",
    f"From: {MINE}\r\nX: y\rFrom: {THEIRS}\r\n",
    f"From: {MINE}\r\nX: y\nFrom: {THEIRS}\r\n",
    f"From: {MINE}\r\nX: y\x85From: {THEIRS}\r\n",
    f"From: {MINE}\r\nDKIM-Signature: v=1; a=rsa-sha256; d={B}; s=x; h=from; bh=x; b=x\r\n",
    f"From: {MINE}\r\nAuthentication-Results: mx.house.example; dkim=pass header.d={B}\r\n",
    f"From: {MINE}\r\nReturn-Path: <{THEIRS}>\r\n",
    f"From: {MINE}\r\nARC-Seal: i=1; cv=none; d={B}; s=x; a=rsa-sha256; b=x\r\n",
]
# What REST's field `from` may be tried with.
FROM_FIELDS = [line.partition(":")[2].strip("\r\n ") for line in HEADERS
               if line.lower().startswith("from") and line.count("\r\n") == 1]
CUSTOM_HEADERS = [{name: THEIRS} for name in (
    "From", "from", "FROM", "From ", " From", "From:", "From\t", "\u0424rom", "From\r\nX", "Sender",
    "sender", "Resent-From", "Resent-Sender", "Return-Path", "DKIM-Signature", "Reply-To\nFrom",
    "ARC-Seal", "Authentication-Results", "Received", "X-Posthouse-Account")] + [
    {"X-A": f"b\r\nFrom: {THEIRS}"}, {"X-A": f"b\nFrom: {THEIRS}"}, {"X-A": f"b\rFrom: {THEIRS}"},
    {"X-A": f"b\u2028From: {THEIRS}"}, {"X-A": f"b\0From: {THEIRS}"}]


def by_smtp(house, door, login=None):
    """Each header section through a door; how many were tried and taken."""
    tried = taken = 0
    session = None
    for head in HEADERS:
        if session is None or session.say("RSET")[0] != 250:
            session = house.open(door, login=login is None)
            if login:
                tap.equal(session.login(*login)[0], 235)
        utf8 = " SMTPUTF8" if any(ord(c) > 127 for c in head) else ""
        to = f"{door}-{house.recipient()}"
        tap.equal(session.envelope(MINE, to, parameters=utf8), [250, 250])
        session.say("DATA")
        code, said = session.say((head + BODY).encode() + b"\r\n.\r\n")
        tap.true(code in (250, 550, 553, 554, 552), f"{head!r}: {code} {said}")
        tried += 1
        taken += code == 250
    session.close()
    return tried, taken


def by_envelope(house):
    """MAIL FROM of another: refused where somebody signed in; never what the mail leaves with."""
    with house.open("submission") as session:
        for sender in (THEIRS, f"boss@{A}", f"news@sub.{A}", f"news@{A}.evil.example",
                       f"\"news\"@{B}", f"news@evil-{A}"):
            tap.equal(session.say(f"MAIL FROM:<{sender}>")[0] // 100, 5, sender)
    with house.open("relay") as session:
        to = house.recipient()
        session.envelope(THEIRS, to)
        session.say("DATA")
        code, _ = session.say(f"From: {MINE}\r\n{BODY}".encode() + b"\r\n.\r\n")
        if code == 250:
            tap.true(house.sink.wait_for(to).mail_from.endswith("@" + A), "another's return path")


def by_rest(house):
    tried = taken = 0
    for text in [*FROM_FIELDS, THEIRS, f"News <{THEIRS}>", f'"{MINE}" <{THEIRS}>']:
        status, answer = house.send(**{"from": text}, to=[house.recipient()])
        tap.true(status in (202, 400, 403, 413, 422), f"{text!r}: {status} {answer}")
        tried += 1
        taken += status == 202
    for headers in CUSTOM_HEADERS:
        status, answer = house.send(headers=headers, to=[house.recipient()])
        tap.true(status in (202, 400, 422), f"{headers!r}: {status} {answer}")
        tried += 1
        taken += status == 202
    for field in ("reply_to", "cc", "bcc"):
        status, _ = house.send(**{field: [THEIRS]}, to=[house.recipient()])
        taken += status == 202
        tried += 1
    # Another account named, another's domain and address with one's own key.
    for path in (f"/api/v1/messages?account={house.other.name}", "/api/v1/messages?account=2"):
        status, answer = house.post(path, {"from": THEIRS, "to": ["a@dest.example"],
                                           "subject": "s", "text": "t"}, house.acme.token)
        tap.true(status in (403, 404, 422), f"{path}: {status} {answer}")
        tried += 1
    return tried, taken


def by_tencent(house):
    """FromEmailAddress, and the fields that become headers."""
    pair = house.verb("key", "create", "--account", "acme", "--kind", "tencent")
    key = tc3.Key(pair["secret_id"], pair["secret_key"])
    text = base64.b64encode(b"hello").decode()
    host = f"127.0.0.1:{house.http_port}"
    changes = [{"FromEmailAddress": value} for value in
               [*FROM_FIELDS, THEIRS, f"News <{THEIRS}>", f'"{MINE}" <{THEIRS}>']]
    changes += [{"SmtpHeaders": json.dumps(headers)} for headers in CUSTOM_HEADERS]
    changes += [{"ReplyToAddresses": THEIRS}, {"Cc": [THEIRS]}, {"Subject": f"x\r\nFrom: {THEIRS}"}]
    taken = 0
    with tc3.Connection(house.http_port) as connection:
        for change in changes:
            mail = {"FromEmailAddress": MINE, "Destination": [f"tencent-{house.recipient()}"],
                    "Subject": "s", "Simple": {"Text": text}, **change}
            status, answer = connection.exchange(tc3.Request("SendEmail", mail, host).sign(key))
            tap.equal(status, 200, f"{change}: {answer}")
            code = tc3.error_code(answer)
            tap.true(code is None or "." in code or code in (
                "InvalidParameter", "InvalidParameterValue", "MissingParameter"),
                f"{change}: {answer}")
            taken += code is None
    tap.true(taken, "nothing is taken at all")
    return len(changes), taken


def identity(mail):
    """Every From, Sender and d= of a mail as it left."""
    head = mail.head().decode("utf-8", "replace").replace("\r\n ", " ").replace("\r\n\t", " ")
    fields = [line.partition(":") for line in head.split("\r\n") if line]
    named = {}
    for name, _, value in fields:
        named.setdefault(name.strip().lower(), []).append(value.strip())
    return named


def judge(mail, where):
    named = identity(mail)
    tap.equal(len(named.get("from", [])), 1, f"{where}: From fields of {mail.head()!r}")
    parsed = email.message_from_bytes(mail.content(), policy=email.policy.default)
    found = [a.addr_spec for a in parsed["From"].addresses]
    tap.equal(len(found), 1, f"{where}: {named['from']}")
    for name in ("from", "sender"):
        found += [email.utils.parseaddr(value)[1] for value in named.get(name, [])]
    for mailbox in found:
        # The relay is bound to the domain, the other doors to the address.
        tap.true(mailbox.lower() == MINE or where.startswith("relay")
                 and mailbox.lower().endswith("@" + A), f"{where}: {mailbox}")
    tap.true(mail.mail_from.endswith("@" + A), f"{where}: MAIL FROM {mail.mail_from}")
    signed = [re.search(r"\bd=([^;\s]+)", v).group(1) for v in named.get("dkim-signature", [])]
    ours = [d for d in signed if d == A]
    tap.true(ours, f"{where}: not signed by {A}: {signed}")
    first = signed[0]
    tap.equal(first, A, f"{where}: the first signature")
    # A forged one that a client brought does not verify; it must not be ours.
    for value in named.get("dkim-signature", []):
        if re.search(rf"\bd={re.escape(B)}\b", value):
            tap.true("b=x" in value.replace(" ", ""), f"{where}: signed for {B}: {value}")
    for name in ("authentication-results", "return-path"):
        tap.true(name not in named, f"{where}: {name} left")


def judged(mail):
    """Why a mail is not the sender's own, or nothing."""
    try:
        judge(mail, mail.rcpt_to[0])
    except (AssertionError, LookupError, ValueError) as why:
        return str(why)
    return None


def main():
    with AttackHouse() as house:
        for door in ("submission", "tls"):
            with tap.check(f"{door}: a header that names another is refused, or names nobody else"):
                tap.note("%d tried, %d taken" % by_smtp(house, door))
        with tap.check("relay: a header that names another tenant is refused"):
            tap.note("%d tried, %d taken" % by_smtp(house, "relay"))
        with tap.check("the envelope of another tenant is refused"):
            by_envelope(house)
        with tap.check("REST: no from and no header of its own names another"):
            tap.note("%d tried, %d taken" % by_rest(house))
        with tap.check("the Tencent door: no sender and no header of its own names another"):
            tap.note("%d tried, %d taken" % by_tencent(house))
        with tap.check("the other tenant may use its own name and nobody else's"):
            status, answer = house.send(house.other, to=["own@dest.example"])
            tap.equal(status, 202, str(answer))
            status, answer = house.send(house.other, **{"from": MINE})
            tap.equal((status, answer["reason"]), (403, "domain_not_verified"))
            with house.open("submission", login=False) as session:
                tap.equal(session.login(THEIRS, PASSWORD)[0], 235)
                tap.equal(session.say(f"MAIL FROM:<{MINE}>")[0] // 100, 5)
        with tap.check("every mail that left is the sender's own by every reader, and signed so"):
            house.wait_until_idle()
            own = house.sink.wait_for("own@dest.example")
            tap.true(f"d={B}".encode() in own.raw, "the other tenant's mail is not signed by it")
            left = [m for m in house.sink.mails if m is not own]
            wrong = [why for found in left if (why := judged(found))]
            tap.note(f"{len(left)} mails left, {len(wrong)} of them another's")
            tap.equal(wrong, [])
    tap.done()


main()
