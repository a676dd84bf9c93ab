"""Recipients that hide another domain, and parameters inside addresses: the domain of RCPT on the
wire is the one that was authorised, and nothing is added to a command."""
import re

import tap
from attack_house import AttackHouse, mail, quiet

GOOD, EVIL = "good.example", "evil.example"
OWN = {"a name of its own, in A-labels"}


def is_one_of(domain, allowed):
    return domain in allowed or (allowed == OWN and "xn--" in domain)


# An address as an API takes it, and the domains that may stand in RCPT if it is taken.
ADDRESSES = [
    (f'"foo@{EVIL}> ORCPT=admin@admin.example"@{GOOD}', {GOOD}),
    (f'"foo@{EVIL}>"@{GOOD}', {GOOD}),
    (f'"foo@{EVIL}> NOTIFY=SUCCESS,FAILURE"@{GOOD}', {GOOD}),
    (f'"a@{EVIL}\\r\\nRCPT TO:<b@{EVIL}>"@{GOOD}', {GOOD}),
    (f'"a\r\nRCPT TO:<b@{EVIL}>"@{GOOD}', set()),
    (f'"a\nRCPT TO:<b@{EVIL}>"@{GOOD}', set()),
    (f"a@{GOOD}\r\nRCPT TO:<b@{EVIL}>", set()),
    (f"a@{GOOD}> SIZE=1<b@{EVIL}", set()),
    (f"a@{GOOD}>,<b@{EVIL}", set()),
    (f"<a@{GOOD}> BODY=8BITMIME", set()),
    (f"a@{GOOD} BODY=8BITMIME", set()),
    (f"a@{GOOD}(x){EVIL}", set()),
    (f"a@{GOOD}(@{EVIL})", {GOOD}),
    (f"a@(x){EVIL}", {EVIL}),
    (f"a({GOOD}@)@{EVIL}", {EVIL}),
    (f'"x@{EVIL} y"@{GOOD}', {GOOD}),
    (f'"x@{EVIL}, y"@{GOOD}', {GOOD}),
    (f'"x@{EVIL}"@{GOOD}', {GOOD}),
    (f'"x@{EVIL}" @{GOOD}', {GOOD}),
    (f'"x\\"@{EVIL}"@{GOOD}', {GOOD}),
    (f'"x\\\\"@{EVIL}', {EVIL}),
    (f'"x"y@{EVIL}', set()),
    (f"x@{EVIL}@{GOOD}", set()),
    (f"x\\@{EVIL}@{GOOD}", set()),
    (f"=?utf-8?q?a=40{EVIL}?=@{GOOD}", {GOOD}),
    (f"=?utf-8?q?a=40{EVIL}=3e=00?=foo@{GOOD}", {GOOD}),
    (f"=?x?q?{EVIL}=3e?=@{GOOD}", {GOOD}),
    ("=?utf-8?q?a=40b?=@h", set()),
    (f"=?utf-8?b?YUBldmlsLmV4YW1wbGU+?=@{GOOD}", {GOOD}),
    (f"=?utf-7?q?+AGEAQABl-?=@{GOOD}", {GOOD}),
    (f"a@=?utf-8?q?{EVIL}?=", set()),
    (f"a\u560d\u560aRCPT TO:<b@{EVIL}>@{GOOD}", set()),
    (f"a\u560d\u560a@{GOOD}", {GOOD}),
    (f"a@{GOOD}\u560d\u560a", OWN),
    (f"a@{GOOD}\u0140{EVIL}", OWN),
    (f"a\u0140@{GOOD}", {GOOD}),
    (f"\u0661\u0140\u0161\u013e\u013c@{GOOD}", {GOOD}),
    (f"a\u2028RCPT@{GOOD}", {GOOD}),
    (f"a\x85b@{GOOD}", {GOOD}),
    (f"a@good\u3002example", {GOOD}),
    (f"a@g\u043eod.example", {"xn--god-sed.example"}),
    (f"a@xn--god-sed.example", {"xn--god-sed.example"}),
    (f"a@\uff47ood.example", {GOOD}),
    (f"a@goo\u00add.example", {GOOD}),
    (f"a@stra\u00dfe.example", {"xn--strae-oqa.example", "strasse.example"}),
    (f"a@GOOD.EXAMPLE", {GOOD}),
    (f"a@{GOOD}.", {GOOD}),
    (f"a@.{GOOD}", set()),
    (f"a@good..example", set()),
    (f"a%{EVIL}@{GOOD}", {GOOD}),
    (f"{EVIL}!a@{GOOD}", {GOOD}),
    (f"@{EVIL}:a@{GOOD}", {GOOD}),
    (f"<@{EVIL}:a@{GOOD}>", {GOOD}),
    (f"<@{EVIL},@x.example:a@{GOOD}>", {GOOD}),
    (f"a@{GOOD}:25", set()),
    (f"a@{GOOD}/{EVIL}", set()),
    (f"a@{GOOD}\\{EVIL}", set()),
    (f"a@{GOOD}#{EVIL}", set()),
    (f"a@{GOOD}?x={EVIL}", set()),
    (f"a@[127.0.0.1]", {"[127.0.0.1]"}),
    (f"a@127.0.0.1", set()),
    (f"a@2130706433", set()),
    (f"a@[IPv6:::ffff:127.0.0.1]", {"[ipv6:::ffff:127.0.0.1]", "[ipv6:::ffff:7f00:1]"}),
    (f"a@[{EVIL}]", set()),
    (f"a@{GOOD}\0.{EVIL}", set()),
    (f"a\0@{GOOD}", set()),
    (f"a@{GOOD}%00.{EVIL}", set()),
    (f"a@{GOOD}\t", {GOOD}),
    (f"a@{GOOD} {EVIL}", set()),
    (f"a @ {GOOD}", {GOOD}),
    (f"group: a@{GOOD}, b@{EVIL};", set()),
    (f"a@{GOOD}, b@{EVIL}", set()),
    (f"a@{GOOD};b@{EVIL}", set()),
    (f"Name <a@{GOOD}> <b@{EVIL}>", set()),
    (f"b@{EVIL} <a@{GOOD}>", {GOOD}),
    (f'"b@{EVIL}" <a@{GOOD}>', {GOOD}),
    (f"<b@{EVIL}> <a@{GOOD}>", set()),
    (f"<a@{GOOD}>b@{EVIL}", set()),
    (f"-oQ/tmp@{GOOD}", {GOOD}),
    (f"-X@{GOOD}", {GOOD}),
    ("|/bin/sh@" + GOOD, {GOOD}),
    ("/etc/passwd@" + GOOD, {GOOD}),
    ("postmaster", set()),
    ("", set()),
    ("a" * 65 + "@" + GOOD, set()),
    ("a@" + "b" * 64 + ".example", set()),
    ("a@" + "b." * 130 + "example", set()),
]
# What of a RCPT line's address: any of ours that is not an address with nothing behind it.
RCPT = re.compile(r'RCPT TO:<((?:"(?:[^"\\]|\\.)*"|[^"<>\s@]+)@([^<>\s@"]+))>\Z')


def by_rest(house):
    """Each address as to, cc and bcc: (tried, taken)."""
    tried = taken = 0
    for address, allowed in ADDRESSES:
        for field in ("to", "cc", "bcc"):
            before = len(house.sink.mails)
            fields = {field: [address]} if field == "to" else {"to": ["anna@dest.example"],
                                                                field: [address]}
            status, answer = house.send(**fields)
            tap.true(status in (202, 400, 422), f"{address!r}: {status} {answer}")
            tried += 1
            if status != 202:
                continue
            taken += 1
            tap.true(allowed, f"{field} {address!r} was taken")
            _, view = house.get(f"/api/v1/messages/{answer['id']}", house.acme.token)
            left = {r["address"].rpartition("@")[2].lower().rstrip(".")
                    for r in view["recipients"]} - {"dest.example"}
            tap.true(len(left) == 1 and is_one_of(min(left), allowed),
                     f"{address!r} goes to {left}")
            tap.true(before <= len(house.sink.mails), "mails were lost")
    return tried, taken


def by_smtp(house, door):
    """Each address in RCPT as it is, and in angle brackets."""
    tried = taken = 0
    session = None
    for address, allowed in ADDRESSES:
        for text in (f"<{address}>", address):
            if session is None or session.say("RSET")[0] != 250:
                with quiet(Exception):
                    session.close()
                session = house.open(door)
            utf8 = " SMTPUTF8" if any(ord(c) > 127 for c in text) else ""
            session.say(f"MAIL FROM:<{house.acme.address}>{utf8}")
            session.send(f"RCPT TO:{text}\r\n".encode())
            lines = 1 + text.count("\n")
            codes = [session.reply()[0] for _ in range(lines)]
            tried += 1
            if codes[0] != 250:
                continue
            session.say("DATA")
            code, _ = session.say(mail(body="misrouted?") + b"\r\n.\r\n")
            if code != 250:
                continue
            taken += 1
            tap.true(allowed or lines > 1, f"{door}: {text!r} was taken")
    session.close()
    return tried, taken


PARAMETERS = [
    "MAIL FROM:<%s> SIZE=1 SIZE=2", "MAIL FROM:<%s> BODY=8BITMIME BODY=7BIT", "MAIL FROM:<%s> X=Y",
    "MAIL FROM:<%s>SIZE=1", "MAIL FROM:<%s> SIZE=-1", "MAIL FROM:<%s> SIZE=1e9",
    "MAIL FROM:<%s> SIZE=99999999999999999999", "MAIL FROM:<%s> BODY=BINARYMIME",
    "MAIL FROM:<%s> RET=FULL ENVID=x", "MAIL FROM:<%s> =", "MAIL FROM:<%s> SIZE",
    "MAIL FROM:<%s> SIZE=", "MAIL FROM:<%s> RCPT TO:<a@evil.example>",
    "MAIL FROM:<%s> <b@c.example>",
    "MAIL FROM:%s", "MAIL FROM: <%s> RCPT=x", "MAIL FROM:<%s\x00>", "MAIL TO:<%s>", "MAIL <%s>",
    "MAIL FROM:<<%s>>", "MAIL FROM:<%s", "MAIL FROM:%s>", "MAIL FROM:<%s> SIZE=1,BODY=7BIT",
]
RECIPIENT_PARAMETERS = [
    "RCPT TO:<a@good.example> ORCPT=rfc822;b@evil.example", "RCPT TO:<a@good.example> NOTIFY=NEVER",
    "RCPT TO:<a@good.example> XRCPTFORWARD=x", "RCPT TO:<a@good.example>b@evil.example",
    "RCPT TO:<a@good.example><b@evil.example>", "RCPT TO:<a@good.example>,<b@evil.example>",
    "RCPT TO:a@good.example", "RCPT TO:<a@good.example> b@evil.example",
    "RCPT FROM:<a@good.example>",
    "RCPT TO:<a@good.example\x00>", "RCPT TO:<a@good.example\x0bRCPT TO:<b@evil.example>",
]


def parameters(house):
    """What is no parameter of ours is refused, not passed on."""
    for words in PARAMETERS:
        with house.open("submission") as session:
            code, said = session.say(words % house.acme.address)
            tap.equal(code // 100, 5, f"{words}: {said}")
    for words in RECIPIENT_PARAMETERS:
        with house.open("submission") as session:
            session.say(f"MAIL FROM:<{house.acme.address}>")
            code, said = session.say(words)
            tap.equal(code // 100, 5, f"{words!r}: {said}")
    return len(PARAMETERS) + len(RECIPIENT_PARAMETERS)


def main():
    with AttackHouse() as house:
        with tap.check("REST: a recipient goes to the domain it names, or nowhere"):
            tap.note("%d tried, %d taken" % by_rest(house))
        for door in ("submission", "relay"):
            with tap.check(f"{door}: a recipient goes to the domain it names, or nowhere"):
                tap.note("%d tried, %d taken" % by_smtp(house, door))
        with tap.check("parameters that are none are refused"):
            tap.note(f"{parameters(house)} refused")
        with tap.check("every RCPT on the wire is one address with nothing behind it"):
            house.wait_until_idle()
            allowed = {"dest.example"}.union(*(domains for _, domains in ADDRESSES))
            lines = [c for m in house.sink.mails for c in m.commands if c.startswith("RCPT")]
            for line in lines:
                found = RCPT.match(line)
                tap.true(found, f"on the wire: {line!r}")
                domain = found.group(2).lower().rstrip(".")
                tap.true(domain in allowed or is_one_of(domain, OWN), f"on the wire: {line!r}")
            for command in (c for m in house.sink.mails for c in m.commands):
                tap.true(re.fullmatch(r"(MAIL FROM|RCPT TO):<.*>( (SIZE=\d+|BODY=8BITMIME|"
                                      r"SMTPUTF8))*", command), f"on the wire: {command!r}")
            tap.equal({c[:4] for m in house.sink.mails for c in m.commands}, {"MAIL", "RCPT"})
            tap.note(f"{len(lines)} RCPT lines on the wire")
    tap.done()


main()
