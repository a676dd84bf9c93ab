"""Receivers that greylist, say 421, drop the connection, stall or talk nonsense: mail is neither
lost nor bounced for it, queue explain names the cause, and others' mail goes on. In a network of
the test's own."""
import contextlib
import socket
import time

import odd_receiver
import small_internet
import tap
from authority import Authority
from bind import Bind
from greylist import Greylist
from odd_receiver import Drop, Hang, Receiver, Reset
from postfix import Postfix
from small_internet import DNS, HOUSE, RECEIVER, Customer

GREYLISTING = "44.128.0.40"
NOBODY = "44.128.0.79"       # an address where nobody listens
BLACK_HOLE = "44.128.0.78"   # takes no more connections and refuses none
FIRST = 101                  # 44.128.0.101 and on: the odd receivers


class SaysBusy(Receiver):
    def banner(self, session):
        return "421 4.7.0 too busy" if self.first_time("banner") else "220 ready"


class BusyAtMail(Receiver):
    def mail(self, session, address):
        if not self.first_time("mail"):
            return "250 2.1.0 ok"
        session.say("421 4.3.2 shutting down")
        raise Drop


class BusyAtEnd(Receiver):
    def end(self, session, content):
        return "421 4.3.2 not now" if self.first_time("end") else "250 2.0.0 ok"


class DropsAfterDot(Receiver):
    def end(self, session, content):
        if self.first_time("end"):
            raise Drop
        return "250 2.0.0 ok"


class ResetsAfterDot(Receiver):
    def end(self, session, content):
        if self.first_time("end"):
            raise Reset
        return "250 2.0.0 ok"


class DropsAtData(Receiver):
    def data(self, session):
        if not self.first_time("data"):
            return "354 go on"
        session.say("354 go on")
        raise Drop


class DropsAtBanner(Receiver):
    def banner(self, session):
        if self.first_time("banner"):
            raise Drop
        return "220 ready"


class RefusesAtBanner(Receiver):
    def banner(self, session):
        return "554 5.7.1 we do not like you" if self.first_time("banner") else "220 ready"


class TalksBinary(Receiver):
    def banner(self, session):
        return b"\x00\xff\x16\x03\x01 what\r\n" * 3 if self.first_time("b") else "220 ready"


class EndlessBanner(Receiver):
    def banner(self, session):
        return b"220-more to come\r\n" * 20000 if self.first_time("banner") else "220 ready"


class EndlessLine(Receiver):
    def ehlo(self, session):
        return b"250-" + b"x" * 3000000 if self.first_time("ehlo") else "250 hello"


class BareLineFeeds(Receiver):
    def rcpt(self, session, address):
        return b"250-one\n250 two\n" if self.first_time("rcpt") else "250 2.1.5 ok"


class TakesLessAtOnce(Receiver):
    def rcpt(self, session, address):
        return "452 4.5.3 too many recipients" if self.first_time("rcpt") else "250 2.1.5 ok"


class KnowsNobody(Receiver):
    def rcpt(self, session, address):
        return "550 5.1.1 no such user"


class FullAtEnd(Receiver):
    def end(self, session, content):
        return "552 5.2.2 mailbox full"


class GarbageForTls(Receiver):
    def starttls(self, session):
        session.say("220 2.0.0 go ahead")
        session.say(b"\x00\x01 this is no TLS \r\n" * 20)
        raise Drop


class StallsInTls(Receiver):
    def starttls(self, session):
        session.say("220 2.0.0 go ahead")
        raise Hang


# What the first attempt ends with; the second, asked for by `queue retry`, delivers. The number is
# how many copies the receiver then holds.
RETRIED = {
    "busy": (SaysBusy, "rate_limited", "too busy", 1),
    "busymail": (BusyAtMail, "temporary_reply", "shutting down", 1),
    "busyend": (BusyAtEnd, "temporary_reply", "not now", 2),
    "dropsdot": (DropsAfterDot, "reply_lost", "", 2),
    "resetsdot": (ResetsAfterDot, "reply_lost", "", 2),
    "dropsdata": (DropsAtData, "connection_lost", "", 1),
    "dropsbanner": (DropsAtBanner, "connection_lost", "", 1),
    "refuses": (RefusesAtBanner, "session_refused", "we do not like you", 1),
    "binary": (TalksBinary, "protocol_error", "", 1),
    "endless": (EndlessBanner, "protocol_error", "", 1),
    "longline": (EndlessLine, "protocol_error", "", 1),
    "toomany": (TakesLessAtOnce, "rate_limited", "too many recipients", 1),
}
BOUNCED = {
    "nobody": (KnowsNobody, "permanent_reply", "no such user"),
    "full": (FullAtEnd, "permanent_reply", "mailbox full"),
}
SPECIAL = {"garbagetls": GarbageForTls, "stallstls": StallsInTls, "barelf": BareLineFeeds,
           "second": Receiver}


def places():
    names = [*RETRIED, *BOUNCED, *SPECIAL]
    return {name: f"44.128.0.{FIRST + i}" for i, name in enumerate(names)}


def zones():
    found = {f"{name}_example": ["@ MX 10 mx", f"mx A {address}"]
             for name, address in places().items()}
    found["grey_example"] = ["@ MX 10 mx", f"mx A {GREYLISTING}"]
    second = places()["second"]
    found["halfdead_example"] = ["@ MX 10 a", "@ MX 20 b", f"a A {NOBODY}", f"b A {second}"]
    found["blackhole_example"] = ["@ MX 10 a", "@ MX 20 b", f"a A {BLACK_HOLE}", f"b A {second}"]
    found["busyfirst_example"] = ["@ MX 10 a", "@ MX 20 b", f"a A {places()['refuses']}",
                                  f"b A {second}"]
    found["alldead_example"] = ["@ MX 10 a", f"a A {NOBODY}"]
    found["inside_example"] = ["@ MX 10 a", "a A 127.0.0.1", "a A 10.0.0.1", "a A 169.254.1.1"]
    found["ours_example"] = ["@ MX 10 a", f"a A {HOUSE}"]
    return found


def black_hole():
    """A listener whose queue is full: the kernel drops each further SYN."""
    server = socket.socket()
    server.bind((BLACK_HOLE, 25))
    server.listen(0)
    kept = [server]
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            filler.connect((BLACK_HOLE, 25))
        kept.append(filler)
    return kept


def receivers(stack, context):
    classes = {**{name: row[0] for name, row in {**RETRIED, **BOUNCED}.items()}, **SPECIAL}
    made = {}
    for name, address in places().items():
        tls = context if name.endswith("tls") else None
        made[name] = stack.enter_context(classes[name](address, tls=tls))
    return made


def main():
    small_internet.enter(GREYLISTING, NOBODY, BLACK_HOLE, *places().values())
    with contextlib.ExitStack() as stack:
        ca = stack.enter_context(Authority())
        made = receivers(stack, odd_receiver.tls_context(*ca.self_signed("mx.odd.example")))
        kept = black_hole()
        dns = stack.enter_context(Bind(DNS, small_internet.zones(**zones())))
        policy = stack.enter_context(Greylist())
        greylisting = {"smtpd_recipient_restrictions":
                       f"reject_unauth_destination, check_policy_service {policy.address}"}
        postfix = stack.enter_context(Postfix(["receiver.example", "grey.example"],
                                              address=RECEIVER, others={GREYLISTING: greylisting}))
        require = [{"match": "require.garbagetls.example", "host": "mx.garbagetls.example",
                    "port": 25, "tls": "require"}]
        house = stack.enter_context(small_internet.house(
            delivery__routes=small_internet.tables(require)))
        customer = Customer(house)
        customer.domain("sender.example", dns)
        slow = begin_slow(customer)
        greylisted(customer, postfix, policy)
        retried(customer, made)
        bounced(customer, made)
        broken_tls(customer, made)
        second_host(customer, made)
        nowhere(customer)
        end_slow(customer, made, slow)
        del kept
        fsck(house)
    tap.done()


def first_cause(customer, identifier, cause, words=""):
    """The first attempt has failed for this cause, and the mail waits."""
    customer.wait_for_attempts(identifier, 1)
    explained = customer.explain(identifier)
    tap.equal((explained["state"], explained["cause"]), ("queued", cause), str(explained))
    tap.contains(explained["history"][-1]["reply"], words)
    tap.true(explained["next"], "no next attempt")
    return explained


def greylisted(customer, postfix, policy):
    with tap.check("greylisted by a real Postfix: the cause says so, the next attempt delivers"):
        identifier = customer.send("anna@grey.example")
        first_cause(customer, identifier, "greylisted", "Greylisted")
        tap.equal(policy.deferred, 1)
        customer.retry(identifier)
        tap.equal(customer.wait_for_state(identifier, "delivered")["attempts"], 2)
        tap.equal(len([postfix.wait_for_mail("anna@grey.example")]), 1)
        tap.equal(len(postfix.mails("anna@grey.example")), 1)


def retried(customer, made):
    # Long enough that a connection which ends in the middle of it ends before the final dot.
    text = ("x" * 70 + "\n") * 60000
    sent = {name: customer.send(f"anna@{name}.example", text=text if name == "dropsdata" else "hi")
            for name in RETRIED}
    for name, (kind, cause, words, copies) in RETRIED.items():
        with tap.check(f"{kind.__name__}: {cause}, and delivered with the next attempt"):
            first_cause(customer, sent[name], cause, words)
            customer.retry(sent[name])
            tap.equal(customer.wait_for_state(sent[name], "delivered")["attempts"], 2)
            tap.equal(len(made[name].copies(f"anna@{name}.example")), copies, "copies")


def bounced(customer, made):
    for name, (kind, cause, words) in BOUNCED.items():
        with tap.check(f"{kind.__name__}: bounced at once, with the receiver's words"):
            view = customer.wait_for_state(customer.send(f"anna@{name}.example"), "failed")
            tap.equal((view["state"], view["cause"], view["attempts"]), ("bounced", cause, 1))
            tap.contains(view["reply"], words)
            tap.true(made[name].sessions, "nobody came")


def broken_tls(customer, made):
    with tap.check("STARTTLS and then garbage: mail goes in plain, on a new connection"):
        view = customer.wait_for_state(customer.send("anna@garbagetls.example"), "delivered")
        tap.equal((view["attempts"], view["attempt_log"][0]["tls"]), (1, ""))
        tap.equal(len(made["garbagetls"].copies("anna@garbagetls.example")), 1)
        tap.equal(made["garbagetls"].sessions, 2)
    with tap.check("the same where TLS is required: tls_failed, and nothing in plain"):
        identifier = customer.send("anna@require.garbagetls.example")
        first_cause(customer, identifier, "tls_failed", "TLS failed")
        tap.equal(made["garbagetls"].copies("anna@require.garbagetls.example"), [])


def second_host(customer, made):
    good = made["second"]
    with tap.check("the first MX refuses connections: the second takes the mail, in one attempt"):
        began = time.monotonic()
        view = customer.wait_for_state(customer.send("anna@halfdead.example"), "delivered")
        tap.equal((view["attempts"], view["attempt_log"][0]["host"]), (1, "b.halfdead.example"))
        tap.true(time.monotonic() - began < 5, "took long")
        tap.equal(len(good.copies("anna@halfdead.example")), 1)
    with tap.check("a first MX that hangs up at the greeting leaves it to the second"):
        made["refuses"].forget()
        view = customer.wait_for_state(customer.send("anna@busyfirst.example"), "delivered")
        tap.equal((view["attempts"], view["attempt_log"][0]["host"]), (1, "b.busyfirst.example"))
    with tap.check("where all are dead the cause is connect_failed"):
        first_cause(customer, customer.send("anna@alldead.example"), "connect_failed",
                    "no connection")


def nowhere(customer):
    for domain, cause in (("inside.example", "mx_not_allowed"), ("ours.example", "mx_is_us")):
        with tap.check(f"an MX of {domain} that may not be used bounces: {cause}"):
            view = customer.wait_for_state(customer.send(f"anna@{domain}"), "failed")
            tap.equal(view["cause"], cause)


def begin_slow(customer):
    """Mail that waits for receivers which say nothing, while all other checks run."""
    return {name: (customer.send(f"anna@{name}.example"), time.monotonic())
            for name in ("blackhole", "stallstls", "barelf")}


def end_slow(customer, made, slow):
    with tap.check("a first MX in a black hole: the second has the mail within a minute"):
        identifier, began = slow["blackhole"]
        view = customer.wait_for_state(identifier, "delivered", 60)
        tap.equal((view["attempts"], view["attempt_log"][0]["host"]), (1, "b.blackhole.example"))
        tap.true(time.monotonic() - began < 60, "took more than a minute")
        tap.true(view["attempt_log"][0]["duration_ms"] > 5000, "the black hole was none")
    with tap.check("replies whose lines end in bare line feeds are read for what they say, once"):
        customer.wait_for_state(slow["barelf"][0], "delivered")
        tap.equal(len(made["barelf"].copies("anna@barelf.example")), 1)
    with tap.check("a handshake that stalls ends, and the mail goes in plain"):
        view = customer.wait_for_state(slow["stallstls"][0], "delivered", 60)
        tap.equal((view["attempts"], view["attempt_log"][0]["tls"]), (1, ""))
        tap.equal(len(made["stallstls"].copies("anna@stallstls.example")), 1)


def fsck(house):
    house.stop()
    with tap.check("fsck finds nothing"):
        tap.equal(house.verb("fsck"), {"findings": []})


main()
