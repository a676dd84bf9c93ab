"""`sign verify` over signed requests as files: the public suites of both schemes, what SDKs do
differently, and mutants, of which none may be valid."""
import json
import os
import pathlib
import random
import tempfile

import tap
import tc3
from posthouse import PROJECT, run_binary

SUITES = pathlib.Path(os.environ.get("POSTHOUSE_SUITES", PROJECT.parent / "shared/suites"))
SEED = 42
MUTANTS = 60  # of each scheme: each is a process; the unit tests try 2,000 of each element
KEY = tc3.Key("AKIDEXAMPLE", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAM")


class Verifier:
    def __init__(self, directory):
        self.path = pathlib.Path(directory) / "request"

    def verdict(self, scheme, secret, wire, *more):
        """The JSON of the verb: one line, status 0, whatever the verdict."""
        self.path.write_bytes(wire)
        done = run_binary("sign", "verify", "--scheme", scheme, "--request", self.path,
                          "--secret", secret, *more, seconds=10)
        tap.equal((done.returncode, done.stderr), (0, b""), repr(wire[:300]))
        tap.equal(done.stdout.count(b"\n"), 1, "lines")
        found = json.loads(done.stdout)
        tap.equal(sorted(found), ["reason", "valid"])
        tap.equal(found["valid"], found["reason"] == "", str(found))
        return found

    def valid(self, scheme, secret, wire, *more):
        return self.verdict(scheme, secret, wire, *more)["valid"]


def vector_wire(vector, line_end):
    lines = [f"{vector['method']} {vector['uri']}{'?' * bool(vector['query'])}{vector['query']} "
             "HTTP/1.1", *(f"{n}: {v}" for n, v in vector["headers"].items()),
             f"X-TC-Timestamp: {vector['timestamp']}",
             "Authorization: TC3-HMAC-SHA256 Credential="
             f"{vector['secret_id']}/{vector['date']}/{vector['service']}/tc3_request, "
             f"SignedHeaders={vector['signed_headers']}, Signature={vector['signature']}"]
    return (line_end.join(lines) + 2 * line_end + vector["payload"]).encode()


def tc3_vectors(verifier):
    with tap.check("every published TC3 example is valid, with its secret, whatever the line ends"):
        vectors = json.loads((SUITES / "sigv4-tc3/vectors.json").read_text())
        tap.equal(len(vectors), 2, "vectors")
        for vector in vectors:
            for line_end in ("\n", "\r\n"):
                wire = vector_wire(vector, line_end)
                tap.true(verifier.valid("tc3", vector["secret_key"], wire), vector["name"])
                tap.true(not verifier.valid("tc3", vector["secret_key"] + "x", wire), "a secret")
                now = str(vector["timestamp"] + 300)
                tap.true(verifier.valid("tc3", vector["secret_key"], wire, "--now", now), now)
                late = verifier.verdict("tc3", vector["secret_key"], wire, "--now",
                                        str(vector["timestamp"] + 301))
                tap.equal(late["reason"], "the signature has expired")


def aws_cases(verifier):
    with tap.check("every case of the public SigV4 suite is valid, in its header and in its query"):
        folders = sorted((SUITES / "sigv4-aws/v4").iterdir())
        wrong = []
        for folder in folders:
            context = json.loads((folder / "context.json").read_text())
            secret = context["credentials"]["secret_access_key"]
            for form in ("header", "query"):
                wire = (folder / f"{form}-signed-request.txt").read_bytes()
                for sent in (wire, wire.replace(b"\n", b"\r\n")):
                    found = verifier.verdict("sigv4", secret, sent)
                    if not found["valid"]:
                        wrong.append((folder.name, form, found["reason"]))
            unsigned = verifier.verdict("sigv4", secret, (folder / "request.txt").read_bytes())
            tap.true(not unsigned["valid"], f"{folder.name}: unsigned")
        tap.equal(wrong, [])
        tap.true(len(folders) >= 11, f"{len(folders)} cases")


def other_byte(random_source, old):
    """A visible byte that is not `old`, in whatever case, and no separator of the grammar."""
    while True:
        new = random_source.randrange(0x30, 0x7b)
        if chr(new).lower() != chr(old).lower():
            return new


def aws_mutants(verifier):
    with tap.check(f"of {MUTANTS} mutants of the SigV4 suite's requests none is valid"):
        random_source = random.Random(SEED)
        folders = sorted((SUITES / "sigv4-aws/v4").iterdir())
        for _ in range(MUTANTS):
            folder = random_source.choice(folders)
            context = json.loads((folder / "context.json").read_text())
            form = random_source.choice(("header", "query"))
            wire = bytearray((folder / f"{form}-signed-request.txt").read_bytes())
            # From the method to the last digit of the signature, without "HTTP/1.1".
            places = [i for i, byte in enumerate(wire) if chr(byte).isalnum()
                      and not is_version(wire, i) and not is_unsigned(wire, i, form)]
            at = random_source.choice(places)
            wire[at] = other_byte(random_source, wire[at])
            found = verifier.verdict("sigv4", context["credentials"]["secret_access_key"],
                                     bytes(wire))
            tap.true(not found["valid"], f"{folder.name} {form} at {at}: {bytes(wire)!r}")


def is_version(wire, at):
    start = wire.index(b" HTTP/1.1\n")
    return start <= at < start + 10


def is_unsigned(wire, at, form):
    """The access key: it finds the secret, and is not signed by the header form."""
    start = wire.find(b"Credential=") + len(b"Credential=")
    return form == "header" and start <= at < wire.index(b"/", start)


def example():
    request = tc3.Request("SendEmail", {"Subject": "未命名", "Html": "aGVsbG8="},
                          host="127.0.0.1:8080", timestamp=1790000000)
    return request


def sdk_manners(verifier):
    accepted = {
        "as Go and Python sign": example().sign(KEY),
        "as Node signs: Host without port, the host's first label as service":
            example().sign(KEY, service="127", values={"host": "127.0.0.1"}),
        "X-TC-Action signed in lower case": example().sign(
            KEY, names=("content-type", "host", "x-tc-action"),
            values={"x-tc-action": "sendemail"}),
        "a charset": example().set("Content-Type", "application/json; charset=utf-8").sign(KEY),
        "UNSIGNED-PAYLOAD": example().set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD").sign(
            KEY, payload=b"UNSIGNED-PAYLOAD"),
    }
    for name, request in accepted.items():
        with tap.check(f"TC3 {name}: valid"):
            for line_end in ("\r\n", "\n"):
                tap.true(verifier.valid("tc3", KEY.secret_key, request.wire(line_end)), name)
    signed = example().sign(KEY)
    folded = signed.wire().replace(b"application/json", b"application/\r\n json")
    refused = {
        "the action changed where it is signed": example().sign(
            KEY, names=("content-type", "host", "x-tc-action")).set("X-TC-Action", "Delete"),
        "UNSIGNED-PAYLOAD added": signed.copy().set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD"),
        "another path": with_path(signed.copy(), "/x"),
        "Authorization of SigV4": signed.copy().set(
            "Authorization", signed.header("Authorization")[1].replace("TC3", "AWS4")),
    }
    for name, request in refused.items():
        with tap.check(f"TC3 {name}: not valid"):
            tap.true(not verifier.valid("tc3", KEY.secret_key, request.wire()), name)
    with tap.check("TC3 a folded or a repeated header, or a body cut short: not valid"):
        tap.true(not verifier.valid("tc3", KEY.secret_key, folded), "folded")
        twice = signed.copy()
        twice.headers.append(["host", "127.0.0.1:8080"])
        tap.true(not verifier.valid("tc3", KEY.secret_key, twice.wire()), "host twice")
        tap.true(not verifier.valid("tc3", KEY.secret_key, signed.wire()[:-1]), "cut")


def with_path(request, path):
    request.path = path
    return request


def tc3_mutants(verifier):
    with tap.check(f"of {MUTANTS} mutants of TC3 requests none is valid"):
        random_source = random.Random(SEED)
        for _ in range(MUTANTS):
            request = example().sign(KEY, names=("content-type", "host", "x-tc-action"))
            name = mutate(request, random_source)
            found = verifier.verdict("tc3", KEY.secret_key, request.wire())
            tap.true(not found["valid"], f"{name}: {request.wire()!r}")


def mutate(request, random_source):
    """Changes one signed character, and says of what."""
    name = random_source.choice(("method", "body", "query", "Content-Type", "Host", "X-TC-Action",
                                 "X-TC-Timestamp", "Authorization"))
    def changed(text, start=0):
        at = random_source.randrange(start, len(text))
        while not text[at].isalnum():
            at = random_source.randrange(start, len(text))
        return text[:at] + chr(other_byte(random_source, ord(text[at]))) + text[at + 1:]
    if name == "method":
        request.method = changed(request.method)
    elif name == "body":
        request.body = changed(request.body.decode()).encode()
    elif name == "query":
        request.query = f"a={random_source.randrange(1000)}"
    elif name == "Authorization":
        header = request.header(name)
        header[1] = changed(header[1], header[1].index("/"))  # behind the SecretId
    else:
        request.header(name)[1] = changed(request.header(name)[1])
    return name


def wrong_usage():
    with tap.check("sign verify without a scheme, a file or a secret is wrong usage"):
        for words in ((), ("--scheme", "tc4", "--request", __file__, "--secret", "s"),
                      ("--scheme", "tc3", "--secret", "s"),
                      ("--scheme", "tc3", "--request", __file__),
                      ("--scheme", "tc3", "--request", "/nonexistent", "--secret", "s"),
                      ("--scheme", "tc3", "--request", "/", "--secret", "s"),
                      ("--scheme", "tc3", "--request", __file__, "--secret", "s", "--now", "x")):
            done = run_binary("sign", "verify", *words)
            tap.equal(done.returncode, 2, str(words))
            tap.equal(done.stderr.count(b"\n"), 1, done.stderr.decode())


def file_ends(verifier):
    with tap.check("line ends that a file has at its end are no body, one within it counts"):
        signed = example().sign(KEY)
        length = f"Content-Length: {len(signed.body)}\r\n".encode()
        bare = example().set("Content-Type", "application/json")
        bare.method, bare.body = "GET", b""
        bare = bare.sign(KEY).wire().replace(b"Content-Length: 0\r\n", b"")
        for end in (b"", b"\n", b"\r\n", b"\r\n\r\n"):
            tap.true(verifier.valid("tc3", KEY.secret_key, signed.wire() + end), repr(end))
            tap.true(verifier.valid("tc3", KEY.secret_key, bare + end), f"GET {end!r}")
            unsaid = signed.wire().replace(length, b"") + end
            tap.equal(verifier.valid("tc3", KEY.secret_key, unsaid), end == b"", repr(end))
        for end in (b" ", b"x", b"\n\0"):
            tap.true(not verifier.valid("tc3", KEY.secret_key, signed.wire() + end), repr(end))
            tap.true(not verifier.valid("tc3", KEY.secret_key, bare + end), f"GET {end!r}")


def no_request(verifier):
    with tap.check("what is no HTTP request is not valid, and says why"):
        for wire in (b"", b"\n", b"GET /\n\n", b"GET / HTTP/1.1", b"GET x HTTP/1.1\n\n",
                     b"GET / HTTP/1.1\n fold\n\n", b"GET / HTTP/1.1\nno colon\n\n",
                     b"GET / HTTP/1.1\nHost : x\n\n", b"\0" * 100, b"\xff" * 100,
                     b"GET / HTTP/1.1\nContent-Length: 9\n\nshort",
                     b"GET / HTTP/1.1\nContent-Length: -1\n\n",
                     b"GET / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n\n",
                     b"GET / HTTP/1.1\n" + b"a: b\n" * 101 + b"\n",
                     b"GET / HTTP/1.1\na: " + b"x" * 20000 + b"\n\n"):
            for scheme in ("tc3", "sigv4"):
                tap.true(not verifier.valid(scheme, "s", wire), repr(wire[:40]))


def main():
    with tempfile.TemporaryDirectory(prefix="posthouse-sign-") as directory:
        verifier = Verifier(directory)
        if (SUITES / "sigv4-tc3").is_dir():
            tc3_vectors(verifier)
        else:
            tap.skip(f"the published TC3 examples: no {SUITES / 'sigv4-tc3'}")
        if (SUITES / "sigv4-aws").is_dir():
            aws_cases(verifier)
            aws_mutants(verifier)
        else:
            tap.skip(f"the public SigV4 suite: no {SUITES / 'sigv4-aws'}")
        sdk_manners(verifier)
        tc3_mutants(verifier)
        file_ends(verifier)
        no_request(verifier)
    wrong_usage()
    tap.done()


if __name__ == "__main__":
    main()
