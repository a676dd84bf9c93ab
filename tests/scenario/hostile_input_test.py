"""The diagnosis verbs under input made to break them: an answer within ten seconds, under 256 MiB,
no crash; a verdict is one line of JSON, wrong usage one line on stderr."""
import concurrent.futures
import functools
import json
import os
import pathlib
import random
import resource
import subprocess
import tempfile

import tap
from posthouse import BINARY

SEED = 20260302
SECONDS = 10
ADDRESS_SPACE = 256 << 20
MIB = 1 << 20


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(words, stdin=b"", statuses=(0, 2), signs=False):
    done = subprocess.run([str(BINARY), *words], input=stdin, capture_output=True, check=False,
                          timeout=SECONDS, preexec_fn=limited)
    told = f"{b' '.join(map(os.fsencode, words))[:120]}: {done.returncode} {done.stderr[:200]}"
    tap.true(done.returncode in statuses, told)
    if done.returncode == 2:
        tap.equal((done.stderr.count(b"\n"), done.stdout), (1, b""), told)
    elif not signs:
        tap.equal((done.stdout.count(b"\n"), done.stderr), (1, b""), told)
        json.loads(done.stdout)
    return done


def nested(same_boundary):
    """Multiparts in multiparts, far beyond what is read."""
    out = [b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"]
    for i in range(300000):
        inner = b"b0" if same_boundary else b"b%d" % (i + 1)
        out.append(b"--b%d\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n"
                   % (0 if same_boundary else i, inner))
    return b"".join(out)


def messages():
    """Made one by one: some are as large as a message may be, one is larger."""
    chance = random.Random(SEED)
    start = b"From: a@b.example\r\n\r\n"
    signature = b"DKIM-Signature: v=1; a=rsa-sha256; d=a.b; s=s; h=from; bh=AA==; b=AA==\r\n"
    yield "nothing", lambda: b""
    yield "50 MiB of NUL", lambda: b"\0" * (50 * MIB)
    yield "24 MiB of chance", lambda: chance.randbytes(24 * MIB)
    yield "line ends alone", lambda: b"\n" * (24 * MIB)
    yield "CRs alone", lambda: b"\r" * (24 * MIB)
    yield "spaces after an empty line", lambda: start + b" " * (24 * MIB)
    yield "spaces and CRs", lambda: start + b" \r" * (12 * MIB)
    yield "lines of one space", lambda: start + b" \r\n" * (8 * MIB)
    yield "four million fields", lambda: b"a:\n" * (4 * MIB)
    yield "a field of 24 MiB", lambda: b"From: " + b"x" * (24 * MIB)
    yield "a field of folds", lambda: b"From: a@b.c\r\nX: " + b"\r\n " * 300000 + b"x\r\n\r\n"
    yield "900 times From", lambda: b"From: a@b.c\r\n" * 900 + b"\r\nx"
    yield "300 signatures", lambda: signature * 300 + start + b"x"
    yield "300,000 multiparts in each other", lambda: nested(False)
    yield "300,000 of one boundary", lambda: nested(True)
    yield "600,000 messages in each other", lambda: (b"Content-Type: message/rfc822\r\n\r\n" *
                                                     600000)
    yield "three million parts", lambda: (b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" +
                                          b"--a\r\n\r\n" * 3000000)
    yield "comments in comments", lambda: b"Content-Type: a/b; " + b"(" * 200000 + b"\r\n\r\n"
    yield "30,000 parameters", lambda: b"Content-Type: a/b; " + b"a*1*=x;" * 30000 + b"\r\n\r\n"
    yield "a charset a word", lambda: (b"Content-Type: a/b; name=\"" +
                                       b"=?gbk?q?=C4?= =?big5?q?=A4?= " * 250 + b"\"\r\n\r\n")
    yield "24 MiB of quoted-printable", lambda: (
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=41=42=\r\n" * 2500000)


TEXTS = ["(" * 100000, "<" * 100000, '"' * 100000, "\\" * 100000, "@" * 100000, "a," * 50000,
         "a@b.example," * 10000, "x:;" * 40000, "=?utf-8?q?" * 10000, "=?utf-8?q?a?= " * 8000,
         "[IPv6:" + ":" * 100000, ".".join("a" * 60000), "é" * 60000, "a@" + "é." * 30000,
         "\u202e" * 1000 + "@a.b", b"\xff" * 1000, b"a@\xc3\x28.example", "-a@b.example", "++", "",
         "[a,b]", "{}", "%s%n", "a\r\nBcc: b@c.d"]
ZONES = {"cut short": b'{"a.":', "no object": b"[1]", "another shape": b'{"a.":{"TXT":[1]}}',
         "deep": b"[" * 100000, "octets": bytes(range(256)), "empty": b"",
         "an unknown word": b'{"a.":"MAYBE"}', "a bad name": b'{"a..b.":{}}'}


def verbs_of(directory):
    empty = str(directory / "empty-zone.json")
    sign = ["dkim", "sign", "--key", str(directory / "key.pem"), "--domain", "a.example",
            "--selector", "s"]
    return [(["mime", "parse"], False), (["dkim", "verify", "--dns", empty], False), (sign, True),
            ([*sign, "--canon", "simple/simple"], True)]


def main():
    with tempfile.TemporaryDirectory(prefix="posthouse-hostile-") as place:
        directory = pathlib.Path(place)
        (directory / "empty-zone.json").write_text("{}")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ED25519", "-out",
                        str(directory / "key.pem")], check=True, capture_output=True)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, make in messages():
                with tap.check(f"a message of {name} gets an answer of each verb"):
                    stdin = make()
                    list(pool.map(lambda verb: run(verb[0], stdin, signs=verb[1]),
                                  verbs_of(directory)))
            with tap.check(f"{len(TEXTS)} texts get a verdict as address, name, sender and From"):
                empty = str(directory / "empty-zone.json")
                calls = []
                for text in TEXTS:
                    raw = os.fsencode(text)
                    calls += [["address", "parse", form, raw]
                              for form in ("--smtp", "--header", "--api")]
                    calls += [["name", verb, raw] for verb in ("org", "to-ascii", "to-unicode")]
                    calls.append(["check", "spf", "--ip", "192.0.2.1", "--helo", raw,
                                  b"--mailfrom=" + raw, "--dns", empty])
                    calls.append(["check", "dmarc", b"--from=" + raw, b"--dkim=" + raw,
                                  b"--spf=" + raw, "--dns", empty])
                list(pool.map(functools.partial(run, statuses=(0,)), calls))
        for name, text in ZONES.items():
            with tap.check(f"a DNS file that is {name} is wrong usage, said in one line"):
                (directory / "bad.json").write_bytes(text)
                for verb in (["check", "spf", "--ip", "192.0.2.1"], ["check", "dmarc", "--from",
                             "a.example"], ["dkim", "verify"]):
                    run([*verb, "--dns", str(directory / "bad.json")], statuses=(2,))
        with tap.check("a DNS file that is not there, or a directory, is wrong usage"):
            for path in (directory / "absent.json", directory):
                run(["check", "spf", "--ip", "192.0.2.1", "--dns", str(path)], statuses=(2,))
        with tap.check("endless input is refused, and no input at all is none"):
            for source in ("/dev/zero", "/dev/urandom"):
                with open(source, "rb") as endless:
                    done = subprocess.run([str(BINARY), "mime", "parse"], stdin=endless,
                                          capture_output=True, timeout=SECONDS, check=False)
                tap.equal(done.returncode, 2, source)
    tap.done()


main()
