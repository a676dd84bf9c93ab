"""More opinions on DKIM signatures: dkimpy, Mail::DKIM and opendkim, unpacked.

    dkim_opinions.dkimpy(mail, records)      -> [{"domain", "selector", "algorithm", "valid"}]
    dkim_opinions.opendkim(mail, records)    -> "" when it verifies, else what it says
    dkim_opinions.opendkim_all(files, records, directory)  -> the same of many messages
    with dkim_opinions.MailDkim(records, directory) as it: it.ask("verify", file)   Mail::DKIM
    with dkim_opinions.OpendkimSigner(pem, domain, selector, canon, directory) as it: it.sign(mail)

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

import milter_client
import ports
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


def dkimpy_signature(mail, key, canon, algorithm="rsa-sha256"):
    """The field that dkimpy puts above the message; `key` is (selector, domain, PEM or seed)."""
    dkim = _dkimpy()
    selector, domain, secret = key
    return dkim.sign(mail, selector.encode(), domain.encode(), secret,
                     canonicalize=tuple(word.encode() for word in canon.split("/")),
                     signature_algorithm=algorithm.encode())


def _alone():
    """What runs a program in namespaces of its own."""
    words = ["unshare", "--mount", "--net"]
    if os.getuid() != 0:
        words += ["--user", "--map-root-user"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode != 0:
        raise Unavailable("this machine allows no network namespace for opendkim-testmsg")
    return words


def _with_resolver(directory, records, *program, seconds=60):
    """Runs a program where a name server of its own answers with `records`."""
    (pathlib.Path(directory) / "records.json").write_text(json.dumps(records))
    here = pathlib.Path(__file__).with_name("txt_server.py")
    return subprocess.run([*_alone(), sys.executable, "-B", str(here), str(directory), *program],
                          env=unpacked.environment(), capture_output=True, timeout=seconds,
                          check=False)


def opendkim(mail, records):
    """What opendkim-testmsg says of the message: nothing when the signature holds."""
    wanted = {tags["s"] + "._domainkey." + tags["d"] for tags in signature_fields(mail)}
    find = records if callable(records) else records.get
    with tempfile.TemporaryDirectory(prefix="posthouse-opendkim-") as directory:
        (pathlib.Path(directory) / "mail").write_bytes(mail)
        done = _with_resolver(directory, {name: find(name) for name in wanted if find(name)},
                              unpacked.program("opendkim-testmsg"), "-C", "-t", directory)
    said = (done.stdout + done.stderr).decode(errors="replace").strip()
    if done.returncode == 0 and not said:
        return ""
    return said or f"opendkim-testmsg ended with {done.returncode}"


def opendkim_all(files, records, directory):
    """What opendkim-testmsg says of each file."""
    directory = pathlib.Path(directory)
    jobs, results = directory / "jobs", directory / "results"
    jobs.write_text("".join(json.dumps(["verify", str(file)]) + "\n" for file in files))
    (directory / "mail").touch()
    batch = pathlib.Path(__file__).with_name("opendkim_batch.py")
    done = _with_resolver(directory, records, sys.executable, "-B", str(batch), str(jobs),
                          str(results), unpacked.program("opendkim-testmsg"), seconds=250)
    if done.returncode != 0:
        raise RuntimeError(f"opendkim_batch.py: {done.stderr.decode(errors='replace')}")
    return json.loads(results.read_text())


class MailDkim:
    """One process of tests/support/mail_dkim.pl."""

    def __init__(self, records, directory):
        zone = pathlib.Path(directory) / "mail_dkim.zone"
        zone.write_text("".join(f"{name}\t{text}\n" for name, text in records.items()))
        place = unpacked.root()
        found = [place / "usr/share/perl5", *place.glob("usr/lib/*/perl5/5.*")]
        env = unpacked.environment(PERL5LIB=":".join(map(str, found)))
        self.process = subprocess.Popen(
            ["perl", str(pathlib.Path(__file__).with_name("mail_dkim.pl")), str(zone)], env=env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(30)

    def ask(self, *job):
        self.process.stdin.write(" ".join(map(str, job)) + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline().strip()
        if self.process.poll() is not None:
            raise RuntimeError("mail_dkim.pl ended")
        return said


class OpendkimSigner:
    """An opendkim that signs what its milter port is shown, with one key and one canonical form."""

    def __init__(self, pem, domain, selector, canon, directory):
        name = "opendkim-" + canon.replace("/", "-")
        self.socket = pathlib.Path(directory) / f"{name}.sock"
        config = pathlib.Path(directory) / f"{name}.conf"
        config.write_text("RequireSafeKeys no\nInternalHosts 127.0.0.1\nSyslog no\n")
        self.process = subprocess.Popen(
            [unpacked.program("opendkim"), "-f", "-x", str(config), "-p", f"local:{self.socket}",
             "-b", "s", "-c", canon, "-d", domain, "-s", selector, "-k", str(pem), "-S",
             "rsa-sha256"], env=unpacked.environment())
        self.milter = None

    def __enter__(self):
        ports.wait_for("opendkim", self.socket.exists)
        self.milter = milter_client.Milter(self.socket)
        return self

    def __exit__(self, *_):
        if self.milter:
            self.milter.__exit__()
        self.process.kill()  # asked to end, libmilter takes five seconds
        self.process.wait(30)

    def sign(self, mail):
        """The field that belongs above the message."""
        fields = self.milter.inserted(mail)
        if len(fields) != 1:
            raise RuntimeError(f"opendkim made {len(fields)} signatures")
        return fields[0]
