"""The sandbox from its first start: a domain by command line and by REST, mail by REST, nodemailer
and swaks into the sandbox inbox with signatures that strangers verify, and a second start."""
import base64
import concurrent.futures
import email
import email.policy
import json
import shlex
import shutil
import smtplib
import ssl
import subprocess
import tempfile
import time

import first_mail
import tap
import unpacked
from ports import free_port
from posthouse import PROJECT, Posthouse, VerbFailed

CLI_DOMAIN = "news.sandbox.example"
REST_DOMAIN = "shop.sandbox.example"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256))).decode()


def parsed(mail):
    return email.message_from_bytes(mail, policy=email.policy.default)


def started(house):
    with tap.check("the first start prints once how to log in"):
        words = "\n".join(house.output)
        for part in ("operator", "password", "API key", house.url):
            tap.contains(words, part)
        tap.equal(house.output[-1], "ready")
    with tap.check("health paths answer without a key, and the API asks for one"):
        for path in ("/healthz", "/readyz"):
            tap.equal(house.get(path)[0], 200, path)
        status, problem = house.get("/api/v1/domains")
        tap.equal((status, problem["reason"]), (401, "unauthenticated"))


def domain_by_cli(house, token):
    sender = first_mail.Sender(house, CLI_DOMAIN, token)
    with tap.check("domain add names four required records and is pending"):
        added = house.verb("domain", "add", CLI_DOMAIN)
        tap.equal((added["domain"], added["state"]), (CLI_DOMAIN, "pending"))
        tap.equal(sorted(first_mail.states(added)), ["dkim", "dmarc", "mx", "spf"])
        required = next(r for r in added["records"] if r["check"] == "dkim")
        tap.true(not required.get("optional"), "the first dkim record is optional")
        tap.contains(required["expected"], "k=rsa; p=")
        sender.records = first_mail.txt_records(added)
        tap.equal(house.verb("domain", "records", CLI_DOMAIN)["records"], added["records"])
    with tap.check("nothing is published yet: every record is missing, and verify says so"):
        for verb in ("check", "verify"):
            judged = house.verb("domain", verb, CLI_DOMAIN)
            tap.equal(set(first_mail.states(judged).values()), {"missing"}, verb)
            tap.equal(judged["state"], "pending")
            tap.true(all(r["advice"] for r in judged["records"]), "a record without advice")
    with tap.check("an address under a domain that is not verified is refused"):
        refused = tap.raises(VerbFailed, lambda: house.verb("address", "add", sender.address))
        tap.contains(refused.error, "domain_not_verified")
    with tap.check("domain publish puts the records into the sandbox zone; verify finds them"):
        published = house.verb("domain", "publish", CLI_DOMAIN)
        tap.equal(set(first_mail.states(published).values()), {"ok"})
        tap.equal(house.verb("domain", "verify", CLI_DOMAIN)["state"], "verified")
    with tap.check("address add takes a name and an SMTP password"):
        for weak in ("short1A2", "nodigitsHere", "NOLOWER1234", "noupper1234", "A1" * 11):
            refused = tap.raises(VerbFailed, lambda p=weak: house.verb(
                "address", "add", sender.address, "--smtp-password", p))
            tap.contains(refused.error, "smtp_password", weak)
        added = house.verb("address", "add", sender.address, "--name", "你好 Hello",
                           "--smtp-password", first_mail.SMTP_PASSWORD)
        tap.equal((added["address"], added["name"]), (sender.address, "你好 Hello"))
    return sender


def zone_over_dns(sender, port):
    with tap.check("dns.listen serves the sandbox zone over UDP and TCP"):
        name, wanted = next((n, t) for n, t in sender.records.items() if "k=rsa" in t)
        for transport in ("+notcp", "+tcp"):
            said = unpacked.run("kdig", "@127.0.0.1", "-p", port, "+short", transport, name,
                                "TXT").stdout
            tap.equal("".join(shlex.split(said)), wanted, transport)


def domain_by_rest(house, token):
    sender = first_mail.Sender(house, REST_DOMAIN, token)
    path = f"/api/v1/domains/{REST_DOMAIN}"
    with tap.check("the same by REST: create, check, publish, verify, address"):
        status, made = house.post("/api/v1/domains", {"name": REST_DOMAIN}, token)
        tap.equal((status, made["state"]), (201, "pending"), str(made))
        sender.records = first_mail.txt_records(made)
        status, judged = house.post(f"{path}/check", None, token)
        tap.equal((status, set(first_mail.states(judged).values())), (200, {"missing"}))
        status, judged = house.post(f"{path}/publish", None, token)
        tap.equal((status, set(first_mail.states(judged).values())), (200, {"ok"}))
        status, judged = house.post(f"{path}/verify", None, token)
        tap.equal((status, judged["state"]), (200, "verified"))
        status, shown = house.get(path, token)
        tap.equal((status, shown["state"]), (200, "verified"))
        status, made = house.post("/api/v1/addresses",
                                  {"address": sender.address, "name": "Shop",
                                   "smtp_password": first_mail.SMTP_PASSWORD}, token)
        tap.equal((status, made["address"]), (201, sender.address), str(made))
    with tap.check("REST refuses what is wrong, and names the field"):
        for body, status, reason, field in (
                ({"name": "com"}, 422, "invalid_field", "name"),
                ({"name": "co.uk"}, 422, "domain_public_suffix", "name"),
                ({"name": "bad_name!.example"}, 422, "invalid_field", "name"),
                ({"name": REST_DOMAIN}, 409, "conflict", "name"),
                ({"name": "x.sandbox.example", "color": "red"}, 422, "unknown_field", "color"),
                ({}, 422, "missing_field", "name")):
            got, problem = house.post("/api/v1/domains", body, token)
            tap.equal((got, problem["reason"], problem.get("field")), (status, reason, field),
                      str(body))
    return sender


def message(sender, to, **more):
    return {"from": f"Hello <{sender.address}>", "to": to, "subject": "Grüße 你好 🎉",
            "text": "Guten Tag,\r\n.a line with a dot\r\nfrom here\r\n", **more}


def mail_by_rest(house, sender):
    with tap.check("a mail with everything by REST arrives whole and signed"):
        status, accepted = house.post("/api/v1/messages", message(
            sender, ["Anna Müller <anna@rest.example>"], cc=["cc@rest.example"],
            bcc=["hidden@rest.example"], reply_to=["answers@rest.example"],
            html='<p>Hi <img src="cid:logo"></p>', headers={"X-Campaign": "spring"},
            attachments=[
                {"filename": "Rechnung №1.pdf", "content_type": "application/pdf",
                 "content": base64.b64encode(b"%PDF-1.4 test").decode()},
                {"filename": "logo.png", "content_type": "image/png", "content": PNG,
                 "content_id": "logo"}]), sender.token)
        tap.equal(status, 202, str(accepted))
        view = sender.wait_for_state(accepted["id"], "delivered")
        tap.equal(sorted(r["address"] for r in view["recipients"]),
                  ["anna@rest.example", "cc@rest.example", "hidden@rest.example"])
        tap.true(all(r["attempts"] == 1 and r["reply"].startswith("2") for r in
                     view["recipients"]), f"attempts and replies: {view['recipients']}")
        raw = sender.mail_to("anna@rest.example")
        first_mail.check_signatures(raw, sender.records)
        mail = parsed(raw)
        tap.equal(mail["Subject"], "Grüße 你好 🎉")
        tap.equal(mail["From"].addresses[0].addr_spec, sender.address)
        tap.equal(mail["To"].addresses[0].display_name, "Anna Müller")
        tap.equal((mail["Cc"], mail["Bcc"]), ("cc@rest.example", None))
        tap.equal((mail["Reply-To"], mail["X-Campaign"]), ("answers@rest.example", "spring"))
        files = {p.get_filename(): p.get_content() for p in mail.walk() if p.get_filename()}
        tap.equal(files["Rechnung №1.pdf"], b"%PDF-1.4 test")
        tap.equal(files["logo.png"], base64.b64decode(PNG))
        tap.equal(mail.get_body(("plain",)).get_content().splitlines(),
                  ["Guten Tag,", ".a line with a dot", "from here"])
        tap.true(b"hidden@" not in raw, "the blind recipient is in the mail")
    with tap.check("each recipient has a signed mail, and a return path under the sender's domain"):
        mails = [m for m in sender.inbox() if m["rcpt_to"].endswith("@rest.example")]
        paths = {m["mail_from"] for m in mails}
        tap.equal((len(mails), len(paths)), (3, 3))
        for mail in mails:
            first_mail.check_signatures(sender.content(mail["id"]), sender.records)
        for path in paths:
            local, domain = path.split("@")
            tap.equal(domain, sender.domain)
            tap.true(len(local) <= 64 and local == local.lower(), path)
    with tap.check("one Idempotency-Key gives one mail, and another body is refused"):
        body = message(sender, ["once@rest.example"])
        key = {"Idempotency-Key": "order-4711"}
        first = house.post("/api/v1/messages", body, sender.token, key)
        tap.equal(first[0], 202, str(first))
        tap.equal(house.post("/api/v1/messages", body, sender.token, key), first)
        status, problem = house.post("/api/v1/messages", {**body, "subject": "else"},
                                     sender.token, key)
        tap.equal((status, problem["reason"]), (409, "idempotency_mismatch"))
        sender.wait_for_state(first[1]["id"], "delivered")
        sender.mail_to("once@rest.example", count=1)
    with tap.check("twins with one Idempotency-Key at the same moment give one mail"):
        body, key = message(sender, ["twins@rest.example"]), {"Idempotency-Key": "twins"}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(
                lambda _: house.post("/api/v1/messages", body, sender.token, key), range(8)))
        tap.equal({status for status, _ in answers}, {202}, str(answers))
        tap.equal(len({answer["id"] for _, answer in answers}), 1, str(answers))
        sender.wait_for_state(answers[0][1]["id"], "delivered")
        sender.mail_to("twins@rest.example", count=1)
    with tap.check("what REST refuses says why, and stores nothing"):
        for change, status, reason in (
                ({"from": "x@foreign.example"}, 403, "domain_not_verified"),
                ({"from": f"else@{sender.domain}"}, 403, "address_not_found"),
                ({"to": ["no address"]}, 422, "bad_recipient"),
                ({"to": []}, 422, "missing_field"),
                ({"subject": "one\r\nBcc: x@y.example"}, 422, "invalid_field"),
                ({"headers": {"X-A": "b\r\nX-C: d"}}, 422, "invalid_field"),
                ({"headers": {"DKIM-Signature": "v=1"}}, 422, "invalid_field"),
                ({"colour": "red"}, 422, "unknown_field")):
            got, problem = house.post("/api/v1/messages",
                                      {**message(sender, ["a@refused.example"]), **change},
                                      sender.token)
            tap.equal((got, problem["reason"]), (status, reason), str(change))
        got, _, headers = house.request("POST", "/api/v1/messages", b"{", sender.token,
                                        {"Content-Type": "application/json"})
        tap.equal(got, 400)
        tap.equal(headers.get_content_type(), "application/problem+json")
        tap.equal(sender.inbox_of("a@refused.example"), [])


def nodemailer(house, sender, port, implicit):
    name = "tls" if implicit else "starttls"
    order = {
        "transport": {"host": "127.0.0.1", "port": port, "secure": implicit,
                      "requireTLS": not implicit, "tls": {"rejectUnauthorized": False},
                      "auth": {"user": sender.address, "pass": first_mail.SMTP_PASSWORD}},
        "messages": [
            {"from": f"Hello <{sender.address}>", "to": f"{name}@nodemailer.example",
             "bcc": f"blind-{name}@nodemailer.example", "subject": f"Grüße über {name}",
             "text": "ünïcode\n.dot\n", "html": "<b>ünïcode</b>",
             "attachments": [{"filename": "a.txt", "content": "attached"}]},
            {"from": "forged@foreign.example", "to": "x@nodemailer.example", "text": "no"},
            {"from": "forged@foreign.example", "to": "x@nodemailer.example", "text": "no",
             "envelope": {"from": sender.address, "to": "x@nodemailer.example"}},
        ]}
    done = subprocess.run(["node", str(PROJECT / "tests/sdk/send_nodemailer.mjs")],
                          input=json.dumps(order), text=True, capture_output=True, timeout=60,
                          check=False)
    tap.equal(done.returncode, 0, done.stderr)
    sent, *forged = json.loads(done.stdout)
    tap.contains(sent.get("response", str(sent)), "queued as ")
    sender.wait_for_state(sent["response"].split()[-1], "delivered")
    raw = sender.mail_to(f"{name}@nodemailer.example")
    first_mail.check_signatures(raw, sender.records)
    mail = parsed(raw)
    tap.equal((mail["Subject"], mail["Bcc"]), (f"Grüße über {name}", None))
    tap.equal([p.get_content().strip() for p in mail.iter_attachments()], ["attached"])
    sender.mail_to(f"blind-{name}@nodemailer.example")
    tap.equal([answer.get("code") for answer in forged], [553, 550], str(forged))


def swaks(sender, port, options, to):
    """swaks with this address' password: (exit status, everything it said)."""
    done = unpacked.run("swaks", "--server", f"127.0.0.1:{port}", "--from", sender.address, "--to",
                        to, "--auth-user", sender.address, "--auth-password",
                        first_mail.SMTP_PASSWORD, "--header", "Subject: by swaks", "--body",
                        "one\n.two\n", *options, check=False)
    return done.returncode, done.stdout + done.stderr


def mail_by_smtp(house, sender):
    for port, implicit in ((house.submission_port, False), (house.tls_port, True)):
        how = "implicit TLS" if implicit else "STARTTLS"
        with tap.check(f"nodemailer sends over {how}, and cannot forge its From"):
            nodemailer(house, sender, port, implicit)
        for mechanism in ("PLAIN", "LOGIN"):
            to = f"{mechanism.lower()}-{'tls' if implicit else 'starttls'}@swaks.example"
            with tap.check(f"swaks sends over {how} with AUTH {mechanism}"):
                status, said = swaks(sender, port, ["--tlsc" if implicit else "--tls", "--auth",
                                                    mechanism], to)
                tap.equal(status, 0, said)
                tap.contains(said, "queued as ")
                first_mail.check_signatures(sender.mail_to(to), sender.records)
    with tap.check("without TLS there is no AUTH, and no mail"):
        status, said = swaks(sender, house.submission_port, ["--auth", "PLAIN"], "x@swaks.example")
        tap.true(status != 0, said)
        with smtplib.SMTP("127.0.0.1", house.submission_port, timeout=20) as session:
            session.ehlo()
            tap.true("auth" not in session.esmtp_features, "AUTH is offered without TLS")
            tap.equal(session.docmd("MAIL FROM:<a@b.example>")[0], 530)
    with tap.check("a wrong SMTP password is 535"):
        insecure = ssl._create_unverified_context()
        with smtplib.SMTP_SSL("127.0.0.1", house.tls_port, timeout=20,
                              context=insecure) as session:
            refused = tap.raises(smtplib.SMTPAuthenticationError,
                                 lambda: session.login(sender.address, "Wrong4Mail2go"))
            tap.equal(refused.smtp_code, 535)


def outcomes(house, sender):
    def send(to):
        status, accepted = house.post("/api/v1/messages", message(sender, [to]), sender.token)
        tap.equal(status, 202, str(accepted))
        return accepted["id"]
    with tap.check("bounce@ bounces with the receiver's words"):
        view = sender.wait_for_state(send("bounce@anywhere.example"), "failed")
        recipient = view["recipients"][0]
        tap.equal((recipient["state"], recipient["cause"]), ("bounced", "permanent_reply"))
        tap.contains(recipient["reply"], "5.1.1")
    deferred = send("defer@anywhere.example")
    with tap.check("defer@ stays queued, and queue explain says why and when next"):
        def tried():
            found = sender.message(deferred)
            return found if found["recipients"][0]["attempts"] else None
        recipient = first_mail.wait_for("a first attempt", tried)["recipients"][0]
        tap.equal(recipient["state"], "queued")
        tap.contains(recipient["reply"], "451")
        explained = house.verb("queue", "explain", deferred)["recipients"][0]
        tap.equal(explained["address"], "defer@anywhere.example")
        tap.true(explained["next"] and explained["cause"], str(explained))
        tap.equal(explained["history"][0]["code"], 451)
        tap.equal(house.verb("queue", "summary")["deferred"], 1)
    with tap.check("slow@ takes its time and arrives"):
        begun = time.monotonic()
        slow = send("slow@anywhere.example")
        sender.wait_for_state(slow, "delivered")
        tap.true(time.monotonic() - begun > 4, "it was not slow")
        sender.mail_to("slow@anywhere.example")
    with tap.check("one message with all kinds of recipients is partly delivered"):
        status, accepted = house.post("/api/v1/messages", message(
            sender, ["fine@mixed.example", "bounce@mixed.example"]), sender.token)
        tap.equal(status, 202, str(accepted))
        view = sender.wait_for_state(accepted["id"], "partly_delivered")
        tap.equal({r["address"]: r["state"] for r in view["recipients"]},
                  {"fine@mixed.example": "delivered", "bounce@mixed.example": "bounced"})
    return deferred


def second_start(house, sender, deferred):
    before = {mail["id"] for mail in sender.inbox()}
    lines = len(house.output)
    house.restart()
    with tap.check("a second start of the same directory goes on where it was"):
        said = house.output[lines:]
        tap.equal(len(said), 2, said)
        tap.true(f"http://127.0.0.1:{house.http_port}" in said[0], said)
        tap.true("password" not in said[0] and "ph_" not in said[0], said)
        tap.equal(said[1], "ready")
        tap.equal({mail["id"] for mail in sender.inbox()}, before)
        tap.equal(house.verb("domain", "check", sender.domain)["state"], "verified")
        tap.equal(sender.message(deferred)["recipients"][0]["state"], "queued")
        sent = house.verb("send", "--from", sender.address, "--to", "second@start.example",
                          "--subject", "again", "--text", "again")
        sender.wait_for_state(sent["id"], "delivered")
        first_mail.check_signatures(sender.mail_to("second@start.example"), sender.records)
    with tap.check("queue cancel ends what still waits"):
        tap.equal(house.verb("queue", "cancel", deferred)["changed"], 1)
        tap.equal(sender.message(deferred)["recipients"][0]["state"], "cancelled")


def main():
    place = tempfile.mkdtemp(prefix="posthouse-first-")
    try:
        name_server = free_port()
        settings = {"dns.listen": f"127.0.0.1:{name_server}"}
        with Posthouse("quickstart", settings, place + "/data") as house:
            started(house)
            token = first_mail.welcome_key(house)
            by_cli = domain_by_cli(house, token)
            zone_over_dns(by_cli, name_server)
            by_rest = domain_by_rest(house, token)
            mail_by_rest(house, by_rest)
            mail_by_smtp(house, by_cli)
            deferred = outcomes(house, by_rest)
            second_start(house, by_rest, deferred)
        with tap.check("fsck finds nothing"):
            tap.equal(house.verb("fsck"), {"findings": []})
    finally:
        shutil.rmtree(place, ignore_errors=True)
    tap.done()


main()
