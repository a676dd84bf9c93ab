"""DNS that is broken in every way while mail flows: only an authoritative "there is none" bounces,
all else waits; what can be found out is delivered. One resolver of two that is dead costs at most
two seconds, a storm of a thousand domains has a bounded number of questions under way, and with all
resolvers dead everything waits."""
import concurrent.futures
import contextlib
import socket
import statistics
import time

import tap
from fault import Row
from odd_dns import ODD, OddDns, txt
from ports import free_port, wait_for
from postgres import Postgres
from posthouse import Posthouse
from small_internet import Customer
from wire_sink import WireSink

NAME = "broken DNS"
SIZES = {"sqlite": (1, 10), "postgresql": (0, 10)}  # domains of each behaviour
STORM = {1: 200}      # domains that are looked up at once; else 1,000
STORM_MOST = 1000
OUTSTANDING = 512     # kDnsOutstanding
SENDER = "sender.example"
LOOKUP = 45           # seconds: kMxLookupWait and then some
ONE_DEAD = 2.0        # seconds that one dead resolver of two may cost
# A datagram to a port where nobody listens is answered by ICMP; this one takes it and says nothing.
DELIVERED, BOUNCED, WAITS = "delivered", "bounced", "queued"

# behaviour: (state, causes)
EXPECTED = {
    "good": (DELIVERED, ["delivered"]),
    "by-address": (DELIVERED, ["delivered"]),
    "truncated": (DELIVERED, ["delivered"]),
    "many": (DELIVERED, ["delivered"]),
    "mx-alias": (DELIVERED, ["delivered"]),
    "mixed-case": (DELIVERED, ["delivered"]),
    "ttl-zero": (DELIVERED, ["delivered"]),
    "flood": (DELIVERED, ["delivered"]),
    "half": (DELIVERED, ["delivered"]),
    "slow": (DELIVERED, ["delivered"]),
    "nxdomain": (BOUNCED, ["no_such_domain"]),
    "nodata": (BOUNCED, ["no_such_domain"]),
    "null-mx": (BOUNCED, ["null_mx"]),
    "mx-missing": (BOUNCED, ["no_such_domain"]),
    "servfail": (WAITS, ["dns_temporary"]),
    "refused": (WAITS, ["dns_temporary"]),
    "notimp": (WAITS, ["dns_temporary"]),
    "formerr": (WAITS, ["dns_temporary"]),
    "silent": (WAITS, ["dns_temporary"]),
    "lame": (WAITS, ["dns_temporary"]),
    "wrong-id": (WAITS, ["dns_temporary"]),
    "wrong-port": (WAITS, ["dns_temporary"]),
    "wrong-question": (WAITS, ["dns_temporary"]),
    "pointer-loop": (WAITS, ["dns_temporary"]),
    "cut-short": (WAITS, ["dns_temporary"]),
    "tcp-refused": (WAITS, ["dns_temporary"]),
    "alias-loop": (WAITS, ["dns_temporary"]),
    "alias-chain": (WAITS, ["dns_temporary"]),
    "address-fails": (WAITS, ["dns_temporary"]),
    "one-label": (BOUNCED, ["no_such_domain"]),
    "zero-width": (BOUNCED, ["no_such_domain"]),
}


def house_with(stack, engine, servers, port):
    settings = {"dns.servers": [f"127.0.0.1:{p}" for p in servers], "dns.dnssec": "off",
                "delivery.port": port, "delivery.allow_private": True, "log.level": "warn",
                "installation.mail_host": "mail.posthouse.example",
                "installation.spf_name": "spf.posthouse.example",
                "installation.sending_ips": ["192.0.2.10"]}
    if engine == "postgresql":
        settings["store.url"] = stack.enter_context(Postgres()).url
    return stack.enter_context(Posthouse("serve", settings=settings))


def own_names(dns):
    dns.put("mail.posthouse.example", "A", socket.inet_aton("192.0.2.10"))
    dns.put("spf.posthouse.example", "TXT", txt("v=spf1 ip4:192.0.2.10 -all"))


class Mails:
    """Mails under way: {behaviour: [id]}, each for a domain of its own."""

    def __init__(self, customer):
        self.customer, self.sent = customer, {}

    def send(self, behaviour, count, prefix="b"):
        for number in range(count):
            address = f"a@{prefix}{number}.{behaviour}.{ODD}"
            self.sent.setdefault(behaviour, []).append(self.customer.send(address))

    def ids(self):
        return [(behaviour, i) for behaviour, ids in self.sent.items() for i in ids]

    def wait_for_attempts(self, seconds=LOOKUP):
        """Until each has had its first attempt."""
        left = dict.fromkeys(i for _, i in self.ids())

        def all_tried():
            for identifier in list(left):
                if self.customer.recipient(identifier)["attempts"] < 1:
                    return False
                del left[identifier]
            return True
        with contextlib.suppress(TimeoutError):
            wait_for("a first attempt of each", all_tried, seconds)

    def judge(self, row, expected):
        for behaviour, identifier in self.ids():
            found = self.customer.recipient(identifier)
            state, causes = expected[behaviour]
            row.acked += 1
            if found["state"] != state or found["cause"] not in causes or not found["attempts"]:
                words = (f"{behaviour}: {found['state']} {found['cause']} after "
                         f"{found['attempts']} attempts: {found.get('reply')}")
                row.wrong.append(words[:300])
                # What should have waited and did not is lost.
                row.lost += state == WAITS and found["state"] == BOUNCED
            else:
                row.count(found["state"])


def every_behaviour(row, house, dns, sink, size):
    customer = Customer(house)
    customer.domain(SENDER, dns)
    mails = Mails(customer)
    for behaviour in EXPECTED:
        mails.send(behaviour, size)
    mails.wait_for_attempts()
    mails.judge(row, EXPECTED)
    copies = len(sink.mails)
    wanted = sum(size for state, _ in EXPECTED.values() if state == DELIVERED)
    if copies != wanted:
        row.wrong.append(f"{copies} copies at the receiver instead of {wanted}")
    return customer


def storm(row, customer, dns, count):
    """So many domains at once, each answered late."""
    dns.most_outstanding = 0
    addresses = [f"a@s{number}.slow.{ODD}" for number in range(count)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(customer.send, addresses))
    begun = time.monotonic()
    waits = customer.house.verb("queue", "summary")["deferred"]
    with contextlib.suppress(TimeoutError):
        wait_for("the storm", lambda: customer.house.verb("queue", "summary")["queued"] <= waits,
                 STORM_MOST / 10)
    late = [i for i in ids if customer.recipient(i)["state"] != DELIVERED]
    row.acked += count
    if late:
        row.lost += sum(customer.recipient(i)["state"] == BOUNCED for i in late)
        row.wrong.append(f"storm: {len(late)} of {count} domains were not delivered: "
                         f"{customer.recipient(late[0])}"[:300])
    row.also["domains of the storm"] = count
    row.also["questions under way at most"] = dns.most_outstanding
    row.also["seconds of the storm"] = time.monotonic() - begun
    # Two engines of the resolver, and what each asks twice.
    if dns.most_outstanding > 2 * OUTSTANDING:
        row.wrong.append(f"{dns.most_outstanding} questions under way")


def one_of_two_dead(row, engine, count=10):
    """What each attempt takes when the first resolver says nothing."""
    with contextlib.ExitStack() as stack:
        dead = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        stack.callback(dead.close)
        dead.bind(("127.0.0.1", 0))
        dns = stack.enter_context(OddDns())
        own_names(dns)
        sink = stack.enter_context(WireSink())
        house = house_with(stack, engine, [dead.getsockname()[1], dns.port], sink.port)
        customer = Customer(house)
        customer.domain(SENDER, dns)
        mails = Mails(customer)
        mails.send("good", count, prefix="dead")
        mails.wait_for_attempts()
        took = []
        for _, identifier in mails.ids():
            found = customer.recipient(identifier)
            if found["state"] == DELIVERED:
                took.append(found["attempt_log"][0]["duration_ms"] / 1000)
        row.acked += count
        if len(took) != count:
            row.wrong.append(f"one resolver dead: {len(took)} of {count} delivered")
            return
        row.also["seconds of an attempt with one resolver dead, median"] = statistics.median(took)
        row.also["most"] = max(took)
        if statistics.median(took) > ONE_DEAD:
            row.wrong.append(f"one dead resolver costs {statistics.median(took):.1f} s")
        row.fsck_runs += 1
        house.stop()
        row.fsck_findings += len(house.verb("fsck")["findings"])


def both_dead(row, house, customer, dns):
    """The resolver dies: what could be delivered waits, and nothing bounces."""
    dns.__exit__()
    mails = Mails(customer)
    mails.send("good", 3, prefix="late")
    mails.send("nxdomain", 3, prefix="late")
    mails.wait_for_attempts()
    mails.judge(row, {"good": EXPECTED["servfail"], "nxdomain": EXPECTED["servfail"]})
    with OddDns(port=dns.port):
        begun = time.monotonic()

        def back():
            house.verb("queue", "retry", "--account", customer.account)
            return all(customer.recipient(i)["state"] == DELIVERED for i in mails.sent["good"])
        wait_for("deliveries once there is DNS again", back, 120)
        row.back = time.monotonic() - begun


def run(engine, size, seed):
    row = Row(NAME, engine, made=len(EXPECTED) * size, seeds=[seed])
    with contextlib.ExitStack() as stack:
        dns = stack.enter_context(OddDns())
        own_names(dns)
        sink = stack.enter_context(WireSink())
        house = house_with(stack, engine, [dns.port], sink.port)
        customer = every_behaviour(row, house, dns, sink, size)
        tap.note(f"{row.also} {row.wrong[:3]}")
        # Straight after: what the broken names did to the resolver is nothing to sound ones.
        storm(row, customer, dns, STORM.get(size, STORM_MOST))
        if size > 1:
            both_dead(row, house, customer, dns)
        house.stop()
        row.fsck_runs += 1
        row.fsck_findings += len(house.verb("fsck")["findings"])
    one_of_two_dead(row, engine)
    return row
