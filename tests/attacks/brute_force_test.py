"""Guessing passwords and keys from many addresses: nothing is found, the guesser is throttled, and
the owner still gets in, from where he was and from a new place."""
import concurrent.futures
import http.client
import json
import re
import secrets
import threading
import time

import tap
import tc3
from attack_house import PASSWORD, AttackHouse, quiet
from raw_smtp import RawSmtp

BOSS, BOSS_PASSWORD = "boss@house.example", "a long password"
HOME = "127.200.0.1"
WINDOW = 600  # seconds that a throttle lasts
OF_NAME, OF_NAME_MOST, OF_CLIENT = 60, 200, 10


def post(house, source, path, body, headers=None):
    client = http.client.HTTPConnection("127.0.0.1", house.http_port, 30,
                                        source_address=(source, 0))
    try:
        client.request("POST", path, json.dumps(body),
                       {"Content-Type": "application/json", **(headers or {})})
        answer = client.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        client.close()


def sign_in(house, source, password, email=BOSS):
    return post(house, source, "/api/v1/session", {"email": email, "password": password})


def sources(networks, each):
    return [f"127.{1 + n // 250}.{n % 250}.{1 + i}" for n in range(networks) for i in range(each)]


def guess_all(work, where):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(work, where))


def one_client(house):
    """Ten guesses, then 429 with the true wait, for every name; a right password too."""
    codes = [sign_in(house, "127.210.0.1", f"wrong {n} password")[0] for n in range(OF_CLIENT + 3)]
    tap.equal(codes, [401] * OF_CLIENT + [429] * 3)
    status, body, headers = sign_in(house, "127.210.0.1", BOSS_PASSWORD)
    tap.equal(status, 429)
    wait = int(headers["Retry-After"])
    tap.true(WINDOW - 60 < wait <= WINDOW, f"Retry-After: {wait}")
    tap.contains(body, b"minutes")
    tap.equal(sign_in(house, "127.210.0.1", "x" * 12, "nobody@house.example")[0], 429)


def many_clients(house):
    tap.equal(sign_in(house, HOME, BOSS_PASSWORD)[0], 200)  # the owner at home
    began = time.monotonic()
    first = guess_all(lambda s: sign_in(house, s, "Guess4you" + s)[0], sources(8, 20))
    judged = first.count(401)
    tap.true(judged <= OF_NAME + 8, f"{judged} guesses were judged")
    tap.equal(set(first), {401, 429})
    with tap.check("sign-in: while 160 guess, the owner gets in at home and at a new place"):
        tap.equal(sign_in(house, HOME, BOSS_PASSWORD)[0], 200)
        tap.equal(sign_in(house, "127.201.0.1", BOSS_PASSWORD)[0], 200)
    second = guess_all(lambda s: sign_in(house, s, "Guess4you" + s)[0], sources(300, 2))
    judged += second.count(401)
    tap.equal(set(second), {401, 429})
    tap.true(judged <= OF_NAME_MOST, f"{judged} guesses were judged")
    tap.note(f"{len(first) + len(second)} guesses from {len(first) + len(second)} addresses, "
             f"{judged} judged, 0 right, {time.monotonic() - began:.1f} s")
    with tap.check("sign-in: while 600 networks guess, the owner gets in at home"):
        tap.equal(sign_in(house, HOME, BOSS_PASSWORD)[0], 200)
        tap.equal(sign_in(house, HOME, "wrong password at home")[0], 401)
    with tap.check("sign-in: another name is not throttled with it"):
        tap.equal(sign_in(house, "127.202.0.1", "wrong password", "who@house.example")[0], 401)


def login(house, source, password, name):
    """The code of one AUTH from an address."""
    with quiet(OSError), RawSmtp(house.tls_port, "implicit", source) as session:
        session.hello()
        return session.login(name, password)[0]
    return 0


def many_connections(house):
    """A mail program opens thirty at once, and none of them is remembered yet."""
    together = threading.Barrier(30)

    def one(_):
        with RawSmtp(house.tls_port, "implicit", "127.206.0.1") as session:
            session.hello()
            together.wait(30)
            return session.login(house.other.address, PASSWORD)[0]
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        tap.equal(list(pool.map(one, range(30))), [235] * 30)


def by_smtp(house):
    name = house.acme.address
    tap.equal(login(house, HOME, PASSWORD, name), 235)
    codes = guess_all(lambda s: login(house, s, "Guess4you99" + s[-3:], name), sources(40, 5))
    tap.equal(set(codes), {535, 454})
    judged = codes.count(535)
    tap.true(judged <= OF_NAME_MOST, f"{judged} guesses were judged")
    tap.note(f"{len(codes)} guesses, {judged} judged, {codes.count(454)} throttled, 0 right")
    with tap.check("AUTH: while they guess, the owner gets in at home, and at a new place"):
        tap.equal(login(house, HOME, PASSWORD, name), 235)
        tap.equal(login(house, "127.203.0.1", PASSWORD, name), 235)
        with house.open("submission", source="127.204.0.1") as session:
            tap.equal(session.envelope(name, "owner@dest.example"), [250, 250])
    with tap.check("AUTH: names that are none cost the same and are throttled alike"):
        codes = [login(house, "127.205.0.1", "Guess4you99", f"n{n}@acme.example")
                 for n in range(OF_CLIENT + 2)]
        tap.equal(codes, [535] * OF_CLIENT + [454] * 2)
    with tap.check("AUTH: who is throttled is sent away as well"):
        with RawSmtp(house.tls_port, "implicit", "127.205.0.1") as session:
            session.hello()
            codes = []
            while (code := session.login(name, "Guess4you99")[0]) and len(codes) < 50:
                codes.append(code)
            tap.true(codes[-1] == 421 and len(codes) <= 20, str(codes))


def bearer_keys(house):
    """Keys have 256 bits: a guess is an unknown key, and costs the owner nothing."""
    alphabet = house.acme.token
    took = []

    def guess(source):
        client = http.client.HTTPConnection("127.0.0.1", house.http_port, 30,
                                            source_address=(source, 0))
        codes = []
        for number in range(40):
            token = (secrets.token_urlsafe(len(alphabet))[:len(alphabet)] if number % 4 else
                     alphabet[:-1 - number // 4] + secrets.token_urlsafe(20)[:1 + number // 4])
            token = token if token != alphabet else token[:-1] + "_"
            client.request("GET", "/api/v1/account", headers={"Authorization": f"Bearer {token}"})
            answer = client.getresponse()
            answer.read()
            codes.append(answer.status)
            if number % 10 == 0:
                began = time.monotonic()
                codes.append(house.get("/api/v1/account", house.acme.token)[0] + 1000)
                took.append(time.monotonic() - began)
        client.close()
        return codes

    codes = [c for found in guess_all(guess, sources(50, 1)) for c in found]
    tap.equal(set(codes), {401, 1200})
    tap.true(max(took) < 1, f"the owner waited {max(took):.2f} s")
    tap.note(f"{codes.count(401)} keys guessed, 0 right; the owner's slowest answer "
             f"{max(took) * 1000:.0f} ms")
    for odd in ("", " ", "Bearer", "null", "undefined", "*", "%", "' OR 1=1 --", alphabet[:-1],
                alphabet + "a", alphabet.swapcase(), " " * 5 + alphabet[:20], "\x85"):
        status, _ = house.get("/api/v1/account", odd)
        tap.equal(status, 401, repr(odd))


def tencent_keys(house):
    """Secret keys guessed for a known SecretId, and SecretIds that are none."""
    pair = house.verb("key", "create", "--account", "acme", "--kind", "tencent")
    right = tc3.Key(pair["secret_id"], pair["secret_key"])

    def ask(key):
        request = tc3.Request("ListEmailAddress", {}, host=f"127.0.0.1:{house.http_port}")
        return request.sign(key).send(house.http_port)
    status, answer = ask(right)
    tap.equal((status, tc3.error_code(answer)), (200, None), str(answer))
    found = {}
    for number in range(400):
        secret = secrets.token_urlsafe(24)[:32] if number % 2 else (
            right.secret_key[:-1] + ("a" if right.secret_key[-1] != "a" else "b"))
        key = tc3.Key(right.secret_id if number % 4 else re.sub("[a-z]", "q", right.secret_id),
                      secret)
        _, answer = ask(key)
        code = tc3.error_code(answer)
        found[code] = found.get(code, 0) + 1
    tap.true(None not in found, str(found))
    status, answer = ask(right)
    tap.equal((status, tc3.error_code(answer)), (200, None), "the owner after 400 guesses")
    tap.note(f"400 guesses: {found}")


def main():
    with AttackHouse() as house:
        house.verb("user", "create", BOSS, "--password", BOSS_PASSWORD, "--role", "operator")
        with tap.check("sign-in: one client has ten guesses, and is told how long to wait"):
            one_client(house)
        with tap.check("sign-in: guesses at one name from everywhere are throttled"):
            many_clients(house)
        with tap.check("AUTH: thirty connections that are right at once are no guessing"):
            many_connections(house)
        with tap.check("AUTH: guesses at one name from everywhere are throttled"):
            by_smtp(house)
        with tap.check("no bearer key is guessed, and the owner is served meanwhile"):
            bearer_keys(house)
        with tap.check("no secret key is guessed, and the owner is served afterwards"):
            tencent_keys(house)
    tap.done()


main()
