"""A DNS server that behaves as the second label of a domain's name says: `b7.servfail.odd.example`
and all below is answered with SERVFAIL. Names that it was given with put() or publish() are
answered properly.

    with OddDns() as dns:
        dns.put("good.example", "MX", mx(10, "mx.good.example"))
        ... dns.servers = 127.0.0.1:{dns.port} ...
        dns.most_outstanding, dns.asked

Under `odd.example` a name's domain is its label before the behaviour's, so that each behaviour has
as many domains as a test wants. Where a domain is to be delivered, its mail goes to `receiver`.
"""
import socket
import struct
import threading
import time

from ports import free_port

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "OPT": 41}
NAMES = {number: name for name, number in TYPES.items()}
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
ODD = "odd.example"
SLOW = 0.3       # seconds of behaviour "slow"
FLOOD = 100      # late duplicates
MANY = 512       # records of one set
CHAIN = 20       # aliases in a row


def wire(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            raw = label.encode()
            out += bytes([len(raw)]) + raw
    return out + b"\0"


def mx(preference, host):
    return struct.pack(">H", preference) + wire(host)


def txt(text):
    raw = text.encode()
    return b"".join(bytes([len(raw[i:i + 255])]) + raw[i:i + 255]
                    for i in range(0, len(raw), 255)) or b"\0"


def soa(zone):
    return wire("ns." + zone) + wire("hostmaster." + zone) + struct.pack(">5I", 1, 60, 60, 60, 5)


class Query:
    def __init__(self, data):
        self.data = data
        self.id, = struct.unpack_from(">H", data)
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode("latin-1"))
            at += 1 + data[at]
        self.question = data[12:at + 5]
        self.name = ".".join(labels).lower()
        self.type = NAMES.get(struct.unpack_from(">H", data, at + 1)[0], "?")

    def answer(self, records=(), rcode=NOERROR, authority=(), flags=0, identifier=None,
               question=None):
        """Records are (name, type, ttl, rdata); a name of bytes is as it goes out."""
        head = struct.pack(">6H", self.id if identifier is None else identifier,
                           0x8580 | flags | rcode, 1, len(records), len(authority), 0)
        body = b"".join(self._record(*record) for record in [*records, *authority])
        return head + (question or self.question) + body

    @staticmethod
    def _record(name, kind, ttl, data):
        owner = name if isinstance(name, bytes) else wire(name)
        return owner + struct.pack(">HHIH", TYPES[kind], 1, ttl, len(data)) + data


class OddDns:
    def __init__(self, receiver="127.0.0.1", port=None):
        self.receiver = socket.inet_aton(receiver)
        self.records = {}            # (name, type): [rdata]
        self.asked = {}              # name: how often
        self.outstanding = self.most_outstanding = 0
        self._lock = threading.Lock()
        self._udp, self._tcp = self._sockets(port or free_port())
        self.port = self._udp.getsockname()[1]
        self._over = False

    @staticmethod
    def _sockets(port):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        udp.bind(("127.0.0.1", port))
        tcp = socket.socket()
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind(("127.0.0.1", port))
        tcp.listen(100)
        return udp, tcp

    def __enter__(self):
        for work in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=work, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._over = True
        for one in (self._udp, self._tcp):
            one.close()

    def put(self, name, kind, *data):
        self.records.setdefault((name.lower().rstrip("."), kind), []).extend(data)

    def publish(self, _, domain):
        """What `domain records` wants."""
        for record in domain["records"]:
            kind, text = record["type"], record["expected"]
            if kind == "MX":
                preference, host = text.split()
                self.put(record["host"], kind, mx(int(preference), host))
            elif kind == "TXT":
                self.put(record["host"], kind, txt(text))
            elif kind == "CNAME":
                self.put(record["host"], kind, wire(text))

    # --- serving ---
    def _serve_udp(self):
        while not self._over:
            try:
                data, client = self._udp.recvfrom(4096)
            except OSError:
                return
            try:
                query = Query(data)
            except (IndexError, struct.error):
                continue
            self._count(query)
            plan = self.plan(query, "udp")
            if plan.delay:
                threading.Timer(plan.delay, self._send, (plan, client)).start()
            else:
                self._send(plan, client)

    def _count(self, query):
        with self._lock:
            self.asked[query.name] = self.asked.get(query.name, 0) + 1
            self.outstanding += 1
            self.most_outstanding = max(self.most_outstanding, self.outstanding)

    def _send(self, plan, client):
        with self._lock:
            self.outstanding -= 1
        try:
            for packet in plan.packets:
                if plan.other_port:
                    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                        other.sendto(packet, client)
                else:
                    self._udp.sendto(packet, client)
        except OSError:
            pass

    def _serve_tcp(self):
        while not self._over:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._one_tcp, args=(connection,), daemon=True).start()

    def _one_tcp(self, connection):
        with connection:
            try:
                connection.settimeout(5)
                while head := connection.recv(2, socket.MSG_WAITALL):
                    size, = struct.unpack(">H", head)
                    query = Query(connection.recv(size, socket.MSG_WAITALL))
                    plan = self.plan(query, "tcp")
                    if not plan.packets:
                        return
                    time.sleep(plan.delay)
                    for packet in plan.packets[:1]:
                        connection.sendall(struct.pack(">H", len(packet)) + packet)
            except (OSError, IndexError, struct.error):
                return

    # --- answering ---
    def plan(self, query, over):
        if query.name == ODD or not query.name.endswith("." + ODD):
            return self._proper(query)
        labels = query.name[:-len(ODD) - 1].split(".")
        behaviour, domain = labels[-1], ".".join([*labels[-2:], ODD])
        return Behaviours(self, query, over, domain).plan(behaviour.replace("-", "_"))

    def _proper(self, query):
        found = self.records.get((query.name, query.type))
        if found:
            return Plan(query.answer([(query.name, query.type, 60, data) for data in found]))
        exists = any(name == query.name or name.endswith("." + query.name)
                     for name, _ in self.records)
        authority = [("example", "SOA", 5, soa("example"))]
        return Plan(query.answer(rcode=NOERROR if exists else NXDOMAIN, authority=authority))


class Plan:
    """What goes out, when, and whence."""

    def __init__(self, *packets, delay=0, other_port=False):
        self.packets, self.delay, self.other_port = packets, delay, other_port


class Behaviours:
    """One query for a name below ODD. Each method is a behaviour."""

    def __init__(self, server, query, over, domain):
        self.server, self.query, self.over, self.domain = server, query, over, domain
        self.host = "mx." + domain

    def plan(self, name):
        return getattr(self, name)()

    # --- parts ---
    def good(self, ttl=60):
        q = self.query
        if q.type == "MX" and q.name == self.domain:
            return Plan(q.answer([(q.name, "MX", ttl, mx(10, self.host))]))
        if q.type == "A" and q.name == self.host:
            return Plan(q.answer([(q.name, "A", ttl, self.server.receiver)]))
        return self.nodata()

    def nodata(self):
        return Plan(self.query.answer(authority=[(self.domain, "SOA", 5, soa(self.domain))]))

    def nxdomain(self):
        return Plan(self.query.answer(rcode=NXDOMAIN,
                                      authority=[(self.domain, "SOA", 5, soa(self.domain))]))

    def _exchange(self, *hosts):
        q = self.query
        if q.type == "MX" and q.name == self.domain:
            return Plan(q.answer([(q.name, "MX", 60, mx(10 + i, host))
                                  for i, host in enumerate(hosts)]))
        return None

    def _alias(self, name, target):
        return Plan(self.query.answer([(name, "CNAME", 60, wire(target))]))

    def _address(self, name):
        q = self.query
        if q.type == "A" and q.name == name:
            return Plan(q.answer([(q.name, "A", 60, self.server.receiver)]))
        return self.nodata()

    # --- that fail ---
    def servfail(self):
        return Plan(self.query.answer(rcode=SERVFAIL))

    def refused(self):
        return Plan(self.query.answer(rcode=REFUSED))

    def notimp(self):
        return Plan(self.query.answer(rcode=NOTIMP))

    def formerr(self):
        return Plan(self.query.answer(rcode=FORMERR))

    def silent(self):
        return Plan()

    def lame(self):
        """Refers to others: neither authoritative nor recursive."""
        raw = self.query.answer(authority=[("example", "NS", 60, wire("ns.elsewhere.example"))])
        return Plan(raw[:2] + b"\x80\x00" + raw[4:])

    def wrong_id(self):
        plan = self.good()
        return Plan(*(struct.pack(">H", self.query.id ^ 0x5555) + p[2:] for p in plan.packets))

    def wrong_port(self):
        return Plan(*self.good().packets, other_port=True)

    def wrong_question(self):
        q = self.query
        other = wire("another.example") + q.question[-4:]
        return Plan(q.answer([("another.example", "MX", 60, mx(1, self.host))], question=other))

    def pointer_loop(self):
        q = self.query
        return Plan(q.answer([(b"\xc0" + bytes([12 + len(q.question)]), "MX", 60,
                               mx(10, self.host))]))

    def cut_short(self):
        return Plan(*(p[:len(p) - 3] for p in self.good().packets if len(p) > 40))

    def tcp_refused(self):
        if self.over == "tcp":
            return Plan()
        return Plan(self.query.answer(flags=0x0200))

    def alias_loop(self):
        name = self.query.name
        other = "b." + self.domain if name == self.domain else self.domain
        return self._alias(name, other)

    def alias_chain(self):
        name = self.query.name
        first = name.split(".")[0]
        number = int(first[1:]) if name != self.domain and first[1:].isdigit() else 0
        if number >= CHAIN:
            return self.nodata()
        return self._alias(name, f"c{number + 1}.{self.domain}")

    def address_fails(self):
        return self._exchange(self.host) or self.servfail()

    # --- that say no ---
    def null_mx(self):
        q = self.query
        if q.type == "MX":
            return Plan(q.answer([(q.name, "MX", 60, mx(0, ""))]))
        return self.nodata()

    def mx_missing(self):
        """The exchange does not exist."""
        return self._exchange(self.host) or self.nxdomain()

    def one_label(self):
        return self._exchange("localhost") or self.nodata()

    def zero_width(self):
        return self._exchange("mx\u200b." + self.domain) or self.nodata()

    # --- that are odd and right ---
    def by_address(self):
        return self._address(self.domain)

    def truncated(self):
        return self.good() if self.over == "tcp" else Plan(self.query.answer(flags=0x0200))

    def many(self):
        q = self.query
        if q.type != "MX":
            return self._address(q.name)
        if self.over == "udp":
            return Plan(q.answer(flags=0x0200))
        return Plan(q.answer([(q.name, "MX", 60, mx(10 + i, f"mx{i}.{self.domain}"))
                              for i in range(MANY)]))

    def mx_alias(self):
        target = "real." + self.domain
        if self.query.name == self.host:
            return self._alias(self.host, target)
        return self._exchange(self.host) or self._address(target)

    def mixed_case(self):
        return Plan(*(self._upper(p) for p in self.good().packets))

    def _upper(self, packet):
        end = 12 + len(self.query.question)
        head, answer = packet[:end], packet[end:]
        return head + answer.replace(b"example", b"ExAmPlE").replace(b"mixed", b"mIxEd")

    def ttl_zero(self):
        return self.good(ttl=0)

    def flood(self):
        packets = self.good().packets
        return Plan(*(packets * FLOOD))

    def half(self):
        """The first exchange's address cannot be found out; the second's can."""
        if self.query.name == "a." + self.domain:
            return self.servfail()
        return self._exchange("a." + self.domain, self.host) or self._address(self.host)

    def slow(self):
        plan = self.good()
        plan.delay = SLOW
        return plan
