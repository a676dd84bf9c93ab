"""`mime parse` against Python's email package: types, charsets, filenames in all their encodings,
sizes and hashes of the decoded bodies, the tree itself.

The messages avoid what the two are known to read differently, by the standard as we see it: white
space at the end of a quoted-printable line (RFC 2045 §6.7 (3) drops it, Python keeps it), a
multipart without its last delimiter (Python drops a line end that belongs to the body), an enclosed
message in base64 (RFC 2046 §5.2.1 forbids it).
"""
import base64
import concurrent.futures
import email
import email.header
import hashlib
import json
import os
import quopri
import random

import tap
from posthouse import run_binary

MESSAGES = int(os.environ.get("POSTHOUSE_MIME_MESSAGES", "600"))
SEED = int(os.environ.get("POSTHOUSE_MIME_SEED", "20260303"))
TEXTS = {"utf-8": "grüße 你好.txt", "gb2312": "数据 表格.xls", "gbk": "镕凚数据.doc",
         "gb18030": "㐀数.doc", "big5": "測試 檔案.pdf", "shift_jis": "日本語 テスト.txt",
         "iso-2022-jp": "日本語.txt", "koi8-r": "Привет мир.txt", "windows-1251": "Привет.txt",
         "iso-8859-1": "grüße é.txt", "euc-kr": "한국어.txt", "euc-jp": "日本語.txt",
         "windows-1252": "€ “x”.txt", "iso-8859-15": "€.txt", "iso-8859-2": "ščř.txt"}


def percent(octets):
    return "".join(chr(c) if c < 128 and chr(c).isalnum() or c in b".-_" else f"%{c:02X}"
                   for c in octets)


def word(chance, text, charset):
    octets = text.encode(charset)
    if chance.random() < .5:
        return f"=?{charset.upper()}?B?{base64.b64encode(octets).decode()}?="
    plain = "".join(chr(c) if c < 128 and chr(c).isalnum() else "_" if c == 32 else f"={c:02X}"
                    for c in octets)
    return f"=?{charset}?{chance.choice('qQ')}?{plain}?="


def continued(chance, name, charset, octets):
    """RFC 2231 §3: in pieces that may split a character and come in any order."""
    cuts = sorted(chance.sample(range(1, len(octets)), chance.randrange(1, 4)))
    pieces = [percent(octets[a:b]) for a, b in zip([0, *cuts], [*cuts, len(octets)])]
    first = f"{name}*0*={charset}''{pieces[0]}"
    rest = [f"{name}*{number}*={piece}" for number, piece in enumerate(pieces[1:], 1)]
    if chance.random() < .3:
        chance.shuffle(rest)
    return chance.choice(["; ", ";\r\n\t", ";\r\n "]).join([first, *rest])


def parameter(chance, name):
    charset = chance.choice(list(TEXTS))
    text = TEXTS[charset]
    return chance.choice([
        f"{name}=plain.txt", f'{name}="quoted \\"name\\" (x); y.txt"',
        f"{name}*={charset}'en'{percent(text.encode(charset))}",
        continued(chance, name, charset, text.encode(charset)),
        continued(chance, name, charset, text.encode(charset)),
        f'{name}*0="first part "; {name}*1="second.txt"',
        f'{name}="{word(chance, text, charset)}"',
        f'{name}="{word(chance, text[:3], charset)} {word(chance, text[3:], charset)}"',
        f"{name.upper()} = spaced.txt"])


def content(chance):
    """Octets and the name of their encoding."""
    return chance.choice([
        (b"", None), (b"text\r\nlines\r\n", None), (b"no line end", "7bit"),
        (base64.encodebytes(chance.randbytes(chance.randrange(300))).replace(b"\n", b"\r\n"),
         "base64"),
        (quopri.encodestring(chance.randbytes(chance.randrange(200))).replace(b"\n", b"\r\n"),
         "quoted-printable"),
        (chance.randbytes(50).replace(b"\r", b"").replace(b"\n", b""), "8bit"),
        (b"a=\r\nb=3D =41\r\nc=\r\n", "Quoted-Printable"), (b"QUJD\r\nREVG\r\n", "BASE64")])


def leaf(chance):
    octets, encoding = content(chance)
    fields = []
    if chance.random() < .9:
        kind = chance.choice(["text/plain", "TEXT/HTML", "application/pdf", "image/png"])
        if chance.random() < .4:
            kind += "; charset=" + chance.choice(["utf-8", '"GB2312"', "ISO-8859-1", "us-ascii"])
        if chance.random() < .5:
            kind += "; " + parameter(chance, "name")
        fields.append(f"Content-Type: {kind}")
    if chance.random() < .5:
        fields.append(f"Content-Disposition: {chance.choice(['attachment', 'INLINE'])}; " +
                      parameter(chance, "filename"))
    if encoding:
        fields.append(f"Content-Transfer-Encoding: {encoding}")
    chance.shuffle(fields)
    return "".join(field + "\r\n" for field in fields).encode() + b"\r\n" + octets


def multipart(chance, depth):
    number = chance.randrange(1000)
    boundary = chance.choice([f"b{depth}x{number}", f"----=_Part_{depth}_{number}",
                              f"b'()+_,-./:=?{depth}{number}"]).encode()
    kind = chance.choice([b"mixed", b"alternative", b"related", b"report", b"signed"])
    out = b"Content-Type: multipart/%s;%sboundary=\"%s\"\r\n\r\n" % (
        kind, chance.choice([b" ", b"\r\n\t"]), boundary)
    out += chance.choice([b"", b"preamble\r\n", b"preamble\r\n--nob\r\n"])
    for _ in range(chance.randrange(1, 4)):
        out += b"--" + boundary + chance.choice([b"", b"", b" ", b"\t "]) + b"\r\n"
        out += entity(chance, depth + 1) + chance.choice([b"\r\n", b"\r\n", b"\r\n\r\n"])
    return out + b"--" + boundary + b"--" + chance.choice([b"\r\n", b"", b"\r\nepilogue\r\n"])


def entity(chance, depth):
    kind = chance.random()
    if depth < 5 and kind < .45:
        return multipart(chance, depth)
    if depth < 5 and kind < .55:
        return (b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: a@b.c\r\n" +
                entity(chance, depth + 1))
    return leaf(chance)


def decoded(name):
    """Encoded-words in a parameter, as browsers and mail programs read them."""
    # A superset is what the writers of these two use.
    wider = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
    parts = email.header.decode_header(name)
    return "".join(part if isinstance(part, str) else
                   part.decode(wider.get((charset or "utf-8").lower(), charset or "utf-8"))
                   for part, charset in parts)


def python_reads(part):
    name = part.get_filename()
    found = {"type": part.get_content_type(), "charset": part.get_content_charset() or "",
             "filename": decoded(name) if name else "", "parts": []}
    if part.is_multipart():
        found["parts"] = [python_reads(inner) for inner in part.get_payload()]
        return found
    octets = part.get_payload(decode=True)
    return {**found, "size": len(octets), "sha256": hashlib.sha256(octets).hexdigest()}


def without_container_sizes(part):
    if part["parts"]:
        part = {key: part[key] for key in ("type", "charset", "filename", "parts")}
    return {**part, "parts": [without_container_sizes(inner) for inner in part["parts"]]}


def we_read(message):
    done = run_binary("mime", "parse", stdin=message, seconds=10)
    tap.equal(done.returncode, 0, done.stderr.decode())
    return without_container_sizes(json.loads(done.stdout))


def main():
    chance = random.Random(SEED)
    messages = [b"From: a@b.c\r\nMIME-Version: 1.0\r\n" + entity(chance, 0)
                for _ in range(MESSAGES)]
    with tap.check(f"{MESSAGES} messages are read as Python's email package reads them"):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            ours = list(pool.map(we_read, messages))
        for message, found in zip(messages, ours):
            tap.equal(found, python_reads(email.message_from_bytes(message)), repr(message[:300]))
    tap.done()


main()
