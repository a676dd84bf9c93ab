"""End-of-data variants at every SMTP door, each cut at every place: one message or none, and
never a word of the content taken for a command."""
import time

import tap
from attack_house import AttackHouse, mail, quiet

# Only CRLF "." CRLF ends content. None of these holds it, alone or with what stands around them.
VARIANTS = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r.\n", b"\n.\r",
    b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\r\0\n", b"\r\n\0.\0\r\n", b"\n\0.\n",
    b"\0\r\n\0.\0\r\n",
    b"\r\n. \r\n", b"\r\n .\r\n", b"\r\n.\t\r\n", b"\r\n\t.\r\n", b"\r\n .\r\n\r\n",
    b"\r\r\n.\r\r\n", b"\r\n.\r\r\n", b"\r\r\n.\r", b"\n\n.\n\n", b"\r\n.\n\r\n", b"\n\r.\n\r",
    b"\r\n..\r\n", b"\n..\n", b"\r\n.\r.\r\n", b"\r\n.\x0b\r\n", b"\r\n\x0b.\r\n",
    b"\r\n.\x0c\r\n", b"\r\n.\x1a\r\n", b"\r\n.\x7f\r\n", b"\r\n\xae\r\n", b"\r\n\x2e\x80\r\n",
    b"\x8d\x8a.\x8d\x8a", b"\x85.\x85", "\r\n\uff0e\r\n".encode(), "\r\n\u2024\r\n".encode(),
    "\u2028.\u2028".encode(), "\r\n\ufeff.\r\n".encode(), b"\r\n=2E\r\n", b"\r\n&#46;\r\n",
    b"\r\n%2e\r\n", b"\r\n\\.\r\n", b"\r\n.\\r\\n", b"\r\n.\b\r\n", b"\r\n\x1b[D.\r\n",
]
SMUGGLED = (b"MAIL FROM:<%s>\r\nRCPT TO:<smuggled@dest.example>\r\nDATA\r\n"
            b"From: <%s>\r\nSubject: SMUGGLED\r\n\r\nsmuggled\r\n")
END = b"\r\n.\r\n"


def start(house, door, recipients):
    session = house.open(door)
    sender = "" if door == "inbound" else house.acme.address
    codes = session.envelope(sender, next(recipients))
    tap.equal(codes, [250, 250], door)
    return session


def recipients_for(house, door):
    paths = house.return_paths(200) if door == "inbound" else None
    number = 0
    while True:
        yield paths[number % len(paths)] if paths else f"{door}{number}@dest.example"
        number += 1


def outcome(session):
    """Of what was sent: the replies after 354, without QUIT's."""
    codes = []
    with quiet(OSError):
        session.send(b"QUIT\r\n")
    with quiet(OSError):
        codes = [code for code, _ in session.replies_to_end()]
    session.close()
    return [code for code in codes if code != 221]


def by_data(house, door):
    """Each variant with each cut; (cases, messages taken)."""
    sender = house.acme.address.encode()
    smuggled = SMUGGLED % (sender, sender)
    recipients = recipients_for(house, door)
    cases = taken = 0
    for variant in VARIANTS:
        head = mail(subject=f"one {door}", body="x")
        content = head + variant + smuggled + END
        for cuts in every_place(len(head), len(variant)):
            session = start(house, door, recipients)
            tap.equal(session.say("DATA")[0], 354)
            session.send(content, cuts)
            codes = outcome(session)
            tap.true(len(codes) == 1 and codes[0] in (250, 550, 554, 451),
                     f"{door} {variant!r} cut at {cuts}: {codes}")
            cases += 1
            taken += codes[0] == 250
    return cases, taken


def every_place(at, length):
    return [(), *[(at + i,) for i in range(length + 1)], tuple(range(at - 1, at + length + 3))]


def by_bdat(house, door):
    """What stands in a chunk is content, whatever it is, and a chunk has the size it names."""
    sender = house.acme.address.encode()
    smuggled = SMUGGLED % (sender, sender)
    recipients = recipients_for(house, door)
    cases = taken = 0
    for variant in [*VARIANTS, END]:
        content = mail(subject=f"bdat {door}", body="x") + variant + smuggled
        at = content.index(variant, 60)
        for cut in (None, at, at + 1, at + len(variant) - 1):
            session = start(house, door, recipients)
            if cut is None:
                session.send(b"BDAT %d LAST\r\n" % len(content) + content)
            else:
                session.send(b"BDAT %d\r\n" % cut + content[:cut] +
                             b"BDAT %d LAST\r\n" % (len(content) - cut) + content[cut:])
            codes = outcome(session)
            tap.true(1 <= len(codes) <= 2 and codes.count(250) <= len(codes),
                     f"{door} BDAT {variant!r} cut at {cut}: {codes}")
            cases += 1
            taken += codes[-1] == 250
    return cases, taken


# (what is sent, most messages that may come of it): sizes that lie only make commands of content.
def lying_chunks():
    body = mail(subject="lie", body="x\r\n")
    for size in ("-1", "+5", "0x20", "1e2", "5 5", " ", "", "LAST", "5 LAST LAST", "5 FIRST",
                 "99999999999999999999", "18446744073709551616", "18446744073709551615 LAST",
                 "4294967296 LAST", "9" * 400, "١٠", "5\t LAST", "5,5"):
        yield f"BDAT {size}\r\n".encode() + body, 0
    yield b"BDAT 0 LAST\r\n", 1  # an empty mail; submission refuses it for its want of a From
    yield b"BDAT 0\r\nBDAT 0 LAST\r\n", 1
    yield b"BDAT %d\r\n" % len(body) + body + b"BDAT 0 LAST\r\n", 1
    yield b"BDAT %d\r\n" % len(body) + body + b"BDAT 0 LAST\r\nBDAT 0 LAST\r\n", 1
    yield b"BDAT %d LAST\r\n" % len(body) + body + b"BDAT 5 LAST\r\nhello", 1
    yield b"BDAT %d\r\n" % len(body) + body + b"DATA\r\n" + body + END, 0
    yield b"BDAT %d\r\n" % len(body) + body + b"RSET\r\nBDAT 0 LAST\r\n", 0
    yield b"BDAT %d LAST\r\n" % (len(body) - 3) + body, 1
    yield b"BDAT %d LAST\r\n" % (len(body) + 6) + body, 1  # swallows QUIT


def lies(house, door):
    recipients = recipients_for(house, door)
    cases = taken = 0
    for sent, most in lying_chunks():
        for cuts in ((), range(1, len(sent))):
            session = start(house, door, recipients)
            with quiet(OSError):
                session.send(sent, cuts if len(sent) < 40 else cuts and (7, 12, 40, 41))
            session.socket.settimeout(1)
            codes = []
            with quiet(OSError):
                session.send(b"QUIT\r\n")
                while (reply := session.reply())[0]:
                    codes.append(reply)
            session.close()
            mails = [c for c, texts in codes
                     if c == 250 and "octets received" not in texts[0] and texts != ["2.0.0 Ok"]
                     or c == 250 and texts == ["2.0.0 Ok"] and door == "inbound"
                     and b"RSET" not in sent]
            tap.true(len(mails) <= most, f"{door} {sent[:60]!r}: {codes}")
            cases += 1
            taken += len(mails)
    return cases, taken


def pipelined(house, door):
    """Content before 354 ends the session; commands behind the true end are commands."""
    recipients = recipients_for(house, door)
    body = mail(body="x") + END
    for cuts in ((), (6,), (5, 6, 7)):
        session = start(house, door, recipients)
        with quiet(OSError):
            session.send(b"DATA\r\n" + body, cuts if door != "submission" else ())
        codes = outcome(session)
        if not cuts:
            tap.true(250 not in codes, f"{door}: {codes}")
        tap.true(codes.count(250) <= 1, f"{door}: {codes}")
    session = start(house, door, recipients)
    tap.equal(session.say("DATA")[0], 354)
    session.send(body + b"NOOP\r\nRSET\r\n")
    tap.equal(outcome(session), [250, 250, 250], door)


def main():
    with AttackHouse() as house:
        for door, _, _ in house.doors():
            began = time.monotonic()
            with tap.check(f"{door}: a false end of DATA is no end, wherever it is cut"):
                cases, taken = by_data(house, door)
                tap.note(f"{door}: {len(VARIANTS)} variants, {cases} cases, {taken} taken whole, "
                         f"{time.monotonic() - began:.1f} s")
            with tap.check(f"{door}: what stands in a BDAT chunk is content"):
                tap.note("BDAT: %d cases, %d taken" % by_bdat(house, door))
            with tap.check(f"{door}: chunks that lie about their size give one message or none"):
                tap.note("lies: %d cases, %d taken" % lies(house, door))
            with tap.check(f"{door}: nothing is taken before 354"):
                pipelined(house, door)
        with tap.check("no smuggled message left the house, and no mail has a fault on the wire"):
            house.wait_until_idle()
            tap.equal(house.sink.to("smuggled@dest.example"), [])
            for found in house.sink.mails:
                subject = [x for x in found.head().split(b"\r\n") if x.startswith(b"Subject:")]
                tap.true(subject and b"SMUGGLED" not in subject[0], repr(found.raw[:400]))
                tap.equal(found.faults(), [], repr(found.raw[:400]))
            tap.note(f"{len(house.sink.mails)} mails looked at on the wire")
        with tap.check("fsck finds nothing"):
            house.stop()
            tap.equal(house.verb("fsck"), {"findings": []})
    tap.done()


main()
