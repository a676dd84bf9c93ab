"""Habits that people expect of the console's lists, on an installation of 100,000 messages; and what
its first look costs."""
import sqlite3

import browser
import tap
from ports import wait_for
from posthouse import Posthouse

MANY = 100_000


def fill(house, account):
    """So many delivered messages, as old as the ids say: row by row it would take minutes."""
    with sqlite3.connect(house.data / "posthouse.db") as db:
        (last,) = db.execute("SELECT max(id) FROM message").fetchone()
        columns = [name for _, name, *_ in db.execute("PRAGMA table_info(message)")]
        taken = [f"m.{name}" for name in columns if name not in ("id", "subject", "created_at")]
        db.execute(f"""
            INSERT INTO message (id, subject, created_at,
                                 {', '.join(n for n in columns if n not in ('id', 'subject', 'created_at'))})
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
            SELECT m.id - n.i * 4194304, 'Message ' || n.i, m.created_at - n.i * 1000,
                   {', '.join(taken)}
            FROM n, message m WHERE m.id = ? AND m.account_id = ?""", (last, account))
        columns = [name for _, name, *_ in db.execute("PRAGMA table_info(recipient)")]
        rest = [name for name in columns if name != "message_id"]
        db.execute(f"""
            INSERT INTO recipient (message_id, {', '.join(rest)})
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
            SELECT r.message_id - n.i * 4194304, {', '.join('r.' + name for name in rest)}
            FROM n, recipient r WHERE r.message_id = ? AND r.idx = 0""", (last,))
    db.close()


def first_mail(house, token):
    """One delivered mail, of which the others are copies; its account."""
    for path, body in (("domains", {"name": "seed.sandbox.example"}),
                       ("domains/seed.sandbox.example/publish", None),
                       ("domains/seed.sandbox.example/verify", None),
                       ("addresses", {"address": "a@seed.sandbox.example"}),
                       ("messages", {"from": "a@seed.sandbox.example", "to": ["a@example.com"],
                                     "subject": "seed", "text": "x"})):
        status, answer = house.post(f"/api/v1/{path}", body, token)
        tap.true(status < 300, f"{path}: {status} {answer}")
    wait_for("its delivery", lambda: house.get(f"/api/v1/messages/{answer['id']}", token)[1]
             ["state"] == "delivered", 30)
    return house.get("/api/v1/account", token)[1]["id"]


def main():
    browser.ready()
    with Posthouse("quickstart") as house:
        known = browser.first_start(house)
        with tap.check(f"an installation of {MANY} messages"):
            token = known["token"]
            account = first_mail(house, token)
            house.stop()
            fill(house, account)
            house.start()
        ended = browser.run("budget.mjs", house.url, *known["owner"])
        ended = browser.run("lists.mjs", house.url, *known["owner"], token, MANY) and ended
    with tap.check("all of it went to its end"):
        tap.true(ended, "see above")
    tap.done()


main()
