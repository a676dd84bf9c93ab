"""People through the real program: registration by a mailed link, second factor, reset, sessions,
invitations, policies, acting for an account, the audit log, and the verbs for all of it."""
import base64
import email
import email.policy
import hashlib
import hmac
import re
import struct
import time

import first_mail
import tap
from ports import wait_for
from posthouse import Posthouse

PASSWORD = "correct horse battery"
OTHER = "another horse battery"
BOSS = "boss@house.example"


def totp(secret, at=None):
    """RFC 6238, by another hand than the program's."""
    key = base64.b32decode(secret)
    step = int((time.time() if at is None else at) // 30)
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[19] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 10**6:06}"


def next_code(secret, used):
    """A code that was not taken yet: of this step or the next one, which is taken early."""
    now = time.time()
    return next(code for code in (totp(secret, now), totp(secret, now + 30)) if code not in used)


def link_in(sender, address, page, count=1):
    """The token of the link in the newest mail to the address."""
    mail = email.message_from_bytes(sender.mail_to(address, count), policy=email.policy.default)
    text = mail.get_body(("plain",)).get_content()
    found = re.search(rf"/{page}#token=(ph_[\w-]+)", text)
    tap.true(found, f"no link to {page} in {text}")
    return found.group(1)


def sign_in(house, address, password=PASSWORD, **more):
    return house.post("/api/v1/session", {"email": address, "password": password, **more})


def registration(house, sender, boss):
    ann = {"email": "ann@shop.example", "password": PASSWORD, "account": "Shop", "language": "en"}
    with tap.check("registration is closed at first, and its mode is a verb"):
        tap.equal(house.post("/api/v1/registration", ann)[1]["reason"], "forbidden")
        tap.equal(house.verb("registration", "mode")["mode"], "closed")
        tap.equal(house.verb("registration", "mode", "open")["mode"], "open")
        values = {"values": {"system.sender": sender.address}}
        tap.equal(house.request("PUT", "/api/v1/settings", values, boss)[0], 204)
        tap.equal(house.get("/api/v1/registration")[1], {"mode": "open", "mail": True})
    with tap.check("a registration is confirmed by the link in its mail, once"):
        tap.equal(house.post("/api/v1/registration", ann), (202, {}))
        tap.equal(sign_in(house, ann["email"])[0], 401)
        token = link_in(sender, ann["email"], "confirm")
        proof = {"token": token, "password": "of somebody else"}
        tap.equal(house.post("/api/v1/registration/confirm", proof)[1]["field"], "password")
        proof["password"] = PASSWORD
        tap.equal(house.post("/api/v1/registration/confirm", proof),
                  (200, {"email": ann["email"]}))
        tap.equal(house.post("/api/v1/registration/confirm", proof)[0], 404)
        status, session = sign_in(house, ann["email"])
        tap.equal((status, session["role"], session["account_name"], session["account_state"]),
                  (200, "owner", "Shop", "created"))
    with tap.check("who registers again is answered the same, and told by mail"):
        tap.equal(house.post("/api/v1/registration", ann), (202, {}))
        mail = sender.mail_to(ann["email"], 2)
        tap.contains(mail.decode(), "You have an account already")
    return session["token"]


def second_factor(house, token):
    with tap.check("a second factor is set up, asked for, and its code is taken once"):
        made = house.post("/api/v1/me/second-factor", {"password": PASSWORD}, token)[1]
        secret, used = made["secret"], []
        tap.contains(made["uri"], f"secret={secret}")
        used.append(totp(secret))
        status, codes = house.post("/api/v1/me/second-factor/confirm", {"code": used[0]}, token)
        tap.equal((status, len(codes["recovery_codes"])), (200, 10))
        tap.equal(sign_in(house, "ann@shop.example")[1]["reason"], "second_factor_required")
        code = next_code(secret, used)
        tap.equal(sign_in(house, "ann@shop.example", code=code)[0], 200)
        tap.equal(sign_in(house, "ann@shop.example", code=code)[0], 401)
        recovery = codes["recovery_codes"][0]
        tap.equal(sign_in(house, "ann@shop.example", code=recovery)[0], 200)
        tap.equal(sign_in(house, "ann@shop.example", code=recovery)[0], 401)
    with tap.check("the operator helps who lost it"):
        user = house.verb("user", "list", "--account", "Shop")["items"][0]
        tap.equal(user["second_factor"], True)
        house.verb("user", "second-factor", user["id"], "--account", "Shop")
        tap.equal(house.get("/api/v1/me", token)[0], 401)
        status, session = sign_in(house, "ann@shop.example")
        tap.equal(status, 200)
        return session["token"]


def sessions_and_reset(house, sender, token):
    with tap.check("sessions are listed and ended"):
        items = house.get("/api/v1/me/sessions", token)[1]["items"]
        tap.equal([one["from"] for one in items], ["127.0.0.1"] * len(items))
        tap.equal(sum(one["current"] for one in items), 1)
        tap.equal(house.delete("/api/v1/me/sessions", token)[1]["ended"], len(items) - 1)
        tap.equal(len(house.get("/api/v1/me/sessions", token)[1]["items"]), 1)
    with tap.check("a forgotten password is set anew by the link in a mail, and sessions end"):
        tap.equal(house.post("/api/v1/password-reset", {"email": "ann@shop.example"}), (202, {}))
        tap.equal(house.post("/api/v1/password-reset", {"email": "nobody@shop.example"}),
                  (202, {}))
        reset = link_in(sender, "ann@shop.example", "reset", 3)
        answer = {"token": reset, "password": OTHER}
        tap.equal(house.post("/api/v1/password-reset/confirm", answer), (200, {}))
        tap.equal(house.post("/api/v1/password-reset/confirm", answer)[0], 404)
        tap.equal(house.get("/api/v1/me", token)[0], 401)
        tap.equal(sign_in(house, "ann@shop.example")[0], 401)
        return sign_in(house, "ann@shop.example", OTHER)[1]["token"]


def invitations(house, sender, token):
    with tap.check("an invitation makes a user with its role and its policy"):
        wish = {"email": "dev@shop.example", "role": "developer",
                "policy": {"domains": ["m.shop.example"], "actions": ["view", "manage_keys"]}}
        made = house.post("/api/v1/users/invitations", {**wish, "email": "eve@x.example"}, token)
        tap.contains(made[1]["link"], "/invitation#token=")  # nobody is mailed before activation
        house.verb("account", "activate", "Shop")
        status, made = house.post("/api/v1/users/invitations", wish, token)
        tap.equal((status, made["state"], made["link"]), (201, "open", None))
        invitation = link_in(sender, wish["email"], "invitation")
        tap.equal(house.post("/api/v1/invitation/look", {"token": invitation})[1],
                  {"email": wish["email"], "account": "Shop", "role": "developer"})
        answer = {"token": invitation, "password": PASSWORD, "language": "en"}
        tap.equal(house.post("/api/v1/invitation/accept", answer)[0], 200)
        dev = sign_in(house, wish["email"])[1]["token"]
        tap.equal(house.get("/api/v1/me", dev)[1]["policy"], wish["policy"])
        tap.equal(house.post("/api/v1/keys", {"name": "x"}, dev)[1]["reason"], "forbidden")
        tap.equal(house.get("/api/v1/users", dev)[0], 403)
    with tap.check("a policy is changed by a verb"):
        users = house.verb("user", "list", "--account", "Shop")["items"]
        user = next(u for u in users if u["email"] == "dev@shop.example")
        changed = house.verb("user", "policy", user["id"], "--account", "Shop", "--action", "view")
        tap.equal(changed["policy"], {"domains": [], "actions": ["view"]})
        tap.equal(house.get("/api/v1/keys", dev)[0], 403)
        tap.equal(house.verb("user", "policy", user["id"], "--account", "Shop")["policy"], None)
        tap.equal(house.get("/api/v1/keys", dev)[0], 200)
        tap.equal(len(house.verb("user", "sessions", user["id"], "--account", "Shop")["items"]), 1)


def acting(house, boss, token):
    with tap.check("the operator acts for an account, which reads it in its audit log"):
        account = house.get("/api/v1/account", token)[1]["id"]
        status, session = house.post("/api/v1/impersonation",
                                     {"account": account, "reason": "they called"}, boss)
        tap.equal((status, session["role"], session["impersonating"]["account_name"]),
                  (200, "owner", "Shop"))
        tap.equal(house.post("/api/v1/keys", {"name": "made for them"}, boss)[0], 201)
        tap.equal(house.delete("/api/v1/impersonation", boss)[1]["role"], "operator")
        rows = house.get("/api/v1/audit?limit=200", token)[1]["items"]
        made = next(row for row in rows if row["action"] == "key.create")
        tap.equal((made["behind"], made["from"], made["after"]["name"]),
                  ("operator", "", "made for them"))
        actions = {row["action"] for row in rows}
        for action in ("user.register", "second_factor.create", "second_factor.reset",
                       "user.password_reset", "invitation.create", "invitation.accept",
                       "user.change", "impersonation.begin", "impersonation.end"):
            tap.contains(actions, action)
        tap.true(PASSWORD not in str(rows), "a password stands in the audit log")
        told = house.verb("audit", "list", "--account", "Shop", "--action", "impersonation")
        tap.equal(len(told["items"]), 2)


def by_hand(house):
    with tap.check("without a sender the operator hands links out"):
        made = house.verb("registration", "invite", "eve@other.example", "--name", "Other")
        tap.equal(made["account"], "Other")
        links = house.verb("registration", "links")["items"]
        link = next(one["link"] for one in links if one["email"] == "eve@other.example")
        tap.equal(link, made["link"])
        token = link.partition("#token=")[2]
        answer = {"token": token, "password": PASSWORD}
        tap.equal(house.post("/api/v1/invitation/accept", answer)[0], 200)
        tap.equal(sign_in(house, "eve@other.example")[1]["account_name"], "Other")


def guesses(house):
    with tap.check("wrong codes are throttled as wrong passwords are"):
        house.verb("user", "create", "guessed@house.example", "--password", PASSWORD, "--role",
                   "operator")
        token = sign_in(house, "guessed@house.example")[1]["token"]
        made = house.post("/api/v1/me/second-factor", {"password": PASSWORD}, token)[1]
        house.post("/api/v1/me/second-factor/confirm", {"code": totp(made["secret"])}, token)
        seen = [sign_in(house, "guessed@house.example", code="000000")[0] for _ in range(12)]
        tap.equal(seen[-1], 429)
        tap.equal(seen[0], 401)


def main():
    with Posthouse("quickstart") as house:
        sender = first_mail.newcomer(house, "news.sandbox.example")
        house.verb("user", "create", BOSS, "--password", PASSWORD, "--role", "operator")
        boss = sign_in(house, BOSS)[1]["token"]
        sender.read_by_operator(boss)
        token = registration(house, sender, boss)
        token = second_factor(house, token)
        token = sessions_and_reset(house, sender, token)
        invitations(house, sender, token)
        acting(house, boss, token)
        values = {"values": {"system.sender": ""}}
        house.request("PUT", "/api/v1/settings", values, boss)
        wait_for("links to be handed out", lambda: not house.get("/api/v1/registration")[1]["mail"])
        by_hand(house)
        guesses(house)
    tap.done()


main()
