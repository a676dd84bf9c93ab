"""The receiver that judges as large ones do: Postfix with opendkim, opendmarc and rspamd as its
milters, which hands its mail to Dovecot. For a network of the test's own (own_network.py).

    with JudgedReceiver(["receiver.example"], "44.128.0.25", "44.128.0.53") as receiver:
        mail = receiver.wait_for_mail("anna@receiver.example")
        receiver.verdicts(mail)   # {"dkim": ["pass"], "spf": [], "dmarc": [], "rspamd": {...}}
"""
import contextlib
import re

import milters
import rspamd
from dovecot import Dovecot
from postfix import Postfix


class JudgedReceiver:
    def __init__(self, domains, address, name_server, tls=None, settings=None):
        self.name = "mx." + domains[0]
        self.domains = domains
        self.address = address
        self.mailboxes = Dovecot()
        self._judges = [milters.Opendkim(self.name, name_server),
                        milters.Opendmarc(self.name, name_server), rspamd.Rspamd()]
        self._tls = tls
        self._settings = settings or {}
        self._open = contextlib.ExitStack()
        self.postfix = None

    def __enter__(self):
        try:
            self._open.enter_context(self.mailboxes)
            for judge in self._judges:
                self._open.enter_context(judge)
            settings = {"smtpd_milters": " ".join(judge.milter for judge in self._judges),
                        "milter_default_action": "tempfail", "smtpd_peername_lookup": "yes",
                        **self.mailboxes.postfix(), **self._settings}
            self.postfix = self._open.enter_context(
                Postfix(self.domains, tls=self._tls, settings=settings, hostname=self.name,
                        address=self.address))
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_):
        self._open.close()

    def mails(self, address):
        return self.mailboxes.mails(address)

    def wait_for_mail(self, address, count=1, seconds=30):
        try:
            return self.mailboxes.wait_for_mail(address, count, seconds)
        except TimeoutError as error:
            error.add_note(self.log())
            raise

    def log(self):
        return "\n".join([self.postfix.log()[-3000:], self._judges[2].log()[-2000:]])

    def verdicts(self, mail):
        """What each judge says: results of opendkim and opendmarc by method, rspamd's symbols."""
        found = {"dkim": [], "spf": [], "dmarc": []}
        for field in milters.results(mail, self.name):
            for method, result in re.findall(r"; (dkim|spf|dmarc)=(\w+)", field):
                found[method].append(result)
        return {**found, "rspamd": rspamd.symbols(mail)}
