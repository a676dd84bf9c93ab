"""Clients that keep books: what was acknowledged, and when; by every door at once.

A message is in the ledger once its whole 2xx answer was read, never before. A client that got no
answer sends the same request again until it gets one, where the door knows repeats (the
Idempotency-Key of REST, the signature of a Tencent request); SMTP knows none, so there the next
try is another mail, and the one without an answer may exist or not, but never half.
"""
import base64
import dataclasses
import hashlib
import http.client
import json
import random
import smtplib
import ssl
import threading
import time

import first_mail
import tc3

SITES = 8           # destinations, each with a window of its own
PAUSE = 0.01        # between two mails of a client
PATIENCE = 0.02     # before the server is tried again
ANSWER = 20         # seconds
ODD = ("slow", "later", "never")  # how the sink treats every tenth recipient, in turn


@dataclasses.dataclass
class Entry:
    """One request. `answer` (the id that it gave) and `at` are there once it was acknowledged."""
    door: str
    subject: str
    to: list
    answer: str = None
    at: float = None
    tries: int = 0


class Ledger:
    def __init__(self):
        self.entries = []
        self.complaints = []
        self.answers = {}   # HTTP status or SMTP code: how often
        self._lock = threading.Lock()

    def open(self, door, subject, to):
        entry = Entry(door, subject, to)
        with self._lock:
            self.entries.append(entry)
        return entry

    def acknowledge(self, entry, identifier):
        entry.answer, entry.at = identifier, time.monotonic()

    def complain(self, words):
        with self._lock:
            self.complaints.append(words)

    def acknowledged(self):
        return [entry for entry in self.entries if entry.answer]


def text_of(chance):
    """Lines that no encoding changes, and their digest."""
    lines = ["".join(chance.choices("abcdefghij klmnop", k=60)).strip() + "."
             for _ in range(chance.randint(1, 60))]
    body = "\r\n".join(lines)
    return body + "\r\n" + hashlib.sha256(body.encode()).hexdigest()


class Client(threading.Thread):
    """One of the clients; `door` says how it sends."""
    door = ""
    repeats = False     # whether the door knows a repeated request
    recipients = (1, 1)

    def __init__(self, world, number):
        super().__init__(daemon=True, name=f"{self.door}-{number}")
        self.world, self.number = world, number
        self.chance = random.Random(f"{world.seed} {self.name}")
        self.count = 0
        self.stopped = threading.Event()

    def run(self):
        try:
            while not self.stopped.is_set():
                self.one_mail()
                self.stopped.wait(PAUSE)
        finally:
            self.hang_up()

    def one_mail(self):
        self.count += 1
        entry = self.world.ledger.open(self.door, f"{self.name}-{self.count}", self.addresses())
        request = self.prepare(entry)
        while True:
            entry.tries += 1
            try:
                identifier = self.send(request)
            except (OSError, http.client.HTTPException, smtplib.SMTPException, ValueError):
                identifier = None
                self.hang_up()
            if identifier:
                self.world.ledger.acknowledge(entry, identifier)
                return
            # What was asked for must be answered in the end, also after the last kill.
            if self.world.over.is_set() or (self.stopped.is_set() and not self.repeats):
                return
            self.world.over.wait(PATIENCE)
            if not self.repeats:
                return

    def addresses(self):
        out = []
        for i in range(self.chance.randint(*self.recipients)):
            kind = "plain"
            if self.chance.random() < 0.1:
                kind = self.chance.choice(ODD)
            site = self.chance.randrange(SITES)
            out.append(f"{kind}-{self.name}-{self.count}-{i}@d{site}.faults.example")
        return out

    # --- of each door ---
    def prepare(self, entry):
        """What send() repeats, byte by byte."""
        raise NotImplementedError

    def send(self, request):
        """The id that the whole answer gave; None where it asks for another try."""
        raise NotImplementedError

    def hang_up(self):
        """Forgets the connection."""


class HttpClient(Client):
    repeats = True
    connection = None

    def post(self, path, body, headers):
        """(status, document); the connection stays open for the next."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.world.house.http_port,
                                                         timeout=ANSWER)
        self.connection.request("POST", path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Rest(HttpClient):
    door = "rest"

    def prepare(self, entry):
        body = {"from": self.world.sender.address, "to": entry.to, "subject": entry.subject,
                "text": text_of(self.chance)}
        return json.dumps(body).encode(), {
            "Authorization": f"Bearer {self.world.sender.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{self.world.seed}-{self.name}-{self.count}"}

    def send(self, request):
        status, answer = self.post("/api/v1/messages", *request)
        if status == 202:
            return answer["id"]
        if status not in (429, 503, 507):
            self.world.ledger.complain(f"{self.name}: {status} {answer}")
        return None


class RestToMany(Rest):
    door = "rest-many"
    recipients = (2, 8)


class Tencent(HttpClient):
    """SendEmail of Tencent Cloud's clients. The request that is sent again is the one that was
    signed, byte by byte."""
    door = "tencent"
    recipients = (1, 3)

    def prepare(self, entry):
        text = base64.b64encode(text_of(self.chance).encode()).decode()
        request = tc3.Request("SendEmail", {
            "FromEmailAddress": self.world.sender.address, "Destination": entry.to,
            "Subject": entry.subject, "Simple": {"Text": text}},
            host=f"127.0.0.1:{self.world.house.http_port}")
        request.set("X-TC-Region", "ap-guangzhou").sign(self.world.tencent_key)
        return request.body, dict(request.headers)

    def send(self, request):
        _, answer = self.post("/", *request)
        answer = answer["Response"]
        if "MessageId" in answer:
            return answer["MessageId"]
        if answer["Error"]["Code"] not in ("InternalError", "FailedOperation.SystemError",
                                           "RequestLimitExceeded", "ResourceUnavailable"):
            self.world.ledger.complain(f"{self.name}: {answer}")
        return None


class Smtp(Client):
    """A session that stays open. The id is the last word of the reply to the final dot."""
    session = None
    recipients = (1, 3)

    def connect(self):
        raise NotImplementedError

    def prepare(self, entry):
        head = (f"From: App <{self.world.sender.address}>\r\nTo: {entry.to[0]}\r\n"
                f"Subject: {entry.subject}\r\n\r\n")
        return entry.to, (head + text_of(self.chance) + "\r\n").encode()

    def send(self, request):
        to, content = request
        if self.session is None:
            self.session = self.connect()
        session = self.session
        session.ehlo_or_helo_if_needed()
        steps = [session.mail(self.world.sender.address), *(session.rcpt(a) for a in to)]
        for code, said in [*steps, session.data(content)]:
            if code >= 400:
                if code // 100 == 5:
                    self.world.ledger.complain(f"{self.name}: {code} {said}")
                raise smtplib.SMTPResponseException(code, said)
            last = said
        return last.decode().split()[-1]

    def hang_up(self):
        if self.session:
            self.session.close()
        self.session = None


def any_certificate():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Submission(Smtp):
    door = "submission"

    def connect(self):
        session = smtplib.SMTP("127.0.0.1", self.world.house.submission_port, timeout=ANSWER)
        session.starttls(context=any_certificate())
        return self.login(session)

    def login(self, session):
        session.login(self.world.sender.address, first_mail.SMTP_PASSWORD)
        return session


class SubmissionTls(Submission):
    door = "submission-tls"

    def connect(self):
        return self.login(smtplib.SMTP_SSL("127.0.0.1", self.world.house.tls_port, timeout=ANSWER,
                                           context=any_certificate()))


class Relay(Smtp):
    door = "relay"

    def connect(self):
        return smtplib.SMTP("127.0.0.1", self.world.relay_port, timeout=ANSWER)


# Sixteen.
DOORS = [Rest] * 4 + [RestToMany] * 3 + [Tencent] * 3 + [Submission] * 2 + [SubmissionTls] * 2 + \
        [Relay] * 2


def clients(world, doors=None):
    return [door(world, number) for number, door in enumerate(doors or DOORS)]
