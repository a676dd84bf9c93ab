"""Real judges of incoming mail, unpacked and not installed, as milters of a Postfix.

    with Opendkim(name) as dkim, Opendmarc(name) as dmarc: ...
        Postfix(..., settings={"smtpd_milters": f"{dkim.milter} {dmarc.milter}"})

opendkim verifies, opendmarc judges SPF itself and DMARC over what opendkim found; both write
Authentication-Results fields that begin with `name`, and refuse nothing. They ask the name server
of /etc/resolv.conf: for a network of the test's own (own_network.py).
"""
import pathlib
import re
import shutil
import subprocess
import tempfile

import own_network
import unpacked
from ports import free_port, listening, wait_for

OPENDKIM = """\
Mode v
Socket inet:{port}@127.0.0.1
AuthservID {name}
Syslog no
AlwaysAddARHeader yes
On-BadSignature accept
On-NoSignature accept
On-DNSError accept
Nameservers {name_server}
MinimumKeyBits 1024
DisableCryptoInit no
"""
OPENDMARC = """\
Socket inet:{port}@127.0.0.1
AuthservID {name}
TrustedAuthservIDs {name}
Syslog no
RejectFailures false
SPFSelfValidate true
SPFIgnoreResults true
IgnoreHosts {base}/nobody
PublicSuffixList {base}/suffixes
"""


class _Milter:
    program = ""
    config = ""
    option = ""  # names the configuration

    def __init__(self, name, name_server="127.0.0.1"):
        self.name = name
        self.name_server = name_server
        self.port = free_port()
        self.milter = f"inet:127.0.0.1:{self.port}"
        self.base = pathlib.Path(tempfile.mkdtemp(prefix=f"posthouse-{self.program}-"))
        self._server = None

    def __enter__(self):
        try:
            self._start()
        except BaseException as error:
            error.add_note(self.log())
            self.__exit__()
            raise
        return self

    def _start(self):
        owner = own_network.uid(self.program)
        shutil.chown(self.base, owner, owner)
        (self.base / "nobody").write_text("192.0.2.255\n")
        (self.base / "suffixes").write_text("com\nexample\nnet\norg\n")
        (self.base / "config").write_text(self.config.format(
            base=self.base, port=self.port, name=self.name, name_server=self.name_server))
        output = open(self.base / "output", "wb")
        self._server = subprocess.Popen(
            [unpacked.program(self.program), "-f", "-u", self.program,
             self.option, str(self.base / "config")],
            env=unpacked.environment(), stdout=output, stderr=subprocess.STDOUT, cwd=self.base)
        wait_for(self.program, lambda: self._ended() or listening(self.port))

    def _ended(self):
        if self._server.poll() is not None:
            raise RuntimeError(f"{self.program} ended with {self._server.returncode}")
        return False

    def __exit__(self, *_):
        if self._server and self._server.poll() is None:
            self._server.kill()  # asked to end, libmilter takes five seconds
            self._server.wait()
        shutil.rmtree(self.base, ignore_errors=True)

    def log(self):
        path = self.base / "output"
        return path.read_text(errors="replace") if path.exists() else ""


class Opendkim(_Milter):
    program = "opendkim"
    config = OPENDKIM
    option = "-x"


class Opendmarc(_Milter):
    program = "opendmarc"
    config = OPENDMARC
    option = "-c"


def results(mail, name):
    """The Authentication-Results of a mail that begin with `name`, unfolded, first one first."""
    head = re.split(rb"\r?\n\r?\n", mail, maxsplit=1)[0]
    fields = re.findall(rb"^Authentication-Results:(.*(?:\r?\n[ \t].*)*)", head, re.M | re.I)
    flat = [" ".join(field.decode().split()) for field in fields]
    return [field for field in flat if field.split(";")[0].strip() == name]
