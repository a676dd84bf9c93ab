"""A real Dovecot, unpacked and not installed: LMTP into Maildirs, for a network of the test's own.

    with Dovecot() as mailboxes, Postfix(..., settings=mailboxes.postfix()) as receiver:
        mail = mailboxes.wait_for_mail("anna@receiver.example")

Every address has a mailbox. What is in one is what IMAP would show, less the fields that LMTP puts
above: Return-Path, Delivered-To and a Received of its own.
"""
import pathlib
import shutil
import subprocess
import tempfile

import own_network
import unpacked
from ports import wait_for

CONFIG = """\
base_dir = {base}/run
state_dir = {base}/state
instance_name = test
log_path = {base}/log
protocols = lmtp
listen = *
ssl = no
disable_plaintext_auth = no
default_internal_user = dovecot
default_internal_group = dovecot
default_login_user = dovenull
mail_location = maildir:{base}/mail/%u
mail_uid = {uid}
mail_gid = {uid}
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +
import_environment = TZ LD_LIBRARY_PATH={libraries}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={uid} gid={uid} home={base}/mail/%u allow_all_users=yes
}}
service lmtp {{
  unix_listener {base}/lmtp {{
    mode = 0666
  }}
}}
service stats {{
  chroot =
}}
protocol lmtp {{
  postmaster_address = postmaster@receiver.example
}}
"""


class Dovecot:
    def __init__(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-dovecot-"))
        self.base.chmod(0o755)
        self._server = None

    def __enter__(self):
        try:
            uid = own_network.uid("vmail")
            libraries = f"/usr/lib/dovecot:{unpacked.library_path()}"
            (self.base / "mail").mkdir()
            shutil.chown(self.base / "mail", uid, uid)
            (self.base / "dovecot.conf").write_text(
                CONFIG.format(base=self.base, uid=uid, libraries=libraries))
            output = open(self.base / "output", "wb")
            self._server = subprocess.Popen(
                [unpacked.program("dovecot"), "-F", "-c", str(self.base / "dovecot.conf")],
                env=unpacked.environment(LD_LIBRARY_PATH=libraries), stdout=output,
                stderr=subprocess.STDOUT)
            wait_for("Dovecot's LMTP socket", lambda: self._ended() or
                     (self.base / "lmtp").exists())
        except BaseException as error:
            error.add_note(self.log())
            self.__exit__()
            raise
        return self

    def _ended(self):
        if self._server.poll() is not None:
            raise RuntimeError(f"dovecot ended with {self._server.returncode}")
        return False

    def __exit__(self, *_):
        if self._server and self._server.poll() is None:
            self._server.terminate()
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                self._server.kill()
        shutil.rmtree(self.base, ignore_errors=True)

    def log(self):
        found = [f.read_text(errors="replace") for f in (self.base / "log", self.base / "output")
                 if f.exists()]
        return "\n".join(found) or "Dovecot wrote no log"

    def postfix(self):
        """Settings with which Postfix hands its mail over."""
        return {"virtual_transport": f"lmtp:unix:{self.base}/lmtp",
                "lmtp_destination_concurrency_limit": "4"}

    def mails(self, address):
        """The bytes of each mail in the mailbox of an address, oldest first."""
        new = self.base / "mail" / address / "new"
        files = sorted(new.iterdir(), key=lambda f: f.stat().st_mtime_ns) if new.is_dir() else []
        return [f.read_bytes() for f in files]

    def wait_for_mail(self, address, count=1, seconds=30):
        """Waits until `count` mails are there; gives all, or the newest alone for one."""
        try:
            found = wait_for(f"{count} mail in the mailbox of {address}",
                             lambda: len(self.mails(address)) >= count and self.mails(address),
                             seconds)
        except TimeoutError as error:
            error.add_note(self.log())
            raise
        return found[-1] if count == 1 else found
