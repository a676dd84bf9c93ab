"""A real Postfix, unpacked and not installed, that receives mail into Maildirs.

    with Postfix(domains=["receiver.example"]) as receiver:
        ... deliver to 127.0.0.1:receiver.port ...
        mail = receiver.wait_for_mail("anna@receiver.example")

It takes every address of its domains and refuses every other. With `tls=(certificate, key)` it
offers STARTTLS. It listens on loopback only and resolves no names. What it would send itself
(bounces) is dropped, or goes to 127.0.0.1:`bounces_to`. `settings` adds or replaces lines of
main.cf. In a network of the test's own (own_network.py) it has an `address`, on port 25; `others`
are further addresses there, each with settings of its own: {"44.128.0.31": {"...": "..."}}.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile

import unpacked
from ports import free_port, listening, wait_for

# Postfix gives up root for an owner of its own: users that every Debian has and nothing uses.
OWNER, GROUP = "uucp", "games"
MAIL_UID = os.getuid() or 65534

MASTER = """\
cleanup   unix  n  -  n  -     0  cleanup
qmgr      unix  n  -  n  300   1  qmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
anvil     unix  -  -  n  -     1  anvil
tlsmgr    unix  -  -  n  1000? 1  tlsmgr
virtual   unix  -  n  n  -     -  virtual
smtp      unix  -  -  n  -     -  smtp
lmtp      unix  -  -  n  -     -  lmtp
discard   unix  -  -  n  -     -  discard
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
scache    unix  -  -  n  -     1  scache
proxymap  unix  -  -  n  -     -  proxymap
postlog   unix-dgram n - n -   1  postlogd
"""


class Postfix:
    def __init__(self, domains, tls=None, bounces_to=None, settings=None,
                 hostname="mx.receiver.example", address="127.0.0.1", others=None):
        self.domains = domains
        self.hostname = hostname
        self.address = address
        self.others = others or {}
        self.port = free_port() if address == "127.0.0.1" else 25
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-postfix-"))
        self.base.chmod(0o755)
        self.mail = self.base / "mail"
        self._settings = {**self._defaults(), **self._tls(tls), **self._bounces(bounces_to),
                          **(settings or {})}

    def _defaults(self):
        lib = unpacked.root() / "usr/lib/postfix/sbin"
        return {
            "compatibility_level": "3.6",
            "command_directory": unpacked.root() / "usr/sbin",
            "daemon_directory": lib,
            "shlib_directory": unpacked.root() / "usr/lib/postfix",
            "meta_directory": self.base / "etc",
            "queue_directory": self.base / "spool",
            "data_directory": self.base / "data",
            "mail_owner": OWNER,
            "setgid_group": GROUP,
            "import_environment": "MAIL_CONFIG POSTLOG_SERVICE POSTLOG_HOSTNAME LC_ALL=C.UTF-8 "
                                  f"LD_LIBRARY_PATH={unpacked.library_path()}",
            "maillog_file": self.base / "log",
            "maillog_file_prefixes": self.base,
            "myhostname": self.hostname,
            "mydestination": "",
            "mynetworks": "",
            "inet_interfaces": ", ".join([self.address, *self.others]),
            "inet_protocols": "ipv4",
            "local_recipient_maps": "",
            "alias_maps": "",
            "alias_database": "",
            "virtual_mailbox_domains": " ".join(self.domains),
            "virtual_mailbox_base": self.mail,
            "virtual_mailbox_maps": f"regexp:{self.base}/etc/mailboxes",
            "virtual_minimum_uid": "1",
            "virtual_uid_maps": f"static:{MAIL_UID}",
            "virtual_gid_maps": f"static:{MAIL_UID}",
            "smtpd_recipient_restrictions": "reject_unauth_destination",
            "smtpd_relay_restrictions": "reject_unauth_destination",
            "smtpd_peername_lookup": "no",
            "smtp_dns_support_level": "disabled",
            "smtputf8_enable": "yes",
            "message_size_limit": "52428800",
            "mailbox_size_limit": "0",
            "virtual_mailbox_limit": "0",
        }

    @staticmethod
    def _tls(pair):
        if not pair:
            return {"smtpd_tls_security_level": "none"}
        return {"smtpd_tls_security_level": "may", "smtpd_tls_cert_file": pair[0],
                "smtpd_tls_key_file": pair[1], "smtpd_tls_loglevel": "1",
                "smtpd_tls_received_header": "yes"}

    @staticmethod
    def _bounces(port):
        if not port:
            return {"default_transport": "discard:", "relay_transport": "discard:"}
        return {"relayhost": f"[127.0.0.1]:{port}", "smtp_host_lookup": "native"}

    def __enter__(self):
        try:
            self._write()
            self.start()
        except BaseException as error:
            error.add_note(self.log())
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._postfix("stop", check=False)
        remove = ["rm", "-rf", str(self.base)]
        subprocess.run(remove if os.getuid() == 0 else ["sudo", "-n", *remove], check=False)

    def start(self):
        self._postfix("start")
        wait_for(f"Postfix on port {self.port}", lambda: listening(self.port, self.address))

    def stop(self):
        """Stops it for a while; what it received stays, and start() uses the same port."""
        self._postfix("stop")
        wait_for(f"port {self.port} closed", lambda: not listening(self.port, self.address))

    def reload(self):
        """New sessions see changed files."""
        self._postfix("reload")

    def _write(self):
        etc = self.base / "etc"
        for name in ("etc", "spool", "data", "mail"):
            (self.base / name).mkdir()
        main = "".join(f"{key} = {value}\n" for key, value in self._settings.items())
        (etc / "main.cf").write_text(main)
        (etc / "master.cf").write_text("".join(self._listeners()) + MASTER)
        # postfix-script knows from this file what to create below the queue directory.
        shutil.copy(unpacked.root() / "etc/postfix/postfix-files", etc)
        (etc / "mailboxes").write_text("/./ all/\n")
        for directory, owner in (("data", OWNER), ("mail", str(MAIL_UID))):
            own = ["chown", owner, str(self.base / directory)]
            subprocess.run(own if os.getuid() == 0 else ["sudo", "-n", *own], check=True)

    def _listeners(self):
        for address, settings in {self.address: {}, **self.others}.items():
            options = " ".join(f"-o {{{key} = {value}}}" for key, value in settings.items())
            yield f"{address}:{self.port} inet n - n - - smtpd {options}\n"

    def _postfix(self, verb, check=True):
        return unpacked.run("postfix", "-c", self.base / "etc", verb, check=check)

    def log(self):
        path = self.base / "log"
        return path.read_text(errors="replace") if path.exists() else "Postfix wrote no log"

    def mails(self, address):
        """The bytes of each mail that arrived for an address, oldest first. Postfix puts
        Return-Path, X-Original-To and Delivered-To above what it was sent."""
        new = self.mail / "all" / "new"
        files = sorted(new.iterdir(), key=lambda f: f.stat().st_mtime_ns) if new.is_dir() else []
        mark = b"\nX-Original-To: " + address.encode() + b"\n"
        return [mail for mail in (f.read_bytes() for f in files) if mark in mail[:2000]]

    def wait_for_mail(self, address, count=1, seconds=30):
        """Waits until `count` mails are there; gives all, or the newest alone for one."""
        try:
            found = wait_for(f"{count} mail for {address}",
                             lambda: len(self.mails(address)) >= count and self.mails(address),
                             seconds)
        except TimeoutError as error:
            error.add_note(self.log())
            raise
        return found[-1] if count == 1 else found
