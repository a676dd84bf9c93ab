"""What leaves: whatever stands in a mail by API or SMTP, its octets on the wire end no message
early, also not at a receiver that takes a bare LF for a line end."""
import base64
import time

import tap
from attack_house import AttackHouse, mail
from postfix import Postfix

ENDS = [b"\r\n.\r\n", b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r",
        b"\r\r\n.\r\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n. \r\n", b"\n\n.\n\n",
        b"\r\n..\r\n",
        b"\x85.\x85", b"\r\n\x2e\x0d\x0a\r\n"]
SMUGGLED = (b"MAIL FROM:<news@acme.example>\r\nRCPT TO:<smuggled@dest.example>\r\nDATA\r\n"
            b"From: <news@other.example>\r\nSubject: SMUGGLED\r\n\r\nsmuggled\r\n.\r\n")
# Bodies that SMTP takes, and that a careless sender breaks on their way out.
BODIES = {
    "dots": b".\x2e\r\n..\r\n...\r\n.a\r\n \r\n.\t.\r\n",
    "dots first": b"..\r\n.x\r\n",
    "a long line": b"x" * 5000 + b"\r\n",
    "long lines with dots": (b"." * 3000 + b"\r\n") * 3,
    "8-bit": "häß\u20ac\u4f60\r\n".encode() * 50,
    "8-bit long": "\u4f60".encode() * 2000 + b"\r\n",
    "latin-1": bytes(range(0xa0, 0x100)) * 30 + b"\r\n",
    "a dot where a line would be folded": b"a" * 997 + b"." + b"b" * 997 + b".\r\n",
    "a dot behind soft ends": (b"a" * 75 + b".") * 100 + b"\r\n",
    "From at line start": b"From nobody\r\n>From\r\n",
    "no last line end": b"the end",
    "spaces at line ends": b"a \r\n\t\r\n" * 20,
    "empty": b"",
    "an end, doubled": b"\r\n..\r\nQUIT\r\n",
}
HEADERS = {
    "long": b"X-Long: " + b"word " * 1500 + b"\r\n",
    "long without blanks": b"X-Long: " + b"w" * 900 + b"\r\n",
    "folded with a dot": b"X-Dot: a\r\n .\r\n .b\r\n",
    "8-bit": "X-Utf: h\u00e4\u00df\r\n".encode() * 3,
    "many": b"".join(b"X-%d: y\r\n" % n for n in range(500)),
}
PARTS = (b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
         b"Content-Type: text/plain; charset=utf-8\r\n"
         b"Content-Transfer-Encoding: 8bit\r\n\r\n%s\r\n--b\r\n"
         b"Content-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\n%s\r\n--b--\r\n")


def by_api(house):
    """Each end, with a smuggled mail behind it, in each field: {recipient: what}."""
    sent = {}
    for end in ENDS:
        text = (b"x" + end + SMUGGLED).decode("latin-1")
        encoded = base64.b64encode(b"x" + end + SMUGGLED).decode()
        for name, fields in (
                ("text", {"text": text}), ("html", {"html": text}),
                ("text first", {"text": text[1:]}),
                ("subject", {"subject": text}), ("header", {"headers": {"X-A": text}}),
                ("name", {"from": f'"{text}" <{house.acme.address}>'}),
                ("attachment", {"attachments": [{"filename": "a.bin", "content": encoded,
                                                 "content_type": "application/octet-stream"}]}),
                ("text attachment", {"attachments": [{"filename": "a.txt", "content": encoded,
                                                      "content_type": "text/plain"}]}),
                ("message attachment", {"attachments": [
                    {"filename": "a.eml", "content": encoded, "content_type": "message/rfc822"}]}),
                ("filename", {"attachments": [{"filename": text, "content": encoded,
                                               "content_type": "text/plain"}]})):
            to = house.recipient()
            status, answer = house.send(**{"to": [to], **fields})
            tap.true(status in (202, 400, 422), f"{name} {end!r}: {status} {answer}")
            if status == 202:
                sent[to] = f"{name} {end!r}"
    return sent


def by_smtp(house, door):
    """Each body and header as DATA and as BDAT."""
    sent = {}
    cases = [(name, b"", body) for name, body in BODIES.items()]
    cases += [(name, head, b"hello\r\n") for name, head in HEADERS.items()]
    cases += [(name + " in parts", b"", (body, body)) for name, body in BODIES.items()]
    for name, head, body in cases:
        for verb in ("DATA", "BDAT"):
            to = house.recipient()
            if isinstance(body, tuple):
                content = mail(to=to).partition(b"\r\n\r\n")[0] + b"\r\n" + PARTS % body
            else:
                content = head + mail(to=to, body="") + body
            with house.open(door) as session:
                tap.equal(session.envelope(house.acme.address, to, parameters=" BODY=8BITMIME"),
                          [250, 250])
                if verb == "BDAT":
                    code, said = session.say(b"BDAT %d LAST\r\n" % len(content) + content)
                else:
                    session.say("DATA")
                    stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
                    code, said = session.say(stuffed + b"\r\n.\r\n")
            tap.true(code == 250 or code // 100 == 5, f"{name} {verb}: {code} {said}")
            if code == 250:
                sent[to] = f"{name} {verb}"
    return sent


def main():
    with AttackHouse() as house:
        sent = {}
        with tap.check("by API every end of data is refused or content"):
            sent.update(by_api(house))
            tap.note(f"{len(ENDS) * 10} tried, {len(sent)} taken")
        for door in ("submission", "relay"):
            with tap.check(f"{door} takes odd bodies and headers, or refuses them"):
                found = by_smtp(house, door)
                tap.note(f"{2 * (2 * len(BODIES) + len(HEADERS))} tried, {len(found)} taken")
                sent.update(found)
        with tap.check("each is one mail on the wire: no bare CR, LF or NUL, dots doubled, lines "
                       "of 998 at most"):
            house.wait_until_idle()
            for to, what in sent.items():
                tap.equal(len(house.sink.to(to)), 1, what)
                tap.equal(house.sink.to(to)[0].faults(), [], what)
            tap.equal(len(house.sink.mails), len(sent))
            tap.equal(house.sink.to("smuggled@dest.example"), [])
    with Postfix(["dest.example"], settings={"smtpd_forbid_bare_newline": "no"}) as receiver, \
            AttackHouse(next_hop=receiver.port) as house:
        with tap.check("a Postfix that takes a bare LF for a line end receives one mail of each"):
            sent = {**by_api(house), **by_smtp(house, "submission")}
            house.wait_until_idle()
            time.sleep(0.5)
            everything = list((receiver.mail / "all" / "new").iterdir())
            for to, what in sent.items():
                tap.equal(len(receiver.mails(to)), 1, what)
            tap.equal(receiver.mails("smuggled@dest.example"), [])
            tap.equal(len(everything), len(sent))
            tap.note(f"{len(sent)} mails through Postfix")
    tap.done()


main()
