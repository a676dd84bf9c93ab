"""2,000 hostile messages: what we sign, dkimpy, Mail::DKIM and opendkim verify, and we theirs.

Every message is signed by us with RSA, every fourth with Ed25519 besides; each of the three signs
every message with RSA, and dkimpy every fourth with Ed25519.

The others see every message as SMTP carries it, with a line end at its end; we sign and verify it
as it was made, some without. RFC 6376 §3.4.3 and §3.4.4 add that line end, so that both are the
same; alone, each of the three forgets it somewhere, or keeps the white space before it. No message
is left out.
"""
import base64
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import tempfile

import dkim_opinions
import tap
from posthouse import run_binary

MESSAGES = int(os.environ.get("POSTHOUSE_DKIM_MESSAGES", "2000"))
ED_EVERY = 4
SEED = int(os.environ.get("POSTHOUSE_DKIM_SEED", "20260301"))
DOMAIN = "example.org"
CANONS = [f"{a}/{b}" for a in ("relaxed", "simple") for b in ("relaxed", "simple")]

# --- messages ---

WORDS = [b"plain", b"two  spaces", b"tab\there", b"\ttabs\t\tand spaces \t", b"trailing  ", b"",
         "grüße 你好".encode(), b"a=b; c=d", b"x" * 300, b"\xff\xfe raw octets", b"=?utf-8?q?=C3?=",
         b"colon: inside", b"\"quoted \\\" string\"", b"(comment (nested))"]
LINES = [b"", b"", b" ", b"\t", b"   \t  ", b"text", b"\ttab\t \t", b"trailing   ", b".", b"..",
         b". ", b"--", b"From here", "grüße 你好".encode(), b"a  b   c", b"=20", b"\x00nul",
         b"\xff\xfe", b"DKIM-Signature: v=1", b"\x0b\x0c vertical", b"\xc2\xa0nbsp\xc2\xa0"]


def value(chance):
    """A field's value, folded here and there."""
    words = [chance.choice(WORDS) for _ in range(chance.randrange(1, 4))]
    out = chance.choice([b" ", b"", b"  ", b"\t"]) + words[0]
    for word in words[1:]:
        out += chance.choice([b" ", b"\r\n ", b"\r\n\t", b" \r\n  ", b"\t\r\n\t "]) + (word or b"w")
    # A line of white space alone would be the end of a header for some (RFC 5322 §3.2.2).
    lines = out.split(b"\r\n")
    return b"\r\n".join([lines[0]] + [line + (b"" if line.strip() else b"w") for line in lines[1:]])


def header(chance, number):
    fields = [chance.choice([b"From: A <a@example.org>", b"from:a@example.org",
                             b"FROM: \"A, B\" <a@example.org>\t", b"From:\r\n a@example.org"]),
              b"Date: Thu, 01 Jan 2026 00:00:%02d +0000" % chance.randrange(60)]
    for name, likely in ((b"To", .9), (b"Cc", .2), (b"Subject", .95), (b"Reply-To", .2),
                         (b"MIME-Version", .4), (b"Content-Type", .4), (b"Message-ID", .9),
                         (b"List-Unsubscribe", .2), (b"List-Id", .1), (b"In-Reply-To", .1)):
        if chance.random() > likely:
            continue
        text = {b"To": b" b@example.net", b"Message-ID": b" <%d@example.org>" % number,
                b"Cc": b" c@example.net,\r\n\td@example.net", b"MIME-Version": b" 1.0",
                b"Content-Type": b" text/plain; charset=utf-8",
                b"In-Reply-To": b" <%d@example.org>" % (number + 1)}.get(name) or value(chance)
        fields.append(chance.choice([name, name, name.lower(), name.upper()]) + b":" + text)
    for _ in range(chance.choice([0, 0, 1, 3])):  # the same name again and again
        fields.append(chance.choice([b"X-Twice", b"x-twice", b"Received", b"List-Post"]) + b":" +
                      value(chance))
    chance.shuffle(fields)
    return b"\r\n".join(fields)


def body(chance):
    lines = [chance.choice(LINES) for _ in range(chance.choice([0, 1, 2, 5, 30]))]
    if chance.random() < .1:
        lines.append(bytes(chance.choice(b" \tabc=.") for _ in range(chance.choice([998, 5000]))))
    text = b"\r\n".join(lines)
    return text + chance.choice([b"", b"\r\n", b"\r\n", b"\r\n\r\n\r\n", b" \r\n\t\r\n",
                                 b"\r\n \r\n"])


def carried(message):
    """As SMTP carries it: whole lines (RFC 5321 §2.3.8)."""
    return message if message.endswith(b"\r\n") else message + b"\r\n"


class Mail:
    """One message, how it is signed, and what the parties made of it."""

    def __init__(self, number, chance, directory):
        self.number = number
        self.bytes = header(chance, number) + b"\r\n\r\n" + body(chance)
        self.canon = chance.choice(CANONS)
        self.ours_only_from = chance.random() < .1
        self.ours = directory / f"{number}.ours"
        self.plain = directory / f"{number}.plain"
        self.plain.write_bytes(carried(self.bytes))
        self.theirs = {}  # who, to the field above the message

    @property
    def has_ed25519(self):
        return self.number % ED_EVERY == 0


# --- signing and judging ---

def keys(directory):
    """PEM files by name, and the TXT records."""
    pems, records = {}, {}
    for name, kind, line in (
            ("rsa", "rsa", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
            ("small", "rsa", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]),
            ("ed", "ed25519", ["-algorithm", "ED25519"])):
        pem = directory / f"{name}.pem"
        subprocess.run(["openssl", "genpkey", *line, "-out", str(pem)], check=True,
                       capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", str(pem), "-pubout", "-outform", "DER"],
                             check=True, capture_output=True).stdout
        public = base64.b64encode(der[-32:] if kind == "ed25519" else der).decode()
        records[f"{name}._domainkey.{DOMAIN}"] = f"v=DKIM1; k={kind}; p={public}"
        pems[name] = pem
    # opendkim and Mail::DKIM want RSA keys in their older frame.
    old = directory / "small-pkcs1.pem"
    subprocess.run(["openssl", "rsa", "-in", str(pems["small"]), "-traditional", "-out", str(old)],
                   check=True, capture_output=True)
    pems["small-pkcs1"] = old
    return pems, records


def in_parallel(work, mails):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, mails))


def sign_ours(mails, pems):
    def sign(mail):
        message = mail.bytes
        for name in ["ed", "rsa"] if mail.has_ed25519 else ["rsa"]:
            words = ["dkim", "sign", "--key", pems[name], "--domain", DOMAIN, "--selector", name,
                     "--canon", mail.canon]
            if mail.ours_only_from:
                words += ["--headers", "From:Date:X-Twice:x-twice:Absent"]
            done = run_binary(*words, stdin=message)
            if done.returncode != 0:
                return f"{mail.number}: {done.stderr.decode(errors='replace')}"
            if not done.stdout.endswith(message):
                return f"{mail.number}: the message itself was changed"
            message = done.stdout
        mail.ours.write_bytes(carried(message))
        return None
    tap.equal([why for why in in_parallel(sign, mails) if why], [], "not signed")


def judged(verdicts):
    """All of [(mail, what is wrong)] must have nothing there."""
    wrong = [(mail.number, mail.canon, why, mail.bytes[-60:]) for mail, why in verdicts if why]
    tap.equal(wrong[:3], [], f"{len(wrong)} of {len(verdicts)} messages")


def dkimpy_judges(mails, records):
    verdicts = []
    for mail in mails:
        found = dkim_opinions.dkimpy(mail.ours.read_bytes(), records)
        wanted = 2 if mail.has_ed25519 else 1
        right = len(found) == wanted and all(one["valid"] for one in found)
        verdicts.append((mail, "" if right else str(found)))
    judged(verdicts)


def mail_dkim_judges(mails, records, directory):
    # It knows no Ed25519 (RFC 8463): such a signature it calls invalid, the RSA one counts.
    with dkim_opinions.MailDkim(records, directory) as perl:
        said = [perl.ask("verify", mail.ours).split() for mail in mails]
    verdicts = [(mail, "" if words.count("pass") == 1 and words.count("fail") == 0 else words)
                for mail, words in zip(mails, said)]
    judged(verdicts)


def opendkim_judges(mails, records, directory):
    said = dkim_opinions.opendkim_all([mail.ours for mail in mails], records, directory)
    judged(list(zip(mails, said)))


def dkimpy_signs(mails, pems):
    rsa, ed = pems["small"].read_bytes(), pems["ed"]
    seed = subprocess.run(["openssl", "pkey", "-in", str(ed), "-outform", "DER"], check=True,
                          capture_output=True).stdout[-32:]
    for mail in mails:
        mail.theirs["dkimpy"] = dkim_opinions.dkimpy_signature(
            carried(mail.bytes), ("small", DOMAIN, rsa), mail.canon)
        if mail.has_ed25519:
            mail.theirs["dkimpy Ed25519"] = dkim_opinions.dkimpy_signature(
                carried(mail.bytes), ("ed", DOMAIN, base64.b64encode(seed)), mail.canon,
                "ed25519-sha256")


def mail_dkim_signs(mails, pems, records, directory):
    with dkim_opinions.MailDkim(records, directory) as perl:
        for mail in mails:
            out = directory / "field"
            said = perl.ask("sign", mail.plain, out, pems["small-pkcs1"], DOMAIN, "small",
                            mail.canon)
            tap.equal(said, "done", str(mail.number))
            mail.theirs["Mail::DKIM"] = out.read_bytes()


def opendkim_signs(mails, pems, directory):
    for canon in CANONS:
        with dkim_opinions.OpendkimSigner(pems["small-pkcs1"], DOMAIN, "small", canon,
                                          directory) as signer:
            for mail in mails:
                if mail.canon == canon:
                    mail.theirs["opendkim"] = signer.sign(carried(mail.bytes))


def we_judge(mails, zone):
    """All their signatures of a message at once; results by who signed."""
    def verify(mail):
        signed = b"".join(mail.theirs.values()) + mail.bytes
        done = run_binary("dkim", "verify", "--dns", zone, stdin=signed)
        if done.returncode != 0:
            return [{"result": done.stderr.decode(errors="replace")}] * len(mail.theirs)
        return json.loads(done.stdout)["signatures"]
    verdicts = collections.defaultdict(list)
    for mail, found in zip(mails, in_parallel(verify, mails)):
        tap.equal(len(found), len(mail.theirs), f"{mail.number}: signatures")
        for who, signature in zip(mail.theirs, found):
            why = "" if signature["result"] == "pass" else str(signature)
            verdicts[who].append((mail, why))
    return verdicts


def main():
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="posthouse-dkim-") as place:
        directory = pathlib.Path(place)
        directory.chmod(0o755)
        pems, records = keys(directory)
        zone = directory / "zone.json"
        zone.write_text(json.dumps({name + ".": {"TXT": [[text[:200], text[200:]]]}
                                    for name, text in records.items()}))
        mails = [Mail(number, chance, directory) for number in range(MESSAGES)]
        with tap.check(f"we sign {MESSAGES} messages and change nothing in them"):
            sign_ours(mails, pems)
        with tap.check(f"dkimpy verifies our signatures of {MESSAGES} messages"):
            dkimpy_judges(mails, records)
        with tap.check(f"Mail::DKIM verifies our signatures of {MESSAGES} messages"):
            mail_dkim_judges(mails, records, directory)
        try:
            with tap.check(f"opendkim verifies our signatures of {MESSAGES} messages"):
                opendkim_judges(mails, records, directory)
        except dkim_opinions.Unavailable as why:
            tap.skip(str(why))
        with tap.check(f"dkimpy, Mail::DKIM and opendkim sign {MESSAGES} messages"):
            dkimpy_signs(mails, pems)
            mail_dkim_signs(mails, pems, records, directory)
            opendkim_signs(mails, pems, directory)
        for who, verdicts in we_judge(mails, zone).items():
            with tap.check(f"we verify the signatures of {len(verdicts)} messages by {who}"):
                judged(verdicts)
    tap.done()


main()
