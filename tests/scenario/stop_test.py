"""SIGTERM: who waits for a command is told, what is under way is answered, and what was answered
250 on the way out is delivered after the next start."""
import os
import signal
import smtplib
import socket

import first_mail
import tap
from ports import free_port, wait_for
from posthouse import Posthouse

DOMAIN = "relay.sandbox.example"
MAIL = (f"From: App <app@{DOMAIN}>\r\nTo: anna@there.example\r\nSubject: the last one\r\n\r\n"
        "hello\r\n").encode()


def refuses(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def begun(port):
    """A session that has half of its content sent."""
    session = smtplib.SMTP("127.0.0.1", port, timeout=20)
    session.ehlo("app.example")
    tap.equal(session.mail("app@" + DOMAIN)[0], 250)
    tap.equal(session.rcpt("anna@there.example")[0], 250)
    tap.equal(session.docmd("DATA")[0], 354)
    session.send(MAIL[:60])
    return session


def few_files():
    """Where the machine allows fewer files than all sessions want, `serve` says so; who tries the
    product out has no thousands of sessions, and is not told."""
    words = "fewer files may be open than sessions are allowed"
    for start, told in (("serve", True), ("quickstart", False)):
        with tap.check(f"a low limit of open files: {start} {'warns' if told else 'is quiet'}"):
            house = Posthouse(start)
            house.prefix = ["prlimit", "--nofile=2000:2000"]
            with house:
                tap.equal(words in house.log(), told)


def main():
    few_files()
    port = free_port()
    settings = {"relay.listen": f"127.0.0.1:{port}", "relay.trusted": "127.0.0.1/32",
                "relay.account": "shop"}
    with Posthouse("quickstart", settings=settings) as house:
        house.verb("account", "create", "shop")
        house.verb("account", "activate", "shop")
        token = house.verb("key", "create", "--account", "shop", "--kind", "bearer")["token"]
        house.verb("domain", "add", DOMAIN, "--account", "shop")
        sender = first_mail.Sender(house, DOMAIN, token)
        sender.records = first_mail.txt_records(house.verb("domain", "publish", DOMAIN))
        tap.equal(house.verb("domain", "verify", DOMAIN)["state"], "verified")
        with tap.check("a mail whose content is under way at SIGTERM is taken and answered"):
            session = begun(port)
            idle = smtplib.SMTP("127.0.0.1", port, timeout=20)
            os.kill(house.pid, signal.SIGTERM)
            wait_for("the listeners to close",
                     lambda: refuses(port) and refuses(house.http_port), 20)
            tap.equal(idle.getreply()[0], 421)
            session.send(MAIL[60:] + b".\r\n")
            code, said = session.getreply()
            tap.equal(code, 250, said)
            identifier = said.decode().split()[-1]
            house.wait_for_end()
            house.stop()
        with tap.check("after the next start it is delivered, once"):
            house.start()
            sender.wait_for_state(identifier, "delivered")
            tap.equal(len(sender.inbox_of("anna@there.example")), 1)
    tap.done()


main()
