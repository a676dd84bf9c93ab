"""CR, LF, NUL and what turns into them, in every string field of every operation of the API: they
are refused or encoded, and a mail at the sink has exactly the header fields that were asked for."""
import collections
import json

import tap
from attack_house import AttackHouse, mail, quiet
from raw_smtp import RawSmtp

MARK = "Injected-Field: yes"
PAYLOADS = ["\r", "\n", "\r\n", "\n\r", "\r\n ", "\r\n\t", "\r\n\r\n", "%0d%0a", "%0A", "\\r\\n",
            "\u2028", "\u2029", "\x85", "\u560d\u560a", "\u010d\u010a", "\0", "\x0b", "\x0c",
            "\x1b", "\x7f", "=0D=0A", "=?utf-8?q?=0D=0A?=", "=?utf-8?b?DQo=?=", "\0\r\n",
            "&#13;&#10;"]
# The fields of a mail by REST, and of one with several parts.
FIELDS = collections.Counter(["From", "To", "Subject", "Date", "Message-ID", "MIME-Version",
                              "Content-Type", "Content-Transfer-Encoding", "DKIM-Signature"])
REPEATS = {"DKIM-Signature"}  # two where the domain has an Ed25519 record


def resolve(document, schema):
    while "$ref" in schema:
        node = document
        for part in schema["$ref"].lstrip("#/").split("/"):
            node = node[part]
        schema = node
    return schema


def strings_of(document, schema, path=()):
    """The path of each place that a string may stand in, of a request's schema."""
    schema = resolve(document, schema)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "string":
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from strings_of(document, inner, (*path, name))
    if "items" in schema:
        yield from strings_of(document, schema["items"], (*path, 0))
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        yield from strings_of(document, more, (*path, "X-Name"))
        yield (*path, None)  # the name itself


def sample(document, schema):
    """A body that the schema allows, with words that fit where they are known."""
    schema = resolve(document, schema)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return {name: sample(document, inner) for name, inner in
                schema.get("properties", {}).items() if name in schema.get("required", [])}
    if kind == "array":
        return [sample(document, schema["items"])]
    return {"string": "word", "integer": 1, "number": 1, "boolean": True}.get(kind)


def with_value(body, path, value):
    """The body with `value` at a path; lists and objects on the way are made."""
    copy = json.loads(json.dumps(body))
    node = copy
    for step, following in zip(path, path[1:]):
        if isinstance(step, int):
            while len(node) <= step:
                node.append([] if isinstance(following, int) else {})
            if not isinstance(node[step], (dict, list)):
                node[step] = [] if isinstance(following, int) else {}
        elif not isinstance(node.get(step), (dict, list)):
            node[step] = [] if isinstance(following, int) else {}
        node = node[step]
    last = path[-1]
    if last is None:
        node[value] = "x"
    elif isinstance(last, int) and len(node) <= last:
        node.append(value)
    else:
        node[last] = value
    return copy


def known_bodies(house):
    return {
        "message_create": {"from": house.acme.address, "to": ["anna@dest.example"],
                           "subject": "hello", "text": "hello", "html": "<p>hello</p>",
                           "attachments": [{"filename": "a.txt", "content_type": "text/plain",
                                            "content": "aGVsbG8=", "content_id": "c1"}]},
    }


def operations(house):
    """(operation, method, path, schema of the body or None, names of path parameters)."""
    _, document = house.get("/api/v1/openapi.json")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            schema = operation.get("requestBody", {}).get("content", {}).get(
                "application/json", {}).get("schema")
            yield document, operation["operationId"], method.upper(), path, schema


def every_field(house):
    """Every payload in every string of every operation: an answer that is none of 5xx."""
    cases = taken = 0
    bodies = known_bodies(house)
    for document, name, method, path, schema in operations(house):
        if schema is None or "session" in name:
            continue
        target = path.replace("{", "").replace("}", "")
        base = bodies.get(name) or sample(document, schema)
        for place in strings_of(document, schema):
            for payload in PAYLOADS:
                value = f"word{payload}{MARK}"
                if place[-1] in ("to", "cc", "bcc", "from") or place[0] in ("to", "cc", "bcc",
                                                                            "reply_to", "from"):
                    value = f"{house.acme.address}{payload}{MARK}"
                body = with_value(base, place, value)
                status, answer, headers = house.request(method, target, body, house.acme.token)
                tap.true(status < 500, f"{name} {place} {payload!r}: {status} {answer}")
                tap.true("Injected-Field" not in headers, f"{name} {place} {payload!r}: {headers}")
                cases += 1
                taken += status < 300
    return cases, taken


def path_and_query(house):
    """The same in path parameters, query values and headers that come back."""
    cases = 0
    for _, name, method, path, _ in operations(house):
        for raw in ("%0d%0a", "%0a", "%00", "%E2%80%A8", "%C2%85", "%E5%98%8D%E5%98%8A"):
            parts = path.split("{")
            if len(parts) > 1:
                target = path.replace("{" + parts[1].split("}")[0] + "}", f"a{raw}{MARK[:8]}%3A")
                status, answer, headers = house.request(
                    method, target, {} if method in ("POST", "PUT", "PATCH") else None,
                    house.acme.token)
                tap.true(400 <= status < 500 or name == "session_delete",
                         f"{method} {target}: {status} {answer}")
                tap.true("Injected-Field" not in headers and "Injected" not in headers,
                         f"{target}: {headers}")
                cases += 1
            status, _, headers = house.request("GET", f"/api/v1/domains?cursor=a{raw}Injected%3A",
                                               None, house.acme.token)
            tap.true(400 <= status < 500, f"query {raw}: {status}")
    for key in ("a\x0bb", "a\x85b", "a\u00ffb"):
        body = {"from": house.acme.address, "to": ["a@d.example"], "subject": "s", "text": "t"}
        status, _ = house.post("/api/v1/messages", body, house.acme.token,
                               {"Idempotency-Key": key})
        tap.true(status < 500, f"Idempotency-Key {key!r}: {status}")
        cases += 1
    return cases


# Field of a mail, and how a value becomes it.
MAIL_FIELDS = {
    "subject": lambda v: {"subject": v},
    "display name": lambda v: {"from": f'"{v}" <news@acme.example>'},
    "bare name": lambda v: {"from": f"{v} <news@acme.example>"},
    "recipient's name": lambda v: {"to": [f'"{v}" <anna@dest.example>']},
    "cc": lambda v: {"cc": [f'"{v}" <cc@dest.example>']},
    "reply_to": lambda v: {"reply_to": [f'"{v}" <r@dest.example>']},
    "header": lambda v: {"headers": {"X-Custom": v}},
    "list header": lambda v: {"headers": {"List-Id": f"{v} <a.b>"}},
    "list comment": lambda v: {"headers": {"List-Unsubscribe": f"<https://x.example/> ({v})"}},
    "header name": lambda v: {"headers": {f"X-A{v}": "y"}},
    "filename": lambda v: {"attachments": [{"filename": v, "content_type": "text/plain",
                                            "content": "aGVsbG8="}]},
    "content_type": lambda v: {"attachments": [{"filename": "a", "content": "aGVsbG8=",
                                                "content_type": f"text/plain{v}"}]},
    "content_type parameter": lambda v: {"attachments": [
        {"filename": "a", "content": "aGVsbG8=", "content_type": f'text/plain; name="{v}"'}]},
    "content_id": lambda v: {"html": "<p>x</p>", "attachments": [
        {"filename": "a", "content_type": "image/png", "content": "aGVsbG8=", "content_id": v}]},
    "text": lambda v: {"text": f"a{v}\r\n.{v}\r\n..{v}"},
    "html": lambda v: {"html": f"<p>{v}</p>{v}.{v}"},
}
ADDED = {"cc": ["Cc"], "reply_to": ["Reply-To"], "header": ["X-Custom"], "list header": ["List-Id"],
         "list comment": ["List-Unsubscribe"]}


def expected(name):
    return FIELDS + collections.Counter(ADDED.get(name, []))


def at_the_sink(house):
    """Each payload in each field: refused, or at the sink with the fields that were asked for."""
    sent = {}
    cases = 0
    for name, build in MAIL_FIELDS.items():
        for payload in PAYLOADS:
            to = house.recipient()
            fields = {"to": [to], **build(f"hello{payload}{MARK}{payload}")}
            fields["to"] = [*dict.fromkeys([*fields["to"], to])]
            status, answer = house.send(**fields)
            tap.true(status in (202, 400, 422), f"{name} {payload!r}: {status} {answer}")
            cases += 1
            if status == 202:
                sent[to] = (name, payload)
    for to, (name, payload) in sent.items():
        found = house.sink.wait_for(to)
        where = f"{name} {payload!r}: {found.head()!r}"
        names = collections.Counter(found.header_names())
        for repeated in REPEATS:
            names[repeated] = min(names[repeated], 1)
        extra = names - expected(name)
        tap.true(not extra, f"{dict(extra)} too much: {where}")
        missing = expected(name) - names
        tap.true(set(missing) <= {"Content-Transfer-Encoding"},
                 f"{dict(missing)} missing: {where}")
        tap.equal(found.faults(), [], where)
        tap.true(b"\nInjected-Field" not in found.head(), where)
        for part in found.body().split(b"\r\n--"):
            head = part.partition(b"\r\n\r\n")[0]
            tap.true(name in ("text", "html") or b"\r\nInjected-Field" not in head,
                     f"a part's header: {part[:300]!r}")
    return cases, len(sent)


def by_hello(house):
    """The name in EHLO stands in Received of what the relay takes: refused or harmless there."""
    cases = taken = 0
    for payload in [*PAYLOADS, "(", ")", "<", ">", ";", "\\", '"', " by x", "\t"]:
        to = house.recipient()
        with RawSmtp(house.relay_port) as session, quiet(OSError):
            session.send(f"EHLO a{payload}{MARK}\r\n".encode())
            session.socket.settimeout(0.2)
            with quiet(OSError):
                while session.reply()[0]:
                    pass
            session.socket.settimeout(10)
            session.say("EHLO plain.example")
            if session.envelope(house.acme.address, to) != [250, 250]:
                continue
            session.say("DATA")
            cases += 1
            taken += session.say(mail(to=to) + b"\r\n.\r\n")[0] == 250
    for name in ("a.example", "[192.0.2.1]", "[IPv6:::1]", "a_b-c", "x" * 255):
        to = house.recipient()
        with RawSmtp(house.relay_port) as session:
            tap.equal(session.say(f"EHLO {name}")[0], 250, name)
            tap.equal(session.envelope(house.acme.address, to), [250, 250])
            session.say("DATA")
            tap.equal(session.say(mail(to=to) + b"\r\n.\r\n")[0], 250)
        head = house.sink.wait_for(to).head()
        tap.contains(head, f"from {name} ([127.0.0.1])\r\n".encode())
        tap.equal(head.count(b"Received:"), 1)
    return cases, taken


def main():
    with AttackHouse() as house:
        with tap.check("no field of a mail makes a header field, a part or a line of its own"):
            tap.note("%d tried, %d taken and looked at on the wire" % at_the_sink(house))
        with tap.check("no name in EHLO makes a header field"):
            tap.note("%d tried, %d sessions went on" % by_hello(house))
        with tap.check("paths, queries and header values are refused or harmless"):
            tap.note(f"{path_and_query(house)} tried")
        with tap.check("no string of any operation makes an answer of 5xx or a header"):
            tap.note("%d tried, %d taken" % every_field(house))
        with tap.check("what was taken is on the wire without a fault"):
            house.wait_until_idle()
            for found in house.sink.mails:
                tap.equal(found.faults(), [], repr(found.head()))
                tap.true(b"\nInjected-Field" not in found.head(), repr(found.head()))
            tap.note(f"{len(house.sink.mails)} mails")
        with tap.check("a log line is one line"):
            for line in house.log().splitlines():
                tap.true(line.startswith("{") and line.endswith("}"), repr(line[:200]))
    tap.done()


main()
