"""2,000 mutants of signed requests against the Tencent door, on the wire: none is accepted, nothing
of them happens, and the unchanged request goes on working. Then what a thief of one request can do
with it: nothing when it is old, nothing twice, nothing with another action that was signed."""
import base64
import collections
import http.client
import random
import time
import uuid

import first_mail
import tap
import tc3
from posthouse import Posthouse

MUTANTS = 2000
SEED = 20201002
DOMAIN = "news.sandbox.example"
VICTIM = "victim@mutant.example"
STEADY = "steady@mutant.example"
SIGNED = ("content-type", "host", "x-tc-action")
RESIGN = 100  # mutants of one signature, far below its five minutes
# The codes that say "not this request with that key"; any other answer went past the signature.
REFUSALS = {"AuthFailure.SignatureFailure", "AuthFailure.SignatureExpire",
            "AuthFailure.SecretIdNotFound", "AuthFailure.InvalidAuthorization",
            "AuthFailure.InvalidSecretId", "MissingParameter", "UnsupportedProtocol"}


def send_email(house, key, recipient, names=SIGNED, **more):
    body = base64.b64encode(b"hello").decode()
    request = tc3.Request("SendEmail", {
        "FromEmailAddress": f"hello@{DOMAIN}", "Destination": [recipient], "Subject": "s",
        "Simple": {"Text": body}}, host=f"127.0.0.1:{house.http_port}", **more)
    return request.sign(key, names=names)


class Mutator:
    def __init__(self):
        self.random = random.Random(SEED)
        self.kinds = [self.method, self.content_type, self.host, self.action, self.timestamp,
                      self.body, self.query, self.secret_id, self.date, self.service,
                      self.terminator, self.signed_headers, self.signature, self.scheme,
                      self.repeated, self.removed, self.cut]

    def other(self, old):
        """A visible ASCII character, none that HTTP gives a meaning in a value, not `old`."""
        while True:
            new = chr(self.random.randrange(0x21, 0x7f))
            if new.lower() != old.lower():
                return new

    def changed(self, text, alphabet=None):
        at = self.random.randrange(len(text))
        how = self.random.randrange(4)
        new = self.random.choice(alphabet) if alphabet else self.other(text[at])
        if how == 0:
            return text[:at] + new + text[at:]
        if how == 1 and len(text) > 1:
            return text[:at] + text[at + 1:]
        while new == text[at]:
            new = self.random.choice(alphabet)
        return text[:at] + new + text[at + 1:]

    def method(self, request):
        request.method = self.changed(request.method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")

    def header(self, request, name):
        field = request.header(name)
        field[1] = self.changed(field[1])

    def content_type(self, request):
        self.header(request, "Content-Type")

    def host(self, request):
        field = request.header("Host")
        field[1] = self.changed(field[1], "0123456789abcdef.-")

    def action(self, request):
        self.header(request, "X-TC-Action")

    def timestamp(self, request):
        field = request.header("X-TC-Timestamp")
        field[1] = self.changed(field[1], "0123456789")

    def body(self, request):
        body, at = bytearray(request.body), self.random.randrange(len(request.body))
        if self.random.randrange(3):
            body[at] ^= self.random.randrange(1, 256)
        else:
            body[at:at] = bytes([self.random.randrange(256)])
        request.body = bytes(body)

    def query(self, request):
        request.query = self.random.choice(("Action=SendEmail", "a", "=", "&", "a=1&b=2", "%00"))

    def part(self, request, before, after):
        """Changes what stands between two words of Authorization."""
        field = request.header("Authorization")
        start = field[1].index(before) + len(before)
        end = field[1].index(after, start) if after else len(field[1])
        field[1] = field[1][:start] + self.changed(field[1][start:end]) + field[1][end:]

    def secret_id(self, request):
        self.part(request, "Credential=", "/")

    def date(self, request):
        self.part(request, "/", "/")

    def service(self, request):
        field = request.header("Authorization")
        field[1] = field[1].replace("/ses/", f"/{self.changed('ses')}/")

    def terminator(self, request):
        self.part(request, "/ses/", ",")

    def signed_headers(self, request):
        self.part(request, "SignedHeaders=", ",")

    def signature(self, request):
        self.part(request, "Signature=", "")

    def scheme(self, request):
        self.part(request, "", " ")

    def repeated(self, request):
        name = self.random.choice(("Content-Type", "Host", "X-TC-Action", "X-TC-Timestamp",
                                   "Authorization", "X-TC-Version"))
        field = list(request.header(name))
        field[0] = self.random.choice((name, name.lower(), name.upper()))
        if self.random.randrange(2):
            field[1] = self.changed(field[1], "0123456789abcdef")
        request.headers.insert(self.random.randrange(len(request.headers) + 1), field)

    def removed(self, request):
        request.remove(self.random.choice(("Content-Type", "Host", "X-TC-Action",
                                           "X-TC-Timestamp", "Authorization")))

    def cut(self, request):
        request.body = request.body[:self.random.randrange(len(request.body))]


def accepted(status, answer):
    """Whether the answer is any other than a refusal to believe the signature."""
    return status == 200 and tc3.error_code(answer) not in REFUSALS


def mutants(house, key):
    mutator, taken, seen = Mutator(), [], collections.Counter()
    with tc3.Connection(house.http_port) as connection:
        for i in range(MUTANTS):
            if i % RESIGN == 0:
                original = send_email(house, key, VICTIM)
            mutant = original.copy()
            change = mutator.kinds[i % len(mutator.kinds)]
            change(mutant)
            status, answer = connection.exchange(mutant)
            seen[tc3.error_code(answer) or f"HTTP {status}"] += 1
            if accepted(status, answer):
                taken.append((change.__name__, mutant.wire(), answer))
    tap.equal(taken[:3], [], f"{len(taken)} mutants accepted")
    tap.note(f"{MUTANTS} mutants: " + ", ".join(f"{n} {code}" for code, n in seen.most_common()))
    tap.true(seen["AuthFailure.SignatureFailure"] > MUTANTS / 4, "few came as far as a signature")


def sends(house, key, recipient):
    """An unchanged request is accepted: (its answer, the request)."""
    request = send_email(house, key, recipient).set("X-TC-TraceId", str(uuid.uuid4()))
    status, answer = request.send(house.http_port)
    tap.equal((status, tc3.error_code(answer)), (200, None), str(answer))
    return answer, request


def thefts(house, key, sender):
    with tap.check("a request signed 301 seconds ago or ahead has expired, one of 290 has not"):
        for offset, code in ((-301, "AuthFailure.SignatureExpire"),
                             (310, "AuthFailure.SignatureExpire"), (-290, None), (290, None)):
            request = send_email(house, key, f"at{offset}@mutant.example",
                                 timestamp=time.time() + offset)
            tap.equal(tc3.error_code(request.send(house.http_port)[1]), code, str(offset))
    with tap.check("the same request again is the same mail, with the same MessageId"):
        first, request = sends(house, key, "twice@mutant.example")
        for _ in range(3):
            again = request.send(house.http_port)[1]
            tap.equal(again["Response"].get("MessageId"), first["Response"]["MessageId"],
                      str(again))
        sender.mail_to("twice@mutant.example")
    with tap.check("a signature for one action is none for another where X-TC-Action is signed"):
        stolen = send_email(house, key, VICTIM).set("X-TC-Action", "ListEmailAddress")
        tap.equal(tc3.error_code(stolen.send(house.http_port)[1]), "AuthFailure.SignatureFailure")
    with tap.check("UNSIGNED-PAYLOAD does not free a body that was signed"):
        stolen = send_email(house, key, VICTIM).set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD")
        tap.equal(tc3.error_code(stolen.send(house.http_port)[1]), "AuthFailure.SignatureFailure")
    with tap.check("a folded signed header is refused by HTTP itself"):
        wire = send_email(house, key, VICTIM).wire().replace(b"application/json",
                                                             b"application/\r\n json")
        tap.equal(status_of(house.http_port, wire), 400)


def status_of(port, wire):
    """The status that these bytes get."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.connect()
    connection.sock.sendall(wire)
    answer = http.client.HTTPResponse(connection.sock)
    answer.begin()
    connection.close()
    return answer.status


def main():
    with Posthouse("quickstart") as house:
        made = house.verb("key", "create", "--account", "first", "--kind", "tencent")
        key = tc3.Key(made["secret_id"], made["secret_key"])
        sender = first_mail.newcomer(house, DOMAIN)
        with tap.check("an unchanged request is accepted"):
            sends(house, key, STEADY)
        with tap.check(f"of {MUTANTS} mutants of signed requests none is accepted"):
            mutants(house, key)
        with tap.check("after them an unchanged request is accepted as before"):
            sends(house, key, STEADY)
            sender.mail_to(STEADY, 2)
        with tap.check("no mail of a mutant arrived"):
            tap.equal(sender.inbox_of(VICTIM), [])
        thefts(house, key, sender)
    tap.done()


if __name__ == "__main__":
    main()
