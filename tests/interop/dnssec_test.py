"""Domains and receivers in signed zones, good and bogus, served by BIND and by Knot: what DNSSEC
proves is said to be secure, what it disproves is unknown and waits, and is never taken for missing.
In a network of the test's own, with a root zone of its own."""
import contextlib
import pathlib
import subprocess

import small_internet
import tap
from bind import Bind
from knot import Knot
from postfix import Postfix
from small_internet import DNS, HOUSE_NAME, OTHER_DNS, RECEIVER, Customer

SIGNED, SPOILED, PLAIN = "sender.example", "spoiled.example", "plain.example"
KNOT_ZONE = "knot.example"
LAME = "lame.example"  # its name server knows nothing of it
RECEIVERS = ["receiver.example", "bogus.example", "late.example", "unsigned.example"]
ROOT_KEY, ROOT_HINTS = "/usr/share/dns/root.key", "/usr/share/dns/root.hints"


def zones():
    receivers = {name.replace(".", "_"): ["@ MX 10 mx", f"mx A {RECEIVER}"] for name in RECEIVERS}
    return small_internet.zones(**receivers, spoiled_example=[], plain_example=[])


def main():
    small_internet.enter()
    with contextlib.ExitStack() as stack:
        others = {KNOT_ZONE: OTHER_DNS, LAME: OTHER_DNS}
        dns = stack.enter_context(Bind(DNS, zones(), others=others))
        knot = Knot({KNOT_ZONE: []}, address=OTHER_DNS, signed=[KNOT_ZONE])
        stack.enter_context(knot)
        receiver = stack.enter_context(Postfix(RECEIVERS, address=RECEIVER))
        sign(dns, knot)
        own_anchors(dns, receiver)
        own_root(dns)
        from_the_root(dns, knot, receiver)
        automatic(dns, receiver)
        off(dns, receiver)
    tap.done()


def sign(dns, knot):
    dns.sign(HOUSE_NAME, SIGNED, SPOILED, "receiver.example", "bogus.example")
    dns.sign("late.example", options=["-s", "20200101000000", "-e", "20200201000000"])
    dns.delegate(KNOT_ZONE, knot.ds(KNOT_ZONE))
    dns.sign_root()
    with tap.check("BIND and Knot serve signatures"):
        for server, zone in ((dns, SIGNED), (dns, "late.example"), (dns, "."), (knot, KNOT_ZONE)):
            tap.contains(server.ask(zone, "SOA", "+dnssec"), "RRSIG", zone)
    dns.spoil("bogus.example", f"\t{RECEIVER}", f"\t{small_internet.STRANGER}")


def own_root(dns):
    """The machine trusts this root and no other."""
    place = dns.base
    (place / "hints").write_text(f". 3600 NS ns.root.\nns.root. 3600 A {DNS}\n")
    (place / "anchor").write_text(dns.anchor(".") + "\n")
    for mine, theirs in (("hints", ROOT_HINTS), ("anchor", ROOT_KEY)):
        if not pathlib.Path(theirs).exists():
            raise RuntimeError(f"{theirs} is missing: install dns-root-data")
        subprocess.run(["mount", "--bind", str(place / mine), theirs], check=True)


@contextlib.contextmanager
def running(**settings):
    with small_internet.house(**settings) as house:
        yield house, Customer(house)


def all_records(house, name):
    return house.verb("domain", "check", name)["records"]


def check_secure(house, customer, dns, zone):
    """A domain in a signed zone: absences are proven, then records, and it is verified."""
    before = house.verb("domain", "add", zone)
    records = all_records(house, zone)
    tap.equal({r["state"] for r in records}, {"missing"})
    tap.true(all(r.get("secure") for r in records), f"an absence is not secure: {records}")
    dns.publish(zone, before)
    judged = house.verb("domain", "verify", zone)
    tap.equal(judged["state"], "verified", str(judged))
    tap.equal({r["state"] for r in judged["records"]}, {"ok"}, str(judged))
    tap.true(all(r.get("secure") for r in judged["records"]), str(judged))
    customer.address(f"hello@{zone}")


def check_bogus(house, dns, zone):
    """Spoiled behind the signatures' back: unknown, neither wrong nor missing nor right."""
    added = house.verb("domain", "add", zone)
    dns.publish(zone, added)
    dns.spoil(zone, "v=spf1 include", "v=spf1 +all include")
    dns.spoil(zone, "v=DMARC1", "v=DMARC2")
    judged = house.verb("domain", "verify", zone)
    states = {r["check"]: r["state"] for r in judged["records"] if not r.get("optional")}
    tap.equal((states["spf"], states["dmarc"]), ("unknown", "unknown"), str(judged))
    tap.equal((states["mx"], states["dkim"]), ("ok", "ok"), str(judged))
    tap.equal(judged["state"], "pending")
    dns.replace(zone, [])


def delivered(customer, receiver, to):
    customer.wait_for_state(customer.send(to), "delivered")
    receiver.wait_for_mail(to)


def deferred(customer, receiver, to, why="bogus"):
    identifier = customer.send(to)
    customer.wait_for_attempts(identifier, 1)
    explained = customer.explain(identifier)
    tap.equal((explained["state"], explained["cause"]), ("queued", "dns_temporary"), to)
    tap.contains(explained["history"][-1]["reply"], why, to)
    tap.equal(receiver.mails(to), [])


def lame_records(house):
    house.verb("domain", "add", LAME)
    return all_records(house, LAME)


def own_anchors(dns, receiver):
    anchors = [dns.anchor(zone) for zone in (HOUSE_NAME, SIGNED, SPOILED, "receiver.example",
                                             "bogus.example", "late.example")]
    with running(dns__dnssec="require", dns__trust_anchors=anchors) as (house, customer):
        with tap.check("dns.trust_anchors with the zone's own key: its answers are secure"):
            check_secure(house, customer, dns, SIGNED)
        with tap.check("a record changed under its signature is unknown, never wrong or missing"):
            check_bogus(house, dns, SPOILED)
        with tap.check("mail to a signed receiver goes out"):
            delivered(customer, receiver, "a@receiver.example")
        with tap.check("an MX with a forged address, or with signatures of long ago, waits"):
            deferred(customer, receiver, "a@bogus.example")
            deferred(customer, receiver, "a@late.example")
        with tap.check("where validation is required an unsigned zone below no anchor waits too"):
            deferred(customer, receiver, "a@unsigned.example")


def from_the_root(dns, knot, receiver):
    dns.replace(SIGNED, [])
    with running(dns__servers=[], dns__dnssec="require") as (house, customer):
        with tap.check("from the root, a chain of DS proves a zone in BIND"):
            check_secure(house, customer, dns, SIGNED)
        with tap.check("and a zone that Knot serves and signs"):
            added = house.verb("domain", "add", KNOT_ZONE)
            tap.equal({r["state"] for r in all_records(house, KNOT_ZONE)}, {"missing"})
            knot.publish(KNOT_ZONE, added)
            judged = house.verb("domain", "verify", KNOT_ZONE)
            tap.equal((judged["state"], {r["state"] for r in judged["records"]}),
                      ("verified", {"ok"}), str(judged))
            tap.true(all(r.get("secure") for r in judged["records"]), str(judged))
        with tap.check("a zone without signatures below a signed root is right, and not secure"):
            dns.publish(PLAIN, house.verb("domain", "add", PLAIN))
            judged = house.verb("domain", "verify", PLAIN)
            tap.equal(judged["state"], "verified", str(judged))
            tap.true(not any(r.get("secure") for r in judged["records"]), str(judged))
        with tap.check("bogus is unknown from the root too"):
            check_bogus(house, dns, SPOILED)
        with tap.check("a zone whose server does not know it waits; what does not exist bounces"):
            deferred(customer, receiver, "b@" + LAME, "servfail")
            view = customer.wait_for_state(customer.send("b@none.example"), "failed")
            tap.equal(view["cause"], "no_such_domain")
            states = {r["state"] for r in lame_records(house)}
            tap.equal(states, {"unknown"})
        with tap.check("delivery by our own recursion: signed and unsigned go, forged waits"):
            delivered(customer, receiver, "b@receiver.example")
            delivered(customer, receiver, "b@unsigned.example")
            deferred(customer, receiver, "b@bogus.example")
            deferred(customer, receiver, "b@late.example")


def automatic(dns, receiver):
    dns.replace(SIGNED, [])
    with running(dns__dnssec="auto") as (house, customer):
        with tap.check("auto: servers that pass DNSSEC on are validated"):
            check_secure(house, customer, dns, SIGNED)
            deferred(customer, receiver, "c@bogus.example")
            delivered(customer, receiver, "c@receiver.example")


def off(dns, receiver):
    dns.replace(SIGNED, [])
    # The first of the servers is dead: a port where nobody listens.
    servers = [f"{DNS}:5353", f"{DNS}:53"]
    with running(dns__dnssec="off", dns__servers=servers) as (house, customer):
        with tap.check("off: nothing is secure, and what the zone says is taken"):
            dns.publish(SIGNED, house.verb("domain", "add", SIGNED))
            judged = house.verb("domain", "verify", SIGNED)
            tap.equal(judged["state"], "verified", str(judged))
            tap.true(not any(r.get("secure") for r in judged["records"]), str(judged))
            customer.address(f"hello@{SIGNED}")
            delivered(customer, receiver, "d@late.example")


main()
