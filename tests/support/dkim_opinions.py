"""Second and third opinions on DKIM signatures: dkimpy and opendkim-testmsg, unpacked.

    dkim_opinions.dkimpy(mail, records)      -> [{"domain", "selector", "algorithm", "valid"}]
    dkim_opinions.opendkim(mail, records)    -> "" when it verifies, else what it says

`records` are TXT records by name (no dot at its end), or a function from a name to its text or
None. opendkim-testmsg asks the machine's resolver, so it runs in a network and a mount namespace
of its own, where this file answers on port 53; Unavailable where the machine allows no namespace.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import unpacked


class Unavailable(RuntimeError):
    pass


def _dkimpy():
    place = str(unpacked.root() / "usr/lib/python3/dist-packages")
    if place not in sys.path:
        sys.path.append(place)
    import dkim
    return dkim


def _lookup(records):
    find = records if callable(records) else lambda name: records.get(name)

    def txt(name, timeout=5):
        del timeout
        found = find(name.decode().rstrip(".").lower())
        return found.encode() if found is not None else None
    return txt


def _tags(field):
    pairs = (part.split(b"=", 1) for part in field.split(b";") if b"=" in part)
    return {key.strip().decode(): b"".join(value.split()).decode() for key, value in pairs}


def signature_fields(mail):
    """The tags of each DKIM-Signature, first one first."""
    import email.parser
    import email.policy
    head = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(mail)
    return [_tags(str(value).encode()) for value in head.get_all("DKIM-Signature", [])]


def dkimpy(mail, records):
    """What dkimpy says of every signature of the message."""
    dkim = _dkimpy()
    verdicts = []
    for index, tags in enumerate(signature_fields(mail)):
        try:
            valid = dkim.DKIM(mail).verify(idx=index, dnsfunc=_lookup(records))
        except dkim.DKIMException as error:
            valid = False
            tags["error"] = str(error)
        verdicts.append({"domain": tags.get("d"), "selector": tags.get("s"),
                         "algorithm": tags.get("a"), "valid": valid,
                         "error": tags.get("error", "")})
    return verdicts


def dkimpy_signs(mail, selector, domain, pem, canon=("relaxed", "relaxed"), headers=None):
    """The message with a signature by dkimpy above it."""
    dkim = _dkimpy()
    field = dkim.sign(mail, selector.encode(), domain.encode(), pem,
                      canonicalize=tuple(word.encode() for word in canon),
                      include_headers=headers)
    return field + mail


def opendkim(mail, records):
    """What opendkim-testmsg says of the message: nothing when the signature holds."""
    wanted = {tags["s"] + "._domainkey." + tags["d"] for tags in signature_fields(mail)}
    find = records if callable(records) else records.get
    with tempfile.TemporaryDirectory(prefix="posthouse-opendkim-") as directory:
        answers = pathlib.Path(directory) / "records.json"
        answers.write_text(json.dumps({name: find(name) for name in wanted if find(name)}))
        (pathlib.Path(directory) / "mail").write_bytes(mail)
        alone = ["unshare", "--mount", "--net"]
        if os.getuid() != 0:
            alone += ["--user", "--map-root-user"]
        if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode != 0:
            raise Unavailable("this machine allows no network namespace for opendkim-testmsg")
        here = pathlib.Path(__file__).with_name("txt_server.py")
        done = subprocess.run(
            [*alone, sys.executable, "-B", str(here), directory,
             unpacked.program("opendkim-testmsg"), "-C", "-t", directory],
            env=unpacked.environment(), capture_output=True, timeout=60, check=False)
    said = (done.stdout + done.stderr).decode(errors="replace").strip()
    if done.returncode == 0 and not said:
        return ""
    return said or f"opendkim-testmsg ended with {done.returncode}"
