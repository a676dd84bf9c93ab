"""A bulk job from outside: lines and lists, mails rendered of their own rows and signed, wrong
uploads by line and field, pause, resume and cancel."""
import email
import email.policy
import json

import first_mail
import tap
from ports import wait_for
from posthouse import Posthouse

DOMAIN = "news.sandbox.example"
PATH = "/api/v1/messages/bulk"
LINES = {"Content-Type": "application/x-ndjson"}


def rows(names):
    return [{"to": f"{name} <{name.lower()}@there.sandbox.example>",
             "data": {"name": name, "n": number}} for number, name in enumerate(names)]


def content(sender, **more):
    return {"from": sender.address, "subject": "For {{name}}", "text": "Dear {{name}}, {{n}}.",
            "html": "<b>{{name}}</b>", **more}


def send(house, sender, lines, **headers):
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    return house.post(PATH, body, sender.token, {**LINES, **headers})


def progress(house, sender, job):
    return house.get(f"{PATH}/{job}", sender.token)[1]


def delivered(house, sender, job, wanted):
    wait_for("the mails of the job", lambda: progress(house, sender, job)
             ["recipients"]["delivered"] == wanted, 60)


def by_lines(house, sender):
    with tap.check("an upload of lines becomes a mail for each row, rendered and signed"):
        status, answer = send(house, sender, [content(sender), *rows(["Ann", "Bob", "Zoë"])])
        tap.equal(status, 202, str(answer))
        delivered(house, sender, answer["id"], 3)
        seen = progress(house, sender, answer["id"])
        tap.equal((seen["state"], seen["rows"], seen["accepted"], seen["refused"]),
                  ("done", 3, 3, 0))
        raw = sender.mail_to("zoë@there.sandbox.example")
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        tap.equal(mail["Subject"], "For Zoë")
        tap.equal(mail.get_body(("plain",)).get_content().strip(), "Dear Zoë, 2.")
        tap.equal(mail.get_body(("html",)).get_content().strip(), "<b>Zoë</b>")
    with tap.check("its signatures are right for strangers"):
        first_mail.check_signatures(sender.mail_to("ann@there.sandbox.example"), sender.records)
    with tap.check("each mail is a message with its own content"):
        page = house.get("/api/v1/messages?limit=3", sender.token)[1]["items"]
        tap.equal(sorted(mail["subject"] for mail in page), ["For Ann", "For Bob", "For Zoë"])
        one = next(mail for mail in page if mail["subject"] == "For Bob")
        stored = house.fetch(f"/api/v1/messages/{one['id']}/content", sender.token)
        tap.contains(stored.decode(), "Dear Bob, 1.")


def by_list(house, sender):
    with tap.check("a list in one document is the same; a key makes a repeat the same job"):
        body = {**content(sender), "recipients": rows(["Dan", "Eve"])}
        key = {"Idempotency-Key": "list"}
        status, answer = house.post(PATH, body, sender.token, key)
        tap.equal(status, 202, str(answer))
        tap.equal(house.post(PATH, body, sender.token, key), (202, answer))
        body["recipients"].pop()
        tap.equal(house.post(PATH, body, sender.token, key)[0], 409)
        delivered(house, sender, answer["id"], 2)


def refused(house, sender):
    with tap.check("a wrong upload is refused by line and field, and leaves nothing"):
        before = house.get(PATH, sender.token)[1]["items"]
        good = content(sender)
        for lines, reason, field in (
                ([good], "missing_field", "lines[2]"),
                ([{**good, "text": "{{"}, *rows(["A"])], "invalid_field", "text"),
                ([good, *rows(["A"]), {"to": "nobody"}], "bad_recipient", "lines[3].to"),
                ([good, {"to": "a@b.example", "data": {"n": 1}}], "missing_field",
                 "lines[2].data.name"),
                ([good, {"to": "a@b.example", "data": {"name": "a\r\nBcc: c@d.example", "n": 1}}],
                 "invalid_field", "lines[2].data.name")):
            status, problem = send(house, sender, lines)
            tap.equal((status, problem["reason"], problem["field"]), (422, reason, field))
        tap.equal(house.post(PATH, b"{}\n", None, LINES)[0], 401)
        tap.equal(house.get(PATH, sender.token)[1]["items"], before)


def moved(house, sender):
    with tap.check("a job is paused, goes on when resumed, and ends when cancelled"):
        house.verb("queue", "suspend")
        job = send(house, sender, [content(sender), *rows(f"P{n}" for n in range(700))])[1]["id"]
        move = lambda verb: house.post(f"{PATH}/{job}/{verb}", None, sender.token)  # noqa: E731
        wait_for("all rows", lambda: progress(house, sender, job)["decided"] == 700, 30)
        tap.equal(move("pause")[1]["state"], "paused")
        wait_for("all held", lambda: progress(house, sender, job)["recipients"]["held"] == 700, 30)
        tap.equal(move("resume")[1]["state"], "expanding")
        wait_for("none held", lambda: progress(house, sender, job)["recipients"]["held"] == 0, 30)
        tap.equal(move("cancel")[1]["state"], "cancelled")
        wait_for("all cancelled",
                 lambda: progress(house, sender, job)["recipients"]["cancelled"] == 700, 30)
        tap.equal(move("resume")[0], 409)
        house.verb("queue", "resume")


with Posthouse("quickstart") as server:
    newcomer = first_mail.newcomer(server, DOMAIN)
    by_lines(server, newcomer)
    by_list(server, newcomer)
    refused(server, newcomer)
    moved(server, newcomer)
    with tap.check("fsck finds nothing"):
        server.stop()
        tap.equal(server.verb("fsck"), {"findings": []})
tap.done()
