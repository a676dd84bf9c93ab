"""Who a customer is, and what the operator does about it: a claim with its evidence from upload to
decision, an account suspended and resumed, settings and the agreement, by REST and by verbs."""
import pathlib
import re

import first_mail
import tap
import tc3
from ports import wait_for
from posthouse import Posthouse, VerbFailed

PASSWORD = "correct horse battery"
NUMBER = "91110000MA01K2X34"
PDF = b"%PDF-1.4\n% the licence of Acme Ltd\ntrailer<</Root 1 0 R>>\n%%EOF\n"
REASON = "The seal on page 1 cannot be read."


def sign_in(house, email):
    status, body = house.post("/api/v1/session", {"email": email, "password": PASSWORD})
    tap.equal(status, 200, str(body))
    return body["token"]


def upload(house, token, body, kind="application/pdf", name="licence.pdf"):
    return house.post(f"/api/v1/identity/evidence?filename={name}", body, token,
                      {"Content-Type": kind})


def claim(**change):
    return {"kind": "enterprise", "company": "Acme Ltd", "registration_number": NUMBER,
            "contact": "Anna Li, +86 10 1234 5678", **change}


def submit(house, token, body):
    status, answer, _ = house.request("PUT", "/api/v1/identity", body, token)
    return status, answer


def stands_in(data, needle):
    """The files below the data directory that have these bytes."""
    return [str(path) for path in pathlib.Path(data).rglob("*")
            if path.is_file() and needle in path.read_bytes()]


def refused(call):
    """What a verb that is refused says."""
    try:
        answer = call()
    except VerbFailed as failed:
        return failed.error
    raise AssertionError(f"not refused: {answer!r}")


def mail_subject(sender, address, words):
    """Waits for a mail of our own to that address whose subject has the words."""
    def look():
        for mail in sender.inbox_of(address):
            raw = sender.house.get(sender.mail(mail["id"], "reading"), sender.reader)[1]
            if words in raw["subject"]:
                return raw
        return None
    return wait_for(f"a mail about {words}", look, 30)


class Shop:
    """A verified domain of the account, and a client of Tencent's API that would delete it."""
    name = "shop.sandbox.example"

    def __init__(self, house):
        self.port = house.http_port
        house.verb("domain", "add", self.name, "--account", "acme")
        house.verb("domain", "publish", self.name)
        tap.equal(house.verb("domain", "verify", self.name)["state"], "verified")
        pair = house.verb("key", "create", "--account", "acme", "--kind", "tencent")
        self.key = tc3.Key(pair["secret_id"], pair["secret_key"])

    def delete(self):
        """The code of what it answers; None where it is done."""
        request = tc3.Request("DeleteEmailIdentity", {"EmailIdentity": self.name},
                              host=f"127.0.0.1:{self.port}").sign(self.key)
        status, answer = request.send(self.port)
        tap.equal(status, 200, str(answer))
        return tc3.error_code(answer)


def claims(house, owner):
    with tap.check("nobody has said yet who the account is"):
        status, body = house.get("/api/v1/identity", owner)
        tap.equal((status, body["mode"], body["state"]), (200, "required", "none"))
    with tap.check("an enterprise shows a file first"):
        status, body = submit(house, owner, claim())
        tap.equal((status, body["field"]), (422, "evidence"))
    with tap.check("what is no document and no picture is not taken, whatever it calls itself"):
        tap.equal(upload(house, owner, b"<script>alert(1)</script>")[0], 422)
        tap.equal(upload(house, owner, b"<html>", "text/html")[0], 415)
        tap.equal(upload(house, owner, PDF, "image/png")[0], 422)
        tap.equal(upload(house, owner, PDF + b" " * (5 << 20))[0], 413)
        tap.equal(upload(house, "", PDF)[0], 401)
    with tap.check("a document is taken, and the claim with it"):
        status, body = upload(house, owner, PDF, name="..%2Flicence.pdf")
        tap.equal((status, body["filename"], body["size"]), (201, "licence.pdf", len(PDF)))
        status, body = submit(house, owner, claim())
        tap.equal((status, body["state"]), (200, "submitted"))
        tap.equal(body["registration_number"], NUMBER[:2] + "*" * 13 + NUMBER[-2:])
        tap.equal(len(body["evidence"]), 1)
    with tap.check("while it is reviewed nothing of it changes"):
        tap.equal(submit(house, owner, claim())[0], 409)
        tap.equal(upload(house, owner, PDF)[0], 409)
    with tap.check("neither the number nor the file stands in the data directory as it is"):
        tap.equal(stands_in(house.data, NUMBER.encode()), [])
        tap.equal(stands_in(house.data, b"the licence of Acme"), [])


def decisions(house, owner, boss, sender, account):
    with tap.check("the operator finds it in his queue, by verb and by REST"):
        queue = house.verb("identity", "list", "--state", "submitted")["items"]
        tap.equal([row["account_name"] for row in queue], ["acme"])
        status, body = house.get("/api/v1/identity-reviews?state=submitted", boss)
        tap.equal((status, len(body["items"])), (200, 1))
    with tap.check("a review has the whole number, and that it was read is written down"):
        shown = house.verb("identity", "show", "acme")
        tap.equal(shown["registration_number"], NUMBER)
        tap.equal(house.get(f"/api/v1/identity-reviews/{account}", owner)[0], 403)
    with tap.check("a file is saved as it was, and never shown as a page"):
        file = shown["evidence"][0]["id"]
        path = f"/api/v1/identity-reviews/{account}/evidence/{file}"
        status, body, headers = house.request("GET", path, token=boss)
        tap.equal((status, body.encode()), (200, PDF))
        tap.equal(headers["Content-Disposition"], "attachment; filename*=UTF-8''licence.pdf")
        tap.equal(headers["X-Content-Type-Options"], "nosniff")
        tap.true(headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'"),
                 headers["Content-Security-Policy"])
        saved = pathlib.Path(house.data) / "saved.pdf"
        house.verb("identity", "evidence", "acme", file, "--to", saved)
        tap.equal(saved.read_bytes(), PDF)
        saved.unlink()
        tap.equal(house.get(path, owner)[0], 403)
    with tap.check("a rejection has its reason, and the customer reads it in a mail"):
        tap.contains(refused(lambda: house.verb("identity", "reject", "acme", "--reason", " ")),
                     "reason")
        house.verb("identity", "reject", "acme", "--reason", REASON)
        status, body = house.get("/api/v1/identity", owner)
        tap.equal((body["state"], body["reason"]), ("rejected", REASON))
        mail = mail_subject(sender, "owner@acme.example", "could not be verified")
        tap.contains(mail["text"], REASON)
        tap.true(NUMBER not in mail["text"], "the mail has the number")
    with tap.check("it is submitted again, survives a restart, and is approved"):
        tap.equal(submit(house, owner, claim(contact="Bob Wang"))[0], 200)
        house.restart()
        path = f"/api/v1/identity-reviews/{account}"
        tap.equal(house.get(f"{path}/evidence/{file}", boss)[0], 200)
        status, body = house.post(f"{path}/approve", token=boss)
        tap.equal((status, body["state"]), (200, "approved"))
        states = [line["state"] for line in house.get("/api/v1/identity", owner)[1]["history"]]
        tap.equal(states, ["submitted", "rejected", "submitted", "approved"])
        mail_subject(sender, "owner@acme.example", "is verified")


def suspension(house, owner, sender, account):
    mail = {"from": "a@acme.example", "to": ["ann@there.example"], "subject": "Hi", "text": "Hi"}
    with tap.check("a suspended account sends nothing, and is told why"):
        house.verb("account", "activate", "acme")
        before = house.post("/api/v1/messages", mail, owner)[1]["reason"]
        tap.equal(before, "domain_not_verified")
        shown = house.verb("account", "suspend", "acme", "--reason", "Complaints.", "--notice")
        tap.equal(shown["state"], "suspended")
        status, body = house.post("/api/v1/messages", mail, owner)
        tap.equal((status, body["reason"]), (403, "account_suspended"))
        tap.contains(mail_subject(sender, "owner@acme.example", "may not send")["text"],
                     "Complaints.")
        tap.equal(house.verb("customer", "show", "acme")["suspended_reason"], "Complaints.")
        tap.contains(refused(lambda: house.verb("account", "suspend", "acme", "--reason", "x")),
                     "conflict")
    with tap.check("resumed, it is what it was"):
        tap.equal(house.verb("account", "resume", "acme")["state"], "active")
        tap.equal(house.post("/api/v1/messages", mail, owner)[1]["reason"], before)
        mail_subject(sender, "owner@acme.example", "may send again")


def administration(house, owner, boss, account):
    with tap.check("customers are found, and only by the operator"):
        tap.equal([row["name"] for row in
                   house.verb("customer", "list", "--search", "ACME")["items"]], ["acme"])
        status, body = house.get("/api/v1/customers?search=owner@acme", boss)
        tap.equal((status, [row["owner"] for row in body["items"]]),
                  (200, ["owner@acme.example"]))
        tap.equal(body["items"][0]["identity"], "approved")
        tap.equal(house.get("/api/v1/customers", owner)[0], 403)
    with tap.check("a setting of the account goes before that of the installation"):
        house.verb("setting", "set", "quota.per_mailbox_hour", "7")
        house.verb("setting", "set", "quota.per_mailbox_hour", "3", "--account", "acme")
        here = house.verb("setting", "get", "quota.per_mailbox_hour", "--account", "acme")
        tap.equal((here["value"], here["own"]), ("3", True))
        path = f"/api/v1/accounts/{account}/settings"
        tap.equal(house.request("PUT", path, {"values": {"quota.per_mailbox_hour": ""}},
                                boss)[0], 204)
        here = house.verb("setting", "get", "quota.per_mailbox_hour", "--account", "acme")
        tap.equal((here["value"], here["own"]), ("7", False))
        tap.contains(refused(lambda: house.verb("setting", "set", "identity.mode", "maybe")),
                     "required, optional, off")
    with tap.check("the agreement is for anybody to read, and a version never changes"):
        status, first = house.get("/api/v1/agreement?language=en")
        tap.equal((status, first["version"]), (200, "1"))
        texts = {"text_en": "We agree.", "text_zh": "同意"}
        body = {"version": "2026-11", **texts}
        tap.equal(house.request("PUT", "/api/v1/agreement", body, boss)[0], 200)
        tap.equal(house.get("/api/v1/agreement?language=zh")[1],
                  {"version": "2026-11", "text": "同意"})
        tap.equal(house.request("PUT", "/api/v1/agreement", {**body, "text_en": "No."}, boss)[0],
                  409)


def main():
    with Posthouse("quickstart") as house:
        sender = first_mail.newcomer(house, "news.sandbox.example")
        house.verb("setting", "set", "system.sender", sender.address)
        house.verb("setting", "set", "system.language", "en")
        house.verb("setting", "set", "identity.mode", "required")
        account = house.verb("account", "create", "acme")["id"]
        house.verb("user", "create", "owner@acme.example", "--password", PASSWORD,
                   "--role", "owner", "--account", "acme")
        house.verb("user", "create", "boss@house.example", "--password", PASSWORD,
                   "--role", "operator")
        shop = Shop(house)
        with tap.check("who is not verified deletes no verified domain through Tencent's door"):
            tap.equal(shop.delete(), "OperationDenied.NotAllowDelete")
        owner, boss = sign_in(house, "owner@acme.example"), sign_in(house, "boss@house.example")
        claims(house, owner)
        sender.read_by_operator(boss)
        decisions(house, owner, boss, sender, account)
        with tap.check("a verified enterprise does"):
            tap.equal(shop.delete(), None)
        suspension(house, owner, sender, account)
        administration(house, owner, boss, account)
        with tap.check("no secret of it stands in the log"):
            tap.true(not re.search(NUMBER, house.log()), "the log has the number")
        house.stop()
        with tap.check("the data directory is sound"):
            tap.equal(house.verb("fsck")["findings"], [])
    tap.done()


main()
