"""A real rspamd, unpacked and not installed, judging DKIM, SPF, DMARC and ARC as a milter.

    with Rspamd() as judge, Postfix(..., settings={"smtpd_milters": judge.milter}): ...

It takes every mail and writes its symbols into X-Spamd-Result. No Redis, no lists, no network but
the DNS of /etc/resolv.conf. For a network of the test's own (own_network.py).
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import own_network
import unpacked
from ports import free_port, listening, wait_for

CONFIG = """\
lua = "$RULESDIR/rspamd.lua"
options {{
  filters = "dkim";
  pidfile = "{base}/pid";
  tempdir = "{base}";
  url_tld = "{base}/suffixes";
  cache_file = "{base}/symbols.cache";
  hs_cache_dir = "{base}/";
  control_socket = "{base}/control mode=0600";
  dns {{ timeout = 2s; retransmits = 3; }}
  task_timeout = 20s;
}}
logging {{ type = "file"; filename = "{base}/log"; level = "info"; }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:{port}";
  milter = yes;
  timeout = 60s;
  count = 1;
  upstream "local" {{ default = yes; self_scan = yes; }}
}}
modules {{ path = "$PLUGINSDIR"; }}
actions {{ }}
group "policies" {{
  symbols {{
    "R_SPF_ALLOW" {{ weight = -0.1; }} "R_SPF_FAIL" {{ weight = 0.1; }}
    "R_DKIM_ALLOW" {{ weight = -0.1; }} "R_DKIM_REJECT" {{ weight = 0.1; }}
    "DMARC_POLICY_ALLOW" {{ weight = -0.1; }} "DMARC_POLICY_REJECT" {{ weight = 0.1; }}
  }}
}}
dkim {{ }}
spf {{ }}
dmarc {{ }}
milter_headers {{
  use = ["x-spamd-result"];
  skip_local = false;
  skip_authenticated = false;
}}
"""


class Rspamd:
    def __init__(self):
        self.port = free_port()
        self.milter = f"inet:127.0.0.1:{self.port}"
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-rspamd-"))
        self._server = None

    def __enter__(self):
        try:
            shutil.chown(self.base, own_network.uid("_rspamd"), own_network.uid("_rspamd"))
            (self.base / "rspamd.conf").write_text(
                CONFIG.format(base=self.base, port=self.port))
            # All public suffixes take rspamd half a minute to compile.
            (self.base / "suffixes").write_text("com\nexample\nnet\norg\n")
            self.base.chmod(0o755)
            output = open(self.base / "output", "wb")
            libraries = f"/usr/lib/rspamd:{unpacked.library_path()}"
            self._server = subprocess.Popen(
                [unpacked.program("rspamd"), "-f", "-c", str(self.base / "rspamd.conf"),
                 "-u", "_rspamd", "-g", "_rspamd"],
                env=unpacked.environment(LD_LIBRARY_PATH=libraries), stdout=output,
                stderr=subprocess.STDOUT, cwd=self.base, start_new_session=True)
            wait_for("rspamd", lambda: self._ended() or listening(self.port))
        except BaseException as error:
            error.add_note(self.log())
            self.__exit__()
            raise
        return self

    def _ended(self):
        if self._server.poll() is not None:
            raise RuntimeError(f"rspamd ended with {self._server.returncode}")
        return False

    def __exit__(self, *_):
        if self._server and self._server.poll() is None:
            os.killpg(self._server.pid, signal.SIGKILL)  # asked to end, it takes ten seconds
            self._server.wait()
        shutil.rmtree(self.base, ignore_errors=True)

    def log(self):
        found = [f.read_text(errors="replace") for f in (self.base / "log", self.base / "output")
                 if f.exists()]
        return "\n".join(found) or "rspamd wrote no log"


def symbols(mail):
    """What rspamd found in a mail: {symbol: [what it says of it]}."""
    head = re.split(rb"\r?\n\r?\n", mail, maxsplit=1)[0]
    field = re.search(rb"^X-Spamd-Result:(.*(?:\r?\n[ \t].*)*)", head, re.M)
    if not field:
        return {}
    flat = " ".join(field.group(1).decode().split())
    found = re.findall(r"([A-Z][A-Z0-9_]+)\([-0-9.]+\)\[([^\]]*)\]", flat)
    return {name: [word.strip() for word in said.split(",")] for name, said in found}
