"""STARTTLS to receivers with good, expired, misnamed and unknown certificates, and with none:
opportunistic delivery goes on encrypted (RFC 7435), a route that verifies refuses and says why. In
a network of the test's own, to a real Postfix."""
import os
import warnings

import odd_receiver
import small_internet
import tap
from authority import Authority
from bind import Bind
from ports import wait_for
from postfix import Postfix
from small_internet import DNS, RECEIVER, Customer

# What each receiver shows, at which address, and what a verifying sender says of it.
RECEIVERS = {
    "good": ("44.128.0.31", None),
    "expired": ("44.128.0.32", "certificate has expired"),
    "misnamed": ("44.128.0.33", "hostname mismatch"),
    "unknown": ("44.128.0.34", "self-signed certificate"),
    "foreign": ("44.128.0.38", "unable to get local issuer certificate"),
}
PLAIN = ("plain", "44.128.0.35")
OLD = ("old", "44.128.0.36")     # offers TLS 1.0 alone
FORGED = ("forged", "44.128.0.37")  # says more than its 220 before the handshake


def places():
    return {**{name: address for name, (address, _) in RECEIVERS.items()},
            **dict([PLAIN, OLD, FORGED])}


def zones():
    """NAME.example goes to mx.NAME.example; verify.NAME.example and require.NAME.example are for
    routes."""
    found = {}
    for name, address in places().items():
        found[f"{name}_example"] = ["@ MX 10 mx", f"mx A {address}"]
    return found


def routes():
    found = []
    for name in places():
        for tls in ("verify", "require", "none"):
            found.append({"match": f"{tls}.{name}.example", "host": f"mx.{name}.example",
                          "port": 25, "tls": tls})
    return found


def domains():
    return [prefix + f"{name}.example" for name in places()
            for prefix in ("", "verify.", "require.", "none.")]


def pairs(ca, foreign):
    return {"good": ca.issue("mx.good.example"),
            "expired": ca.issue("mx.expired.example", until="20250101000000Z"),
            "misnamed": ca.issue("mx.elsewhere.example"),
            "unknown": ca.self_signed("mx.unknown.example"),
            "foreign": foreign.issue("mx.foreign.example")}


def postfix(made):
    others = {PLAIN[1]: {"smtpd_tls_security_level": "none"}}
    for name, (chain, key) in made.items():
        others[RECEIVERS[name][0]] = {"smtpd_tls_cert_file": chain, "smtpd_tls_key_file": key}
    return Postfix(domains(), tls=made["good"], address=RECEIVER, others=others)


class Forger(odd_receiver.Receiver):
    """Says more after its 220 than it may: whoever stands between could have."""

    def starttls(self, session):
        session.say("220 2.0.0 go ahead\n250 2.1.0 injected\n250 2.1.5 injected")
        session.start_tls(self.tls)


def main():
    small_internet.enter(*places().values())
    warnings.simplefilter("ignore", DeprecationWarning)  # of TLS 1.0, which is the point
    with Authority() as ca, Authority() as foreign, \
            Bind(DNS, small_internet.zones(**zones())) as dns:
        os.environ["SSL_CERT_FILE"] = str(ca.roots)
        made = pairs(ca, foreign)
        old = odd_receiver.Receiver(OLD[1], tls=odd_receiver.old_tls_context(*made["good"]))
        forger = Forger(FORGED[1], tls=odd_receiver.tls_context(*made["good"]))
        with postfix(made) as receiver, old, forger, \
                small_internet.house(delivery__routes=small_internet.tables(routes())) as house:
            customer = Customer(house)
            customer.domain("sender.example", dns)
            opportunistic(customer, receiver)
            required(customer, receiver)
            verified(customer, receiver)
            broken(customer, old, forger)
            mended(customer, receiver, ca)
    tap.done()


def last_attempt(recipient):
    return recipient["attempt_log"][-1]


def sent(customer, receiver, to):
    """One mail delivered: its attempt, and what Postfix says of how it came."""
    view = customer.wait_for_state(customer.send(to), "delivered")
    mail = receiver.wait_for_mail(to)
    tap.equal(view["attempts"], 1, f"attempts for {to}")
    return last_attempt(view), mail.decode().split("Received: ", 1)[1].split("\nDKIM", 1)[0]


def opportunistic(customer, receiver):
    with tap.check("without a policy, any certificate is good enough to encrypt with"):
        for name in RECEIVERS:
            attempt, received = sent(customer, receiver, f"a@{name}.example")
            tap.true(attempt["tls"].startswith("TLSv1.3 "), f"{name}: {attempt}")
            tap.contains(received, "using TLSv1.3", name)
    with tap.check("a receiver without STARTTLS gets its mail in plain"):
        attempt, received = sent(customer, receiver, "a@plain.example")
        tap.equal(attempt["tls"], "")
        tap.true("TLS" not in received, received)


def required(customer, receiver):
    with tap.check("tls=require encrypts whatever the certificate"):
        for name in RECEIVERS:
            attempt, received = sent(customer, receiver, f"a@require.{name}.example")
            tap.true(attempt["tls"].startswith("TLSv1.3 "), f"{name}: {attempt}")
            tap.contains(received, "using TLSv1.3", name)
    with tap.check("tls=require sends nothing to a receiver without STARTTLS, and says so"):
        refused(customer, "a@require.plain.example", "does not offer it")
        tap.equal(receiver.mails("a@require.plain.example"), [])
    with tap.check("tls=none stays in plain where STARTTLS is offered"):
        attempt, received = sent(customer, receiver, "a@none.good.example")
        tap.true(not attempt["tls"] and "TLS" not in received, received)


def refused(customer, to, why):
    """One attempt for want of TLS: the id; queue explain names the cause and the reason."""
    identifier = customer.send(to)
    customer.wait_for_attempts(identifier, 1)
    explained = customer.explain(identifier)
    tap.equal((explained["state"], explained["cause"]), ("queued", "tls_failed"), to)
    tap.contains(explained["history"][-1]["reply"].lower(), why.lower(), to)
    tap.true(explained["next"], "no next attempt")
    return identifier


def verified(customer, receiver):
    with tap.check("tls=verify delivers where chain and name hold"):
        attempt, received = sent(customer, receiver, "a@verify.good.example")
        tap.true(attempt["tls"].startswith("TLSv1.3 "), str(attempt))
        tap.contains(received, "using TLSv1.3")
    for name, (_, why) in RECEIVERS.items():
        if why:
            with tap.check(f"tls=verify refuses the {name} certificate; queue explain says why"):
                refused(customer, f"a@verify.{name}.example", why)
                tap.equal(receiver.mails(f"a@verify.{name}.example"), [])
    with tap.check("tls=verify sends nothing in plain"):
        refused(customer, "a@verify.plain.example", "does not offer it")


def broken(customer, old, forger):
    with tap.check("TLS 1.0 is not spoken: opportunistic mail goes in plain, on a new connection"):
        attempt = last_attempt(customer.wait_for_state(customer.send("a@old.example"),
                                                       "delivered"))
        tap.equal(attempt["tls"], "")
        tap.equal((len(old.copies("a@old.example")), old.sessions), (1, 2))
    with tap.check("and where TLS is required it does not go at all"):
        refused(customer, "a@require.old.example", "protocol")
        tap.equal(old.copies("a@require.old.example"), [])
    with tap.check("what a receiver says between its 220 and the handshake counts for nothing"):
        view = customer.wait_for_state(customer.send("a@require.forged.example"), "delivered")
        tap.true(last_attempt(view)["tls"].startswith("TLSv1.3 "), str(view))
        tap.equal(len(forger.copies("a@require.forged.example")), 1)
        verbs = [line.split()[0] for line in forger.seen]
        tap.equal(verbs[:6], ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA"])


def mended(customer, receiver, ca):
    with tap.check("once the receiver has a good certificate, queue retry delivers"):
        identifier = refused(customer, "b@verify.expired.example", "expired")
        ca.issue("mx.expired.example")  # the same files
        receiver.reload()
        customer.retry(identifier)
        view = customer.wait_for_state(identifier, "delivered")
        tap.true(last_attempt(view)["tls"].startswith("TLSv1.3 "), str(view))
        wait_for("the mail in its box", lambda: receiver.mails("b@verify.expired.example"))
        tap.equal(len(receiver.mails("b@verify.expired.example")), 1)


main()
