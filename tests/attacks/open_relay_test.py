"""Forms of relaying through every SMTP door: for a stranger none is accepted, and whoever may send
sends as himself only."""
import tap
from attack_house import PASSWORD, AttackHouse, mail, quiet
from raw_smtp import RawSmtp, plain

VICTIM = "victim@elsewhere.example"
# (MAIL FROM, RCPT TO) as they stand behind the colon; %o is our own domain.
FORMS = [
    ("<spam@elsewhere.example>", f"<{VICTIM}>"),
    ("<>", f"<{VICTIM}>"),
    ("<spam>", f"<{VICTIM}>"),
    ("<news@%o>", f"<{VICTIM}>"),
    ("<spam@localhost>", f"<{VICTIM}>"),
    ("<spam@[127.0.0.1]>", f"<{VICTIM}>"),
    ("<spam@[IPv6:::1]>", f"<{VICTIM}>"),
    ("<spam@mx.house.example>", f"<{VICTIM}>"),
    ("<spam@elsewhere.example>", "<victim%%elsewhere.example@%o>"),
    ("<spam@elsewhere.example>", "<victim%%elsewhere.example@[127.0.0.1]>"),
    ("<spam@elsewhere.example>", "<victim%%elsewhere.example@mx.house.example>"),
    ("<spam@elsewhere.example>", f'<"{VICTIM}">'),
    ("<spam@elsewhere.example>", '<"victim%%elsewhere.example">'),
    ("<spam@elsewhere.example>", f'<"{VICTIM}"@%o>'),
    ("<spam@elsewhere.example>", f"<{VICTIM}@[127.0.0.1]>"),
    ("<spam@elsewhere.example>", f"<{VICTIM}@mx.house.example>"),
    ("<spam@elsewhere.example>", f"<@%o:{VICTIM}>"),
    ("<spam@elsewhere.example>", f"<@[127.0.0.1]:{VICTIM}>"),
    ("<spam@elsewhere.example>", f"<@%o,@mx.house.example:{VICTIM}>"),
    ("<spam@elsewhere.example>", "<elsewhere.example!victim>"),
    ("<spam@elsewhere.example>", "<elsewhere.example!victim@%o>"),
    ("<spam@elsewhere.example>", "<elsewhere.example!victim@[127.0.0.1]>"),
    ("<spam@elsewhere.example>", "<victim@elsewhere.example.>"),
    ("<spam@elsewhere.example>", "<VICTIM@ELSEWHERE.EXAMPLE>"),
    ("<spam@elsewhere.example>", "<victim@[IPv6:2001:db8::1]>"),
    ("<spam@elsewhere.example>", "<victim@[192.0.2.1]>"),
    ("<spam@elsewhere.example>", "<v\xefctim@elsewhere.example> SMTPUTF8"),
    ("<spam@elsewhere.example> SMTPUTF8", "<v\xefctim@elsewhere.example>"),
    ("<spam@elsewhere.example>", "<victim\x00@elsewhere.example>"),
    ("<spam@elsewhere.example>", f"{VICTIM}"),
    ("spam@elsewhere.example", f"{VICTIM}"),
    ("<spam@elsewhere.example>", f"<{VICTIM}> ORCPT=rfc822;news@%o"),
    ("<spam@elsewhere.example> AUTH=<>", f"<{VICTIM}>"),
    ("<spam@elsewhere.example> AUTH=news@%o", f"<{VICTIM}>"),
    ("<spam@elsewhere.example>", f"<news@%o>,<{VICTIM}>"),
    ("<spam@elsewhere.example>", f"<news@%o {VICTIM}>"),
    ("<spam@elsewhere.example>", f"<postmaster@{VICTIM}>"),
    ("<spam@elsewhere.example>", "<postmaster>"),
]
# What a client says before the first form, to be taken for somebody else.
PRELUDES = {
    "EHLO": ["EHLO mx.house.example"],
    "HELO localhost": ["HELO localhost"],
    "XCLIENT": ["EHLO x.example", "XCLIENT ADDR=127.0.0.1 LOGIN=news@acme.example"],
    "XFORWARD": ["EHLO x.example", "XFORWARD ADDR=127.0.0.1"],
    "PROXY 1": ["PROXY TCP4 127.0.0.1 127.0.0.1 1 2", "EHLO x.example"],
    "RSET": ["EHLO x.example", "MAIL FROM:<news@acme.example>", "RSET"],
    "failed AUTH": ["EHLO x.example", "AUTH PLAIN " + plain("news@acme.example", "Wrong4Mail2go")],
    "cancelled AUTH": ["EHLO x.example", "AUTH LOGIN", "*"],
    "empty AUTH": ["EHLO x.example", "AUTH PLAIN ="],
}


def attempt(session, form, sender_domain):
    """The codes of MAIL, RCPT and DATA with content; DATA's 250 is an open relay."""
    words = [word.replace("%o", sender_domain).replace("%%", "%").encode("latin-1", "replace")
             for word in form]
    codes = []
    for verb, word in ((b"MAIL FROM:", words[0]), (b"RCPT TO:", words[1])):
        codes.append(session.say(verb + word + b"\r\n")[0])
    codes.append(session.say("DATA")[0])
    if codes[-1] == 354:
        codes.append(session.say(mail("spam@elsewhere.example", "RELAYED") + b"\r\n.\r\n")[0])
    session.say("RSET")
    return codes


def run_forms(house, begin, forms=FORMS):
    """Every form through sessions that `begin` opens: how many were tried and accepted."""
    tried = accepted = 0
    session = None
    for form in forms:
        if session is None or session.say("NOOP")[0] != 250:
            with quiet(Exception):
                session.close()
            session = begin()
        codes = attempt(session, form, house.acme.domain)
        tried += 1
        accepted += codes[-1] == 250 and len(codes) == 4
        tap.true(not (codes[-1] == 250 and len(codes) == 4), f"relayed: {form}: {codes}")
    session.close()
    return tried, accepted


def strangers(house):
    doors = {name: (port, tls) for name, port, tls in house.doors()}
    for door in ("submission", "tls", "inbound"):
        port, tls = doors[door]
        first = "implicit" if tls == "implicit" else "none"
        for name, words in PRELUDES.items():
            def begin(port=port, first=first, words=words):
                session = RawSmtp(port, first)
                for word in words:
                    session.say(word)
                return session
            # Each prelude with a few forms, the plain one with all.
            forms = FORMS if name == "EHLO" else FORMS[:4] + FORMS[8:10]
            with tap.check(f"{door}, a stranger after {name}: no form is relayed"):
                tap.note("%d tried, %d accepted" % run_forms(house, begin, forms))
    with tap.check("submission under TLS without AUTH: no form is relayed"):
        tap.note("%d tried, %d accepted" % run_forms(
            house, lambda: house.open("submission", login=False)))
    with tap.check("inbound under STARTTLS: no form is relayed"):
        def secure():
            session = RawSmtp(house.inbound_port, "starttls")
            session.hello()
            return session
        tap.note("%d tried, %d accepted" % run_forms(house, secure))


def pipelined(house):
    """All at once, as a spammer sends it who reads no reply."""
    lines = ["MAIL FROM:<spam@elsewhere.example>", f"RCPT TO:<{VICTIM}>", "DATA"]
    for door in ("submission", "inbound"):
        with house.open(door, login=False) as session, quiet(OSError):
            session.send("".join(f"{line}\r\n" for line in lines).encode())
            session.send(mail("spam@elsewhere.example", "RELAYED") + b"\r\n.\r\nQUIT\r\n")
            codes = [code for code, _ in session.replies_to_end()]
            tap.true(354 not in codes, f"{door}: {codes}")


def outside_the_network(house):
    refused = RawSmtp(house.relay_port, source="127.0.0.1")
    tap.equal(refused.greeting[0], 554)
    for words in PRELUDES.values():
        with RawSmtp(house.relay_port) as session:
            for word in words:
                with quiet(OSError):
                    tap.true(session.say(word)[0] in (0, 503, 554), word)


def relay_inside(house):
    """A trusted network relays anywhere, and only with a From of the account's own."""
    taken = 0
    for form in FORMS:
        with house.open("relay") as session:
            codes = attempt(session, form, house.acme.domain)
            tap.true(not (len(codes) == 4 and codes[-1] == 250), f"{form}: {codes}")
            taken += 1
    return taken


def signed_in_as_another(house):
    """Who signed in sends as that address alone."""
    own = house.acme.domain
    foreign = [house.other.address, f"other@{own}", f"NEWS@{own}", "spam@elsewhere.example",
               f"news@sub.{own}", f"news@{own}.evil", f"news%{own}@elsewhere.example",
               f'"{house.acme.address}"@evil.example']
    for door in ("submission", "tls"):
        with house.open(door) as session:
            for sender in foreign:
                code, said = session.say(f"MAIL FROM:<{sender}>")
                tap.true(code // 100 == 5, f"{sender}: {said}")
            for form in FORMS[:8]:
                codes = attempt(session, form, house.acme.domain)
                tap.true(not (len(codes) == 4 and codes[-1] == 250), f"{form}: {codes}")
    return len(foreign)


def authzid(house):
    """Signing in as oneself to act as another is not offered."""
    for name in (house.other.address, "postmaster", "operator", house.acme.domain):
        with house.open("tls", login=False) as session:
            token = plain(house.acme.address, PASSWORD, authzid=name)
            tap.equal(session.say("AUTH PLAIN " + token)[0], 535, name)


def main():
    with AttackHouse() as house:
        strangers(house)
        with tap.check("who sends everything at once gets no 354"):
            pipelined(house)
        with tap.check("the relay takes no foreign From in whatever envelope"):
            tap.note(f"{relay_inside(house)} forms")
        with tap.check("who signed in cannot send as somebody else"):
            tap.note(f"{signed_in_as_another(house)} senders")
        with tap.check("AUTH for another's name is refused"):
            authzid(house)
        with tap.check("nothing was relayed"):
            house.wait_until_idle()
            tap.equal([m.rcpt_to for m in house.sink.mails], [])
    with AttackHouse({"relay.trusted": "192.0.2.0/24"}) as house:
        with tap.check("a client outside relay.trusted is turned away, whatever it says"):
            outside_the_network(house)
    tap.done()


main()
