"""STARTTLS and TLS: nothing said in plain survives, a broken TLS gives no message, no password
without TLS, other protocols are sent away, and old versions of TLS are not spoken."""
import pathlib
import socket
import ssl
import struct
import threading
import warnings

import first_mail
import tap
from attack_house import PASSWORD, AttackHouse, mail, quiet
from ports import wait_for
from raw_smtp import RawSmtp, plain

STARTTLS_DOORS = ("submission", "relay", "inbound")


def port_of(house, door):
    return next(port for name, port, _ in house.doors() if name == door)


def injected(house, door):
    """What is sent in one segment with STARTTLS is dropped, and what was said before forgotten."""
    sender = house.acme.address
    extras = [b"NOOP\r\n", b"EHLO evil.example\r\n", b"MAIL FROM:<%b>\r\n" % sender.encode(),
              b"EHLO evil.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n",
              b"AUTH PLAIN " + plain(sender, PASSWORD).encode() + b"\r\n", b"QUIT\r\n", b"\r\n",
              b"RSET\r\nRSET\r\n", b"STARTTLS\r\n", b"EHLO half"]
    for extra in extras:
        with RawSmtp(port_of(house, door)) as session:
            session.say("EHLO before.example")
            if door != "submission":
                session.say("MAIL FROM:<before@there.example>")
            session.send(b"STARTTLS\r\n" + extra)
            code, said = session.reply()
            tap.equal(code, 220, f"{extra}: {said}")
            tap.equal(session._read, b"", f"{extra}: a reply in plain behind 220")
            session.start_tls()
            # The first reply under TLS is that of the first command under TLS.
            tap.equal(session.say("RCPT TO:<a@b.example>")[0], 503, repr(extra))
            tap.equal(session.say("MAIL FROM:<a@b.example>")[0] // 100, 5, repr(extra))
            code, words = session.say("EHLO after.example")
            tap.equal(code, 250, repr(extra))
            tap.true("STARTTLS" not in words, "STARTTLS is offered again")
            tap.equal(session.say("STARTTLS")[0], 503, "a second STARTTLS")
    return len(extras)


def auth_in_plain(house):
    token = plain(house.acme.address, PASSWORD)
    with RawSmtp(house.submission_port) as session:
        _, words = session.say("EHLO client.example")
        tap.true(not any(w.startswith("AUTH") for w in words), str(words))
        for command in (f"AUTH PLAIN {token}", "AUTH PLAIN", "AUTH LOGIN", "auth login bmV3cw==",
                        "AUTH CRAM-MD5", "AUTH EXTERNAL ="):
            tap.equal(session.say(command)[0] // 100, 5, command)
        tap.equal(session.say(f"MAIL FROM:<{house.acme.address}>")[0] // 100, 5)
    for door in ("relay", "inbound"):
        for secure in (False, True):
            with RawSmtp(port_of(house, door), "starttls" if secure else "none") as session:
                _, words = session.hello()
                tap.true(not any(w.startswith("AUTH") for w in words), str(words))
                tap.equal(session.say(f"AUTH PLAIN {token}")[0] // 100, 5)


def ended(session, how):
    """A TLS session's end: by TCP reset, by FIN without close_notify, by close_notify, by plain
    octets in the middle, or by a record that is none."""
    raw = socket.socket(fileno=session.socket.detach()) if how != "notify" else None
    if how == "notify":
        session.socket.settimeout(2)
        with quiet(OSError):
            session.socket.unwrap()
    elif how == "reset":
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
    else:
        with quiet(OSError):
            raw.sendall({"fin": b"", "plain": b"\r\n.\r\nQUIT\r\n",
                         "record": b"\x17\x03\x03\xff\xff" + b"x" * 200}[how])
            raw.shutdown(socket.SHUT_WR)
            raw.settimeout(5)
            while raw.recv(4096):
                pass
        raw.close()


def broken_off(house, door):
    """No place of a session gives a message when TLS ends there; the next client is served."""
    body = mail(subject="BROKEN", to="broken@dest.example", body="x" * 400)
    to = "broken@dest.example" if door != "inbound" else house.return_paths(1)[0]
    sender = "" if door == "inbound" else house.acme.address
    cases = 0
    for how in ("reset", "fin", "notify", "plain", "record"):
        for place in ("AUTH", "MAIL", "DATA", "BDAT", "BDAT end"):
            if place == "AUTH" and door in ("relay", "inbound"):
                continue
            tls = "implicit" if door == "tls" else "starttls"
            session = RawSmtp(port_of(house, door), tls)
            session.hello()
            if place == "AUTH":
                session.send(b"AUTH PLAIN " + plain(house.acme.address, PASSWORD).encode())
                ended(session, how)
                cases += 1
                continue
            if door in ("submission", "tls"):
                tap.equal(session.login(house.acme.address, PASSWORD)[0], 235)
            tap.equal(session.envelope(sender, to), [250, 250], door)
            if place == "DATA":
                tap.equal(session.say("DATA")[0], 354)
                session.send(body + b"\r\n.")
            elif place == "BDAT":
                session.send(b"BDAT %d LAST\r\n" % (len(body) + 1) + body)
            elif place == "BDAT end":
                session.say(b"BDAT %d\r\n" % len(body) + body)
                session.send(b"BDAT 0 LAST\r")
            ended(session, how)
            cases += 1
    with house.open(door) as session:
        tap.equal(session.say("NOOP")[0], 250)
    return cases


REQUESTS = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n"
            b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n",
            b"PUT /EHLO HTTP/1.0\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
            b"CONNECT mx:25 HTTP/1.1\r\n\r\n", b"HEAD / HTTP/1.1\r\n\r\n",
            b"PATCH / HTTP/1.1\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"brew /pot HTTP/1.1\r\n\r\n",
            b"get / http/1.1\r\nEHLO x\r\n"]


def http_at_smtp(house, door):
    _, port, tls = next(d for d in house.doors() if d[0] == door)
    for request in REQUESTS:
        with RawSmtp(port, "implicit" if tls == "implicit" else "none") as session:
            with quiet(OSError):
                session.send(request)
            codes = [code for code, _ in session.replies_to_end()]
            tap.true(codes in ([554], []), f"{door} {request[:20]!r}: {codes}")
    return len(REQUESTS)


def old_versions(house):
    """TLS 1.2 and 1.3 are spoken, nothing older, and no anonymous or export cipher."""
    def shake(port, door, setting):
        with socket.create_connection(("127.0.0.1", port), 10) as plain_socket:
            if door != "tls":
                plain_socket.recv(512)
                plain_socket.sendall(b"EHLO x\r\n")
                while b"250 " not in plain_socket.recv(4096):
                    pass
                plain_socket.sendall(b"STARTTLS\r\n")
                plain_socket.recv(512)
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
            setting(made)
            with made.wrap_socket(plain_socket) as secure:
                return secure.version()

    def only(version):
        def apply(made):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made.set_ciphers("ALL:@SECLEVEL=0")
                made.minimum_version = made.maximum_version = version
        return apply

    def ciphers(names):
        def apply(made):
            made.maximum_version = ssl.TLSVersion.TLSv1_2
            made.set_ciphers(names + ":@SECLEVEL=0")
        return apply

    for door in ("tls", *STARTTLS_DOORS):
        port = port_of(house, door)
        tap.equal(shake(port, door, only(ssl.TLSVersion.TLSv1_3)), "TLSv1.3")
        tap.equal(shake(port, door, only(ssl.TLSVersion.TLSv1_2)), "TLSv1.2")
        for setting in (only(ssl.TLSVersion.TLSv1), only(ssl.TLSVersion.TLSv1_1),
                        ciphers("aNULL"), ciphers("eNULL")):
            tap.raises(OSError, lambda p=port, d=door, s=setting: shake(p, d, s))


class Injector:
    """A receiver that says more than it was asked before the handshake, in one segment."""

    def __init__(self, extra):
        self.extra = extra
        self.after = []  # what the client says under TLS, or in plain behind the injection
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.certificate)
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, quiet(OSError):
                client.settimeout(10)
                client.sendall(b"220 mx ESMTP\r\n")
                client.recv(512)
                client.sendall(b"250-mx\r\n250 STARTTLS\r\n")
                client.recv(512)
                client.sendall(b"220 go\r\n" + self.extra)
                secure = made.wrap_socket(client, server_side=True)
                self._talk(secure)

    def _talk(self, secure):
        reader = secure.makefile("rb")
        while line := reader.readline():
            self.after.append(line)
            if line.startswith(b"DATA"):
                secure.sendall(b"354 go\r\n")
                while (data := reader.readline()) != b".\r\n" and data:
                    pass
                secure.sendall(b"250 taken\r\n")
            elif line.startswith(b"QUIT"):
                secure.sendall(b"221 bye\r\n")
                return
            else:
                secure.sendall(b"250 ok\r\n")

    def close(self):
        self._listener.close()


def receiver_injects(certificate):
    """Replies that come in plain behind the 220 must not answer commands under TLS."""
    extras = [b"250 injected\r\n", b"250-x\r\n250 AUTH PLAIN\r\n", b"250 a\r\n250 b\r\n250 c\r\n",
              b"354 go\r\n", b"421 bye\r\n", b"2", b"550 no such user\r\n"]
    Injector.certificate = certificate
    receivers = [Injector(extra) for extra in extras]
    routes = ", ".join(f'{{match="d{i}.example", host="127.0.0.1", port={r.port}, tls="require"}}'
                       for i, r in enumerate(receivers))
    with AttackHouse({"delivery.routes": f"[{routes}]"}) as house:
        _, answer = house.send(to=[f"a@d{i}.example" for i in range(len(extras))])

        def settled():
            _, view = house.get(f"/api/v1/messages/{answer['id']}", house.acme.token)
            done = all(r["attempts"] for r in view["recipients"])
            return view["recipients"] if done else None
        for recipient in wait_for("an attempt of each", settled, 40):
            number = int(recipient["address"].split("@d")[1].split(".")[0])
            said = b"".join(receivers[number].after)
            tap.true(recipient["state"] != "bounced",
                     f"{extras[number]}: an injected reply was believed: {recipient}")
            if recipient["state"] == "delivered":
                tap.true(said.startswith(b"EHLO"), f"{extras[number]}: {said}")
            tap.true(b"AUTH" not in said, said)
            tap.note(f"{extras[number]!r}: {recipient['state']}, said under TLS "
                     f"{said.splitlines()[:1]}")
    for receiver in receivers:
        receiver.close()
    return len(extras)


def main():
    with AttackHouse() as house:
        for door in STARTTLS_DOORS:
            with tap.check(f"{door}: what is sent behind STARTTLS in plain is dropped"):
                tap.note(f"{door}: {injected(house, door)} injections")
        with tap.check("AUTH is neither offered nor taken without TLS, and nowhere but submission"):
            auth_in_plain(house)
        for door, _, _ in house.doors():
            with tap.check(f"{door}: TLS that breaks off gives no message"):
                tap.note(f"{door}: {broken_off(house, door)} ends")
            with tap.check(f"{door}: HTTP ends the session with its first line"):
                http_at_smtp(house, door)
        with tap.check("TLS before 1.2 and ciphers without a secret are not spoken"):
            old_versions(house)
        with tap.check("nothing of all this was accepted"):
            house.wait_until_idle()
            tap.equal(house.sink.to("broken@dest.example"), [])
    with first_mail.certificate("mx.there.example") as place, \
            tap.check("a receiver that speaks before the handshake is not believed"):
        both = pathlib.Path(place) / "both.pem"
        both.write_text("".join((pathlib.Path(place) / name).read_text()
                                for name in ("cert.pem", "key.pem")))
        tap.note(f"{receiver_injects(str(both))} injections")
    tap.done()



main()
