"""The diagnosis verbs: their JSON, a verdict is status 0 whatever it is, and signatures that dkimpy
and we exchange."""
import base64
import hashlib
import json
import pathlib
import random
import subprocess
import tempfile
import time

import dkim_opinions
import tap
from ports import free_port
from posthouse import run_binary

SEED = 20260101
MESSAGES = 50
KEY_DOMAIN = "example.org"

ZONE = {
    "good.example.": {"TXT": ["v=spf1 ip4:192.0.2.0/24 include:more.example -all"],
                      "MX": [[10, "mail.house.example."]]},
    "more.example.": {"TXT": [["v=spf1 ip6:2001:db8::/32 ", "?all"]]},
    "exp.example.": {"TXT": ["v=spf1 exp=why.example -all"]},
    "why.example.": {"TXT": ["%{i} may not send for %{d}"]},
    "deep.example.": {"TXT": ["v=spf1 " + "".join(f"a:h{i}.example " for i in range(11)) + "-all"]},
    **{f"h{i}.example.": {"A": ["198.51.100.1"]} for i in range(11)},
    "void.example.": {"TXT": ["v=spf1 a:n1.example a:n2.example a:n3.example -all"]},
    "two.example.": {"TXT": ["v=spf1 -all", "v=spf1 +all"]},
    "loop.example.": {"TXT": ["v=spf1 include:loop.example -all"]},
    "slow.example.": "TIMEOUT",
    "broken.example.": "SERVFAIL",
    "_dmarc.good.example.": {"TXT": ["v=DMARC1; p=reject; sp=quarantine"]},
    "_dmarc.slow.example.": "TIMEOUT",
}


def answer(*words, stdin=b""):
    """The JSON of a diagnosis; it must be one line, with status 0 and nothing on stderr."""
    done = run_binary(*words, stdin=stdin, seconds=15)
    tap.equal(done.returncode, 0, f"{words}: {done.stderr.decode()}")
    tap.equal(done.stderr, b"", str(words))
    tap.equal(done.stdout.count(b"\n"), 1, "lines")
    return json.loads(done.stdout)


def spf(zone):
    for ip, mailfrom, result in (
            ("192.0.2.5", "a@good.example", "pass"), ("2001:db8::1", "a@good.example", "pass"),
            ("198.51.100.1", "a@good.example", "fail"), ("192.0.2.5", "a@absent.example", "none"),
            ("192.0.2.5", "a@deep.example", "permerror"),
            ("192.0.2.5", "a@void.example", "permerror"),
            ("192.0.2.5", "a@two.example", "permerror"),
            ("192.0.2.5", "a@loop.example", "permerror"),
            ("192.0.2.5", "a@slow.example", "temperror"),
            ("192.0.2.5", "a@broken.example", "temperror"),
            ("192.0.2.5", "", "pass")):
        with tap.check(f"check spf of {mailfrom or 'the HELO name'} from {ip} is {result}"):
            found = answer("check", "spf", "--ip", ip, "--helo", "good.example", "--mailfrom",
                           mailfrom, "--dns", zone)
            tap.equal(found["result"], result, str(found))
            for key in ("explanation", "lookups", "void_lookups"):
                tap.contains(found, key)
    with tap.check("check spf gives the domain's explanation of a fail"):
        found = answer("check", "spf", "--ip", "192.0.2.5", "--helo", "h.example", "--mailfrom",
                       "a@exp.example", "--dns", zone)
        tap.equal(found["explanation"], "192.0.2.5 may not send for exp.example")
    with tap.check("an option's empty value may follow its equals sign"):
        found = answer("check", "spf", "--ip", "192.0.2.5", "--mailfrom=", "--helo",
                       "good.example", "--dns", zone)
        tap.equal(found["result"], "pass")
    with tap.check("a name server's port where nobody listens is told at once, as temperror"):
        start = time.monotonic()
        found = answer("check", "spf", "--ip", "192.0.2.5", "--mailfrom", "a@good.example",
                       "--dns-server", f"127.0.0.1:{free_port()}")
        tap.equal(found["result"], "temperror")
        tap.true(time.monotonic() - start < 3, "it took three seconds or more")
    with tap.check("the DNS file may be a pipe"):
        text = pathlib.Path(zone).read_bytes()
        found = answer("check", "spf", "--ip", "192.0.2.5", "--mailfrom", "a@good.example",
                       "--dns", "/dev/stdin", stdin=text)
        tap.equal(found["result"], "pass")
    with tap.check("check spf counts its look-ups"):
        found = answer("check", "spf", "--ip", "198.51.100.9", "--helo", "h.example", "--mailfrom",
                       "a@good.example", "--dns", zone)
        tap.equal((found["lookups"], found["void_lookups"]), (1, 0))


def dmarc(zone):
    for words, result, policy, aligned in (
            (("--from", "good.example", "--dkim", "good.example"), "pass", "reject", (True, False)),
            (("--from", "good.example", "--spf", "mail.good.example"), "pass", "reject",
             (False, True)),
            (("--from", "good.example", "--dkim", "a.example,b.example", "--spf", "c.example"),
             "fail", "reject", (False, False)),
            (("--from", "sub.good.example", "--dkim", "x.example"), "fail", "quarantine",
             (False, False)),
            (("--from", "absent.example", "--dkim", "absent.example"), "none", "none", None),
            (("--from", "slow.example", "--dkim", "slow.example"), "temperror", "none", None)):
        with tap.check(f"check dmarc {' '.join(words)} is {result}"):
            found = answer("check", "dmarc", *words, "--dns", zone)
            tap.equal((found["result"], found["policy"]), (result, policy), str(found))
            if aligned:
                tap.equal((found["aligned"]["dkim"], found["aligned"]["spf"]), aligned)
                tap.equal(found["org_domain"], "good.example")


def domain(zone, public_key):
    options = ["--set", "installation.mail_host=mail.house.example", "--set",
               "installation.spf_name=more.example", "--set",
               "installation.sending_ips=192.0.2.5", "--dns", zone]
    with tap.check("check domain judges the four records of a domain that is not stored"):
        found = answer("check", "domain", "good.example", "--dkim", f"s1={public_key}", *options)
        tap.equal(found["domain"], "good.example")
        tap.equal({r["check"]: r["state"] for r in found["records"]},
                  {"mx": "ok", "spf": "ok", "dkim": "missing", "dmarc": "ok"})
        dkim = next(r for r in found["records"] if r["check"] == "dkim")
        tap.equal((dkim["host"], dkim["expected"]), ("s1._domainkey.good.example",
                                                     f"v=DKIM1; k=rsa; p={public_key}"))
        tap.true(all(r["advice"] for r in found["records"]), "a record without advice")
    with tap.check("check domain of a domain that cannot be asked is unknown"):
        found = answer("check", "domain", "broken.example", "--dkim", f"s1={public_key}", *options)
        states = {r["check"]: r["state"] for r in found["records"]}
        tap.equal((states["mx"], states["spf"]), ("unknown", "unknown"))


def addresses():
    for form, text, wanted in (
            ("--api", "Anna Müller <anna@exämple.org>",
             [("Anna Müller", "anna", "exämple.org", "anna@xn--exmple-cua.org")]),
            ("--smtp", '"a b"@example.org', [("", "a b", "example.org", None)]),
            ("--smtp", "-a@example.org", [("", "-a", "example.org", "-a@example.org")]),
            ("--header", "=?gb2312?B?1cXI/Q==?= <z@example.org>",
             [("张三", "z", "example.org", "z@example.org")]),
            ("--header", 'a@example.org, "B, C" <b@example.net> (comment)',
             [("", "a", "example.org", "a@example.org"),
              ("B, C", "b", "example.net", "b@example.net")])):
        with tap.check(f"address parse {form} {text}"):
            found = answer("address", "parse", form, text)
            tap.equal(found["valid"], True, str(found))
            got = [(m["name"], m["local"], m["domain"], m["ascii"]) for m in found["mailboxes"]]
            tap.equal([g[:3] for g in got], [w[:3] for w in wanted])
            for g, w in zip(got, wanted):
                tap.true(w[3] is None or g[3] == w[3], f"{g[3]} instead of {w[3]}")
    for form, text in (("--api", "nobody"), ("--api", "a@b@c.example"), ("--smtp", "a@-b.example"),
                       ("--smtp", "x" * 65 + "@example.org"), ("--header", "a@example.org, ,<"),
                       ("--api", "a@example.org\r\nBcc: b@example.org"), ("--api", "")):
        with tap.check(f"address parse {form} refuses {text[:30]!r} with a reason"):
            found = answer("address", "parse", form, text)
            tap.equal(found["valid"], False, str(found))
            tap.true(len(found["reason"]) > 5, str(found))


def names():
    for verb, name, result in (
            ("org", "a.b.example.co.uk", "example.co.uk"), ("org", "example.com", "example.com"),
            ("org", "www.食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn"),
            ("to-ascii", "Bücher.Example", "xn--bcher-kva.example"),
            ("to-unicode", "xn--bcher-kva.example", "bücher.example")):
        with tap.check(f"name {verb} {name}"):
            tap.equal(answer("name", verb, name), {"result": result})
    for verb, name in (("org", "co.uk"), ("to-ascii", "a..b"), ("to-ascii", "x" * 64 + ".example"),
                       ("to-unicode", "xn--a.example"), ("to-ascii", "a b"),
                       ("to-ascii", "xn--xn---epa.com"), ("org", "192.0.2.1")):
        with tap.check(f"name {verb} {name[:20]!r} is an error in JSON"):
            tap.equal(list(answer("name", verb, name)), ["error"])


MIME = b"""\
From: a@example.org\r
Subject: t\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary="b"\r
\r
--b\r
Content-Type: text/plain; charset=iso-8859-1\r
Content-Transfer-Encoding: quoted-printable\r
\r
gr=FC=DFe\r
--b\r
Content-Type: application/pdf; name*=utf-8''%E2%82%AC.pdf\r
Content-Disposition: attachment; filename*=utf-8''%E2%82%AC.pdf\r
Content-Transfer-Encoding: base64\r
\r
AAEC\r
--b--\r
"""


def mime():
    with tap.check("mime parse gives type, charset, filename, decoded size and hash"):
        found = answer("mime", "parse", stdin=MIME)
        tap.equal(found["type"], "multipart/mixed")
        text, pdf = found["parts"]
        tap.equal((text["type"], text["charset"]), ("text/plain", "iso-8859-1"))
        tap.equal((text["size"], text["sha256"]), (5, hashlib.sha256(b"gr\xfc\xdfe").hexdigest()))
        tap.equal((pdf["filename"], pdf["size"]), ("€.pdf", 3))
        tap.equal(pdf["sha256"], hashlib.sha256(b"\0\1\2").hexdigest())
    with tap.check("mime parse of text without a header section is a body"):
        found = answer("mime", "parse", stdin=b"only text\r\n")
        tap.equal((found["size"], found["sha256"]),
                  (11, hashlib.sha256(b"only text\r\n").hexdigest()))
    with tap.check("mime parse of a header over the bound is an error, not a verdict"):
        run = run_binary("mime", "parse", stdin=b"X: " + b"y" * 300000 + b"\r\n\r\n", seconds=10)
        tap.equal((run.returncode, run.stdout.strip()), (2, type(run.stdout)()))
        tap.equal(len(run.stderr.strip().splitlines()), 1, str(run.stderr))
    with tap.check("mime parse answers whatever it gets"):
        chance = random.Random(SEED)
        for junk in (b"", b"\0" * 1000, b"\r\n" * 1000, b"Content-Type: " + b"multipart/" * 9999,
                     chance.randbytes(200000), MIME[:150], MIME * 50):
            run = run_binary("mime", "parse", stdin=junk, seconds=10)
            tap.true(run.returncode in (0, 2), f"status {run.returncode} for {junk[:30]}")


# --- DKIM, ours against dkimpy ---

def generated(chance):
    """A message with what canonicalisation stumbles over."""
    fields = [b"From: A <a@example.org>", b"To: b@example.net",
              b"Subject: " + chance.choice([b"plain", b"  spaces  here\t", b"",
                                            b"folded\r\n over\r\n\tlines"]),
              b"Date: Thu, 01 Jan 2026 00:00:%02d +0000" % chance.randrange(60),
              b"Message-ID: <%d@example.org>" % chance.getrandbits(64)]
    if chance.random() < 0.4:
        fields += [b"X-Twice: one", b"x-twice:two  "]
    if chance.random() < 0.3:
        fields += ["X-Utf8: grüße".encode(), b"MIME-Version: 1.0",
                   b"Content-Type: text/plain; charset=utf-8"]
    if chance.random() < 0.3:
        fields.append(b"Reply-To:\r\n c@example.org")
    chance.shuffle(fields)
    lines = [chance.choice([b"", b" ", b"text", b"\ttab\t \t", b"trailing   ", b".", b"..", b"--",
                            "grüße 你好".encode(), b"x" * chance.randrange(990), b"a  b   c"])
             for _ in range(chance.randrange(30))]
    body = b"".join(line + b"\r\n" for line in lines) + b"\r\n" * chance.choice([0, 0, 1, 3])
    return b"\r\n".join(fields) + b"\r\n\r\n" + body


def keys(directory):
    """A PEM file for each algorithm, and the zone that publishes them."""
    zone, pems = {}, {}
    for name, line in (("rsa", ["genpkey", "-algorithm", "RSA", "-pkeyopt",
                                "rsa_keygen_bits:2048"]),
                       ("ed25519", ["genpkey", "-algorithm", "ED25519"])):
        pem = directory / f"{name}.pem"
        subprocess.run(["openssl", *line, "-out", str(pem)], check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", str(pem), "-pubout", "-outform", "DER"],
                             check=True, capture_output=True).stdout
        public = base64.b64encode(der if name == "rsa" else der[-32:]).decode()
        zone[f"{name}._domainkey.{KEY_DOMAIN}"] = f"v=DKIM1; k={name}; p={public}"
        pems[name] = pem
    return pems, zone


def verify(mail, zone_file, *more):
    return answer("dkim", "verify", "--dns", zone_file, *more, stdin=mail)["signatures"]


def dkim_exchange(pems, zone, zone_file):
    chance = random.Random(SEED)
    canons = [f"{a}/{b}" for a in ("relaxed", "simple") for b in ("relaxed", "simple")]
    mails = [(generated(chance), chance.choice(canons), chance.choice(["rsa", "rsa", "ed25519"]))
             for _ in range(MESSAGES)]
    with tap.check(f"dkimpy and we verify our signatures of {MESSAGES} messages"):
        for mail, canon, kind in mails:
            done = run_binary("dkim", "sign", "--key", pems[kind], "--domain", KEY_DOMAIN,
                              "--selector", kind, "--canon", canon, stdin=mail)
            tap.equal(done.returncode, 0, done.stderr.decode())
            tap.true(done.stdout.endswith(mail), "signing changed the message")
            field = done.stdout[:-len(mail)]
            tap.true(all(len(line) <= 998 for line in field.split(b"\r\n")), "a long line")
            verdict = dkim_opinions.dkimpy(done.stdout, zone)
            tap.equal([v["valid"] for v in verdict], [True], f"{canon} {kind}: {verdict} {mail!r}")
            ours = verify(done.stdout, zone_file)
            tap.equal([(s["result"], s["domain"], s["selector"], s["algorithm"]) for s in ours],
                      [("pass", KEY_DOMAIN, kind, f"{kind}-sha256")], str(ours))
    with tap.check(f"we verify dkimpy's signatures of {MESSAGES} messages"):
        for mail, canon, _ in mails:
            signed = dkim_opinions.dkimpy_signs(mail, "rsa", KEY_DOMAIN, pems["rsa"].read_bytes(),
                                                canon.split("/"))
            tap.equal([s["result"] for s in verify(signed, zone_file)], ["pass"],
                      f"{canon} {mail!r}")
    with tap.check("a changed body, a changed header and an added From fail"):
        mail = b"From: a@example.org\r\nTo: b@example.net\r\nSubject: s\r\n\r\nbody\r\n"
        signed = run_binary("dkim", "sign", "--key", pems["rsa"], "--domain", KEY_DOMAIN,
                            "--selector", "rsa", stdin=mail).stdout
        for changed in (signed.replace(b"\r\nbody", b"\r\nbodi"),
                        signed.replace(b"Subject: s", b"Subject: t"),
                        signed.replace(b"From: a@", b"From: x@evil.example\r\nFrom: a@"),
                        signed + b"more\r\n"):
            found = verify(changed, zone_file)
            tap.equal([s["result"] for s in found], ["fail"], str(changed))
            tap.true(found[0]["reason"], "a fail without a reason")


def dkim_verdicts(pems, zone_file, directory):
    mail = b"From: a@example.org\r\nSubject: s\r\n\r\nbody\r\n"

    def signed(*more, domain=KEY_DOMAIN, selector="rsa"):
        done = run_binary("dkim", "sign", "--key", pems["rsa"], "--domain", domain, "--selector",
                          selector, *more, stdin=mail)
        tap.equal(done.returncode, 0, done.stderr.decode())
        return done.stdout
    with tap.check("dkim sign takes its time, headers and canonicalisation from the options"):
        tags = dkim_opinions.signature_fields(signed("--time", "1700000000", "--headers",
                                                     "From:Subject", "--canon",
                                                     "simple/simple"))[0]
        tap.equal((tags["t"], tags["h"].lower(), tags["c"]),
                  ("1700000000", "from:subject", "simple/simple"))
        tap.true("l" not in tags, "l= is used")
        tap.equal(signed("--time", "1"), signed("--time", "1"), "two signatures of one moment")
    with tap.check("our default over-signs what must not be added later"):
        names = dkim_opinions.signature_fields(signed())[0]["h"].lower().split(":")
        for name in ("from", "to", "cc", "subject", "date", "reply-to", "mime-version",
                     "content-type", "list-unsubscribe", "list-unsubscribe-post"):
            tap.true(names.count(name) >= (2 if name in ("from", "subject") else 1), name)
    with tap.check("no key, a key that is gone, a DNS that fails: each has its verdict"):
        broken = directory / "broken.json"
        broken.write_text(json.dumps({f"rsa._domainkey.{KEY_DOMAIN}.": "SERVFAIL",
                                      f"old._domainkey.{KEY_DOMAIN}.": {"TXT": ["v=DKIM1; p="]}}))
        for message, result in ((signed(), "temperror"), (signed(selector="old"), "permerror"),
                                (signed(selector="none"), "permerror")):
            tap.equal([s["result"] for s in verify(message, str(broken))], [result])
    with tap.check("a key smaller than --min-rsa-bits is no pass"):
        found = verify(signed(), zone_file, "--min-rsa-bits", "3072")
        tap.true(found[0]["result"] in ("policy", "permerror", "fail"), str(found))
    with tap.check("a message without signatures has none"):
        tap.equal(verify(mail, zone_file), [])


def main():
    with tempfile.TemporaryDirectory() as place:
        directory = pathlib.Path(place)
        pems, records = keys(directory)
        zone_file = directory / "dkim.json"
        zone_file.write_text(json.dumps({
            name + ".": {"TXT": [[text[i:i + 255] for i in range(0, len(text), 255)]]}
            for name, text in records.items()}))
        zone = directory / "zone.json"
        zone.write_text(json.dumps(ZONE))
        spf(str(zone))
        dmarc(str(zone))
        public = records[f"rsa._domainkey.{KEY_DOMAIN}"].split("p=")[1]
        domain(str(zone), public)
        addresses()
        names()
        mime()
        dkim_exchange(pems, records, str(zone_file))
        dkim_verdicts(pems, str(zone_file), directory)
    tap.done()


main()
