"""HTTP request smuggling, at the server itself and behind nginx and haproxy: no second request is
ever seen in one request's body, and every answer belongs to its request. Also who the client is
behind a trusted proxy, and HEAD."""
import socket

import tap
from attack_house import AttackHouse, quiet
from front_proxy import Haproxy, Hop, Nginx, answers_of
from ports import wait_for

HIDDEN = b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n"
HIDDEN_MARK = b"# TYPE posthouse"
POST = b"POST /api/v1/session HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
CHUNK = b"0\r\n\r\n"


def framed(*fields, body=CHUNK + HIDDEN, head=POST):
    return head + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def length_of(body):
    return b"Content-Length: %d" % len(body)


HOLE = CHUNK + HIDDEN
CL = length_of(HOLE)
TE = b"Transfer-Encoding: chunked"
# Requests that two readers may frame differently. The server alone gives each one 4xx and closes.
AMBIGUOUS = {
    "CL and TE": framed(CL, TE),
    "TE and CL": framed(TE, CL),
    "CL 0 and TE": framed(b"Content-Length: 0", TE),
    "CL 6 and TE": framed(b"Content-Length: 6", TE, body=b"0\r\n\r\nG"),
    "two CL, the same": framed(CL, CL),
    "two CL, other": framed(b"Content-Length: 5", CL),
    "CL 5, 5": framed(b"Content-Length: 5, 5"),
    "CL 5,43": framed(b"Content-Length: 5," + CL[16:]),
    "CL +5": framed(b"Content-Length: +5"),
    "CL -5": framed(b"Content-Length: -5"),
    "CL 0x5": framed(b"Content-Length: 0x5"),
    "CL 5.0": framed(b"Content-Length: 5.0"),
    "CL 5 5": framed(b"Content-Length: 5 5"),
    "CL empty": framed(b"Content-Length:"),
    "CL five": framed(b"Content-Length: five"),
    "CL huge": framed(b"Content-Length: 18446744073709551621"),
    "CL huger": framed(b"Content-Length: " + b"9" * 60),
    "CL NUL": framed(b"Content-Length: 5\0"),
    "CL VT": framed(b"Content-Length: \x0b5"),
    "CL NBSP": framed(b"Content-Length: \xa05"),
    "TE twice": framed(TE, TE),
    "TE chunked, chunked": framed(b"Transfer-Encoding: chunked, chunked"),
    "TE identity, chunked": framed(b"Transfer-Encoding: identity, chunked"),
    "TE chunked, identity": framed(b"Transfer-Encoding: chunked, identity"),
    "TE chunked and identity": framed(TE, b"Transfer-Encoding: identity"),
    "TE identity and CL": framed(b"Transfer-Encoding: identity", CL),
    "TE gzip, chunked": framed(b"Transfer-Encoding: gzip, chunked"),
    "TE xchunked": framed(b"Transfer-Encoding: xchunked"),
    "TE xchunked and CL": framed(b"Transfer-Encoding: xchunked", CL),
    "TE VT": framed(b"Transfer-Encoding: \x0bchunked"),
    "TE VT and CL": framed(b"Transfer-Encoding: \x0bchunked", CL),
    "TE FF and CL": framed(b"Transfer-Encoding:\x0cchunked", CL),
    "TE quoted": framed(b'Transfer-Encoding: "chunked"'),
    "TE quoted and CL": framed(b'Transfer-Encoding: "chunked"', CL),
    "TE ;q": framed(b"Transfer-Encoding: chunked;q=1"),
    "TE comma": framed(b"Transfer-Encoding: ,chunked"),
    "TE NUL": framed(b"Transfer-Encoding: chunked\0", CL),
    "TE chunk": framed(b"Transfer-Encoding: chunk", CL),
    "TE empty and CL": framed(b"Transfer-Encoding:", CL),
    "TE space before colon": framed(b"Transfer-Encoding : chunked", CL),
    "TE tab before colon": framed(b"Transfer-Encoding\t: chunked", CL),
    "CL space before colon": framed(b"Content-Length : 5", TE),
    "TE with space before": framed(b"X: y", b" Transfer-Encoding: chunked", CL),
    "TE folded": framed(b"Transfer-Encoding:\r\n chunked", CL),
    "TE folded by tab": framed(b"Transfer-Encoding:\r\n\tchunked", CL),
    "CL folded": framed(b"Content-Length:\r\n 5"),
    "X folded TE": framed(b"X: a\r\n Transfer-Encoding: chunked", CL),
    "first header folded": framed(TE, head=b"POST /api/v1/session HTTP/1.1\r\n Host: h\r\n"),
    "TE bare LF": framed(b"X: y\nTransfer-Encoding: chunked", CL),
    "TE bare CR": framed(b"X: y\rTransfer-Encoding: chunked", CL),
    "all bare LF": framed(CL).replace(b"\r\n", b"\n"),
    "TE underscore": framed(b"Transfer_Encoding: chunked", b"Content-Length: x"),
    "TE no colon": framed(b"Transfer-Encoding chunked", CL),
    "name with NUL": framed(b"Transfer\0-Encoding: chunked", CL),
    "name empty": framed(b": chunked", CL),
    "chunk size 0x": framed(TE, body=b"0x0\r\n\r\n" + HIDDEN),
    "chunk size -": framed(TE, body=b"-1\r\n\r\n" + HIDDEN),
    "chunk size +": framed(TE, body=b"+0\r\n\r\n" + HIDDEN),
    "chunk size _": framed(TE, body=b"0_0\r\n\r\n" + HIDDEN),
    "chunk size empty": framed(TE, body=b"\r\n\r\n" + HIDDEN),
    "chunk size spaces": framed(TE, body=b" 0\r\n\r\n" + HIDDEN),
    "chunk size huge": framed(TE, body=b"fffffffffffffffff\r\n" + HIDDEN),
    "chunk size 2^64": framed(TE, body=b"10000000000000000\r\n\r\n" + HIDDEN),
    "chunk size 2^63": framed(TE, body=b"8000000000000000\r\n\r\n" + HIDDEN),
    "chunk LF": framed(TE, body=b"0\n\n" + HIDDEN),
    "chunk ext LF": framed(TE, body=b"0;a\n\r\n" + HIDDEN),
    "chunk ext CR": framed(TE, body=b"0;a\rb\r\n\r\n" + HIDDEN),
    "chunk ext NUL": framed(TE, body=b"0;a\0b\r\n\r\n" + HIDDEN),
    "chunk ext LF hides": framed(TE, body=b"2;\nxx\r\n4c\r\n0\r\n\r\n" + HIDDEN),
    "chunk data too long": framed(TE, body=b"2\r\nabcd\r\n0\r\n\r\n" + HIDDEN),
    "chunk data without end": framed(TE, body=b"2\r\nab0\r\n\r\n" + HIDDEN),
    "chunk end LF": framed(TE, body=b"2\r\nab\n0\r\n\r\n" + HIDDEN),
    "trailer LF": framed(TE, body=b"0\r\nA: b\n\r\n" + HIDDEN),
    "trailer no colon": framed(TE, body=b"0\r\nabc\r\n\r\n" + HIDDEN),
    "trailer folded": framed(TE, body=b"0\r\nA: b\r\n c\r\n\r\n" + HIDDEN),
    "1.0 and TE": framed(TE, head=POST.replace(b"1.1", b"1.0")),
    "1.0 keep-alive, TE and CL": framed(b"Connection: keep-alive", TE, CL,
                                        head=POST.replace(b"1.1", b"1.0")),
    "0.9": b"GET /api/v1/session\r\n" + HIDDEN,
    "2.0": b"GET /api/v1/session HTTP/2.0\r\nHost: h\r\n\r\n" + HIDDEN,
    "1.2": b"GET /api/v1/session HTTP/1.2\r\nHost: h\r\n\r\n" + HIDDEN,
    "version case": b"GET /api/v1/session http/1.1\r\nHost: h\r\n\r\n" + HIDDEN,
    "two spaces": b"GET  /api/v1/session HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN,
    "tab": b"GET\t/api/v1/session\tHTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN,
    "trailing space": b"GET /api/v1/session HTTP/1.1 \r\nHost: h\r\n\r\n" + HIDDEN,
    "no Host": b"GET /api/v1/session HTTP/1.1\r\n\r\n" + HIDDEN,
    "two Hosts": b"GET /api/v1/session HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n" + HIDDEN,
    "other Host": b"GET http://i/api/v1/session HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN,
    "Host with path": b"GET /api/v1/session HTTP/1.1\r\nHost: h/x\r\n\r\n" + HIDDEN,
    "Host with user": b"GET /api/v1/session HTTP/1.1\r\nHost: u@h\r\n\r\n" + HIDDEN,
    "Host folded": b"GET /api/v1/session HTTP/1.1\r\nHost:\r\n h\r\n\r\n" + HIDDEN,
    "target with LF": b"GET /a\nb HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN,
    "target with NUL": b"GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN,
    "target 8-bit": b"GET /a\xff HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN,
    "target fragment": b"GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN,
    "CONNECT": b"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN,
    "expect other": framed(b"Expect: 200-ok", b"Content-Length: 5"),
    "three blank lines": b"\r\n\r\n\r\nGET /api/v1/session HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN,
    "h2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN,
}
# Requests that are odd and right: (bytes, how many answers).
RIGHT = {
    "CL that covers it": (framed(CL), 1),
    "TE that covers it": (framed(TE, body=b"%x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n0\r\n\r\n"), 1),
    "TE upper case": (framed(b"TRANSFER-ENCODING: CHUNKED",
                             body=b"%X\r\n" % len(HIDDEN) + HIDDEN + b"\r\n0\r\n\r\n"), 1),
    "zeros before the size": (framed(TE, body=b"0000%x\r\n" % len(HIDDEN) + HIDDEN +
                                     b"\r\n000\r\n\r\n"), 1),
    "zeros before CL": (framed(b"Content-Length: 000%d" % len(HOLE)), 1),
    "an extension": (framed(TE, body=b'%x;a="b;c"\r\n' % len(HIDDEN) + HIDDEN +
                            b"\r\n0\r\n\r\n"), 1),
    "a trailer": (framed(TE, body=b"%x\r\n" % len(HIDDEN) + HIDDEN +
                         b"\r\n0\r\nContent-Length: 5\r\nX: y\r\n\r\n"), 1),
    "GET with a body": (framed(CL, head=b"GET /api/v1/session HTTP/1.1\r\nHost: h\r\n"), 1),
    "1.0 keep-alive": (b"GET /api/v1/session HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" +
                       HIDDEN, 1),
    "close": (b"GET /api/v1/session HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + HIDDEN, 1),
    "absolute form": (b"GET http://h/api/v1/session HTTP/1.1\r\nHost: h\r\n\r\n", 1),
    "pipelined": (b"GET /api/v1/session HTTP/1.1\r\nHost: h\r\n\r\n" * 5, 5),
    "one blank line": (b"\r\nGET /api/v1/session HTTP/1.1\r\nHost: h\r\n\r\n", 1),
}


def exchange(port, sent, cuts=(), seconds=1.0, source="127.0.0.1"):
    """Everything that comes back until the server closes or nothing came for `seconds`."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), 5, (source, 0)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with quiet(OSError):
            last = 0
            for cut in [*cuts, len(sent)]:
                connection.sendall(sent[last:cut])
                last = cut
        connection.settimeout(seconds)
        with quiet(OSError):
            while more := connection.recv(65536):
                got += more
    return got


def direct(house):
    for name, sent in AMBIGUOUS.items():
        cuts = range(len(sent) - len(HIDDEN) - 12, len(sent) - len(HIDDEN) + 3)
        for way in ((), tuple(c for c in cuts if 0 < c < len(sent))):
            answers = answers_of(exchange(house.http_port, sent, way))
            tap.true(len(answers) == 1 and 400 <= answers[0][0] <= 505, f"{name}: {answers}")
            tap.true(HIDDEN_MARK not in answers[0][1], name)
    for name, (sent, count) in RIGHT.items():
        answers = answers_of(exchange(house.http_port, sent, seconds=0.3))
        tap.equal(len(answers), count, f"{name}: {answers}")
        tap.true(all(HIDDEN_MARK not in body for _, body in answers), name)
    return 2 * len(AMBIGUOUS) + len(RIGHT)


VICTIMS = ((b"/healthz", b"ok\n"), (b"/api/v1/session", b'{"signed_in":false}'),
           (b"/api/v1/openapi.json", b"{"))


def victim(front, number):
    """A client that comes after the attack gets the answer to its own question."""
    path, wanted = VICTIMS[number % len(VICTIMS)]
    got = answers_of(exchange(front.port, b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n"
                              b"Connection: close\r\n\r\n", seconds=5))
    tap.true(len(got) == 1 and got[0][0] == 200 and got[0][1].startswith(wanted),
             f"{path} got {got!r:.300}")


def behind(house, make):
    """All of it through a proxy that keeps one connection to the server."""
    with Hop(house.http_port) as hop, make(hop.port) as front:
        for number, sent in enumerate([*AMBIGUOUS.values(), *(s for s, _ in RIGHT.values())]):
            exchange(front.port, sent, seconds=0.1)
            victim(front, number)
        asked_for = sum(" /metrics " in line for line in wait_for(
            "the proxy's log", front.requests))
        answers = hop.answers()
        hidden = sum(HIDDEN_MARK in body for _, body in answers)
        tap.true(all(status for status, _ in answers), "an answer that is none")
        tap.true(hidden <= asked_for,
                 f"the server saw {hidden} hidden requests, the proxy {asked_for}")
        tap.note(f"{len(AMBIGUOUS) + len(RIGHT)} requests, {len(answers)} answers of the server, "
                 f"{hidden} of them to what the proxy took for a second request ({asked_for})")


def sign_in(port, source, password=b"wrong horse battery", extra=b"", email=b"boss@house.example"):
    body = b'{"email":"%s","password":"%s"}' % (email, password)
    sent = framed(length_of(body), b"Connection: close", *([extra] if extra else []), body=body)
    return answers_of(exchange(port, sent, seconds=10, source=source))[0][0]


def clients_behind(house, make):
    """The throttle of sign-ins counts the client behind the proxy, not the proxy, and not what a
    client says of itself."""
    with make(house.http_port) as front:
        codes = [sign_in(front.port, "127.0.0.5") for _ in range(11)]
        tap.equal(codes, [401] * 10 + [429])
        for claim in (b"X-Forwarded-For: 198.51.100.7", b"X-Forwarded-For: 127.0.0.1",
                      b"x-forwarded-for: 198.51.100.8, 127.0.0.1", b"X-Real-IP: 198.51.100.9",
                      b"Forwarded: for=198.51.100.10", b"X-Forwarded-For: x"):
            tap.equal(sign_in(front.port, "127.0.0.5", extra=claim), 429, claim)
        tap.equal(sign_in(front.port, "127.0.0.6", b"a long password"), 200)
    # Who is no trusted proxy is himself, whatever he says.
    codes = [sign_in(house.http_port, "127.0.0.8", extra=b"X-Forwarded-For: 198.51.100.%d" % n)
             for n in range(11)]
    tap.equal(codes, [401] * 10 + [429])


def head(house):
    for path, _ in VICTIMS:
        get = exchange(house.http_port, b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n\r\n",
                       seconds=0.3)
        got = exchange(house.http_port, b"HEAD " + path + b" HTTP/1.1\r\nHost: h\r\n\r\n" +
                       b"HEAD " + path + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                       seconds=2)
        want = get.partition(b"\r\n\r\n")[0].splitlines()
        tap.equal(got.count(b"HTTP/1.1 200 "), 2, path)
        for line in want:
            if line.lower().startswith((b"content-length", b"content-type")):
                tap.equal(got.count(line), 2, f"{path} {line}")
        tap.true(got.endswith(b"\r\n\r\n"), f"{path}: a body behind HEAD: {got[-80:]}")
    for path, wanted in (("/api/v1/domains", 200), ("/api/v1/domains/acme.example", 200),
                         ("/api/v1/domains/other.example", 404), ("/api/v1/messages/1", 404),
                         ("/api/v1/domains/acme.example/verify", 405)):
        got = exchange(house.http_port, f"HEAD {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                       f"Authorization: Bearer {house.acme.token}\r\n\r\n".encode())
        tap.true(got.startswith(b"HTTP/1.1 %d " % wanted), f"{path}: {got[:80]}")
        tap.true(got.endswith(b"\r\n\r\n") and got.count(b"\r\n\r\n") == 1, f"{path}: {got}")


FRONTS = {
    "nginx": Nginx,
    "nginx without buffering": lambda back: Nginx(back, buffering="off", strict="off"),
    "haproxy": Haproxy,
    "lenient haproxy": lambda back: Haproxy(back, lenient=True),
}


def main():
    with AttackHouse({"http.trusted_proxies": "127.0.0.1/32"}) as house:
        house.verb("user", "create", "boss@house.example", "--password", "a long password",
                   "--role", "operator")
        with tap.check("what two readers could frame differently is one refusal and the end"):
            tap.note(f"{direct(house)} cases")
        with tap.check("HEAD is answered as GET, without a body"):
            head(house)
        for name, make in FRONTS.items():
            with tap.check(f"behind {name} no request hides in another, and answers stay in order"):
                behind(house, make)
        with tap.check("behind nginx a sign-in is its client's"):
            clients_behind(house, Nginx)
    tap.done()


main()
