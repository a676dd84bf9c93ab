"""A disk that runs full: new mail is put off at every door before the last reserve is gone, what
was accepted is delivered all the same, and mail is taken again once there is room."""
import contextlib
import os
import pathlib
import smtplib
import subprocess
import tempfile

import first_mail
import tap
from ports import free_port, wait_for
from posthouse import Posthouse

DOMAIN = "full.sandbox.example"
SIZE = 320 << 20     # of the disk
LEFT = 40 << 20      # below kDiskReserve
MAIL = (f"From: app@{DOMAIN}\r\nTo: a@there.example\r\nSubject: s\r\n\r\nhello\r\n").encode()


@contextlib.contextmanager
def small_disk():
    """A directory with a file system of its own; None where that may not be made here."""
    with tempfile.TemporaryDirectory(prefix="posthouse-disk-") as place:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "posthouse-test", place]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            yield None
            return
        try:
            yield pathlib.Path(place)
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)


def by_rest(house, sender, to="b@there.example"):
    return house.post("/api/v1/messages", {"from": sender.address, "to": [to], "subject": "s",
                                           "text": "t"}, sender.token)


def by_relay(port, sender):
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as session:
        session.ehlo()
        session.mail(sender.address)
        session.rcpt("c@there.example")
        return session.data(MAIL)[0]


def free_bytes(place):
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def scenario(place):
    port = free_port()
    settings = {"relay.listen": f"127.0.0.1:{port}", "relay.trusted": "127.0.0.1/32",
                "relay.account": "first", "log.level": "warn"}
    house = Posthouse("quickstart", settings=settings, data=place / "data")
    with house:
        sender = first_mail.newcomer(house, DOMAIN)
        with tap.check("mail is accepted and waits"):
            _, warm = by_rest(house, sender)
            sender.wait_for_state(warm["id"], "delivered")
            waiting = []
            for i in range(20):
                status, answer = by_rest(house, sender, f"defer@d{i}.example")
                tap.equal(status, 202, str(answer))
                waiting.append(answer["id"])

            def attempts():
                return [sender.message(i)["recipients"][0]["attempts"] for i in waiting]
            wait_for("a first attempt of each", lambda: min(attempts()) == 1)
        filler = place / "filler"
        with open(filler, "wb") as file:
            file.truncate(0)
            while free_bytes(place) > LEFT:
                file.write(bytes(1 << 20))
                file.flush()
        with tap.check("below the reserve HTTP says 503 or 507, SMTP 452"):
            status, answer = by_rest(house, sender)
            tap.true(status in (503, 507), f"{status} {answer}")
            tap.equal(by_relay(port, sender), 452)
        with tap.check("what was accepted is tried all the same, and outcomes are written"):
            house.verb("queue", "retry", "--account", "first")
            wait_for("a second attempt of each", lambda: min(attempts()) == 2)
        filler.unlink()
        with tap.check("with room again mail is taken within ten seconds, without a restart"):
            wait_for("an accepted mail", lambda: by_rest(house, sender)[0] == 202, 10)
            tap.equal(by_relay(port, sender), 250)
        with tap.check("fsck finds nothing"):
            house.stop()
            tap.equal(house.verb("fsck"), {"findings": []})


def main():
    with small_disk() as place:
        if place is None:
            tap.skip("a file system of a test's own cannot be mounted here")
            with tap.check("the machine was asked for a disk"):
                pass
        else:
            scenario(place)
    tap.done()


main()
