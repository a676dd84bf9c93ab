"""What an account may send, from outside: free mails once, refused at their end at every door, a
bulk job that waits for a grant and a top-up, payments told twice, usage and levels."""
import hashlib
import hmac
import json
import smtplib
import ssl
import time

import tap
import tc3
from ports import wait_for
from posthouse import Posthouse

DOMAIN = "shop.sandbox.example"
SENDER = f"hello@{DOMAIN}"
PASSWORD = "Secret4Mail2go"
SECRET = "a secret of the provider"


class Shop:
    """A customer with three free mails."""

    def __init__(self, house):
        self.house = house
        house.verb("setting", "set", "billing.free_mails", "3")
        self.account = house.verb("account", "create", "shop")
        self.tencent = house.verb("key", "create", "--account", "shop", "--kind", "tencent")
        self.token = house.verb("key", "create", "--account", "shop")["token"]

    def set_up(self):
        house = self.house
        house.verb("account", "activate", "shop")
        house.verb("account", "plan", "shop", "customer", "--post-paid", "off")
        house.verb("domain", "add", DOMAIN, "--account", "shop")
        house.verb("domain", "publish", DOMAIN, "--account", "shop")
        house.verb("domain", "verify", DOMAIN, "--account", "shop")
        house.verb("address", "add", SENDER, "--name", "Shop", "--smtp-password", PASSWORD,
                   "--account", "shop")

    def send(self, *to, **headers):
        body = {"from": SENDER, "to": list(to), "subject": "Hi", "text": "Hello"}
        return self.house.post("/api/v1/messages", body, self.token, headers)

    def billing(self):
        return self.house.get("/api/v1/billing", self.token)[1]

    def bulk(self, count):
        rows = [{"to": f"b{i}@there.sandbox.example", "data": {}} for i in range(count)]
        status, job = self.house.post(
            "/api/v1/messages/bulk", {"from": SENDER, "text": "Hello", "recipients": rows},
            self.token)
        tap.equal(status, 202, str(job))
        return job["id"]

    def job(self, identifier):
        return self.house.get(f"/api/v1/messages/bulk/{identifier}", self.token)[1]

    def by_tencent(self):
        request = tc3.Request("SendEmail", {
            "FromEmailAddress": SENDER, "Subject": "Hi", "Simple": {"Text": "aGVsbG8="},
            "Destination": ["x@there.sandbox.example"]}, host=f"127.0.0.1:{self.house.http_port}")
        key = tc3.Key(self.tencent["secret_id"], self.tencent["secret_key"])
        return tc3.error_code(request.sign(key).send(self.house.http_port)[1])

    def by_smtp(self):
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        with smtplib.SMTP("127.0.0.1", self.house.submission_port, timeout=20) as session:
            session.starttls(context=trusting)
            session.login(SENDER, PASSWORD)
            try:
                session.sendmail(SENDER, ["x@there.sandbox.example"],
                                 f"From: {SENDER}\r\nSubject: Hi\r\n\r\nHello\r\n")
            except smtplib.SMTPResponseException as refused:
                return refused.smtp_code
        return 250


def activation(house, shop):
    with tap.check("before activation a send is refused, and activation grants the mails once"):
        tap.equal(shop.send("a@there.sandbox.example")[1]["reason"], "account_not_activated")
        shop.set_up()
        house.verb("account", "activate", "shop")
        tap.equal(shop.billing()["free"], {"granted": 3, "used": 0, "left": 3})
        tap.equal(house.get("/api/v1/activation", shop.token)[1]["state"], "active")


def the_end(shop):
    with tap.check("the last free mail goes, a repeat counts once, and then every door refuses"):
        key = {"Idempotency-Key": "one"}
        first = shop.send("a@there.sandbox.example", **key)
        tap.equal(first[0], 202, str(first))
        tap.equal(shop.send("a@there.sandbox.example", **key), first)
        tap.equal(shop.billing()["free"]["left"], 2)
        tap.equal(shop.send("b@there.sandbox.example", "c@there.sandbox.example")[0], 202)
        status, refused = shop.send("d@there.sandbox.example")
        tap.equal((status, refused["reason"]), (402, "allowance_exhausted"))
        tap.equal(shop.billing()["standing"], "exhausted")
        tap.equal(shop.by_tencent(), "FailedOperation.InsufficientQuota")
        tap.true(400 <= shop.by_smtp() < 600, "SMTP took it")


def bulk_waits(house, shop):
    with tap.check("a bulk job waits with that cause, and goes on by itself with what comes"):
        job = shop.bulk(5)
        wait_for("the cause", lambda: shop.job(job)["cause"] == "allowance_exhausted", 30)
        tap.equal(shop.job(job)["accepted"], 0)
        house.verb("account", "grant", "shop", "--mails", "2", "--days", "1", "--name", "gift")
        wait_for("two mails", lambda: shop.job(job)["accepted"] == 2, 30)
        wait_for("the cause", lambda: shop.job(job)["cause"] == "allowance_exhausted", 30)
        tap.equal([p["state"] for p in shop.billing()["packages"]], ["used_up"])
        house.verb("account", "plan", "shop", "customer", "--post-paid", "on")
        house.verb("account", "pay", "shop", "--amount", "1000000", "--reference", "transfer 1")
        wait_for("all of them", lambda: shop.job(job)["state"] == "done", 30)
        seen = shop.billing()
        tap.equal((seen["today"]["post_paid"], seen["today"]["amount"]), (3, 5700))


def killed(house, shop):
    with tap.check("a server that is killed in the middle has counted what it accepted, once"):
        job = shop.bulk(200)
        wait_for("some of them", lambda: shop.job(job)["accepted"] > 0, 30)
        house.kill()
        tap.equal(house.verb("fsck"), {"findings": []})
        house.start()
        wait_for("all of them", lambda: shop.job(job)["state"] == "done", 60)
        tap.equal(shop.billing()["today"]["post_paid"], 203)


def webhook(house, shop):
    def told(body, secret=SECRET, at=None):
        raw = json.dumps(body).encode()
        at = int(time.time()) if at is None else at
        digest = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        return house.post("/api/v1/payments/webhook", raw, None, {
            "Posthouse-Signature": f"t={at},v1={digest}", "Content-Type": "application/json"})[0]

    with tap.check("a provider's payment counts once, under its signature, and only now"):
        body = {"event_id": "e1", "account": shop.account["app_id"], "amount": 500,
                "reference": "p1"}
        tap.equal(told(body), 401)
        house.verb("setting", "set", "billing.webhook_secret", SECRET)
        tap.equal(told(body, "another secret of somebody"), 401)
        tap.equal(told(body, at=int(time.time()) - 301), 401)
        tap.equal([told(body), told(body)], [204, 204])
        tap.equal(told({**body, "amount": 501}), 409)
        tap.equal(told({**body, "event_id": "e2", "account": 1}), 404)
        tap.equal(shop.billing()["balance"], 1000500)
        ledger = house.get("/api/v1/billing/ledger", shop.token)[1]["items"]
        tap.equal([row["amount"] for row in ledger], [500, 1000000])


def figures(house, shop):
    with tap.check("usage by day is what was sent, also as a table; the quota shows its level"):
        days = house.get("/api/v1/billing/usage", shop.token)[1]["items"]
        tap.equal([(d["free"], d["package"], d["post_paid"]) for d in days], [(3, 2, 203)])
        table = house.fetch("/api/v1/billing/usage?format=csv", shop.token).decode()
        tap.contains(table, "day,free,package,post_paid,amount_millionths\r\n")
        quota = house.get("/api/v1/quota", shop.token)[1]["domains"][0]
        tap.equal((quota["mode"], quota["level"], quota["daily"]["limit"], quota["daily"]["used"]),
                  ("levels", 1, 500, 208))
        house.verb("quota", "level", DOMAIN, "0")
        tap.equal(shop.send("z@there.sandbox.example")[1]["reason"], "domain_blocked")


with Posthouse("quickstart") as server:
    customer = Shop(server)
    activation(server, customer)
    the_end(customer)
    bulk_waits(server, customer)
    killed(server, customer)
    webhook(server, customer)
    figures(server, customer)
    with tap.check("fsck finds nothing"):
        server.stop()
        tap.equal(server.verb("fsck"), {"findings": []})
tap.done()
